"""To destroy what the log knows of people in one year of destruction (trust.md 3): a subject's key of that year and the
search tags and labels of the lines that it opened. All other lines stay readable, and every proof stays valid.

1 a line in the subject's series says that it begins   a crash here: the same line again, by its id
2 `destroyed` names the key                            nothing new is written under it, no process keeps it
3 tags go, content and label of the lines are emptied  a crash here: the lines that are left, the next time
4 the key goes                                         the lines read as "being destroyed"
5 a line names the numbers that went                   the certificate: this line with its proof
6 `destroyed` names that line                          a crash before it: the same line again, by its id

Before its year is over a key goes on a decision only (AVG 17), and not at once: other processes may hold it, and write
under it, for as long as a key lives in memory. So that order is given twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import func, select

from audit.contract import EventIdTaken, Line, Plain
from audit.emptying import Emptying, Span
from audit.event import GONE_MAX, NOBODY, SYSTEM, Entry, Event, Kind
from audit.gone import EMPTIED, gone_of
from audit.keychain import Owner
from audit.kinds import BEGUN, DESTROYED
from audit.log import Log
from audit.permit import Position
from audit.reading import Reader, line_rows
from audit.searchline import Record, receipts_of
from audit.tables import destroyed, keys, lines
from kernel.canonical import read_canonical
from kernel.clock import Clock, millis
from kernel.crypto import LIFE
from kernel.errors import BadInput
from kernel.failpoints import reached
from kernel.ids import derived_id
from kernel.message import Message, Short

T = TypeVar("T")
AT_ONCE = 50  # subjects together
PAGE = 200
SETTLED = LIFE + timedelta(minutes=1)  # a key that was named so long ago is in nobody's memory any more
NAMES: dict[Kind, str] = {BEGUN: "Vernietiging begonnen", DESTROYED: "Verklaring van vernietiging"}
PURPOSE = "Wij bewaren een regel niet langer dan mag."
Watch = Callable[[int, int], None]
"""(keys looked at, keys in all)."""


class Decision(Message):
    """Why before the year is over (AVG 17): number of the decision, and the reason in words."""

    number: Plain
    reason: Plain


class Order(Message):
    """What goes: all keys of a year, or one subject's. decision: for one subject, before the year is over."""

    year: int
    subject: Short = ""
    decision: Decision | None = None


@dataclass(frozen=True)
class Tally:
    """Of a run, or of what it would do. waiting: keys that go when SETTLED has passed."""

    keys: int = 0
    lines: int = 0
    waiting: int = 0


