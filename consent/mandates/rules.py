"""Who may see, decide and stop what for whom, at which moment. Pure.

    ouder, voogd   while the child is under 16: everything of choice but what is offered to children themselves or
                   rests on AVG 9(2). What the BRP said of it is an hour old at most, for a yes a minute.
    machtiging     what the resident listed, to the last day: to see only, or to decide too.
    curator        of what concerns money or care, what the order says (BW 1:381)
    bewindvoerder  what concerns money (BW 1:441)
    mentor         what concerns care (BW 1:453)
    executeur      what concerns the estate (BW 4:144), once the resident has died: sees and stops, and says no yes

Who was appointed sees an activity only where its version says that it concerns such matters, and no others. Special
data (AVG 9) only where it concerns care. Their yes takes the place of the resident's (UAVG 5(2)); stopping stays open
to the resident as well (UAVG 5(3)).

Saying no and stopping ask for less than a yes, never for more (AVG 7(3)). Nobody sets a choice of somebody else going
again, or asks anew after a no or a stop: of two parents, and of parent and child, who stops wins.

Beyond choices (`reads`): who used the data, and what may be asked for somebody (UAVG 5(4)). Of what is sensitive
nothing, whatever was listed; of uses a parent sees what rests on choice, for what the law demands may be about that
very parent. Of the dead nobody asks anything.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

from consent.activity import ActivityVersion, Matter
from kernel.clock import millis

Appointment = Literal["curator", "bewindvoerder", "mentor", "executeur"]
Relation = Literal["ouder", "voogd", "machtiging", Appointment]
Deed = Literal["zien", "ja", "nee", "stop", "korter", "vernieuw"]
Further = Literal["inzien", "stilzetten", "vragen"]  # uses; an objection or a lock; any other right
Reason = Literal["", "voorbij", "nakijken", "buiten", "alleen-zien"]
DEEDS: Final[tuple[str, ...]] = get_args(Deed)
BY_AUTHORITY: Final[frozenset[Relation]] = frozenset({"ouder", "voogd"})
APPOINTED: Final[Mapping[Relation, frozenset[Matter]]] = {
    "curator": frozenset({"geld", "zorg"}),
    "bewindvoerder": frozenset({"geld"}),
    "mentor": frozenset({"zorg"}),
    "executeur": frozenset({"nalatenschap"}),
}  # the most that each may be about
AFTER_DEATH: Final[frozenset[Relation]] = frozenset({"executeur"})
ESTATE: Final[Matter] = "nalatenschap"
GIVING: Final[frozenset[Deed]] = frozenset({"ja", "vernieuw"})
ASKED_NOW: Final[frozenset[Deed | Further]] = GIVING | {"inzien", "vragen"}
LOOKING: Final[frozenset[Deed | Further]] = frozenset({"zien", "inzien"})
OWN_CHOICE = 16  # years: UAVG 5
HOUR, MINUTE, AHEAD = 3_600_000, 60_000, 2_000  # ms; clocks of two machines may be so far apart
HERE: Final = ZoneInfo("Europe/Amsterdam")


@dataclass(frozen=True)
class Authority:
    """What somebody has over somebody else's choices. until: the first moment at which it no longer holds, ms, 0 when
    nobody knows: then it does not hold now. checked_at: when the source said so, ms. activities: None is all of them.
    decides: not only sees. matters: of who was appointed."""

    relation: Relation
    until: int
    checked_at: int = 0
    activities: Collection[str] | None = None
    decides: bool = True
    matters: frozenset[Matter] = frozenset()


def sees(authority: Authority, activity: ActivityVersion) -> bool:
    """Whether choices about this activity are shown at all; what is not shown cannot be decided either."""
    if authority.activities is not None:
        return activity.slug in authority.activities
    if authority.relation not in APPOINTED:
        return not sensitive(activity)
    special = _special(activity) and "zorg" not in authority.matters & {*activity.matters}
    return covers(authority.matters, activity) and not special and not _withheld(activity)


def reads(authority: Authority, activity: ActivityVersion) -> bool:
    """Whether they learn that it used the data, and may ask something about it for somebody."""
    return sees(authority, activity) and not sensitive(activity)


def sensitive(activity: ActivityVersion) -> bool:
    """A shelter, help that a child asked for itself: nobody else learns from a list that it is there."""
    return _special(activity) or _withheld(activity)


def _special(activity: ActivityVersion) -> bool:
    return any("9(2)" in used.basis or used.special for used in activity.elements)


def _withheld(activity: ActivityVersion) -> bool:
    return activity.child_help or activity.secrecy is not None


def covers(matters: frozenset[Matter], activity: ActivityVersion) -> bool:
    """Whether an activity is about these matters and no other; the estate is no matter of the living. One that names
    none is about something else."""
    if ESTATE in matters:
        return ESTATE in activity.matters
    living = {*activity.matters} - {ESTATE}
    return bool(living) and living <= matters


def stands(authority: Authority, deed: Deed | Further, at: int) -> Reason:
    """Why this may not be done at a moment in ms, whatever it is about; "" when it may."""
    if at >= authority.until:
        return "voorbij"
    if authority.relation in BY_AUTHORITY:
        longest = MINUTE if deed in ASKED_NOW else HOUR
        if not at - longest <= authority.checked_at <= at + AHEAD:
            return "nakijken"
    ends = deed == "stop" and authority.relation in AFTER_DEATH
    return "" if authority.decides or deed in LOOKING or ends else "alleen-zien"


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
