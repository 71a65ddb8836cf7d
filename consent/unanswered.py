"""A question that nobody could answer to its last day, because its purpose stopped or got another version.

Its silence is no choice: it bars nobody from asking once more, and its resident does not read that they chose too late.
When a version ended, its line says. What the log cannot tell now is silence as any other: that is the stricter of the
two.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

from audit.contract import Audit, LogUnavailable, NoSuchLine, Position
from consent.acts import INVALID
from consent.following import ENDED
from consent.lines import names
from consent.rows import Row, Rows
from consent.tables import activities
from consent.views import state_of_row
from kernel.caller import room_of

Versions = Mapping[tuple[str, int], str]
NEVER_ANSWERED = ("gevraagd", "vervallen")


async def ends_of(rows: Rows, questions: Sequence[Row], at: int) -> Versions:
    """Where it says that the version ended which a question was about, of those that ran out without a yes."""
    lapsed = {(row["activity"], row["version"]) for row in questions if _lapsed(row, at) or _refused(row, at)}
    if not lapsed:
        return {}
    c = activities.c
    slugs, numbers = {slug for slug, _ in lapsed}, {number for _, number in lapsed}
    over = (c.status == ENDED["activiteit-beeindigd"], c.position != "")
    found = await rows.find(activities, c.slug.in_(slugs), c.number.in_(numbers), *over)
    places = {(row["slug"], row["number"]): row["position"] for row in found}
    return {version: places[version] for version in lapsed if version in places}


async def unanswerable(
    audit: Audit, tenant: str, questions: Sequence[Row], ends: Versions, at: int, *, alike: bool = False
) -> list[Row]:
    """The same rows; those that ended with their version say so. Not to be written back. alike: for its recipient, who
    must not tell a no from silence."""
    ended: dict[tuple[str, int], int] = {}
    for version, place in ends.items():
        with suppress(LogUnavailable, NoSuchLine):
            ended[version] = (await audit.line(room_of(tenant, "consent"), Position.parse(place))).at
    told = [(row, ended.get((row["activity"], row["version"]), 0)) for row in questions]
    return [_as_silence(row, over) if alike and _refused(row, at) else _told(row, over, at) for row, over in told]


def once(stored: Sequence[Row], told: Sequence[Row]) -> list[Row]:
    """For whether somebody is asked again. told: as `unanswerable` gives them. Who was asked the same under a later
    version, and never answered that either, was silent the first time: else a version a month asks for ever."""
    return [row if any(map(partial(_later, row), stored)) else seen for row, seen in zip(stored, told, strict=True)]


def _later(row: Row, other: Row) -> bool:
    same = set(names(row["elements"])) & set(names(other["elements"]))
    return other["version"] > row["version"] and other["status"] in NEVER_ANSWERED and bool(same)


def _told(row: Row, over: int, at: int) -> Row:
    if not over or not _lapsed(row, at) or (row["ended_at"] or row["answer_by"]) <= over:
        return row
    return {**row, "status": INVALID, "ended_at": over}


def _as_silence(row: Row, over: int) -> Row:
    if not over or row["answer_by"] <= over:
        return row
    return {**row, "status": INVALID, "ended_at": over, "decided_at": 0, "valid_until": 0}


def _refused(row: Row, at: int) -> bool:
    return bool(row["status"] == "geweigerd" and at > row["answer_by"])


def _lapsed(row: Row, at: int) -> bool:
    return row["status"] in NEVER_ANSWERED and state_of_row(row, at) == "vervallen"
