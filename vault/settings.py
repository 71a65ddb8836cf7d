"""Settings of the vault."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from kernel.settings import RoomSettings


class VaultSettings(RoomSettings):
    """REGIE_VAULT_*. database: SQLAlchemy URL. trusted: public room keys in hex, by the name of the room.

    key_minutes: how long opened keys stay in memory.
    """

    model_config = SettingsConfigDict(env_prefix="REGIE_VAULT_")

    database: str
    trusted: dict[str, str] = Field(default_factory=dict)
    key_minutes: Annotated[int, Field(ge=0, le=15)] = 15
    pool: Annotated[int, Field(ge=1, le=100)] = 8
