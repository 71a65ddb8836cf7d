"""Which lines a breach is about, as conditions: those in its window, and what the recipient still had from before."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, and_, false, or_, select, tuple_

from audit.breach import WINDOW, Part, Window
from audit.kinds import RELEASES, REPORTED
from audit.label import Label
from audit.tables import lines, tags

DAY_MS = 86_400_000
DAYS_MAX = 3_700  # of a window by day of use; a longer one takes every use that was reported since it began
AHEAD_MS = 300_000  # a use may be logged that much before it was, by a clock of others


def named(window: Window, part: Part) -> dict[str, str]:
    """By tag. An employee or a key got what they asked for; what the recipient held, it held for all of them."""
    whose = {"recipient": window.recipient, "application": window.application}
    return whose | ({"actor": window.actor, "key": window.key} if part == WINDOW else {})


def days_of(window: Window) -> range:
    """A moment on each of its days (UTC), ms; at most one more than DAYS_MAX."""
    return range(window.since - window.since % DAY_MS, window.until + 1, DAY_MS)[: DAYS_MAX + 1]


def lines_with(tenant: str, mark: bytes, window: Window, part: Part) -> ColumnElement[bool]:
    """Lines that have this tag and may be in this part by the hour beside it: no other line is looked up. Uses by
    others are logged later than they were, so the window has no end there."""
    at = tags.c.logged_at
    when = at >= window.since - AHEAD_MS if part == WINDOW else at < window.since
    found = select(tags.c.term, tags.c.idx).where(tags.c.tenant_id == tenant, tags.c.tag == mark, when)
    return tuple_(lines.c.term, lines.c.idx).in_(found)


def line_with(*marks: bytes) -> ColumnElement[bool]:
    """A line that has one of these tags: looked up for each line, for who asks about few."""
    same = (tags.c.tenant_id == lines.c.tenant_id, tags.c.term == lines.c.term, tags.c.idx == lines.c.idx)
    return select(tags.c.idx).where(*same, tags.c.tag.in_(marks)).exists()


def during(
    window: Window, labels: Mapping[bytes, Label], days: Sequence[bytes], *, few: bool = False
) -> ColumnElement[bool]:
    """Releases logged in the window, and uses by others on its days: those were logged later. days: their tags. few:
    asked about some lines, as `line_with`."""
    released = and_(_of(labels, *RELEASES), lines.c.logged_at.between(window.since, window.until))
    since = lines.c.logged_at >= window.since - AHEAD_MS
    if len(days) > DAYS_MAX:
        return or_(released, and_(_of(labels, REPORTED), since))
    if few:
        return or_(released, and_(_of(labels, REPORTED), since, line_with(*days)))
    used = select(tags.c.term, tags.c.idx).where(tags.c.tenant_id == lines.c.tenant_id, tags.c.tag.in_(days))
    return or_(released, and_(_of(labels, REPORTED), since, tuple_(lines.c.term, lines.c.idx).in_(used)))


def held_before(window: Window, labels: Mapping[bytes, Label]) -> ColumnElement[bool]:
    """Releases of before the window whose term at the recipient was not over when it began. Without a number of days
    nobody knows, so they count."""
    terms: dict[int, list[bytes]] = {}
    for name, label in labels.items():
        if label.kind in RELEASES:
            terms.setdefault(label.kept_days, []).append(name)
    still = [
        and_(lines.c.label.in_(names), lines.c.logged_at > (window.since - days * DAY_MS if days else -1))
        for days, names in sorted(terms.items())
    ]
    return and_(lines.c.logged_at < window.since, or_(false(), *still))


def _of(labels: Mapping[bytes, Label], *kinds: str) -> ColumnElement[bool]:
    return lines.c.label.in_([name for name, label in labels.items() if label.kind in kinds])