class Destroyer:
    """Of one open log. `record`: as the room audit. Every verb raises LogUnavailable and BadInput (an order that may
    not be given)."""

    def __init__(self, log: Log, reader: Reader, record: Record, clock: Clock) -> None:
        self._log, self._tenant, self._reader, self._record, self._clock = log, log.tenant, reader, record, clock
        self._rows = Emptying(log, reader)

    async def due(self, order: Order) -> Tally:
        """What a run would do; changes nothing."""
        owners = await self._owners(order)
        mine = [lines.c.tenant_id == self._tenant, lines.c.year == order.year, ~EMPTIED]
        mine += [lines.c.subject == order.subject] if order.subject else []
        with self._log.guarded():
            async with self._log.database.snapshot(self._tenant, patient=True) as reading:
                count = await reading.scalar(select(func.count()).select_from(lines).where(*mine))
        return Tally(len(owners), count or 0)

    async def run(self, order: Order, watch: Watch) -> Tally:
        """Raises OutcomeUnknown too: run it again."""
        owners, done = await self._owners(order), Tally()
        watch(0, len(owners))
        for some in _parts(owners, AT_ONCE):
            added = await self._some(some, order)
            done = Tally(done.keys + added.keys, done.lines + added.lines, done.waiting + added.waiting)
            watch(done.keys + done.waiting, len(owners))
        with self._log.guarded():
            await self._rows.labels()
        return done

    async def _owners(self, order: Order) -> list[Owner]:
        """Keys that are there, and those whose destruction was not finished. Raises BadInput."""
        _demand(order, self._clock().year)
        there = select(keys.c.owner, keys.c.version).where(
            keys.c.tenant_id == self._tenant, keys.c.purpose == "A", keys.c.version == order.year
        )
        left = select(destroyed.c.subject, destroyed.c.year).where(
            destroyed.c.tenant_id == self._tenant, destroyed.c.year == order.year, destroyed.c.done_term == ""
        )
        with self._log.guarded():
            async with self._log.database.snapshot(self._tenant, patient=True) as reading:
                found = {(subject, year) for query in (there, left) for subject, year in await reading.execute(query)}
        return sorted(owner for owner in found if order.subject in ("", owner[0]))

    async def _some(self, owners: Sequence[Owner], order: Order) -> Tally:
        if order.decision:
            await self._demand_kept_by_no_law(owners)
        # 1
        begun = await self._recorded([_event(BEGUN, owner, order) for owner in owners])
        reached("audit.destroying.begun")
        with self._log.guarded():
            # 2
            await self._rows.name({owner: begun[at] for at, owner in enumerate(owners)})
            reached("audit.destroying.named")
            ready = await self._settled(owners) if order.decision else list(owners)
            # 3
            emptied = sum([await self._rows.lines(owner) for owner in ready])
            reached("audit.destroying.emptied")
            told = {owner: await self._rows.numbers(owner) for owner in ready}
            # 4
            await self._rows.keys(ready)
            reached("audit.destroying.keys-gone")
        # 5
        events = [event for owner in ready for event in _declared(owner, order, told[owner])]
        places = await self._recorded(events)
        reached("audit.destroying.declared")
        # 6
        done = {(event.subject, event.destroys): place for event, (place, _) in zip(events, places, strict=True)}
        with self._log.guarded():
            await self._rows.close(done)
        return Tally(len(ready), emptied, len(owners) - len(ready))

    async def _recorded(self, events: Sequence[Event]) -> list[tuple[Position, int]]:
        """Where each stands and its hour. Another run may have said it in other words: then that one counts."""
        places: list[tuple[Position, int]] = []
        for some in _parts(events, AT_ONCE):
            for verdict in await self._record([Entry(event=event) for event in some]):
                if isinstance(verdict, EventIdTaken):
                    line = await self._reader.line(Position.parse(verdict.members["position"]))
                    places.append((line.position, line.at))
                else:
                    (receipt,) = receipts_of([verdict])
                    places.append((receipt.position, int(read_canonical(receipt.act)["tijd"])))
        return places

    async def _settled(self, owners: Sequence[Owner]) -> list[Owner]:
        now, seal = millis(self._clock()), (await self._log.keys()).rows
        async with self._log.database.snapshot(self._tenant) as reading:
            named = await gone_of(reading, self._tenant, owners, seal)
        return [owner for owner in owners if now - named[owner].at >= SETTLED / timedelta(milliseconds=1)]

    async def _demand_kept_by_no_law(self, owners: Sequence[Owner]) -> None:
        """Raises BadInput: one key opens all lines of its year, so one line that a law keeps is enough."""
        for subject, year in owners:
            mine = (lines.c.tenant_id == self._tenant, lines.c.subject == subject, lines.c.year == year, ~EMPTIED)
            last = 0
            while True:
                page = line_rows().where(*mine, lines.c.n > last).order_by(lines.c.n).limit(PAGE)
                with self._log.guarded():
                    async with self._log.database.snapshot(self._tenant) as reading:
                        rows = list((await reading.execute(page)).mappings())
                    found: list[Line] = await self._reader.opened(rows)
                if kept := next((line for line in found if _kept_by_law(line)), None):
                    raise BadInput(f"Regel {kept.position} blijft: een wet bewaart haar tot en met {year}.")
                if len(rows) < PAGE:
                    break
                last = rows[-1]["n"]


def _parts(whole: Sequence[T], size: int) -> list[Sequence[T]]:
    return [whole[at : at + size] for at in range(0, len(whole), size)]


def _demand(order: Order, this_year: int) -> None:
    if order.decision is None and order.year >= this_year:
        raise BadInput(f"Het jaar {order.year} is nog niet voorbij. Eerder kan alleen op een besluit (AVG 17).")
    if order.decision and (not order.subject or order.subject in (SYSTEM, NOBODY)):
        raise BadInput("Een besluit gaat over een inwoner. Noem de betrokkene.")
    if order.decision and not (order.decision.number.strip() and order.decision.reason.strip()):
        raise BadInput("Noem het nummer van het besluit en de reden.")


def _kept_by_law(line: Line) -> bool:
    """What serves an activity that the resident did not choose. How such a use ended goes with the use."""
    event = line.event
    return bool(event.activity) and event.class_ != "C" and event.kind != "afloop"


def _declared(owner: Owner, order: Order, numbers: Sequence[Span]) -> list[Event]:
    """One, or as many as the numbers need."""
    return [_event(DESTROYED, owner, order, tuple(some), str(at)) for at, some in enumerate(_parts(numbers, GONE_MAX))]


def line_id(kind: Kind, owner: Owner, part: str = "") -> str:
    """Event id of a line that begins a destruction, or of one that declares it, which are counted from "0"."""
    return derived_id(f"{owner[0]}/{owner[1]}", f"{kind}{part}")


def _event(kind: Kind, owner: Owner, order: Order, gone: tuple[Span, ...] = (), part: str = "") -> Event:
    why: Mapping[str, str] = {"grond": "termijn"}
    if order.decision:
        why = {"grond": "besluit", "besluit": order.decision.number, "reden": order.decision.reason}
    subject, year = owner
    return Event(
        id=line_id(kind, owner, part),
        kind=kind,
        subject=subject,
        name=NAMES[kind],
        purpose=PURPOSE,
        destroys=year,
        gone=gone,
        details=dict(why),
    )
