"""Who was appointed: what the row says of it, and how one document is compared with another. Pure.

The column `appointed` is a document {relation, matters, recorder, sealed}; recorder: pseudonym of the employee who
wrote it down; sealed: who issued the document, its number and its day, as ciphertext in hexadecimal digits.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast

from consent.activity import Matter
from consent.mandates.rules import APPOINTED, Appointment
from consent.words import day
from kernel.clock import millis

DOCUMENT: Final[Mapping[Appointment, str]] = {
    "curator": "beschikking",
    "bewindvoerder": "beschikking",
    "mentor": "beschikking",
    "executeur": "verklaring van executele",
}

COLUMN: Final = "appointed"


@dataclass(frozen=True)
class Appointed:
    """Of one row. sealed: of its source, as bytes."""

    relation: Appointment
    matters: frozenset[Matter]
    recorder: str
    sealed: bytes


def appointed_of(row: Mapping[str, Any]) -> Appointed | None:
    """None for whom the resident chose. Raises ValueError, KeyError for what this version did not write."""
    if row["appointed"] is None:
        return None
    said = json.loads(row["appointed"])
    if said["relation"] not in APPOINTED:
        raise ValueError("no such appointment")
    matters = frozenset(cast("list[Matter]", said["matters"]))
    return Appointed(said["relation"], matters, said["recorder"], bytes.fromhex(said["sealed"]))


@dataclass(frozen=True)
class Source:
    """What an appointment rests on. document: what kind; issuer: court or notary; reference: its number; on: its day,
    "2026-03-01"."""

    document: str
    issuer: str
    reference: str
    on: str

    @property
    def said(self) -> str:
        """As lines tell it."""
        issued = millis(datetime.fromisoformat(self.on).replace(tzinfo=UTC))
        return f"{self.document} van {day(issued)}, {self.issuer}, {self.reference}"


def source_text(source: Source) -> str:
    """As it is sealed in a row."""
    said = {"issuer": source.issuer, "reference": source.reference, "on": source.on}
    return json.dumps(said, ensure_ascii=False, sort_keys=True)


def source_from(relation: Appointment, text: str) -> Source:
    """The inverse of `source_text`."""
    return Source(DOCUMENT[relation], **json.loads(text))


def written(relation: Appointment, matters: tuple[Matter, ...], recorder: str, sealed: bytes) -> str:
    """The inverse of `appointed_of`."""
    said = {"relation": relation, "matters": sorted(matters), "recorder": recorder, "sealed": sealed.hex()}
    return json.dumps(said, sort_keys=True)


def fits(relation: Appointment, matters: tuple[Matter, ...]) -> bool:
    """Whether an appointment can be about these. Only of a curator the order may say less than all."""
    most = APPOINTED[relation]
    return bool(matters) and ({*matters} == most or (relation == "curator" and {*matters} < most))


def bare(text: str) -> str:
    """As two people would type the same: letters and digits alone."""
    return "".join(one for one in text.casefold() if one.isalnum())
