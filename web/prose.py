"""What somebody wrote in a large field: a question, an answer. Pure."""

import re
from typing import Final

from kernel.numbers import has_written_number, without_numbers

UNSEEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # other rooms refuse these; and one may break up a number


def prose(typed: str) -> str:
    """As it is kept: a browser sends its own line ends, and often a last empty line. Without signs that nobody sees."""
    return UNSEEN.sub("", typed.replace("\r\n", "\n").replace("\r", "\n")).strip()


def text_fault(text: str, missing: str, most: int) -> str:
    """The key in `words.WRONG` of what is wrong; "" for nothing. missing: the key for an empty text."""
    if not text:
        return missing
    if len(text) > most:
        return "te-lang"
    return "bsn-in-tekst" if has_written_number(text) else ""


def draft(text: str, most: int) -> str:
    """What comes back to the page to be mended: never with a number in it, whatever else is wrong."""
    return without_numbers(text)[: most * 2]
