"""Search tags (trust.md 4.3): keyed hashes of what a line is about, so that a dump shows their equality only."""

from datetime import timedelta
from functools import lru_cache

from audit.event import Event, Trace
from audit.kinds import COUNTED_BY, EMERGENCY, LIFT_ASKED, LIFTED, RELEASES, REMOVED, REPORTED, REVIEWED, RUN
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
        self._known: dict[tuple[str, ...], bytes] = {}

    def of(self, event: Event, at: int, about: str = "", under: Trace | None = None) -> list[bytes]:
        """All under which this line is found; `at` in ms. about: whose it is, where its series is not theirs. under:
        its trace, when the event names none."""
        known, activity, case = self._known, event.activity, event.case
        named = (
            ("subject", event.subject), ("activity", activity), ("recipient", event.recipient),
            ("application", event.application), ("actor", event.actor), ("case", case), ("key", event.key),
            ("day", day(at)), ("subject", about),
        )  # fmt: skip
        found = [known.get(each) or self._tag(*each) for each in named if each[1]]
        if trace := event.trace or under:  # of this act alone: not worth remembering
            found.append(tag(self._key, "trace", trace.trace_id))
        if (
            event.kind in RELEASES or event.kind == RUN
        ):  # what "te-vaak" counts: a table once, not once for each who is in it
            whose = about or event.subject
            found.append(self._tag("release", whose, activity, ""))
            found += [self._tag("release", whose, activity, case)] if case else []
        if event.kind in RELEASES:
            found += [count_tag(self._key, fence) for fence in event.details.get(COUNTED_BY, "").split()]
        if event.kind == EMERGENCY:
            found.append(self._tag(EMERGENCY))
        if event.kind in (LIFTED, LIFT_ASKED, REVIEWED, REMOVED):
            found += [self._tag(event.kind, str(place)) for place in event.closes]
        if event.kind == REPORTED:
            found.append(self._tag("reporter", event.recipient, event.application))
            found.append(self._tag("used", day((trace.start if trace else 0) or at)))
        return found

    def _tag(self, *named: str) -> bytes:
        known = self._known.get(named)
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[named] = tag(self._key, *named)
        return known


def release_tag(key: bytes, subject: str, activity: str, case: str) -> bytes:
    """Under which releases are counted ("te-vaak"); without a case: all cases together."""
    return tag(key, "release", subject, activity, case)


def count_tag(key: bytes, fence: str) -> bytes:
    """Under which releases are counted that take one of a number that a resident allowed."""
    return tag(key, COUNTED_BY, fence)


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
