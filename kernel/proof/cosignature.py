"""What is signed by whoever signs a head beside its log (C2SP tlog-cosignature): a witness, with its time.

Type 04 is Ed25519, what our witnesses write. Type 06 is ML-DSA-44, which no quantum computer forges: a slot, checked
where the key is known; nobody here writes it yet.
"""

from kernel.proof.encoding import bytes_of, number_of
from kernel.proof.hashes import ProofError, require_hashes

PUBLIC_KEY_BYTES, SIGNATURE_BYTES, TIME_BYTES = 1312, 2420, 8
_LABEL = b"subtree/v1\n\0"
_LATEST = (1 << 63) - 1


def timed_message(at: int, text: str) -> bytes:
    """What an Ed25519 cosignature signs about the note text, at this POSIX time; never at none. Raises ProofError."""
    if not 0 < at <= _LATEST:
        raise ProofError("the time of a cosignature is out of bounds")
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def cosigned_message(cosigner: str, at: int, text: str) -> bytes:
    """What is signed about the head in `text`, at this POSIX time (0: at none). Raises ProofError.

    struct { uint8 label[12]; opaque cosigner_name<1..2^8-1>; uint64 timestamp; opaque log_origin<1..2^8-1>;
             uint64 start; uint64 end; uint8 hash[32]; } cosigned_message;
    """
    lines = text.split("\n")
    if len(lines) < 4 or not 0 <= at <= _LATEST:
        raise ProofError("this is not a head, or its time is out of bounds")
    size, root = number_of(lines[1]), bytes_of(lines[2])
    require_hashes(root)
    tree = bytes(8) + size.to_bytes(8, "big") + root
    return _LABEL + _opaque(cosigner) + at.to_bytes(TIME_BYTES, "big") + _opaque(lines[0]) + tree


def _opaque(name: str) -> bytes:
    content = name.encode()
    if not 0 < len(content) < 256:
        raise ProofError("a name in a cosignature has 1 to 255 bytes")
    return bytes([len(content)]) + content
