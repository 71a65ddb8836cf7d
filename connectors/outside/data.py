"""Bytes of a register, read as data: bounded in depth, size and text, and free of what only markup or a terminal reads.

Pure. What does not fit is not cut to fit: a register that sends it is not understood, and gives nothing.
"""

import json
import math
from dataclasses import dataclass
from typing import Any, NoReturn

from pydantic import JsonValue

INTEGER = 1 << 53  # beyond it, other readers of JSON see another number (RFC 8259 section 6)
LINE_BREAKS = "\t\n\r"
# Characters that no register writes and that change how text around them is read: controls, and turns of direction.
_HIDDEN = {*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF}
HIDDEN = frozenset(map(chr, _HIDDEN)) - frozenset(LINE_BREAKS)


class Unreadable(Exception):
    """Not the shape that was agreed, or beyond its limits. Says nothing of the content."""


@dataclass(frozen=True)
class Bounds:
    """Of one answer. depth: of nesting; text: characters of one text; items: of one list or object; parts: in all."""

    depth: int = 16
    text: int = 10_000
    items: int = 1_000
    parts: int = 20_000


def read_json(raw: bytes, bounds: Bounds | None) -> JsonValue:
    """bounds: None when each part is judged by itself, so that one may be wrong and the others right. Raises
    Unreadable."""
    try:
        value: JsonValue = json.loads(raw, parse_constant=_no_number, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise Unreadable from None
    if bounds is not None:
        demand_bounded(value, bounds)
    return value


def demand_bounded(value: Any, bounds: Bounds) -> None:
    """Raises Unreadable. Walks without recursion: how deep is the sender's choice."""
    todo, seen = [(value, 0)], 0
    while todo:
        one, depth = todo.pop()
        seen += 1
        if seen > bounds.parts or depth > bounds.depth:
            raise Unreadable
        if isinstance(one, dict | list):
            if len(one) > bounds.items:
                raise Unreadable
            inner = [*one, *one.values()] if isinstance(one, dict) else one
            todo += [(each, depth + 1) for each in inner]
        elif not _plain(one, bounds.text):
            raise Unreadable


def _plain(one: Any, most: int) -> bool:
    if isinstance(one, str):
        return len(one) <= most and not HIDDEN.intersection(one) and _encodable(one)
    if isinstance(one, bool) or one is None:
        return True
    if isinstance(one, int):
        return abs(one) <= INTEGER
    return isinstance(one, float) and math.isfinite(one)


def _encodable(text: str) -> bool:
    """Half a surrogate pair is no text: no database stores it and no answer can hold it."""
    return text.isascii() or not any("\ud800" <= one <= "\udfff" for one in text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a name that is said twice, two readers may each take another."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError("no number")
