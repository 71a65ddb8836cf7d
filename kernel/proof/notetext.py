"""The lines that a signed note is made of (C2SP signed-note); whose they are is asked elsewhere."""

import re

from kernel.proof.encoding import bytes_of
from kernel.proof.hashes import ProofError

KEY_ID_BYTES = 4
MAX_SIGNATURES = 64  # 16 must be accepted; room for a log, its witnesses and their successors
MAX_NOTE_BYTES = 512 * 1024  # 64 post-quantum signatures of 5 kB in base64 fit in it
_NOT_IN_A_NAME = re.compile(r"[\s+\x00-\x1f\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


def require_name(name: str) -> None:
    """Raises ProofError for what C2SP forbids in the name of a key: a second word, a plus, a control character."""
    if not name or _NOT_IN_A_NAME.search(name):
        raise ProofError("the name of a key is empty, or has a space, a plus or a control character")


def split_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text with its last newline, and (name, key id and signature) per line under the last empty line."""
    try:
        too_long = len(note.encode()) > MAX_NOTE_BYTES
    except UnicodeEncodeError:
        raise ProofError("the note is not valid UTF-8") from None
    if too_long or _CONTROL.search(note):
        raise ProofError("the note is too long, or has control characters")
    text, blank, signed = note.rpartition("\n\n")
    *lines, rest = signed.split("\n")
    if not blank or rest or not 0 < len(lines) <= MAX_SIGNATURES:
        raise ProofError("the note does not end with an empty line and its signatures")
    return f"{text}\n", [signature_of(line) for line in lines]


def signature_of(line: str) -> tuple[str, bytes]:
    """Name, and key id with signature, of one line without its newline. Raises ProofError."""
    dash, name, encoded = line.split(" ") if line.count(" ") == 2 else ("", "", "")
    if dash != "\N{EM DASH}":
        raise ProofError("a signature line is not: dash, name, signature")
    require_name(name)
    signature = bytes_of(encoded)
    if len(signature) <= KEY_ID_BYTES:
        raise ProofError("a signature is empty")
    return name, signature
