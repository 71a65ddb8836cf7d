"""What a search leaves in the log: its own line, and one in the series of each person shown."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from audit.contract import Reason, Verdict
from audit.covert import is_covert
from audit.event import NOBODY, SYSTEM, Entry, Event
from audit.permit import Receipt
from kernel.caller import Caller
from kernel.errors import NoAccess, Problem
from kernel.ids import derived_id

ROLES = frozenset({"fg", "auditor"})
PURPOSE = "De privacy-toezichthouder kijkt na of gegevens goed zijn gebruikt."
SCOPE = "logboek"
NAME = "Zoeken in het logboek"
BASIS = "6(1)(c)"

AT_ONCE = 200  # lines recorded together

Record = Callable[[Sequence[Entry]], Awaitable[list[Verdict]]]


def may_search(caller: Caller) -> bool:
    """Staff with the role, or an application whose token was narrowed to the log."""
    staff = caller.kind == "medewerker" and bool(ROLES & set(caller.roles))
    return staff or (caller.kind in ("mens", "automatisch") and SCOPE in caller.scope)


def demand_searcher(caller: Caller) -> None:
    """Raises NoAccess."""
    if not may_search(caller):
        raise NoAccess("Zoeken in het logboek is voor de FG en auditors.")


async def show(
    record: Record, caller: Caller, reason: Reason, search_id: str, found: Iterable[tuple[str, int]], now: int
) -> None:
    """A line for each person who is shown, before anybody is. found: whose lines, and until when (ms) each is withheld.
    Who is shown by such lines alone may not learn now that there was something to find: the line waits with the last of
    them. Raises LogUnavailable, OutcomeUnknown."""
    until = dict[str, int]()
    shown = set[str]()
    for subject, withheld in found:
        until[subject] = max(until.get(subject, 0), withheld)
        shown |= {subject} if withheld <= now else set()
    events = [
        search_event(caller, reason, derived_id(search_id, subject), subject).model_copy(
            update={
                "withheld_until": 0 if subject in shown else withheld,
                "covert": "ja" if is_covert(subject) else "",
            }
        )
        for subject, withheld in sorted(until.items())
        if subject not in (SYSTEM, NOBODY)
    ]
    for at in range(0, len(events), AT_ONCE):
        receipts_of(await record([Entry(event=event) for event in events[at : at + AT_ONCE]]))


def search_event(
    caller: Caller, reason: Reason, event_id: str, subject: str, more: Mapping[str, str] | None = None
) -> Event:
    """The line of a search itself (subject SYSTEM, `more` says what for), or of somebody who was shown."""
    details = {"reden": reason.code, "toelichting": reason.note, "organisatie": caller.organisation, **(more or {})}
    return Event(
        id=event_id,
        kind="zoeking",
        subject=subject,
        name=NAME,
        activity=SCOPE,
        purpose=PURPOSE,
        class_="A",
        basis=BASIS,
        law="AVG 39(1)(b)",
        actor=caller.user,
        key=caller.key,
        application=caller.application,
        case=reason.case,
        details={name: value for name, value in details.items() if value},
    )


def receipts_of(verdicts: Sequence[Verdict]) -> list[Receipt]:
    """All of them. Raises the first that is a Problem."""
    for verdict in verdicts:
        if isinstance(verdict, Problem):
            raise verdict
    return [verdict for verdict in verdicts if isinstance(verdict, Receipt)]
