"""A breach that was confirmed: the FG decides that residents read it, from then on beside their own lines.

A decision is a line of the log and a version of the file, in that order: a crash in between leaves a line and changes
nothing for residents; the FG decides again. What a resident reads is asked of the log each time, with the conditions by
which the breach was counted; no list of people is kept. Lines that they may not see yet are left out.
"""

from collections.abc import Callable, Coroutine, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import RowMapping, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.breach import BEFORE, KEPT, WINDOW, Decision, Leak, Part, Told, Version, Window, decided
from audit.breach_window import days_of, during, held_before, line_with, named
from audit.contract import Reason
from audit.event import SYSTEM, Entry, Event
from audit.kinds import DECIDED
from audit.label import Label
from audit.labels import labels_named
from audit.log import Log
from audit.permit import Position, Receipt
from audit.reading import OUTCOME_OF
from audit.refusals import EventIdTaken, JustDecided
from audit.searching import before
from audit.searchline import Record, receipts_of, search_event
from audit.tables import breaches, lines, outcomes
from audit.tags import tag, used_tag
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.errors import BadInput, NoAccess
from kernel.ids import derived_id

NAME, LAW = "Besluit over een datalek", "AVG 33 en 34"
MOST = 2_000  # lines of one resident in one breach
OPENED_MOST = 5_000  # versions that a process keeps open; where there are more, it keeps none
LEFT_MS = 60_000  # a decision without its version is of who died, not of who is about to write it
TRIES = 20  # of who died, one after the other
Read = Callable[[Sequence[RowMapping]], Coroutine[Any, Any, tuple[Version, ...]]]
Keep = Callable[[Version], Coroutine[Any, Any, None]]


