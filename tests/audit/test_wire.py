"""Every member that comes in over the wire has a limit, however deep it lies."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from audit import answers, wire
from audit.permit import Permit, Position
from kernel.message import Message

BODIES = (
    wire.Entries, wire.Required, wire.MovesAfter, wire.LinesOf, Position, wire.Places, wire.Counts, wire.Searched,
    answers.Asked, Permit,
)  # fmt: skip
HIDDEN = "bsn"  # its class refuses more than 200 characters, which a schema does not say


@pytest.mark.parametrize("body", BODIES)
def test_every_member_of_a_body_has_a_limit(body: type[Message]) -> None:
    schema = body.model_json_schema()
    parts = [(body.__name__, schema), *schema.get("$defs", {}).items()]
    assert [place for name, part in parts for place in unbounded(name, part)] == []


def unbounded(place: str, part: dict[str, Any]) -> Iterator[str]:
    for choice in part.get("anyOf", ()):
        yield from unbounded(place, choice)
    for name, member in part.get("properties", {}).items():
        if name != HIDDEN:
            yield from unbounded(f"{place}.{name}", member)
    for inside in [*part.get("prefixItems", ()), *([part["items"]] if isinstance(part.get("items"), dict) else ())]:
        yield from unbounded(f"{place}[]", inside)
    if not limited(part):
        yield place


def limited(part: dict[str, Any]) -> bool:
    match part.get("type"):
        case "string":
            pattern = part.get("pattern", "*")
            return bool({"maxLength", "enum", "const", "format"} & set(part)) or not re.search(r"[*+]|,}", pattern)
        case "integer":
            high = {"maximum", "exclusiveMaximum"} & set(part)
            return bool(high) and bool({"minimum", "exclusiveMinimum"} & set(part))
        case "array":
            return "maxItems" in part
        case "object":
            return "properties" in part or not part.get("additionalProperties", True) or "maxProperties" in part
    return True
