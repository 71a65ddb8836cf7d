"""What a resident may do with a consent, in which state, and what the row says after it. Pure.

    gevraagd    -> gegeven (ja) | geweigerd (nee) | vervallen (28 days)
    in force    -> gepauzeerd (pauze) | ingetrokken (stop) | vernieuwd (vernieuw) | verlopen (its end)
                   the same, but shorter (korter)
    gepauzeerd  -> as before the pause (hervat) | ingetrokken (stop)

What ended does not return: a new question does. Nobody is held longer than a stop takes: it is open wherever something
permits or may be about to.
"""

from collections.abc import Mapping
from typing import Any

from audit.contract import Entry, Event, Kind
from consent.activity import ActivityVersion
from consent.contract import Choice, Gone, NotNow
from consent.limits import DRAFTS_MAX, stored_terms, terms_of
from consent.standing import PERMITS
from consent.terms import DAY
from consent.views import grown, state_of_row
from consent.words import fault

Row = Mapping[str, Any]
Changes = dict[str, Any]

PERMITTING: Mapping[str, Kind] = {
    "ja": "toestemming-gegeven",
    "hervat": "toestemming-hervat",
    "vernieuw": "toestemming-vernieuwd",
}
# The kind, and the word in the id of the act: the same act in two tabs is one line (trust.md 2.5).
RESTRICTING: Mapping[str, tuple[Kind, str]] = {
    "nee": ("toestemming-geweigerd", "weigering"),
    "stop": ("toestemming-ingetrokken", "intrekking"),
    "pauze": ("toestemming-gepauzeerd", "pauze"),
    "korter": ("toestemming-verkort", "verkorting"),
}
ENDED: Mapping[Kind, str] = {"toestemming-ingetrokken": "ingetrokken", "toestemming-geweigerd": "geweigerd"}
FINAL = frozenset({"ingetrokken", "geweigerd", "ongeldig"})  # no later move leads out of these
INVALID = "ongeldig"  # moved by something this version does not know: it permits nothing
OVER = "Deze vraag is voorbij. Vraag een nieuwe aan."
_BEFORE: Mapping[str, frozenset[str]] = {
    "ja": frozenset({"gevraagd"}),
    "hervat": frozenset({"gepauzeerd"}),
    "vernieuw": PERMITS,
    "nee": frozenset({"gevraagd", "geweigerd"}),
    "stop": frozenset({*PERMITS, "gepauzeerd", "ingetrokken"}),
    "pauze": frozenset({*PERMITS, "gepauzeerd"}),
    "korter": PERMITS,
}
PAUSES = "staatStilOp"  # in `details` of a parent's yes: when the child chooses alone, ms
_CLOSED: Mapping[str, str] = {
    "ja": "Hier kan nu geen ja op.",
    "nee": "Hier kan nu geen nee op; stoppen kan wel.",
    "stop": "Hier valt niets te stoppen.",
}


def done(row: Row, answer: str, at: int) -> bool:
    """Whether the row already says what this permit would make of it: a repeated act, no new one."""
    if state_of_row(row, at) not in PERMITS or answer == "vernieuw":
        return False
    return Entry.model_validate_json(row["entry"]).event.kind == PERMITTING[answer]


def may(row: Row, answer: str, at: int) -> None:
    """Raises Gone, NotNow when this choice is not open in this state, at a moment in ms."""
    state = state_of_row(row, at)
    status = state if grown(row, at) else row["status"]
    if state == "vervallen" and answer in ("ja", "nee"):
        raise Gone(OVER)
    if state == "verlopen" and answer in ("ja", "hervat", "vernieuw", "pauze", "korter"):
        raise Gone(OVER)
    pending = answer == "stop" and row["pending_at"] > 0
    if status not in _BEFORE[answer] and not pending:
        raise NotNow(_CLOSED.get(answer, "Dit kan nu niet."))


def end_of(row: Row, version: ActivityVersion, choice: Choice, at: int) -> int:
    """Until when, ms; 0 is no end. What was chosen, what was asked, what the activity allows: the first of them.
    Raises BadInput, NotNow."""
    if choice.until and choice.until <= at:
        raise fault("/until", "voorbij", "Dit moment is al voorbij.")
    if choice.answer == "hervat":
        return int(row["valid_until"])
    longest = at + version.period * DAY if version.period else 0
    end = min((one for one in (choice.until, row["latest"], longest) if one), default=0)
    if choice.answer == "vernieuw" and (not row["valid_until"] or 0 < end < row["valid_until"] + DAY):
        raise NotNow("Langer kan nu niet. Een kortere tijd kan wel.")  # also of a form that was sent twice
    return end


