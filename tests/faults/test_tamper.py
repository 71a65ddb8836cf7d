"""T1 of the test programme: whoever owns the database changes a byte, swaps, removes, doubles or sets back a row.

REGIE_TAMPER: the share of all bytes that is turned, 1 for every one; a run by default takes a twentieth, by the seed of
REGIE_SEED. What nobody notices who works with the row is a column that is listed here with what it costs, and then
`regie audit fsck` has to find it; anything else is a hole.
"""

import asyncio
import logging
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from audit.contract import Line
from audit.tables import metadata
from tests.faults.dice import thrown
from tests.faults.tamper import Change, Row, Share, Spoilt, moved_in, rounds, turns
from tests.faults.watched import Found, Watched, lived
from tests.once import once

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.slow]
PART = float(os.environ.get("REGIE_TAMPER", "0.05"))
SHARDS = 24 if PART >= 1 else 1  # each well within the time that one test may take
THRICE = 3  # times that everything is computed anew for what nobody else noticed
FEW = 24  # changes of a column that nobody protects, and of rows as a whole
SEALED = ("act", "body")  # most bytes of a line: read many at a time
PROTECTED = ("head", "lines", "tiles", "fences", "moves", "keys", "series", "destroyed")
MOVE_GONE = "rows lag, and what rests on them is overtaken when its line is written"
UNASKED = "nothing: nobody asks for a row of that name"
# Columns that no verb looks at when it says what happened, each with what a change costs.
COSTS = {
    "lines.content": "who repeats an act is told that its id is taken, or the reverse; the line stands as it was",
    "lines.n": "the order of a page; the number that is shown is the sealed one",
    "lines.logged_at": "a search by time misses the line; the hour that is shown is the sealed one",
    "lines.label": "a search misses the line",
    "moves.epoch": "nothing: the act says how far the fence went",
    "moves.tenant_id": MOVE_GONE,
    "moves.term": MOVE_GONE,
    "moves.idx": MOVE_GONE,
    "moves deleted": MOVE_GONE,
    "keys.kek_version": "a rotation looks at the key once more",
    "tiles duplicated": UNASKED,
    "keys duplicated": UNASKED,
    "lines.body destroyed": "nothing: nobody can open it any more",
    "lines.n destroyed": "the number of one line that is looked at by itself; its series does not fit",
    "destroyed duplicated": UNASKED,
}
# Answers that are other than they were, and do not say so.
LIES = {
    "lines swapped by read": "a line by its place alone; its proof does not hold, and no process starts",
    "lines.n destroyed by read": "the number of a line that is looked at by itself; its series does not fit",
    **{f"moves{how} by moves": MOVE_GONE for how in (".tenant_id", ".term", ".idx", " deleted")},
}
VERBS = {
    "head": ("ready", "start"),
    "lines": ("read", "prove", "start", "owned"),
    "tiles": ("prove", "start"),
    "fences": ("holds", "start"),
    "series": ("write", "owned"),
    "moves": ("moves",),
    "keys": ("start",),
    "destroyed": ("owned",),
}
LIKELY = {"lines.leaf": "prove", "lines.leaf_hash": "start"}  # who is asked first, to ask nobody in vain


@dataclass
class Tally:
    """Who noticed what. heard: by column and verb how often each answer came."""

    heard: dict[tuple[str, str], Counter[Found]] = field(default_factory=dict)
    tried: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    barred: Counter[str] = field(default_factory=Counter)

    def hear(self, what: str, verb: str, answer: Found) -> bool:
        """Whether it was noticed."""
        self.heard.setdefault((what, verb), Counter())[answer] += 1
        return answer in ("noticed", "crashed")

    def answers(self, answer: Found) -> dict[str, int]:
        return {f"{what} by {verb}": found[answer] for (what, verb), found in self.heard.items() if found[answer]}

    def told(self) -> str:
        lines = [f"{sum(self.tried.values())} changes, part {PART}; not possible: {dict(self.barred)}"]
        for what in self.tried:
            verbs = {verb: dict(found) for (of, verb), found in self.heard.items() if of == what}
            lines.append(f"{what}: {self.tried[what]}, missed {self.missed[what]}, {verbs}")
        return "\n".join(lines)


