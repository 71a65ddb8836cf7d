"""How far witnesses saw a log, and what that permits (trust.md 2.7). Pure but for the clock of the machine.

A restriction never asks here: no missing witness stops it. A permit does, where a policy is configured: without a
quorum that saw this log lately, nobody outside would notice that there are two of it.
"""

from datetime import timedelta

from audit.cosigned import Cosigned
from audit.signer import SignedHead
from kernel.clock import BootClock, boot_seconds

WARN = timedelta(minutes=5)
LIMIT_MAX = timedelta(hours=4)  # whatever the setting says
APART_S = 6  # between our clock and a witness's: 5 seconds, and a witness counts whole ones

NOTHING_RELEASED = "Er wordt nu niets verstrekt of toegestaan."
NOT_YET = f"De getuigen hebben het logboek sinds de start nog niet gezien. {NOTHING_RELEASED}"
TOO_OLD = f"De getuigen hebben het logboek te lang niet gezien. {NOTHING_RELEASED}"
CLOCK_OFF = f"De klok wijkt af van die van de getuigen. {NOTHING_RELEASED}"


class Witnessed:
    """Of one log in this process; only its rounds along the witnesses write here. limit: None asks for no witness.

    newest: in this process or before it. clock_off: the last round had a quorum, of clocks that are not ours.
    """

    def __init__(self, limit: timedelta | None = None, boot: BootClock = boot_seconds) -> None:
        self._limit, self._boot = limit, boot
        self._heard: float | None = None
        self.newest: Cosigned | None = None
        self.clock_off = False
        self.expected = ""  # the origin of a term that is due, once a quorum knows its key

    @property
    def asked(self) -> bool:
        """Whether there are witnesses."""
        return self._limit is not None

    def heard(self, cosigned: Cosigned) -> None:
        """A quorum has just seen this head."""
        self.newest, self._heard, self.clock_off = cosigned, self._boot(), False

    def covering(self, origin: str, size: int = 0) -> SignedHead | None:
        """The newest head of this log that a quorum saw, if it covers so many lines."""
        seen = self.newest.head if self.newest else None
        return seen if seen and seen.size >= size and seen.note.startswith(f"{origin}\n") else None

    def age(self, now: int) -> timedelta | None:
        """Since a quorum saw the newest head, by whichever clock says more. now: ms. None: no quorum ever did."""
        if self.newest is None:
            return None
        told = timedelta(milliseconds=now) - timedelta(seconds=self.newest.at)
        waited = timedelta(seconds=self._boot() - self._heard) if self._heard is not None else timedelta(0)
        return max(told, waited, timedelta(0))

    def objection(self, now: int) -> str:
        """Why nothing may be permitted at this moment (ms), in a sentence; "" when it may."""
        if self._limit is None:
            return ""
        age = self.age(now)
        if self._heard is None or age is None:
            return NOT_YET
        if age > min(self._limit, LIMIT_MAX):
            return TOO_OLD
        return CLOCK_OFF if self.clock_off else ""

    def warning(self, now: int) -> str:
        """What whoever operates this must know; "" while witnesses come by."""
        if objection := self.objection(now):
            return objection
        age = self.age(now)
        if self._limit is None or age is None or age <= WARN:
            return ""
        return f"De getuigen hebben het logboek {age // timedelta(minutes=1)} minuten niet gezien."
