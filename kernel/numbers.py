"""Text that could hold somebody's number. Pure."""

import re

# As a pattern of a whole text: nine digits of ours in a row stand free nowhere in it.
NO_NUMBER = r"^(?:[^0-9]|[0-9]{1,8}(?:[^0-9]|$)|[0-9]{10,}(?:[^0-9]|$))*$"
# The second alternative: digits of another script are digits too, and one of them does not hide nine of ours.
_NINE = re.compile(r"(?<![0-9])[0-9]{9}(?![0-9])|(?<!\d)\d{9}(?!\d)")


def has_number(text: str) -> bool:
    """Whether nine digits in a row stand free: neither more nor fewer. Spaces and dots are not looked through."""
    return _NINE.search(text) is not None


GONE = "•••"
# One sign between digits, as people write a number down: 1234.56.789, 123 456 789, 123-456-789.
_WRITTEN = re.compile(r"(?<![0-9])[0-9](?:[ .\u00a0-]?[0-9]){8}(?![ .\u00a0-]?[0-9])")


def has_written_number(text: str) -> bool:
    """The same for prose, where somebody may have put signs between the digits. Such a one counts only when its last
    digit fits (elfproef), for dates and amounts are written with signs as well."""
    return without_numbers(text) != text


def without_numbers(text: str) -> str:
    """The text with each such number taken out of it."""
    written = _WRITTEN.sub(lambda found: GONE if fits(re.sub("[^0-9]", "", found[0])) else found[0], text)
    return _NINE.sub(GONE, written)


def fits(number: str) -> bool:
    """Whether the last of nine digits fits to the others (elfproef)."""
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(weight * int(digit) for weight, digit in zip(weights, number, strict=True)) % 11 == 0
