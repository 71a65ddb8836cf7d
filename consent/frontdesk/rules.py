"""What a conversation at the desk may be, how long it lasts, and whom it does not serve. Pure."""

from collections.abc import Collection
from datetime import datetime, time
from typing import Final, Literal
from zoneinfo import ZoneInfo

from consent.flags import DEAD, HIDDEN
from kernel.clock import millis, moment

Reason = Literal["kiezen", "stoppen", "weten", "papier"]
Check = Literal["paspoort", "identiteitskaart", "rijbewijs", "verblijfsdocument", "terugbellen"]
Channel = Literal["balie", "telefoon", "papier"]
LASTS_MS: Final = 20 * 60_000
HERE: Final = ZoneInfo("Europe/Amsterdam")
LISTED: Final = frozenset({"gevraagd", "gegeven", "vernieuwd", "gepauzeerd"})  # what can still be chosen or stopped


def checked_so(channel: Channel, check: Check) -> bool:
    """Whether this is how one sees who it is: calling back on the telephone, and only there; else a document."""
    return (channel == "telefoon") == (check == "terugbellen")


def serves(channel: Channel, flags: Collection[str]) -> bool:
    """Whether this resident is helped along this way. Who calls or writes in the name of somebody with a secret address
    may be the one it is kept from: who asks for their data is somewhere. For the dead nobody chooses."""
    return DEAD not in flags and (not HIDDEN & {*flags} or channel == "balie")


def is_open(status: str, opened_at: int, at: int) -> bool:
    """At a moment in ms."""
    return status == "open" and at < opened_at + LASTS_MS


def day_of(at: int) -> str:
    """The Dutch day of a moment in ms: "2026-11-22"."""
    return moment(at).astimezone(HERE).date().isoformat()


def day_begins(at: int) -> int:
    """The first moment of the Dutch day of a moment, ms."""
    return millis(datetime.combine(moment(at).astimezone(HERE).date(), time(), HERE))
