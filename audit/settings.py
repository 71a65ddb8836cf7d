"""Settings of the log: REGIE_AUDIT_…"""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from kernel.settings import RoomSettings


class AuditSettings(RoomSettings):
    """database: SQLAlchemy URL. signer: folder (0700) for the log keys, which are in the backup, and the signer's
    states, which never are. keep_years: of lines whose activity names no year of destruction; the municipality
    decides, and 20 is the term for BRP provisions (Wet BRP 3.11). adopt: this host is new and the head in the database
    is the newest, says a person; for one start."""

    model_config = SettingsConfigDict(env_prefix="REGIE_AUDIT_")

    database: str
    signer: Path
    keep_years: int = Field(default=20, ge=1, le=120)
    adopt: bool = False
    sweep_seconds: float = Field(default=5.0, gt=0, le=60)
