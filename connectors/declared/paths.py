"""JMESPath, limited: which part of an answer an element is. Data, no program: short, flat, and few functions. Pure."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import JsonValue

from connectors.outside.data import Unreadable

CHARACTERS, PARTS, DEPTH = 500, 60, 20
# What makes text or numbers of data that is there; none that builds, folds or repeats.
FUNCTIONS = frozenset({"length", "starts_with", "ends_with", "contains", "not_null", "max", "min", "to_number", "type"})


def flat(said: JsonValue) -> list[JsonValue]:
    """All that stands in lists within lists, in order; what is no list is a list of one."""
    return [inner for one in said for inner in flat(one)] if isinstance(said, list) else [said]


def says_nothing(said: JsonValue) -> bool:
    """Empty, or made of what is empty."""
    return not _there(said) or (isinstance(said, dict) and not any(map(_there, said.values())))


def _there(value: JsonValue) -> bool:
    return value not in (None, "", {}, [])


@dataclass(frozen=True)
class Path:
    """One expression. Made by `path`, which judges it."""

    text: str

    @cached_property
    def _compiled(self) -> Any:
        return jmespath.compile(self.text)

    def of(self, answer: JsonValue) -> JsonValue:
        """Raises Unreadable for an answer that it does not fit."""
        try:
            found: JsonValue = self._compiled.search(answer)
        except (JMESPathError, ValueError, TypeError, RecursionError):
            raise Unreadable from None
        return found


def path(text: str) -> Path:
    """Raises ValueError, with what is wrong."""
    if len(text) > CHARACTERS:
        raise ValueError(f"a path of more than {CHARACTERS} characters")
    try:
        tree = jmespath.compile(text).parsed
    except (JMESPathError, ValueError, RecursionError):
        raise ValueError("no JMESPath expression") from None
    parts = 0
    todo: list[tuple[Any, int]] = [(tree, 0)]
    while todo:
        node, depth = todo.pop()
        parts += 1
        if parts > PARTS or depth > DEPTH:
            raise ValueError("a path with too many parts")
        if node["type"] == "function_expression" and node["value"] not in FUNCTIONS:
            raise ValueError(f"the function {node['value']} is not offered here")
        todo += [(child, depth + 1) for child in node["children"] if isinstance(child, dict)]
    return Path(text)
