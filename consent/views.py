"""A consent as its readers see it. Expiry needs no job: it is judged when somebody looks. Pure."""

from collections.abc import Mapping
from typing import Any

from consent.activity import ActivityVersion, Words
from consent.contract import ConsentView, State, Under
from consent.difference import consents_since
from consent.limits import pause_of, terms_of
from consent.lines import names
from consent.standing import PERMITS, last_moment

Row = Mapping[str, Any]
SHUT: frozenset[str] = frozenset({"geweigerd", "vervallen", "ingetrokken", "verlopen", "ongeldig"})


def state_of_row(row: Row, at: int) -> State:
    """The stored status, or what the clock made of it."""
    status: State = row["status"]
    if status == "gevraagd" and not row["pending_at"] and at > row["answer_by"]:
        return "vervallen"
    if status in {*PERMITS, "gepauzeerd"} and row["valid_until"] and at > row["valid_until"]:
        return "verlopen"
    return "gepauzeerd" if grown(row, at) else status


def grown(row: Row, at: int) -> bool:
    """Whether a yes of a parent stands still since the child may choose alone."""
    return row["status"] in PERMITS and 0 < pause_of(row) <= at


def ended_at(row: Row, at: int) -> int:
    """When it ended, ms; 0 while it has not."""
    state = state_of_row(row, at)
    if state == "verlopen":  # also of one that stood still: a pause is no end
        return int(row["valid_until"])
    if grown(row, at):
        return pause_of(row)
    return int(row["ended_at"] or (row["answer_by"] if state == "vervallen" else 0))


def as_counted(row: Row, newest: ActivityVersion | None) -> Row:
    """With the end that counts, under the newest version of its activity."""
    return {**row, "valid_until": last_moment(row, newest.period)} if newest else row


def view(stored: Row, recipient_name: Words, at: int, newest: ActivityVersion | None = None) -> ConsentView:
    """For the resident. newest: of its activity, None when it does not matter: a yes to a version that was narrower
    does not count any more, nor does a question about one that ended, and no yes lasts longer than the newest lets
    anybody look."""
    row = as_counted(stored, newest)
    state, terms = state_of_row(row, at), terms_of(row)
    if newest is not None and _outdated(row, state, newest):
        state = "ongeldig"
    return ConsentView(
        id=row["id"],
        state=state,
        activity=row["activity"],
        version=str(row["version"]),
        elements=names(row["elements"]),
        recipient=row["recipient"],
        recipient_name=recipient_name,
        case=row["reference"],
        requested_at=row["requested_at"],
        answer_by=row["answer_by"],
        decided_at=row["decided_at"],
        ended_at=ended_at(row, at),
        valid_until=row["valid_until"],
        latest=row["latest"],
        position=row["position"],
        pending=row["pending_at"] > 0,
        language=row["language"],
        text_hash=row["text_hash"],
        channel=terms.channel,
        limits=terms.limits,
        by=terms.by,
        grown=grown(row, at),
        loose=not row["resident"],
    )


def _outdated(row: Row, state: State, newest: ActivityVersion) -> bool:
    """Whether a yes counts no more, also one that stands still, or a question can have none: it is answered for the
    version that it asks about."""
    asked = state == "gevraagd" and not row["pending_at"]
    since, said = consents_since(newest), state in {*PERMITS, "gepauzeerd"}
    return bool((asked or said) and row["version"] < (max(since, newest.number) if asked else since))


def stands_under(stored: Row, at: int, newest: ActivityVersion | None) -> Under:
    """For data that was given under it."""
    row = as_counted(stored, newest)
    over = state_of_row(row, at) in ("ingetrokken", "verlopen", "ongeldig")
    return Under(kept=terms_of(row).limits.kept, ended_at=ended_at(row, at) if over else 0)


def for_recipient(seen: ConsentView) -> ConsentView:
    """No case file says that somebody said no: a refusal and silence are the same, and no line or hour tells them
    apart. NOT hidden: that it is over before its last day."""
    quiet = {"position": "", "language": "", "text_hash": "", "channel": "", "pending": False, "by": "", "grown": False,
             "loose": False}  # fmt: skip
    never = (
        seen.state == "ingetrokken" and not seen.decided_at
    )  # a yes that was stopped before its line: there was none
    if never or seen.state in ("geweigerd", "vervallen"):
        quiet |= {"state": "vervallen", "decided_at": 0, "ended_at": 0, "valid_until": 0}
    elif seen.state == "gevraagd" or (seen.state == "ongeldig" and not seen.decided_at):
        quiet |= {"valid_until": 0}
    return seen.model_copy(update=quiet)
