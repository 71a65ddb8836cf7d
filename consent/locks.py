"""The locks on a resident's data, in the document of their one row (AVG 18). Pure.

`restrictions` says per scope {"by": {request: epoch}}: the scope is an activity, or ALL that the resident did not
choose; it stands still as long as one request keeps it locked, for one that ends says nothing of another. `locks` holds
each act that will move the fence of restrictions, with what it means, before its line is there: whoever follows the log
applies them in its order. A line that is not among them locks everything, for nobody here knows what it was about. Rows
from before this have neither.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, cast

Said = Mapping[str, Any]
Row = Mapping[str, Any]
ALL: Final = "*"
LOCKED: Final = "beperkt"  # the status of a row: nothing about this resident is released


def held(said: Said, activity: str) -> bool:
    """Whether a use stands still, but for what its resident chose."""
    return "restrictions" in said and any(_by(said, scope) for scope in (ALL, activity))


def standing(state: Row | None, scope: str) -> frozenset[str]:
    """The ids of the requests that keep this scope locked."""
    return frozenset(_by(json.loads(state["document"]), scope)) if state else frozenset()


def meant(said: Said, event_id: str, scope: str, request: str, becomes: str) -> str:
    """The document with an act that has no line yet. becomes: the status of the request when it has."""
    act = {"scope": scope, "request": request, "becomes": becomes}
    return _written({**said, "locks": {**said.get("locks", {}), event_id: act}})


def unmeant(said: Said, event_id: str) -> str:
    """The document without an act that will get no line."""
    return _written({**said, "locks": {key: act for key, act in said.get("locks", {}).items() if key != event_id}})


def locked_by(said: Said, event_id: str, epoch: int) -> tuple[str, Said | None]:
    """The document after the line of an act, and what that meant; None for one that is not known here."""
    act = said.get("locks", {}).get(event_id)
    if act is None:
        return _written(said), None
    known = _locked(said, act["scope"], {**_by(said, act["scope"]), act["request"]: epoch})
    return unmeant(known, event_id), act


def unlocked(said: Said, scope: str, request: str, epoch: int) -> str:
    """The document after a permit that ended this request and required the fence at this epoch: what was locked after
    it stays so, and what others locked."""
    by = _by(said, scope)
    kept = {one: at for one, at in by.items() if one != request or at > epoch}
    return _written(_locked(said, scope, kept) if kept != by else said)


def _by(said: Said, scope: str) -> Mapping[str, int]:
    """The requests that keep a scope locked, with the epoch of their line."""
    known = said.get("restrictions", {}).get(scope, {})
    old = {known["request"]: known["epoch"]} if known.get("open") else {}  # as it was written before several could
    return cast(Mapping[str, int], known.get("by", old))


def _locked(said: Said, scope: str, by: Mapping[str, int]) -> dict[str, Any]:
    return {**said, "restrictions": {**said.get("restrictions", {}), scope: {"by": dict(by)}}}


def _written(said: Said) -> str:
    return json.dumps(said, sort_keys=True)
