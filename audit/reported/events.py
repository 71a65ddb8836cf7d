"""The line of a reported use: what the register says of its activity, and what the system said of the use. Pure."""

from collections.abc import Mapping, Sequence
from uuid import NAMESPACE_URL, UUID, uuid5

from audit.event import Event
from audit.kinds import REPORTED
from audit.reported.ports import Registered, RegisteredElement, Reporter
from audit.reported.problems import UnknownActivity
from audit.reported.uses import Use
from kernel.caller import Caller
from kernel.clock import moment
from kernel.ids import derived_id

KINDS_MAX = 2_000  # characters of what is no element of the activity
# What makes two reports the same. The register may say other words by now, and a number may have become somebody's.
_WORDS = ("name", "activity", "recipient", "application", "actor", "case")
_OTHERS = "soortenGegevens"


def activity_uri(issuer: str, activity: str, version: str = "") -> str:
    """The place of an activity in the register, as LDV names it. NOT promised: that it answers."""
    place = f"{issuer}/toestemming/v1/verwerkingsactiviteiten"
    return f"{place}/{activity}/versies/{version}" if version else f"{place}/{activity}".removesuffix("/")


def activity_uuid(issuer: str, activity: str) -> UUID:
    """The same activity where a standard wants a UUID (RFC 9562 section 5.5, of its address)."""
    return uuid5(NAMESPACE_URL, activity_uri(issuer, activity))


def registered_as(named: str, known: Mapping[str, Registered], issuer: str) -> Registered:
    """By slug or UUID. Raises UnknownActivity."""
    for activity in known.values():
        if named in (activity.slug, str(activity_uuid(issuer, activity.slug))):
            return activity
    raise UnknownActivity("Noem een activiteit uit het register van deze gemeente.")


def report_id(caller: Caller, reference: str) -> str:
    """One line for one use of one system, however often it is sent, under whatever key."""
    return derived_id(f"{caller.organisation}/{caller.application}/{reference}", REPORTED)


def event_of_use(use: Use, caller: Caller, who: tuple[Reporter, str], activity: Registered, at: int) -> Event:
    """who: the reporter, and the pseudonym of the employee. at: now, ms. The subject is still to come."""
    reporter, actor = who
    known = {element.name: element for element in activity.elements}
    named = [known[kind] for kind in dict.fromkeys(use.kinds) if kind in known]
    others = "; ".join(dict.fromkeys(kind for kind in use.kinds if kind not in known))
    # what the register has no name for stays a text: names that anybody can make up would be labels for ever
    more = {_OTHERS: others[:KINDS_MAX]} if others else {}
    # of what the activity names, and of nothing else: a ground must not be read into what somebody made up
    strictest, basis, law = _ground(named)
    return Event(
        id=report_id(caller, use.reference),
        kind=REPORTED,
        name=use.name,
        activity=activity.slug,
        version=activity.version,
        purpose=activity.purpose,
        class_=strictest,
        classes=tuple((one.name, one.class_) for one in named),
        basis=basis,
        law=law,
        recipient=reporter.recipient,
        recipient_name=reporter.recipient_name,
        application=caller.application,
        actor=actor,
        key=caller.key,
        case=use.case,
        elements=tuple(one.name for one in named),
        keep_until=moment(at).year + activity.keep_lines,
        kept_days=activity.kept_days,
        withheld_until=activity.withheld_until if activity.withheld_until > at else 0,
        details={"systeem": reporter.system, "gebruikt": _when(use)} | dict(use.details) | more,
        trace=use.trace,
    )


def same_report(first: Event, again: Event, nobody: str) -> bool:
    """Whether the line that is there tells the same use. nobody: subject of lines about a number that nobody had."""
    words = all(getattr(first, word) == getattr(again, word) for word in _WORDS)
    return words and _told(first) == _told(again) and first.subject in (again.subject, nobody)


def _told(event: Event) -> tuple[dict[str, str], set[str]]:
    """Its details, and which data was used: the register may have a name by now for what was a text before."""
    details = dict(event.details)
    others = details.pop(_OTHERS, "")
    return details, {*event.elements, *(others.split("; ") if others else ())}


def _when(use: Use) -> str:
    """Of the use itself, ms: part of its words, unlike the times of a trace."""
    return f"{use.trace.start}-{use.trace.end}" if use.trace.end != use.trace.start else str(use.trace.start)


def _ground(elements: Sequence[RegisteredElement]) -> tuple[str, str, str]:
    strictest = min((one.class_ for one in elements), default="")
    under = [one for one in elements if one.class_ == strictest]
    law = "; ".join(dict.fromkeys(one.law for one in under if one.law))[:2_000]
    return strictest, under[0].basis if under else "", law
