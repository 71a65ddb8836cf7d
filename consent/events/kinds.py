"""Which change of a row a recipient hears of, and how an event looks (CloudEvents 1.0, NL GOV profile 1.1). Pure."""

from collections.abc import Mapping
from typing import Any, Final

from consent.standing import PERMITS
from kernel.clock import instant

Row = Mapping[str, Any]
DOMAIN: Final = "nl.regie"
# Nothing: a no and silence are one event, and come at one hour (consent.events.ending).
ASKED, NOTHING = "toestemming.gevraagd", "toestemming.geen"
EXPIRED, CHANGED = "toestemming.verlopen", "verwerkingsactiviteit.gewijzigd"
CORRECTED = "gegeven.gecorrigeerd"  # told by the release desk (consent.events.announcing)
_BECAME: Final[Mapping[str, str]] = {
    "gepauzeerd": "toestemming.gepauzeerd",
    "ingetrokken": "toestemming.ingetrokken",
    "ongeldig": "toestemming.ongeldig",
}
_READ: Final[Mapping[str, str]] = {
    CHANGED: "/toestemming/v1/verwerkingsactiviteiten",
    CORRECTED: "/verstrekking/v1/correcties",
}
TYPES: Final = frozenset({
    ASKED, NOTHING, EXPIRED, CHANGED, CORRECTED, *_BECAME.values(),
    "toestemming.gegeven", "toestemming.hervat", "toestemming.vernieuwd", "toestemming.verkort",
})  # fmt: skip


def told(before: Row | None, after: Row) -> str:
    """The type of what happened to a consent; "" for what its recipient does not hear, or only when the term to answer
    is over: whatever is no yes."""
    if before is None:
        return ASKED
    old, new = before["status"], after["status"]
    if new in PERMITS:
        return _permits(before, after)
    never = new == "ingetrokken" and not after["decided_at"]  # a yes that was stopped before its line
    return _BECAME.get(new, "") if new != old and not never else ""


def _permits(before: Row, after: Row) -> str:
    old = before["status"]
    if old not in PERMITS:
        return "toestemming.gegeven" if old == "gevraagd" else "toestemming.hervat"
    was, now = (row["valid_until"] or float("inf") for row in (before, after))
    if was == now:
        return ""
    return "toestemming.vernieuwd" if now > was else "toestemming.verkort"


def changed(before: Row | None, after: Row) -> bool:
    """Whether a version of an activity came into force or ended."""
    old = before["status"] if before else ""
    return after["status"] != old and after["status"] in ("gepubliceerd", "beeindigd", "ongeldig")


def place_of(event_type: str, subject: str) -> str:
    """Where more can be read, with one's own rights."""
    return f"{_READ.get(event_type, '/toestemming/v1/toestemmingen')}/{subject}"


def cloud_event(event: Row, oin: str, address: str) -> dict[str, Any]:
    """One event of the outbox. oin: of the municipality, "" where none is set; then its public address says who."""
    host = address.partition("://")[2]
    source = f"urn:nld:oin:{oin}:systeem:regie" if oin else f"urn:nld:{host.replace(':', '.')}:systeem:regie"
    return {
        "specversion": "1.0",
        "id": event["id"],
        "source": source,
        "type": f"{DOMAIN}.{event['type']}",
        "subject": event["subject"],
        "time": instant(event["at"]),
        "dataref": f"{address}{place_of(event['type'], event['subject'])}",
        "sequence": str(event["sequence"]),
        "sequencetype": "Integer",
    }
