"""What the pages of published tables need: texts in the language of the page, nothing about a person. Pure."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from web.frame import Frame

State = Literal["gemaakt", "nog-niet-gemaakt", "niet-gemaakt"]


def counted(measure: str, rows: str, columns: str) -> str:
    """What stands in a table, in Dutch."""
    return f"{measure}: {rows} x {columns}" if columns else f"{measure}: {rows}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """One table in the list. place: of its page. title: of the activity, number: of its version; counted: what stands
    in it, in Dutch."""

    place: str
    title: str
    number: int
    counted: str
    day: date
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureList:
    """`/cijfers`. catalogue: its address for a computer."""

    frame: Frame
    rows: tuple[FigureRow, ...]
    catalogue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureCell:
    """One group. count, mean: "" where we do not show it."""

    row: str
    column: str
    count: str
    mean: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FigurePage:
    """`/cijfers/{slug}/{versie}/{tabel}`. facts: (term, text); cells: at most so many as a page holds, of `many`.
    rows, columns: what the groups are, in Dutch; columns is "" for a table of one side. means: it has averages.
    file: where it can be taken away, "" while it was not made. digest, log, index: the check on that."""

    frame: Frame
    row: FigureRow
    slug: str
    version: int
    purpose: str
    facts: tuple[tuple[str, str], ...]
    rows: str
    columns: str
    means: bool
    cells: tuple[FigureCell, ...]
    many: int
    file: str
    digest: str
    log: str
    index: int
