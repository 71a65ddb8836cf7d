"""Settings of the log: REGIE_AUDIT_…"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from audit.covert import escrowed
from kernel.message import Hex32, Message, Short
from kernel.settings import RoomSettings

Years = Annotated[int, Field(ge=1, le=120)]


@dataclass(frozen=True)
class Kept:
    """Years that what has no term of its own stays: lines without an activity, and files on breaches."""

    lines: int
    files: int


class MirrorOf(Message):
    """Who may fetch the lines of a tenant's log as ciphertext. name: of the witness. key: of its mirror, public."""

    name: Annotated[Short, Field(min_length=1)]
    tenant: Annotated[Short, Field(min_length=1)]
    key: Hex32


class AuditSettings(RoomSettings):
    """database: SQLAlchemy URL. signer: folder (0700) for the log keys, which are in the backup, and the signer's
    states, which never are; with signer_socket, where the signer's own process listens, only for the newest head that
    witnesses saw. keep_years: of lines whose activity names no year of destruction; the municipality decides, and 20 is
    the term for BRP provisions (Wet BRP 3.11). keep_files: of files on breaches; none: as lines. keep_years_of,
    keep_files_of: the same by tenant. policy: a C2SP policy file that names the witnesses of these logs; none: nobody
    cosigns, and permits wait for nobody. unwitnessed_minutes: how long permits go on without a quorum. mirrors: who may
    fetch lines as ciphertext. escrow: by tenant, the public key that covert lines are sealed to; none: these are
    refused. adopt: this host is new and the head in the database is the newest, says a person; for one start."""

    model_config = SettingsConfigDict(env_prefix="REGIE_AUDIT_")

    database: str
    signer: Path
    signer_socket: Path | None = None
    keep_years: Years = 20
    keep_years_of: dict[str, Years] = Field(default_factory=dict)
    keep_files: Years | None = None
    keep_files_of: dict[str, Years] = Field(default_factory=dict)
    policy: Path | None = None
    unwitnessed_minutes: int = Field(default=60, ge=1, le=240)
    cosign_seconds: float = Field(default=15.0, gt=0, le=60)  # a head is cosigned within a minute
    mirrors: tuple[MirrorOf, ...] = ()
    escrow: dict[str, Hex32] = Field(default_factory=dict)
    adopt: bool = False
    watch_seconds: float = Field(default=30.0, gt=0, le=30)  # a database that was set back is found within a minute
    sweep_seconds: float = Field(default=5.0, gt=0, le=60)

    @field_validator("escrow")
    @classmethod
    def _seals(cls, given: dict[str, str]) -> dict[str, str]:
        """A key to which nothing can be sealed would stop every line that is written together with a covert one."""
        for tenant, public in given.items():
            try:
                escrowed(bytes.fromhex(public), b"", tenant, "")
            except ValueError:
                raise ValueError("a key to which nothing can be sealed") from None
        return given

    def escrowed(self, tenant: str) -> bytes:
        """32 bytes, or none."""
        return bytes.fromhex(self.escrow.get(tenant, ""))

    def kept(self, tenant: str) -> Kept:
        """How long one municipality keeps what has no term of its own."""
        lines = self.keep_years_of.get(tenant, self.keep_years)
        return Kept(lines, self.keep_files_of.get(tenant, self.keep_files or lines))
