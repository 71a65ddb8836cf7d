"""What the pages of process owners need (`/beheer`): versions to come and versions in force."""

from dataclasses import dataclass
from datetime import date, datetime

from web.frame import FieldError, Frame
from web.register_views import Told, UsedData


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRow:
    """One version to come, in the list."""

    slug: str
    title: str
    proposed: bool
    faults: int
    changed: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveRow:
    """One version in force. soon: its assessment ends within sixty days; expired: it has ended."""

    slug: str
    title: str
    number: int
    until: date
    soon: bool
    expired: bool
    drafted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """`/beheer/verwerkingsactiviteiten`. may_write: an owner, not the FG."""

    frame: Frame
    drafts: tuple[DraftRow, ...]
    active: tuple[ActiveRow, ...]
    may_write: bool
    pasted: str = ""
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field that changed, with what that means."""

    field: str
    effect: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextField:
    """One text of the draft, in one language."""

    id: str
    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPage:
    """`/beheer/verwerkingsactiviteiten/{slug}`. steps: what whoever reads this may do now, as (step, text).
    for_officer: why the FG has to agree. data, facts, values: the version in words; document: all of it, as JSON."""

    frame: Frame
    slug: str
    title: str
    digest: str
    proposed: bool
    own: bool
    against: int
    asks_anew: bool
    for_officer: tuple[str, ...]
    agreed: bool
    faults: tuple[tuple[str, str], ...]
    differences: tuple[Difference, ...]
    texts: tuple[TextField, ...]
    may_write: bool
    steps: tuple[tuple[str, str], ...]
    purpose: str
    data: tuple[UsedData, ...]
    facts: tuple[Told, ...]
    values: tuple[Told, ...]
    document: str
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EndPage:
    """`/beheer/verwerkingsactiviteiten/{slug}/stoppen`. chosen: part of it rests on what residents chose."""

    frame: Frame
    slug: str
    title: str
    chosen: bool
    reason: str = ""
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentPage:
    """`/beheer/verwerkingsactiviteiten/{slug}/beoordeling`: DPIA, four steps, seven values."""

    frame: Frame
    slug: str
    title: str
    digest: str
    dpia: str
    by: str
    until: str
    steps: tuple[TextField, ...]
    values: tuple[TextField, ...]
    errors: tuple[FieldError, ...] = ()
