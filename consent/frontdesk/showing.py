"""A conversation as its employee sees it, and what of a choice is not looked at there. Pure."""

from collections.abc import Mapping, Set
from typing import Any, Final

from consent.contract import ConsentView
from consent.frontdesk.contract import Conversation
from consent.frontdesk.rules import LASTS_MS
from consent.rights.contract import Claim, RightsRequest
from consent.rights.rules import due

# what was before
UNTOLD: Final[Mapping[str, Any]] = {"position": "", "ended_at": 0, "channel": "", "by": ""}


def seen(row: Mapping[str, Any]) -> Conversation:
    """Without whom it is with."""
    until, child = row["opened_at"] + LASTS_MS, row["stands"] is not None
    return Conversation(id=row["id"], reason=row["reason"], channel=row["channel"], until=until, child=child)


def neutral(view: ConsentView) -> ConsentView:
    """That something is there, and nothing of what."""
    blank = view.recipient_name.model_copy(update={"nl": "", "en": ""})
    hidden = {"activity": "", "elements": (), "recipient": "", "recipient_name": blank, "case": ""}
    return view.model_copy(update={**UNTOLD, **hidden})


def written_down(request_id: str, claim: Claim, at: int, on: Set[str]) -> RightsRequest:
    """What was asked just now, at a moment in ms, and nothing of the same request where it came in earlier: of whom
    nothing is shown, nobody may hear that they asked something. Then the term began earlier, and ends before this one.
    on: activities that go on while an objection is weighed."""
    slug = claim.activity or ""
    return RightsRequest(
        id=request_id,
        kind=claim.kind,
        activity=slug,
        status="ingediend",
        text=claim.text,
        filed_at=at,
        due_at=due(at, 0),
        suspends=claim.kind == "bezwaar" and slug not in on,
    )