@pytest.fixture(scope="module")
def town() -> Path:
    """Folders `now`, `half` and `eve`."""
    return once("tampered", lambda at: asyncio.run(lived(at / "now", at / "half", at / "eve")))


@pytest.fixture(autouse=True)
def unheard() -> Iterator[None]:
    """Each change is an alarm in the log of the house: ten thousand of them are heard elsewhere, once."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def dice() -> Random:
    return thrown()


@pytest.fixture
async def watched(town: Path, tmp_path: Path) -> AsyncIterator[Watched]:
    async with AsyncExitStack() as stack:
        yield await Watched.opened(moved_in(town / "now", tmp_path / "now"), stack)


def argument(verb: str, table: str, row: dict[str, Any], watched: Watched) -> Any:
    """What a verb is asked about this row: a line, a subject, a fence."""
    if verb in ("read", "prove"):
        return row["idx"] if table == "lines" else max(watched.lines)  # whose proof rests on the tile before it
    if verb == "start" and table == "keys":
        owner = (row["owner"], row["version"])
        return next((at for at, line in watched.lines.items() if owner_of(line) == owner), 0)
    return row.get({"owned": "subject", "write": "subject", "holds": "fence"}.get(verb, ""))


def called(watched: Watched, what: str, row: dict[str, Any]) -> str:
    """A column by its name; of a destroyed line some are read no more."""
    gone = what in ("lines.body", "lines.n") and watched.lines[int(str(row["idx"]))].gone
    return f"{what} destroyed" if gone else what


def owner_of(line: Line) -> tuple[str, int]:
    """Whose key its body is under."""
    return line.event.subject, line.event.keep_until


async def noticed(watched: Watched, tally: Tally, what: str, row: dict[str, Any], every: bool = False) -> bool:
    """Whether one of those who look at this table does; every: all of them are asked."""
    table, found = what.replace(" ", ".").partition(".")[0], False
    for verb in sorted(VERBS[table], key=lambda verb: verb != LIKELY.get(what)):
        found |= tally.hear(what, verb, await getattr(watched, verb)(argument(verb, table, row, watched)))
        if found and not every:
            break
    if not found and tally.heard.get((what, "fsck"), Counter()).total() < THRICE:
        tally.hear(what, "fsck", await watched.fsck())
    return found


async def turn(watched: Watched, spoilt: Spoilt, changes: Iterable[Change], tally: Tally) -> None:
    """One at a time; the first of each column is shown to all."""
    for change in changes:
        cell, row = change.cell, spoilt.row(change.cell.table, change.cell.row)
        what = called(watched, f"{cell.table}.{cell.column}", row)
        with spoilt.turned(change) as possible:
            if not possible:
                tally.barred[what] += 1
                continue
            if not await noticed(watched, tally, what, row, every=what not in tally.tried):
                tally.missed[what] += 1
            tally.tried[what] += 1


async def read_in_rounds(watched: Watched, spoilt: Spoilt, changes: list[Change], tally: Tally) -> list[Change]:
    """Lines of which one byte is other, all read at once; what nobody noticed so far."""
    left = []
    places = {rowid: spoilt.row("lines", rowid)["idx"] for rowid in {change.cell.row for change in changes}}
    for some in rounds(changes):
        with spoilt.all_turned(some):
            found = await watched.read_all([int(str(places[change.cell.row])) for change in some])
        for change in some:
            what = called(watched, f"lines.{change.cell.column}", {"idx": places[change.cell.row]})
            if tally.hear(what, "read", found[int(str(places[change.cell.row]))]):
                tally.tried[what] += 1
            else:
                left.append(change)
    return left


def limited(changes: Iterable[Change], dice: Random) -> list[Change]:
    """Of columns that cost nothing much, a few will do."""
    kept: dict[str, list[Change]] = {}
    for change in changes:
        kept.setdefault(f"{change.cell.table}.{change.cell.column}", []).append(change)
    return [one for what, each in kept.items()
            for one in (dice.sample(each, min(FEW, len(each))) if what in COSTS else each)]  # fmt: skip


@pytest.mark.long(60)
@pytest.mark.parametrize("shard", range(SHARDS))
async def test_every_changed_byte_of_the_log_is_noticed_by_somebody(watched: Watched, dice: Random, shard: int) -> None:
    tally, share = Tally(), Share(dice, PART, shard, SHARDS)
    with closing(Spoilt(watched.folder / "audit.db")) as spoilt:
        for table in PROTECTED:
            changes = limited(turns(spoilt.cells(table), share), dice)
            if table == "lines":
                deep = [change for change in changes if change.cell.column in SEALED]
                changes = [change for change in changes if change.cell.column not in SEALED]
                changes = [*await read_in_rounds(watched, spoilt, deep, tally), *changes]
            await turn(watched, spoilt, changes, tally)
    print(tally.told())
    columns = {f"{table}.{column.name}" for table in PROTECTED for column in metadata.tables[f"audit.{table}"].columns}
    assert columns - {*tally.tried, *tally.barred} == set(), "a column that nobody turned"
    assert sum(tally.tried.values()) > 100 * len(tally.barred), "hardly anything was tried"
    assert {what: count for what, count in tally.missed.items() if count and what not in COSTS} == {}
    assert tally.answers("crashed") == {}
    assert set(tally.answers("lied")) <= set(LIES)
    assert [what for what in tally.answers("same") if what.endswith("by fsck")] == []
    assert await watched.start(0) == "same", "it was not put back"


def renamed(table: str, row: Row, size: int) -> Row:
    """A second row like this one, as near as the constraints let it come. size: lines there are."""
    other: dict[str, Row] = {
        "head": {"tenant_id": "gm9999"},
        "lines": {"idx": size, "event_id": "f" * 32, "n": 10_000},
        "tiles": {"idx": 1},
        "fences": {"fence": "f" * 32},
        "series": {"subject": "f" * 32},
        "moves": {"fence": "f" * 32},
        "keys": {"owner": "f" * 32},
        "destroyed": {"subject": "f" * 32},
    }
    return {**row, **other[table]}


def spoilings(spoilt: Spoilt, older: Spoilt, table: str, dice: Random, size: int) -> Iterable[tuple[str, Any]]:
    """What may happen to whole rows: how, and the rows as they then are."""
    there = spoilt.rowids(table)
    many = len(there) if PART >= 1 else FEW
    for rowid in dice.sample(there, min(many, len(there))):
        yield "deleted", ((rowid, None),)
        if table not in ("head", "series"):  # who writes under another name gets what they write
            yield "duplicated", ((max(there) + 1, renamed(table, spoilt.row(table, rowid), size)),)
    for _ in range(many if len(there) > 1 else 0):
        swapped = spoilt.swapped(table, *dice.sample(there, 2))
        if any(spoilt.row(table, rowid) != row for rowid, row in swapped):
            yield "swapped", swapped
    for rowid, then in spoilt.set_back(older, table):
        yield "older", ((rowid, then),)


async def test_every_row_that_was_swapped_removed_doubled_or_set_back_is_noticed(
    watched: Watched, town: Path, dice: Random
) -> None:
    tally, size = Tally(), len(watched.lines)
    with closing(Spoilt(watched.folder / "audit.db")) as spoilt, closing(Spoilt(town / "half" / "audit.db")) as older:
        for table in PROTECTED:
            for how, rows in spoilings(spoilt, older, table, dice, size):
                what, rowid = f"{table} {how}", rows[0][0]
                row = spoilt.row(table, rowid) if how != "duplicated" else rows[0][1]
                with spoilt.with_rows(table, *rows) as possible:
                    if not possible:
                        tally.barred[what] += 1
                    elif not await noticed(watched, tally, what, row, every=what not in tally.tried):
                        tally.missed[what] += 1
                tally.tried[what] += possible
    print(tally.told())
    assert {f"{table} deleted" for table in PROTECTED} | {"head older", "series older"} <= set(+tally.tried)
    assert {what: count for what, count in tally.missed.items() if count and what not in COSTS} == {}
    assert tally.answers("crashed") == {}
    assert set(tally.answers("lied")) <= set(LIES)
    assert [what for what in tally.answers("same") if what.endswith("by fsck")] == []
    assert await watched.start(0) == "same", "it was not put back"


def test_nothing_is_listed_that_is_not_there() -> None:
    columns = {f"{table.name}.{column.name}" for table in metadata.tables.values() for column in table.columns}
    assert {what for what in COSTS if " " not in what} <= columns
