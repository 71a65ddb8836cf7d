"""A use in an emergency: what its resident reads of it, and what the FG reads before and while they judge it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from audit.contract import EMERGENCY, Line
from consent.emergencies.contract import EmergencyUse, Verdict
from kernel.clock import moment
from web.frame import FieldError, Frame
from web.language import Language
from web.line_details import need_of
from web.line_views import local_day
from web.register_words import RegisterWords
from web.urgent import Reviewed, Urgent


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyCard:
    """A use that nobody reviewed, without whose it was. id: its place in the log. own: of a department of the reader.
    ended: before that nothing can be said."""

    id: str
    department: str
    purpose: str
    reason: str
    moment: datetime
    due: date
    late: bool
    own: bool
    ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FgEmergency:
    """`/fg/noodtoegang`. token: under which this session keeps what was opened. refused: (label, code). note: None
    where it does not open."""

    frame: Frame
    token: str
    card: EmergencyCard
    labels: tuple[str, ...]
    refused: tuple[tuple[str, str], ...] = ()
    case: str = ""
    note: str | None = None
    chosen: Verdict | None = None
    draft: str = ""
    errors: tuple[FieldError, ...] = ()


def urgent_of(line: Line, newer: Iterable[Line], whole: bool, language: Language) -> Urgent | None:
    """What a resident reads of it. newer: lines of theirs since. whole: these are all of them, so that without a review
    among them it was not reviewed."""
    if line.event.kind != EMERGENCY or line.gone:
        return None
    for one in newer:
        if one.event.kind == "nood-nagekeken" and line.position in one.event.closes and not one.gone:
            said = one.event.details
            judged = Reviewed(day=local_day(one.at), good=said.get("oordeel") == "in-orde", why=said.get("waarom", ""))
            return Urgent(reason=need_of(line.event, language), reviewed=judged)
    return Urgent(reason=need_of(line.event, language), waits=whole)


def card_of(use: EmergencyUse, said: RegisterWords, today: date) -> EmergencyCard:
    """For the FG. It is to be reviewed on its own day."""
    day = local_day(use.at)
    return EmergencyCard(
        id=str(use.line),
        department=said.recipient(use.recipient, use.recipient_name),
        purpose=said.purpose(use.activity, ""),
        reason=said.chosen(use.reason),
        moment=moment(use.at),
        due=day,
        late=day < today,
        own=use.own,
        ended=use.ended,
    )
