"""One file that shows, offline, that a line is in a log (C2SP tlog-proof, version 1)."""

from dataclasses import dataclass
from functools import lru_cache

from kernel.proof.encoding import base64_of, bytes_of, number_of
from kernel.proof.hashes import ProofError, require_hashes
from kernel.proof.notetext import MAX_NOTE_BYTES

HEADER = "c2sp.org/tlog-proof@v1"
MAX_HASHES = 63  # the height of the largest tree
MAX_PROOF_BYTES = 1 << 20
_TOO_LONG = "the proof is too long"
HASH_SIGNS = 44  # of a hash in base64
# Hashes of nodes: proofs of neighbours share most of them.
_written, _read = lru_cache(maxsize=2_048)(base64_of), lru_cache(maxsize=2_048)(bytes_of)


@dataclass(frozen=True, slots=True)
class TlogProof:
    """Line `index`, the hashes from its sibling up, and the signed checkpoint, word for word.

    `extra` is not authenticated: who reads it checks it against the leaf. Raises ProofError.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    def __post_init__(self) -> None:
        require_hashes(*self.hashes)
        if self.index < 0 or len(self.hashes) > MAX_HASHES or len(self.checkpoint) > MAX_NOTE_BYTES:
            raise ProofError(_TOO_LONG)
        if self.extra == b"":
            raise ProofError("without extra data there is no extra line")

    def encode(self) -> str:
        """The text of a `.tlog-proof` file."""
        extra = [] if self.extra is None else [f"extra {base64_of(self.extra)}"]
        lines = [HEADER, *extra, f"index {self.index}", *map(_written, self.hashes), "", self.checkpoint]
        text = "\n".join(lines)
        if len(text) > MAX_PROOF_BYTES:
            raise ProofError(_TOO_LONG)
        return text

    @classmethod
    def parse(cls, text: str) -> "TlogProof":
        """What `encode` wrote; the checkpoint is not looked into. Raises ProofError."""
        if len(text) > MAX_PROOF_BYTES:
            raise ProofError(_TOO_LONG)
        proof, blank, checkpoint = text.partition("\n\n")
        header, *lines = proof.split("\n")
        if header != HEADER or not blank:
            raise ProofError("this is not a proof of version 1 with a checkpoint")
        extra = bytes_of(lines.pop(0)[6:]) if lines and lines[0].startswith("extra ") else None
        if not lines or not lines[0].startswith("index "):
            raise ProofError("the proof has no index")
        if any(len(line) != HASH_SIGNS for line in lines[1:]):
            raise ProofError("a hash is not 32 bytes long")
        return cls(number_of(lines[0][6:]), tuple(map(_read, lines[1:])), checkpoint, extra)
