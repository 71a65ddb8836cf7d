"""Who may see, decide and stop what for whom, at which moment. Pure.

    ouder, voogd   while the child is under 16: everything of choice but what is offered to children themselves or
                   rests on AVG 9(2). What the BRP said of it is an hour old at most, for a yes a minute.
    machtiging     what the resident listed, to the last day: to see only, or to decide too.

Saying no and stopping ask for less than a yes, never for more (AVG 7(3)). Nobody sets a choice of somebody else going
again, or asks anew after a no or a stop: of two parents, and of parent and child, who stops wins.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

from consent.activity import ActivityVersion
from kernel.clock import millis

Relation = Literal["ouder", "voogd", "machtiging"]
Deed = Literal["zien", "ja", "nee", "stop", "korter", "vernieuw"]
Reason = Literal["", "voorbij", "nakijken", "buiten", "alleen-zien"]
DEEDS: Final[tuple[str, ...]] = get_args(Deed)
BY_AUTHORITY: Final[frozenset[Relation]] = frozenset({"ouder", "voogd"})
GIVING: Final[frozenset[Deed]] = frozenset({"ja", "vernieuw"})
OWN_CHOICE = 16  # years: UAVG 5
HOUR, MINUTE, AHEAD = 3_600_000, 60_000, 2_000  # ms; clocks of two machines may be so far apart
HERE: Final = ZoneInfo("Europe/Amsterdam")


@dataclass(frozen=True)
class Authority:
    """What somebody has over somebody else's choices. until: the first moment at which it no longer holds, ms, 0 when
    nobody knows: then it does not hold now. checked_at: when the source said so, ms. activities: None is all of them.
    decides: not only sees."""

    relation: Relation
    until: int
    checked_at: int = 0
    activities: Collection[str] | None = None
    decides: bool = True


def sees(authority: Authority, activity: ActivityVersion) -> bool:
    """Whether choices about this activity are shown at all; what is not shown cannot be decided either."""
    if authority.activities is not None:
        return activity.slug in authority.activities
    return not sensitive(activity)


def sensitive(activity: ActivityVersion) -> bool:
    """A shelter, help that a child asked for itself: nobody else learns from a list that it is there."""
    special = any("9(2)" in used.basis for used in activity.elements)
    return activity.child_help or special or activity.secrecy is not None


def stands(authority: Authority, deed: Deed, at: int) -> Reason:
    """Why this may not be done at a moment in ms, whatever it is about; "" when it may."""
    if at >= authority.until:
        return "voorbij"
    if authority.relation in BY_AUTHORITY:
        longest = MINUTE if deed in GIVING else HOUR
        if not at - longest <= authority.checked_at <= at + AHEAD:
            return "nakijken"
    return "" if authority.decides or deed == "zien" else "alleen-zien"


def barred(authority: Authority, deed: Deed, activity: ActivityVersion, at: int) -> Reason:
    """The same for one activity."""
    return stands(authority, deed, at) or ("" if sees(authority, activity) else "buiten")


def grown_at(birth: str, years: int = OWN_CHOICE) -> int:
    """When somebody turns so many years old, ms: midnight in the Netherlands. birth: "2011-05-17", or less of it as the
    BRP knows it: then the first day that it can be. Born on the 29th of February: the 1st of March where there is no
    such day. 0: unknown."""
    try:
        year, month, day = (int(part) for part in f"{birth}-01-01".split("-")[:3])
        date(year, month, day)
        there = year + years
        if (month, day) == (2, 29) and not _leap(there):
            month, day = 3, 1
        return millis(datetime.combine(date(there, month, day), time(), HERE))
    except (ValueError, OverflowError):
        return 0


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
