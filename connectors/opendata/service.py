"""Which tables are public now, and what is in them. Nothing is kept here: the register says what was promised, the
ledger what was given."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from connectors.counting.contract import Counted, NoSuchTable
from connectors.counting.ledger import Kept, Ledger
from connectors.opendata.contract import OpenTable, State, TableBrief, TablePlace
from connectors.opendata.sheet import as_csv
from connectors.opendata.wording import LICENCE, epsilon, explained
from connectors.window import HERE
from consent.contract import CountTable, NoSuchThing, Published, Registers, Statistics, Words
from kernel.caller import Caller, room_of
from kernel.clock import Clock, instant
from kernel.crypto import sha256

KNOWN_MOST = 1_000  # tables of which a process remembers that they were made
_NOT_HERE = "Deze tabel is er niet, of hij is nog niet openbaar."


@dataclass(frozen=True)
class Promise:
    """A table of a version, of which the day has come."""

    published: Published
    statistics: Statistics
    table: CountTable

    @property
    def place(self) -> tuple[str, str, str]:
        """(activity, table, version), as the ledger has it."""
        version = self.published.version
        return version.slug, self.table.name, str(version.number)


@dataclass(frozen=True)
class OpenTableDesk:
    """Satisfies OpenTables."""

    registers: Registers
    ledger: Ledger
    _made: dict[tuple[str, ...], int] = field(default_factory=dict, repr=False)  # what was made stays made: since when

    @property
    def clock(self) -> Clock:
        """That of the ledger."""
        return self.ledger.clock

    async def tables(self, caller: Caller) -> list[TableBrief]:
        """See OpenTables.tables."""
        every = await self.registers.drafts.promised(room_of(caller.tenant, "connectors"))
        due = list(self._due(every))
        made = {one.place: await self._made_at(caller.tenant, one) for one in due}
        last = {(one.published.version.slug, one.table.name): one.place for one in due}  # the oldest comes first
        shown = [one for one in due if made[one.place] or last[one.published.version.slug, one.table.name] == one.place]
        shown.sort(key=lambda one: one.statistics.public, reverse=True)
        return [_brief(one, made[one.place]) for one in shown]

    async def table(self, caller: Caller, place: TablePlace) -> OpenTable:
        """See OpenTables.table."""
        nobody = room_of(caller.tenant, "connectors")
        try:
            history = await self.registers.history(nobody, place.activity)
        except NoSuchThing:
            raise NoSuchTable(_NOT_HERE) from None
        wanted = [one for one in history if one.version.number == place.version]
        promise = next((one for one in self._due(wanted) if one.table.name == place.table), None)
        if promise is None:
            raise NoSuchTable(_NOT_HERE)
        kept = await self.ledger.first(caller.tenant, *promise.place)
        names = {one.slug: one.name for one in await self.registers.recipients(nobody)} if kept else {}
        return _whole(promise, kept, names.get(kept.run.recipient) if kept else None)

    def _due(self, versions: Sequence[Published]) -> Iterator[Promise]:
        today = self.clock().astimezone(HERE).date()
        for one in versions:
            statistics = one.version.statistics
            if statistics and statistics.public and date.fromisoformat(statistics.public) <= today:
                yield from (Promise(one, statistics, table) for table in statistics.tables)

    async def _made_at(self, tenant: str, promise: Promise) -> int:
        known = (tenant, *promise.place)
        if known not in self._made and (kept := await self.ledger.first(tenant, *promise.place)):
            if len(self._made) >= KNOWN_MOST:
                self._made.clear()
            self._made[known] = kept.made_at
        return self._made.get(known, 0)


def _brief(promise: Promise, made_at: int) -> TableBrief:
    version, table = promise.published.version, promise.table
    absent: State = "niet-gemaakt" if promise.published.ended else "nog-niet-gemaakt"
    return TableBrief(
        activity=version.slug, version=version.number, table=table.name, state="gemaakt" if made_at else absent,
        day=promise.statistics.public, made_at=instant(made_at) if made_at else "", title=version.title,
        purpose=version.purpose, controller=version.controller, contact=version.contact, residents=version.residents,
        rows=table.rows, columns=table.columns, measure=table.measure, population=promise.statistics.population,
        smallest=promise.statistics.smallest, epsilon=epsilon(table),
    )  # fmt: skip


def _whole(promise: Promise, kept: Kept | None, made_for: Words | None) -> OpenTable:
    brief, statistics, table = _brief(promise, kept.made_at if kept else 0), promise.statistics, promise.table
    said = {**{name: getattr(brief, name) for name in TableBrief.model_fields}, "licence": LICENCE}
    if kept is None:
        return OpenTable(**said, explained=explained(statistics, table, None, None))
    counted = Counted.model_validate_json(kept.answer)
    squares = table.row is not None and table.row.by == "vak"
    gaps = None if squares else sum(cell.count is None for cell in counted.cells)
    return OpenTable(
        **said,
        explained=explained(statistics, table, counted.off_by, gaps),
        made_for=made_for,
        off_by=counted.off_by,
        gaps=gaps,
        cells=counted.cells,
        digest=sha256(as_csv(counted.cells).encode()).hex(),
        line=counted.line,
    )
