"""What every page has around its subject, and the pages that stand outside anybody's data.

Frozen values, filled by the routes, read by the templates. Nothing here holds a BSN, an OIN or a staff name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from web.code_words import Trouble
from web.words import ErrorId, Refusal

Role = Literal["inwoner", "fg", "eigenaar", "balie", "burgerzaken"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Around every page. `path` is the Dutch path without `/en`; `query` holds opaque filter values only. acting: the
    name of whom somebody acts for, "" for themselves. files: they send files of sources."""

    path: str
    query: str = ""
    municipality: str
    phone: str
    version: str
    person: str | None = None
    role: Role | None = None
    csrf: str = ""
    demo: bool = False
    idle_minutes: int = 15
    acting: str = ""
    files: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One wrong field: the summary links to `id`, the field shows the same words."""

    id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice in a list; `value` is an opaque id or a code."""

    value: str
    text: str
    chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportingSystem:
    """A system that reports its own uses. department: whose. since, last: days of its first and last report."""

    name: str
    department: str
    since: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """From how many systems we know the uses; `down` names those that should answer but do not now, `systems` those
    that report uses outside Regie."""

    reporting: int
    total: int
    down: tuple[str, ...] = ()
    systems: tuple[ReportingSystem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """Places of the neighbouring pages, None at the ends."""

    page: int
    pages: int
    previous: str | None = None
    next: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """`/`: before login. `login` is the place where login begins."""

    frame: Frame
    login: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Any page that cannot be shown. `number` is what the resident reads out at the phone. `done`: whether what was
    sent was carried out, "" when nothing was; `choice` that it was a choice about a permission. `minutes`: to wait,
    where something was done too often."""

    frame: Frame
    id: ErrorId
    number: str = ""
    done: Literal["", "nee", "onbekend"] = ""
    choice: bool = False
    minutes: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePage:
    """`/fouten/{code}`; an unknown code shows the list of all. refused: codes by which somebody got nothing; troubles:
    all others."""

    frame: Frame
    code: str
    refused: Mapping[str, Refusal]
    troubles: Mapping[str, Trouble]
