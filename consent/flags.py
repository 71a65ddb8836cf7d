"""What is known of a resident by itself, in the document of their one row (trust.md 2.1). Pure.

`flags` are those that stand. `drafts` holds each act that will set some before its line is known here: {flags, at,
subject}, and {actor, told} where an employee did so, whose draft is finished and never dropped. `ending` is what one
employee said about a safe address, {actor, at, epoch}: with a second one it ends. `ended` says by which line the last
one did, {event, position}: after lines were lost it ends nothing any more. Rows from before this have neither.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from consent.decision import Flag
from consent.terms import DAY

Said = Mapping[str, Any]
Row = Mapping[str, Any]
SECRECY: Final = "geheimhouding"
SAFE: Final = "veilig-adres"
DEAD: Final = "overleden"
HIDDEN: Final[frozenset[Flag]] = frozenset({SECRECY, SAFE})  # nobody may learn where they are
END_DAYS: Final = 14  # in which a second person must say the same


def standing(state: Row | None) -> frozenset[str]:
    """Those whose line is known here."""
    return frozenset(json.loads(state["document"])["flags"]) if state else frozenset()


def drafted(state: Row | None) -> frozenset[str]:
    """Those that are about to stand."""
    drafts = json.loads(state["document"])["drafts"] if state else {}
    return frozenset(flag for draft in drafts.values() for flag in draft["flags"])


def known(state: Row | None) -> frozenset[str]:
    """Both: for whoever is shown something, and asks no log."""
    return standing(state) | drafted(state)


def asked_to_end(said: Said, epoch: int, at: int) -> Mapping[str, Any] | None:
    """What one person said, as long as a second may say the same: nothing was flagged since. at: ms."""
    ending: Mapping[str, Any] | None = said.get("ending")
    open_still = ending and ending["epoch"] == epoch and at < ending["at"] + END_DAYS * DAY
    return ending if open_still else None


def ending(said: Said, actor: str, epoch: int, at: int) -> str:
    """The document with what a first person said."""
    return _written({**said, "ending": {"actor": actor, "epoch": epoch, "at": at}})


def without_ending(said: Said) -> str:
    """The document when that is over."""
    return _written({name: one for name, one in said.items() if name != "ending"})


def ended(said: Said, event_id: str, position: str) -> str:
    """The document after the line that ended a safe address."""
    flags = [flag for flag in said["flags"] if flag != SAFE]
    kept = {**said, "flags": flags, "ended": {"event": event_id, "position": position}}
    return without_ending(kept)


def _written(said: Said) -> str:
    return json.dumps(said, sort_keys=True)
