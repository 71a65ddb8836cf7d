"""The signed head of a log (C2SP tlog-checkpoint)."""

from collections.abc import Iterable
from dataclasses import dataclass

from kernel.proof.encoding import base64_of, bytes_of, number_of
from kernel.proof.hashes import MAX_SIZE, ProofError, require_hashes
from kernel.proof.note import ED25519, VerifierKey, Verify, open_note
from kernel.proof.notetext import require_name


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log at one size. We write no extension lines and accept none."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        require_name(self.origin)
        require_hashes(self.root)
        if not 0 <= self.size <= MAX_SIZE:
            raise ProofError("the size of the tree is out of bounds")

    def encode(self) -> str:
        """The text that is signed: origin, size and root, a line each."""
        return f"{self.origin}\n{self.size}\n{base64_of(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """The head that `encode` wrote. Raises ProofError."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise ProofError("a checkpoint has exactly three lines")
        return cls(lines[0], number_of(lines[1]), bytes_of(lines[2]))


def open_checkpoint(
    note: str, keys: Iterable[VerifierKey], verify: Verify, verify_ml_dsa: Verify | None = None
) -> Checkpoint:
    """The head, signed by the log itself: an Ed25519 key with the origin as its name. Raises ProofError."""
    text, signers = open_note(note, keys, verify, verify_ml_dsa)
    checkpoint = Checkpoint.parse(text)
    if checkpoint.origin not in {key.name for key in signers if key.kind == ED25519}:
        raise ProofError("the log itself did not sign this checkpoint")
    return checkpoint