def earlier_end(row: Row, chosen: int, at: int) -> int:
    """Raises BadInput when it is no earlier end that is still to come, ms."""
    if chosen <= at:
        raise fault("/until", "voorbij", "Dit moment is al voorbij.")
    if row["valid_until"] and chosen >= row["valid_until"]:
        raise fault("/until", "niet-eerder", "Dit is niet eerder dan de laatste dag die nu geldt.")
    return chosen


def with_draft(row: Row, event_id: str, until: int) -> str:
    """The terms of a row with an earlier end that waits for its line."""
    terms = terms_of(row)
    others = tuple(one for one in terms.shorter if one[0] != event_id)
    return stored_terms(terms.model_copy(update={"shorter": (*others, (event_id, until))[-DRAFTS_MAX:]}))


def granted(row: Row, event: Event, at: int) -> Changes:
    """What a permit makes of its row when its line is there. at: of that line, ms."""
    terms = terms_of(row)
    said = event.details
    # whoever says yes, or lets it go on, says so for themselves or for somebody else: what was before is over
    by = {"by": event.on_behalf, "pauses_at": int(said.get(PAUSES, 0))}
    if event.kind == "toestemming-hervat":
        kept = stored_terms(terms.model_copy(update=by))
        return {"status": "vernieuwd" if terms.renewed else "gegeven", "ended_at": 0, "terms": kept}
    terms = terms.model_copy(update={"channel": said.get("kanaal", ""), **by})
    if terms.limits.times:
        terms = terms.model_copy(update={"counted": True})
    if event.kind == "toestemming-gegeven":
        return {"status": "gegeven", "decided_at": at, "terms": stored_terms(terms)}
    shown = {"language": said["language"], "text_hash": said["text_hash"], "valid_until": int(said["geldigTot"])}
    renewed = stored_terms(terms.model_copy(update={"renewed": True}))
    return {"status": "vernieuwd", "decided_at": at, "terms": renewed, **shown}


def dropped(row: Row, at: int) -> Changes:
    """What becomes of a row whose permit never took effect: a question lapses, a consent stays as it was. So does a
    question that somebody else answered: its resident still may."""
    if row["status"] == "gevraagd" and Entry.model_validate_json(row["entry"]).event.on_behalf:
        return {"valid_until": 0, "language": "", "text_hash": ""}
    return {"status": "vervallen", "ended_at": at} if row["status"] == "gevraagd" else {}


def moved(row: Row, kind: Kind, event_id: str, at: int) -> Changes:
    """What a line that moved its fence makes of a row, in the order of the log. What ended stays ended."""
    if row["status"] in FINAL:
        return {}
    if kind in ENDED:
        return {"status": ENDED[kind], "ended_at": at}
    running = row["status"] in {*PERMITS, "gepauzeerd"}
    if kind == "toestemming-gepauzeerd" and running:
        return {"status": "gepauzeerd", "ended_at": at}
    waiting = dict(terms_of(row).shorter)
    if kind == "toestemming-verkort" and running and event_id in waiting:
        return _shortened(row, event_id, waiting[event_id])
    return {"status": INVALID, "ended_at": at}


def _shortened(row: Row, event_id: str, until: int) -> Changes:
    terms = terms_of(row)
    left = tuple(one for one in terms.shorter if one[0] != event_id)
    end = min(one for one in (until, row["valid_until"]) if one)
    return {"valid_until": end, "terms": stored_terms(terms.model_copy(update={"shorter": left}))}


def channel_fits(kind: str, choice: Choice) -> bool:
    """A resident chooses at the portal, staff records what somebody chose elsewhere; by telephone one can only stop
    or say no, for nobody can be shown a text."""
    if kind == "inwoner":
        return choice.channel == "portaal"
    if choice.channel == "telefoon":
        return choice.answer in RESTRICTING
    return choice.channel in ("balie", "papier")
