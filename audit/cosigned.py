"""The newest head that a quorum of witnesses saw, as text in a file of its own. Waits for the disk.

Beside the signer's files and not in the database: who sets back the one does not set back the other, and a start finds
out. It needs no seal, for it is all signatures. Lost: the next round along the witnesses makes it again.
"""

from dataclasses import dataclass
from pathlib import Path

from audit.keeping import read_limited, write_whole
from audit.signer import SignedHead
from kernel.crypto import verify
from kernel.proof.checkpoint import Checkpoint
from kernel.proof.hashes import ProofError
from kernel.proof.note import signed_at
from kernel.proof.notetext import MAX_NOTE_BYTES
from kernel.proof.policy import Policy


@dataclass(frozen=True)
class Cosigned:
    """A head under the words of a quorum, which are in its note. at: POSIX seconds, see Policy.quorum_at."""

    head: SignedHead
    at: int


@dataclass(frozen=True)
class Keeping:
    """folder: of the signer's files. policy: whose words count."""

    folder: Path
    policy: Policy

    def path(self, origin: str) -> Path:
        """Of one log."""
        return self.folder / f"{origin.replace('/', '~')}.cosigned"

    def keep(self, origin: str, cosigned: Cosigned) -> None:
        """Durable when it returns. Raises OSError."""
        self.folder.mkdir(mode=0o700, exist_ok=True)  # with a signer elsewhere nobody else made it
        write_whole(self.path(origin), cosigned.head.note)

    def kept(self, origin: str) -> Cosigned | None:
        """None when there is none that a quorum of this policy cosigned. NOT checked: that the log signed it.
        Raises OSError."""
        content = read_limited(self.path(origin), MAX_NOTE_BYTES)
        try:
            return None if content is None else cosigned_in(content.decode(), self.policy)
        except (ProofError, UnicodeDecodeError):
            return None


def cosigned_in(note: str, policy: Policy) -> Cosigned | None:
    """None without a quorum. Raises ProofError. NOT checked: that the log itself signed it."""
    text, signed = signed_at(note, [each.key for each in policy.witnesses], verify)
    head, at = Checkpoint.parse(text), policy.quorum_at(signed)
    return None if at is None else Cosigned(SignedHead(head.size, head.root, note), at)
