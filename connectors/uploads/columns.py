"""What a declared file may hold: its columns, their kinds and limits. Pure.

A cell becomes a value in one way or none; what it says is in no message.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from connectors.outside.data import HIDDEN, LINE_BREAKS
from kernel.message import Message

Heading = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f;,\"]+$")]
ColumnName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
COLUMNS_MOST, ROWS_MOST = 50, 100_000
NUMBER = "bsn"
UNSEEN = HIDDEN | set(LINE_BREAKS)
_WHOLE, _AMOUNT = re.compile(r"-?[0-9]{1,15}"), re.compile(r"(-?[0-9]{1,12})(?:[.,]([0-9]{1,2}))?")
_YES, _NO = frozenset(("ja", "true", "1")), frozenset(("nee", "false", "0"))


class Wrong(Exception):
    """A cell is not what its column holds. Its text is a code: never what stands in it."""


class Column(Message):
    """One column. heading: as it stands in the file, capitals or not. longest: characters of a text. least, most: of
    whole numbers and amounts. choices: what a text may be, none for anything."""

    heading: Heading
    kind: Literal["text", "whole", "amount", "day", "yes-no"] = "text"
    longest: Annotated[int, Field(ge=1, le=1_000)] = 200
    least: float | None = None
    most: float | None = None
    choices: Annotated[tuple[str, ...], Field(max_length=200)] = ()
    required: bool = False

    def value(self, cell: str) -> JsonValue:
        """None for an empty cell. Amounts are texts with a point, days are ISO 8601. Raises Wrong."""
        if not cell.strip():
            if self.required:
                raise Wrong("leeg")
            return None
        return _READ[self.kind](self, cell)

    def bounded(self, number: float) -> None:
        """Raises Wrong."""
        if (self.least is not None and number < self.least) or (self.most is not None and number > self.most):
            raise Wrong("buiten-grenzen")


class Sheet(Message):
    """A file. owner: the organisation that sends it, through an application with the role `bronhouder`. number: the
    heading of the column with residents' numbers. keep_days: after which it is deleted, sent again or not."""

    owner: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    number: Heading = NUMBER
    keep_days: Annotated[int, Field(ge=1, le=3_660)]
    rows: Annotated[int, Field(ge=1, le=ROWS_MOST)] = ROWS_MOST
    columns: Annotated[dict[ColumnName, Column], Field(min_length=1, max_length=COLUMNS_MOST)]

    @model_validator(mode="after")
    def _apart(self) -> Self:
        headings = [folded(one) for one in (self.number, *(column.heading for column in self.columns.values()))]
        if len(set(headings)) != len(headings):
            raise ValueError("two columns have the same heading")
        return self


def folded(heading: str) -> str:
    """Headings that look the same are the same."""
    return heading.strip().casefold()


def _text(column: Column, cell: str) -> JsonValue:
    if len(cell) > column.longest:
        raise Wrong("te-lang")
    if UNSEEN.intersection(cell):
        raise Wrong("teken")
    if column.choices and cell not in column.choices:
        raise Wrong("onbekende-keuze")
    return cell


def _whole(column: Column, cell: str) -> JsonValue:
    if not _WHOLE.fullmatch(cell.strip()):
        raise Wrong("geen-getal")
    column.bounded(number := int(cell))
    return number


def _amount(column: Column, cell: str) -> JsonValue:
    found = _AMOUNT.fullmatch(cell.strip())
    if not found:
        raise Wrong("geen-bedrag")
    sign = "-" if found[1].startswith("-") else ""
    written = f"{sign}{int(found[1].removeprefix('-'))}.{(found[2] or '').ljust(2, '0')}"
    column.bounded(float(written))
    return written


def _day(_: Column, cell: str) -> JsonValue:
    text = cell.strip()
    try:
        day = date.fromisoformat(text) if text[4:5] == "-" else datetime.strptime(text, "%d-%m-%Y").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise Wrong("geen-datum") from None
    return day.isoformat()


def _yes_no(_: Column, cell: str) -> JsonValue:
    word = folded(cell)
    if word not in _YES | _NO:
        raise Wrong("geen-ja-of-nee")
    return word in _YES


_READ: Mapping[str, Callable[[Column, str], JsonValue]] = {
    "text": _text, "whole": _whole, "amount": _amount, "day": _day, "yes-no": _yes_no,
}  # fmt: skip
