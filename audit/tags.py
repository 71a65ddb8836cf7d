"""Search tags (trust.md 4.3): keyed hashes of what a line is about, so that a dump shows their equality only."""

from datetime import timedelta
from functools import lru_cache

from audit.event import Event
from audit.kinds import LIFT_ASKED, LIFTED, RELEASE, REPORTED
from kernel.clock import moment
from kernel.crypto import keyed_hash

SIZE = 16
REMEMBERED = 32_768  # tags by what they are of: some 8 MB


def tag(key: bytes, name: str, *values: str) -> bytes:
    """16 bytes under TK; `name` keeps a recipient from being found as an application."""
    return keyed_hash(key, "tag", [name.encode(), *(value.encode() for value in values)], size=SIZE)


class Tagger:
    """Tags of lines, which share most of what they are about. Lives no longer than its key may (`audit.keychain`)."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._made: dict[tuple[str, ...], bytes] = {}

    def of(self, event: Event, at: int, about: str = "") -> list[bytes]:
        """All under which this line is found; `at` in ms. about: whose it is, where its series is not theirs."""
        named = {
            "subject": event.subject,
            "activity": event.activity,
            "recipient": event.recipient,
            "application": event.application,
            "actor": event.actor,
            "case": event.case,
            "key": event.key,
            "trace": event.trace.trace_id if event.trace else "",
            "day": day(at),
        }
        found = [self._tag(name, value) for name, value in named.items() if value]
        whose = about or event.subject
        if about:
            found.append(self._tag("subject", about))
        if event.kind == RELEASE:
            found.append(self._tag("release", whose, event.activity, ""))
            found += [self._tag("release", whose, event.activity, event.case)] if event.case else []
        if event.kind in (LIFTED, LIFT_ASKED):
            found += [self._tag(event.kind, str(place)) for place in event.closes]
        if event.kind == REPORTED:
            found.append(self._tag("reporter", event.recipient, event.application))
            found.append(self._tag("used", day((event.trace.start if event.trace else 0) or at)))
        return found

    def _tag(self, *named: str) -> bytes:
        known = self._made.get(named)
        if known is None:
            if len(self._made) >= REMEMBERED:
                self._made.clear()
            known = self._made[named] = tag(self._key, *named)
        return known


def release_tag(key: bytes, subject: str, activity: str, case: str) -> bytes:
    """Under which releases are counted ("te-vaak"); without a case: all cases together."""
    return tag(key, "release", subject, activity, case)


def reporter_tag(key: bytes, recipient: str, application: str) -> bytes:
    """Under which the uses are found that this application reported."""
    return tag(key, "reporter", recipient, application)


def used_tag(key: bytes, at: int) -> bytes:
    """Under which reported uses of that day are found: they were logged later."""
    return tag(key, "used", day(at))


@lru_cache(maxsize=4)  # all lines of a batch have the same hour
def day(at: int) -> str:
    """The calendar day in UTC."""
    return (moment(0) + timedelta(milliseconds=at)).date().isoformat()
