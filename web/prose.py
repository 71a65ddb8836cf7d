"""What somebody wrote in a large field: a question, an answer. Pure."""

from kernel.numbers import has_number


def prose(typed: str) -> str:
    """As it is kept: a browser sends its own line ends, and often a last empty line."""
    return typed.replace("\r\n", "\n").strip()


def text_fault(text: str, missing: str, most: int) -> str:
    """The key in `words.WRONG` of what is wrong; "" for nothing. missing: the key for an empty text."""
    if not text:
        return missing
    if len(text) > most:
        return "te-lang"
    return "bsn-in-tekst" if has_number(text) else ""


def draft(text: str, most: int) -> str:
    """What comes back to the page to be mended: never a text with a number, whatever else is wrong with it."""
    return "" if has_number(text) else text[: most * 2]
