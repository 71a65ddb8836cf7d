"""Settings of the signer's own process: REGIE_SIGNER_…"""

from pathlib import Path

from pydantic_settings import SettingsConfigDict

from kernel.settings import RoomSettings


class SignerSettings(RoomSettings):
    """folder: 0700, of the account of the signer alone; keys, which are in the backup, and states, which never are.
    socket: where logs ask; its folder is the lock. adopt: this host is new and the head that a log shows is the newest,
    says a person; for one start."""

    model_config = SettingsConfigDict(env_prefix="REGIE_SIGNER_")

    folder: Path
    socket: Path
    adopt: bool = False
