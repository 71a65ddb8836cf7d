"""From a release to a row that names nobody: each field coarsened, a pseudonym of this project alone. Pure.

pseudonym = base32(BLAKE2b-160(key of the project, resident))       the project's key: from the room's, per recipient,
                                                                    activity and set (trust.md 5)
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field, JsonValue

from connectors.answers import Unknown, days_of
from connectors.contract import Release
from connectors.counting.grouping import group
from consent.contract import Axis, LabField
from kernel.crypto import keyed_hash
from kernel.message import Hex32, Message

FIRST_POSTCODE, LAST_POSTCODE = 1_000, 9_999


class Lab(Message):
    """What a job makes rows with. version: of the activity, that says so. smallest: rows that fewer people share stay
    here. project: key of the pseudonyms."""

    name: str
    version: str = ""
    fields: tuple[LabField, ...]
    smallest: Annotated[int, Field(ge=15)]
    project: Annotated[Hex32, Field(repr=False)]


@dataclass(frozen=True)
class Row:
    """text: as the recipient reads it. group: the same for who has the same fields, and tells nothing else."""

    text: bytes
    group: str


def project_key(key: bytes, recipient: str, activity: str, name: str) -> str:
    """Of the pseudonyms of one set of one recipient, in hexadecimal digits. key: the room's."""
    parts = ("gegevensset", recipient, activity, name)
    return keyed_hash(key, "pseudo", [part.encode() for part in parts]).hex()


def row_of(lab: Lab, job: str, who: tuple[int, str], release: Release, today: date) -> Row | None:
    """who: number in the list, and the resident's id. None: something is missing, or somebody is secret; a row with a
    gap would put them with others than they belong to."""
    nr, resident = who
    if release.refused or release.not_delivered or release.secrecy:
        return None
    fields = coarsened(lab.fields, {name: one.value for name, one in release.values.items()}, today)
    if fields is None:
        return None
    key = bytes.fromhex(lab.project)
    name = base64.b32encode(keyed_hash(key, "pseudo", [b"inwoner", resident.encode()], 20)).decode().lower()
    shared = json.dumps(fields, sort_keys=True).encode()
    alike = keyed_hash(key, "pseudo", [b"groep", job.encode(), shared], 16).hex()
    text = json.dumps({"nr": nr, "pseudoniem": name, "velden": fields}).encode()
    return Row(text, f"{lab.smallest}:{alike}")


def coarsened(fields: Sequence[LabField], values: Mapping[str, JsonValue], today: date) -> dict[str, str] | None:
    """By the name of the field; None when one of them is unknown."""
    found: dict[str, str] = {}
    for field in fields:
        said = _coarse(field, values.get(field.element), today)
        if said is None:
            return None
        found[field.name] = said
    return found


def too_few(groups: Sequence[tuple[int, str]]) -> frozenset[int]:
    """The numbers whose group is shared by fewer than it must be. groups: (number, group)."""
    sizes: dict[str, int] = {}
    for _, name in groups:
        sizes[name] = sizes.get(name, 0) + 1
    return frozenset(nr for nr, name in groups if name and sizes[name] < int(name.partition(":")[0]))


def _coarse(field: LabField, value: JsonValue, today: date) -> str | None:
    if field.by == "jaar":
        return _year(value)
    if field.by == "postcode4":
        return _postcode(value)
    axis = Axis(element=field.element, by=field.by, groups=field.groups, bounds=field.bounds)
    return group(axis, value, today)


def _year(value: JsonValue) -> str | None:
    """Of a date as the BRP gives it, also one of which more is unknown, or of one in ISO 8601."""
    try:
        days = days_of(value)
        if days is None:
            return str(date.fromisoformat(value).year) if isinstance(value, str) else None
    except (Unknown, ValueError):
        return None
    first, last = days
    return str(first.year) if first.year == last.year else None


def _postcode(value: JsonValue) -> str | None:
    """Of an address, or of a postal code."""
    code = value.get("postcode") if isinstance(value, dict) else value
    four = code[:4] if isinstance(code, str) else ""
    fits = len(four) == 4 and four.isascii() and four.isdigit()
    return four if fits and FIRST_POSTCODE <= int(four) <= LAST_POSTCODE else None
