"""What the pages of process owners need (`/beheer`): versions to come and versions in force."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from web.frame import FieldError, Frame
from web.register_views import Told, UsedData
from web.removal_views import LateRow, LateSetRow

Stop = Literal["zelf", "ander", "nooit"]


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
    """One version in force. soon: its assessment ends within sixty days; expired: it has ended. may_stop: whoever reads
    this may stop it."""

    slug: str
    title: str
    number: int
    until: date
    soon: bool
    expired: bool
    drafted: bool
    may_stop: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedRow:
    """One purpose that was stopped, with its last version."""

    slug: str
    title: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """`/beheer/verwerkingsactiviteiten`. may_write: an owner, not the FG. late, late_sets: what their own department
    should have removed; None where nobody asks that here, or can say it now (`known`)."""

    frame: Frame
    drafts: tuple[DraftRow, ...]
    active: tuple[ActiveRow, ...]
    stopped: tuple[StoppedRow, ...]
    may_write: bool
    late: tuple[LateRow, ...] | None = None
    late_sets: tuple[LateSetRow, ...] = ()
    known: bool = True
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
    for_officer: why the FG has to agree. again: it was stopped, and begins again with this version. data, facts,
    values: the version in words; document: all of it, as JSON."""

    frame: Frame
    slug: str
    title: str
    digest: str
    proposed: bool
    own: bool
    against: int
    asks_anew: bool
    again: bool
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
    """`/beheer/verwerkingsactiviteiten/{slug}/stoppen`. who: may stop it. owners: whose it is. chosen: part of it rests
    on what residents chose. parents: they need it to look for a child."""

    frame: Frame
    slug: str
    title: str
    who: Stop
    owners: tuple[str, ...]
    chosen: bool
    parents: bool
    reason: str = ""
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedPage:
    """The same address once it is stopped. ended: when; None and why "": the log cannot tell now. drafted: somebody is
    preparing the version with which it begins again."""

    frame: Frame
    slug: str
    title: str
    ended: datetime | None
    why: str
    drafted: bool
    may_write: bool


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
