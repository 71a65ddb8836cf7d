"""Base64 and numbers as C2SP writes them: one spelling per value, so that a changed character is never harmless."""

import binascii
import re

from kernel.proof.hashes import ProofError

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)  # 19 digits are enough for 63 bits


def base64_of(content: bytes) -> str:
    """RFC 4648 section 4, with padding."""
    return binascii.b2a_base64(content, newline=False).decode("ascii")


def bytes_of(text: str) -> bytes:
    """What `base64_of` wrote; raises ProofError for any other spelling of it."""
    try:
        content = binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        raise ProofError("this is not base64") from None
    if base64_of(content) != text:
        raise ProofError("this base64 is not the one spelling of its bytes")
    return content


def number_of(text: str) -> int:
    """A number from 0, without leading zeroes or signs. Raises ProofError."""
    if _DECIMAL.fullmatch(text) is None:
        raise ProofError("this is not a plain decimal number")
    return int(text)
