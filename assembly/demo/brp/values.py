"""Single values of the GBA form. Source: Logisch Ontwerp BRP, standard values: they mean "unknown" and are left out.

The OpenAPI's patterns carry fewer characters than the register does, and fewer than the texts of its own code tables
(`echtgenoot/geregistreerd partner`). Answers must validate, so what cannot be carried becomes a hyphen.
"""

import re
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
GbaPerson = Mapping[str, Any]

UNKNOWN = frozenset({"", ".", "0000", "000", "0"})


def present(**values: object) -> Json:
    """The values that exist; an empty list stays, because "no children" is an answer."""
    return {name: value for name, value in values.items() if value is not None}


def text(value: object) -> str | None:
    """A text, or nothing when it is empty or stands for unknown."""
    trimmed = value.strip() if isinstance(value, str) else ""
    return None if trimmed in UNKNOWN else trimmed


def name(value: object) -> str | None:
    """A name, or nothing when it is unknown."""
    written = text(value)
    return re.sub(r"[^a-zA-Z0-9À-ž .\-']", "-", written) if written else None


def table(value: object) -> Json | None:
    """A code with its description; a code that stands for unknown is left out, a place abroad has no code."""
    if not isinstance(value, Mapping):
        return None
    meaning = text(value.get("omschrijving"))
    carried = re.sub(r"[^a-zA-Z0-9À-ž '.\-(),]", "-", meaning) if meaning else None
    row = present(code=text(value.get("code")), omschrijving=carried)
    if "code" in value and "code" not in row:
        return None
    if "soort" in value:
        row["soort"] = value["soort"]
    return row or None


def identification(value: object) -> str | None:
    """A BAG identification of sixteen digits; the official test file has some that lost one."""
    written = text(value) or ""
    return written if re.fullmatch("[0-9]{16}", written, re.ASCII) else None


def number(value: object) -> int | None:
    """A house number, 1 to 99999; the GBA form writes it as text."""
    written = str(value) if isinstance(value, (str, int)) else ""
    return int(written) if written.isascii() and written.isdecimal() and 1 <= int(written[:9]) <= 99999 else None


def group(value: object) -> Mapping[str, Any] | None:
    """A group that holds something; the GBA form writes an absent group as an empty one."""
    return value if isinstance(value, Mapping) and value else None
