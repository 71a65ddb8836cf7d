"""The one form of anything that is hashed or signed: RFC 8785 of documents that hold text only.

Integers and times (milliseconds) are written as text, bytes as lower-case hexadecimal digits, absent members are
left out. For such documents the only thing to get right is the order of names and how text is quoted, and the latter
json does as RFC 8785 wants it; a test compares the whole.
"""

import json
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring as _quoted
from operator import itemgetter
from typing import Any

import orjson

Document = Mapping[str, Any]
_name = itemgetter(0)


def canonical(document: Document) -> str:
    """The same text on every machine and in every version of Python. Raises TypeError for anything but text."""
    return _written(document)


def canonical_text(document: Document) -> bytes:
    """The same, in UTF-8, for a document of which it is known that all in it is text, in lists and documents: ten times
    faster. Where a name has letters that ASCII has not, `canonical` writes it. Raises TypeError for numbers in names
    and text that is none; other numbers go through, and who reads it with `read_canonical` notices."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def _written(value: Any) -> str:  # Any: JSON is recursive
    kind = type(value)  # what there is most of first: asking an abstract class takes as long as all the rest
    if kind is str:
        return _quoted(value)
    if kind is int:
        return f'"{value}"'
    if kind is dict:
        return _object(value)
    if kind is list or kind is tuple:
        return f"[{','.join([_quoted(each) if type(each) is str else _written(each) for each in value])}]"
    return _seldom(value)


def _object(members: Mapping[str, Any]) -> str:
    told = [
        f"{_quoted(name)}:{_quoted(value) if type(value) is str else _written(value)}"
        for name, value in _in_order(members)
        if value is not None
    ]
    return f"{{{','.join(told)}}}"


def _seldom(value: Any) -> str:
    if isinstance(value, bool | float) or value is None:
        raise TypeError(f"a canonical document holds text only, not {type(value).__name__}")
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, int):
        return f'"{int(value)}"'
    if isinstance(value, bytes):
        return _quoted(value.hex())
    if isinstance(value, Mapping):
        return _object(value)
    if isinstance(value, Sequence):
        return f"[{','.join(map(_written, value))}]"
    raise TypeError(f"a canonical document holds text only, not {type(value).__name__}")


def read_canonical(text: str, limit: int = 1 << 20) -> dict[str, Any]:
    """A document back. Raises ValueError for another shape, a second spelling, or more than `limit` characters."""
    if len(text) > limit:
        raise ValueError("document too large")
    try:
        return _plain(text) or _looked_at(text)
    except (TypeError, RecursionError):  # a value that is no text; deeper than anybody goes
        raise ValueError("not a canonical document") from None


def _looked_at(text: str) -> dict[str, Any]:
    document = json.loads(text)
    if not isinstance(document, dict) or canonical(document) != text:
        raise ValueError("not a canonical document")
    return document


def _no_number(_: str) -> Any:
    raise ValueError("a number")


_TEXTS_ONLY = json.JSONDecoder(parse_int=_no_number, parse_float=_no_number, parse_constant=_no_number)


def _plain(text: str) -> dict[str, Any] | None:
    """A document in ASCII, as nearly all are, for a third of what looking at each value costs. None: it may be none,
    and is to be looked at. Three words can stand bare, and nothing tells those from text but to look."""
    if not text.isascii() or "true" in text or "false" in text or "null" in text:
        return None
    try:
        document = _TEXTS_ONLY.decode(text)
        # all in it is text, and its names are ASCII: the fast writer writes it as `canonical` does
        same = type(document) is dict and canonical_text(document) == text.encode()
    except (ValueError, TypeError):  # TypeError: deeper than the fast writer goes
        return None
    return document if same else None


def _in_order(members: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """RFC 8785 section 3.2.3: by UTF-16 units; for plain names that is the order Python has anyway."""
    if "".join(members).isascii():
        return sorted(members.items(), key=_name)
    return sorted(members.items(), key=lambda member: member[0].encode("utf-16-be", "surrogatepass"))
