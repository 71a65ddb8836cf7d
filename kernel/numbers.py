"""Text that could hold somebody's number. Pure."""

import re

# The second alternative: digits of another script are digits too, and one of them does not hide nine of ours.
_NINE = re.compile(r"(?<![0-9])[0-9]{9}(?![0-9])|(?<!\d)\d{9}(?!\d)")


def has_number(text: str) -> bool:
    """Whether nine digits in a row stand free: neither more nor fewer. Spaces and dots are not looked through."""
    return _NINE.search(text) is not None