class Leaks:
    """Of one open log. read, keep: of the files (`audit.breaching`)."""

    def __init__(self, log: Log, record: Record, clock: Clock, read: Read, keep: Keep) -> None:
        self._log, self._tenant, self._record, self._clock = log, log.tenant, record, clock
        self._read, self._keep = read, keep
        self._opened: dict[tuple[str, int], tuple[bytes, Version]] = {}  # what is sealed never changes, and is here too

    async def decide(self, caller: Caller, found: Sequence[Version], reason: Reason, said: Decision) -> Version:
        """A line, then the next version. The same decision again, about what it was about or about itself, is the one
        that stands. Raises NoAccess, BadInput, JustDecided."""
        if caller.kind != "medewerker" or "fg" not in caller.roles:
            raise NoAccess("Dit besluit is voor de FG in persoon.")
        newest = found[-1]
        if (same := stands(found, said)) is not None:
            return same
        if newest.version != said.version:
            raise BadInput("Er is een nieuwere versie van dit dossier. Lees die eerst.")
        told = {
            "datalek": newest.id,
            "versie": str(newest.version),
            "inwonersLezenHet": "ja" if said.shown else "nee",
            "apGemeldOp": said.told_ap,
            "apNummer": said.ap_number,
        }
        event = search_event(caller, reason, newest.id, SYSTEM, told)
        receipt = await self._line(newest, event.model_copy(update={"kind": DECIDED, "name": NAME, "law": LAW}))
        at = millis(self._clock())
        kept = Told(decided=said, at=at, line=receipt.position)
        made = newest.model_copy(update={"version": newest.version + 1, "made_at": at, "told": kept})
        await self._keep(made)
        return made

    async def _line(self, newest: Version, event: Event) -> Receipt:
        """Its id follows from the version that is decided about: of two at one moment the log writes one."""
        for tried in range(TRIES):
            once = event.model_copy(update={"id": derived_id(newest.id, f"besluit/{newest.version}/{tried}")})
            try:
                (receipt,) = receipts_of(await self._record([Entry(event=once)]))
            except EventIdTaken as taken:
                if not await self._left(Position.parse(taken.members["position"])):
                    break
            else:
                return receipt
        raise JustDecided("Iemand anders besliste net over dit datalek. Kijk opnieuw.")

    async def _left(self, position: Position) -> bool:
        """Whether whoever wrote this line is not busy any more: a crash left it without a version."""
        at = select(lines.c.logged_at).where(
            lines.c.tenant_id == self._tenant, lines.c.term == position.term, lines.c.idx == position.index
        )
        with self._log.guarded():
            async with self._log.database.snapshot(self._tenant) as reading:
                return int(await reading.scalar(at) or 0) < millis(self._clock()) - LEFT_MS

    async def of(self, caller: Caller, subject: str) -> tuple[Leak, ...]:
        """Breaches in which this resident has lines, the last one told first. NOT checked: that these lines are the
        caller's; the page that asks says whose. Raises NoAccess for anybody but a resident."""
        if caller.kind != "inwoner" or caller.acting_for:
            raise NoAccess("Dit leest alleen de inwoner zelf.")
        with self._log.guarded():
            async with self._log.database.snapshot(self._tenant) as reading:
                query = select(breaches).where(breaches.c.tenant_id == self._tenant).order_by(breaches.c.id)
                rows = list((await reading.execute(query)).mappings())
            files = [tuple(group) for _, group in groupby(await self._open(rows), key=attrgetter("id"))]
            shown = [last for one in files if (last := _shown(one))]
            if not shown:
                return ()
            async with self._log.database.snapshot(self._tenant) as reading:
                labels = await self._labels(reading, subject)
                leaks = [await self._leak(reading, subject, one, labels) for one in shown]
        return tuple(sorted((one for one in leaks if one.lines), key=attrgetter("told_at"), reverse=True))

    async def _open(self, rows: Sequence[RowMapping]) -> list[Version]:
        """Each is opened once by a process, and kept for as long as its very row is there: what was destroyed is
        forgotten at the next question. One of each year is opened every time, for its key may be gone while its rows
        are not. Raises CannotOpen."""
        old, every_year = self._opened, {row["year"]: row for row in rows}.values()
        known = {at: old[at] for row in rows if (at := _at(row)) in old and old[at][0] == row["sealed"]}
        new = [row for row in rows if _at(row) not in known or row in every_year]
        known |= {_at(row): (bytes(row["sealed"]), one) for row, one in zip(new, await self._read(new), strict=True)}
        self._opened = known if len(known) <= OPENED_MOST else {}
        return [known[_at(row)][1] for row in rows]

    async def _labels(self, reading: AsyncConnection, subject: str) -> dict[bytes, Label]:
        mine = (lines.c.tenant_id == self._tenant, lines.c.subject == subject)
        names = {bytes(name) for (name,) in await reading.execute(select(lines.c.label).distinct().where(*mine))}
        found = await labels_named(reading, self._tenant, await self._log.keys(), names)
        now = millis(self._clock())
        return {name: label for name, label in found.items() if label.withheld_until <= now}

    async def _leak(self, reading: AsyncConnection, subject: str, version: Version, labels: dict[bytes, Label]) -> Leak:
        window = version.window
        places = set[Position]()
        for part in (WINDOW, BEFORE) if version.held is not None else (WINDOW,):
            places |= await self._lines(reading, subject, (version, part), labels)
        told_at = version.told.at if version.told else 0
        theirs = tuple(sorted(places, reverse=True))[:MOST]
        return Leak(since=window.since, until=window.until, told_at=told_at, lines=theirs)

    async def _lines(
        self, reading: AsyncConnection, subject: str, asked: tuple[Version, Part], labels: dict[bytes, Label]
    ) -> set[Position]:
        version, part = asked
        key = (await self._log.keys()).tags
        window = version.window
        marks = [tag(key, name, value) for name, value in named(window, part).items() if value]
        query = select(lines.c.term, lines.c.idx).select_from(lines.outerjoin(outcomes, OUTCOME_OF)).where(
            lines.c.tenant_id == self._tenant,
            lines.c.subject == subject,
            before(version.line),
            *(line_with(mark) for mark in marks),
            _when(window, part, labels, key),
            func.coalesce(outcomes.c.outcome, "") != KEPT,
        )  # fmt: skip
        return {Position(term=term, index=index) for term, index in await reading.execute(query)}


def _at(row: RowMapping) -> tuple[str, int]:
    return row["id"], row["version"]


def stands(found: Sequence[Version], said: Decision) -> Version | None:
    """The newest version, where it is this decision already."""
    newest = found[-1]
    if newest.told is None:
        return None
    same = newest.told.decided
    return newest if said in (same, same.model_copy(update={"version": newest.version})) else None


def _shown(versions: Sequence[Version]) -> Version | None:
    """The last decision of a file, where by it residents read of the breach: with the hour since when they do. Who
    decides the same again, with the number of the AP, tells it to nobody anew."""
    last = decided(versions)
    if last is None or last.told is None or not last.told.decided.shown:
        return None
    since = last.told
    for one in sorted(versions, key=attrgetter("version"), reverse=True):
        if one.told is None:  # counted, and not decided about
            continue
        if not one.told.decided.shown or one.line != last.line:
            break
        since = one.told
    return last.model_copy(update={"told": since})


def _when(window: Window, part: Part, labels: dict[bytes, Label], key: bytes) -> Any:
    if part == BEFORE:
        return held_before(window, labels)
    return during(window, labels, [used_tag(key, at) for at in days_of(window)], few=True)
