"""What a log sends its witness (C2SP tlog-witness, add-checkpoint), and how either writes and reads it. Pure.

old 20852014
<consistency proof, a hash per line, base64>

<checkpoint>
"""

from collections.abc import Sequence
from dataclasses import dataclass

from kernel.proof.checkpoint import Checkpoint
from kernel.proof.encoding import base64_of, bytes_of, number_of
from kernel.proof.hashes import ProofError, require_hashes
from kernel.proof.notetext import split_note

MAX_HASHES = 63  # the height of the largest tree
MAX_BYTES = 64 << 10  # 63 hashes are 3 kB, a head with four post-quantum cosignatures 20 kB
_OLD = "old "


@dataclass(frozen=True, slots=True)
class Submitted:
    """A head and what shows that it continues a tree of `old` lines. text: what is signed, extension lines included."""

    old: int
    proof: tuple[bytes, ...]
    note: str
    text: str
    head: Checkpoint


def body_of(old: int, proof: Sequence[bytes], note: str) -> bytes:
    """The body of a request."""
    return "\n".join([f"{_OLD}{old}", *map(base64_of, proof), "", note]).encode()


def submitted(body: bytes) -> Submitted:
    """What `body_of` wrote. Raises ProofError; whose signatures there are is not looked at."""
    if len(body) > MAX_BYTES:
        raise ProofError("the request is too long")
    try:
        top, blank, note = body.decode().partition("\n\n")
    except UnicodeDecodeError:
        raise ProofError("the request is not valid UTF-8") from None
    first, *rows = top.split("\n")
    if not blank or not first.startswith(_OLD) or len(rows) > MAX_HASHES:
        raise ProofError("a request is an old size, at most 63 hashes, an empty line and a head")
    proof = tuple(map(bytes_of, rows))
    require_hashes(*proof)
    text, _ = split_note(note)
    return Submitted(number_of(first.removeprefix(_OLD)), proof, note, text, _head(text))


def _head(text: str) -> Checkpoint:
    """Lines after the third are the log's own affair; they are signed with the rest (C2SP tlog-checkpoint)."""
    *lines, end = text.split("\n")
    if end or not all(lines) or len(lines) < 3:
        raise ProofError("a head has at least three lines, none of them empty")
    return Checkpoint.parse("\n".join([*lines[:3], ""]))
