"""Settings of a witness: REGIE_WITNESS_…"""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from kernel.settings import RoomSettings


class WitnessSettings(RoomSettings):
    """folder: 0700, of the account of the witness alone; its key, which is in the backup, and what it cosigned last,
    which never is. name: of its key, an address without https:// that nobody else uses. logs: a C2SP policy file that
    names the logs it knows. host, port: where it listens; TLS ends at the gateway.
    mirror_seconds: between two rounds of fetching the lines of the logs whose address the file gives; 0: no mirror."""

    model_config = SettingsConfigDict(env_prefix="REGIE_WITNESS_")

    folder: Path
    name: Annotated[str, Field(pattern=r"^[a-z0-9./:-]{1,200}$")]
    logs: Path
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8090
    mirror_seconds: Annotated[float, Field(ge=0, le=3600)] = 0
