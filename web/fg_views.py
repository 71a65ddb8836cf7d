"""What the pages of the FG need: questions without names, and a search that is itself a line in the log."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from web.breach_views import BreachRow
from web.emergency_views import EmergencyCard
from web.frame import Coverage, FieldError, Frame, Option
from web.removal_views import LateRow, LateSetRow

LiftDone = Literal["", "eerste", "klaar"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion:
    """A question for the FG, without name or number of who asked, and without the use itself: reading somebody's line
    is a search, with a reason."""

    id: str
    text: str
    department: str
    purpose: str
    asked: date
    due: date
    late: bool = False
    draft: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """What the newest signed head says, and when it was read: not that anybody checked the lines below it."""

    size: int
    read: datetime
    silent_systems: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OldAssessment:
    """An activity whose assessment is over, or ends within sixty days. by_law: part of it goes on all the same."""

    slug: str
    title: str
    until: date
    expired: bool
    by_law: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FgStart:
    """`/fg`. `saved` tells that the answer which was just sent is stored. `assessments` and `emergencies`: the oldest
    first; `breaches`: the newest first, none while nobody can say. `reviewed`: one of the emergencies was just judged.
    `late`: what recipients should have removed, and `late_sets` what they should have destroyed, the oldest first;
    `known`: whether anybody can say that now. `settled`: a set was just written off."""

    frame: Frame
    questions: tuple[OpenQuestion, ...]
    log: LogState
    breaches: tuple[BreachRow, ...] | None = ()
    assessments: tuple[OldAssessment, ...] = ()
    emergencies: tuple[EmergencyCard, ...] = ()
    reviewed: bool = False
    saved: bool = False
    late: tuple[LateRow, ...] = ()
    late_sets: tuple[LateSetRow, ...] = ()
    known: bool = True
    settled: bool = False
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One line that a search found. `index` with its term is the place in the log; `codes` why something was refused,
    each with a page of its own; `lift` its place, where the resident may not see it yet; `used` what was read to
    answer, and was not passed on."""

    moment: datetime
    client: str
    activity: str
    version: str
    basis: str
    labels: tuple[str, ...]
    decision: str
    codes: tuple[str, ...] = ()
    consent: str = ""
    correlation: str
    index: int
    lift: str = ""
    used: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """The answer to a search, shown only after the search has its own line `receipt`. `who` is masked.
    `lines` may be more than were `read`, and these more than `rows`, which tell how a release ended with the release
    itself: the page says so. `destroyed`: lines of the period of which only the number and place are left."""

    who: str
    since: date
    until: date
    lines: int
    read: int
    residents: int
    rows: tuple[Found, ...]
    coverage: Coverage
    receipt: int
    destroyed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FgSearch:
    """`/fg/zoek`. A typed BSN never comes back to the page: after an error it is typed again."""

    frame: Frame
    reasons: tuple[Option, ...]
    recipients: tuple[Option, ...]
    activities: tuple[Option, ...] = ()
    elements: tuple[Option, ...] = ()
    case: str = ""
    by: Literal["inwoner", "ontvanger", "tijd"] | None = None
    since: str = ""
    until: str = ""
    search: Search | None = None
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FgLift:
    """`/fg/opheffen`. `done`: the word that was just given was the first of two, or the second."""

    frame: Frame
    reasons: tuple[Option, ...]
    place: str = ""
    case: str = ""
    done: LiftDone = ""
    errors: tuple[FieldError, ...] = ()
