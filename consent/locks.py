"""The locks on a resident's data, in the document of their one row (AVG 18). Pure.

`restrictions` says per scope {"epoch", "open", "request"}: the scope is an activity, or ALL that the resident did not
choose. `locks` holds each act that will move the fence of restrictions, with what it means, before its line is there:
whoever follows the log applies them in its order. A line that is not among them locks everything, for nobody here knows
what it was about. Rows from before this have neither.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

Said = Mapping[str, Any]
Row = Mapping[str, Any]
ALL: Final = "*"
LOCKED: Final = "beperkt"  # the status of a row: nothing about this resident is released


def held(said: Said, activity: str) -> bool:
    """Whether a use stands still, but for what its resident chose."""
    known = said.get("restrictions", {})
    return any(known.get(scope, {}).get("open", False) for scope in (ALL, activity))


def standing(state: Row | None, scope: str) -> str:
    """The id of the request that keeps this scope locked; "" for none."""
    known = json.loads(state["document"]).get("restrictions", {}).get(scope, {}) if state else {}
    return str(known["request"]) if known.get("open") else ""


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
    scope = {"epoch": epoch, "open": True, "request": act["request"]}
    known = {**said, "restrictions": {**said.get("restrictions", {}), act["scope"]: scope}}
    return unmeant(known, event_id), act


def unlocked(said: Said, scope: str, epoch: int) -> str:
    """The document after a permit that required the fence at this epoch: what was locked after it stays so."""
    known = said.get("restrictions", {}).get(scope)
    if not known or known["epoch"] > epoch:
        return _written(said)
    return _written({**said, "restrictions": {**said["restrictions"], scope: {**known, "open": False}}})


def _written(said: Said) -> str:
    return json.dumps(said, sort_keys=True)
