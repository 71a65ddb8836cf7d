"""A subject's key of one year goes: what it opened is gone for good, everything else stays, gaps are explained."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

import regie_verify
from audit import destroying, emptying
from audit.breach import Window
from audit.bulk import delete_rows
from audit.contract import Gone, Line, LogUnavailable, Misfit, Position, Query, Reason
from audit.destroying import Decision, Order
from audit.event import SYSTEM, Entry, Event
from audit.fsck.findings import Report
from audit.gone import EMPTIED
from audit.service import AuditService, Desk
from audit.status import UNFINISHED, Around, status_of
from audit.tables import breaches, keys, labels, lines, tags
from kernel.clock import millis
from kernel.crypto.file_keys import FileKeyProvider
from kernel.errors import BadInput
from kernel.sql import Database
from tests.audit.fsck_ground import TERM, checked
from tests.audit.logs import DESK, FG, NOON, TENANT, Place, Ticking, act, fence, outcome, receipt, release

pytestmark = [pytest.mark.anyio, pytest.mark.rooms]
LATER = NOON.replace(year=2028)
SOON, LATE = 2027, 2031  # years of destruction
WHY = Reason(code="klacht", case="FG-1")
POINTS = ["begun", "named", "emptied", "keys-gone", "declared"]


class Died(Exception):
    """The process, at this point: nothing after it happens."""


@dataclass
class Town:
    """A log with lines of two years of several people. items: what each could take home then, by index."""

    place: Place
    service: AuditService
    folder: Path
    items: dict[int, Any] = field(default_factory=dict)
    before: dict[int, Line] = field(default_factory=dict)

    @property
    def desk(self) -> Desk:
        return self.service.desk(FG)

    @property
    def door(self) -> Any:
        return self.service.door("web")

    async def live(self) -> None:
        """s1: n 1-3 go, 4 stays, 5 goes; s2: all stay; the municipality's own line of a file on a breach goes."""
        door = self.service.door("connectors")
        hek = fence()
        (verdict,) = await door.record(DESK, [release({hek: 0}, keep_until=SOON, case="z1", class_="A")])
        ended = outcome(receipt(verdict).position).event.model_copy(update={"keep_until": SOON})
        await door.record(DESK, [Entry(event=ended), act("weigering", keep_until=SOON, activity="x", version="1")])
        await door.record(DESK, [act("weigering", keep_until=LATE), act("weigering", keep_until=SOON)])
        await door.record(DESK, [act("weigering", subject="s2", keep_until=LATE, activity="blijft", version="1")])

    async def learn(self) -> None:
        size = self.desk.log.memory.size
        for index in range(size):
            at = Position(term=self.desk.log.term, index=index)
            self.before[index] = await self.door.line(DESK, at)
            self.items[index] = json.loads((await self.door.bundle(DESK, at)).text())

    async def series(self, subject: str = "s1") -> dict[int, Line]:
        page = await self.door.lines(DESK, subject)
        return {line.n: line for line in page.lines}

    async def run(self, order: Order | None = None) -> destroying.Tally:
        return await self.desk.destroyer.run(order or Order(year=SOON), lambda *_: None)

    async def fsck(self) -> Report:
        return await checked(self.place.url, self.folder, self.desk.log.signer.public_key.hex())

    async def count(self, *which: Any) -> int:
        async with self.desk.log.database.snapshot(TENANT) as reading:
            return int(await reading.scalar(select(func.count()).where(*which)) or 0)

    async def spoil(self, *statements: str) -> None:
        """As somebody who owns the tables."""
        schema = "audit." if self.place.url.startswith("postgresql") else ""
        async with self.desk.log.database.writing(TENANT) as tx:
            for statement in statements:
                await tx.execute(text(statement.format(schema)))
        self.desk.log.keychain.forget([("s1", SOON), ("s2", LATE)])

    async def verified(self, *numbers: int) -> int:
        """As `regie verify` says of these numbers of s1."""
        series, bundles = await self.series(), []
        for n in numbers:
            bundles.append(json.loads((await self.door.bundle(DESK, series[n].position)).text()))
        (self.folder / "mine.json").write_text(json.dumps(bundles))
        vkey = self.folder / "log.vkey"
        vkey.write_text("".join(f"{one}\n" for one in self.service.vkeys.values()))
        return regie_verify.main([str(self.folder / "mine.json"), "--vkey", str(vkey)])


@pytest.fixture(params=["sqlite", "postgresql"])
async def town(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    url = f"sqlite+aiosqlite:///{tmp_path}/audit.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    place = Place(url, tmp_path, clock=Ticking())
    async with place.opened() as (service, _):
        found = Town(place, service, tmp_path)
        await found.live()
        await found.learn()
        place.clock.now = LATER  # type: ignore[attr-defined]  # a Ticking
        yield found


async def test_all_other_lines_stay_readable_and_all_proofs_valid(town: Town) -> None:
    tally = await town.run()
    assert (tally.keys, tally.waiting) == (1, 0)
    now = await town.series()
    gone = {n for n, line in now.items() if line.gone}
    assert gone == {n for n, line in enumerate([None, *town.before.values()]) if line and line.event.subject == "s1"
                    and line.event.keep_until == SOON}  # fmt: skip
    for index, line in town.before.items():
        at = Position(term=TERM, index=index)
        after = await town.door.line(DESK, at)
        assert (
            after == line
            if not after.gone
            else (after.at, after.n, after.event.kind) == (line.at, line.n, line.event.kind)
        )
        assert not after.gone or (after.event.case, after.event.recipient, after.event.details) == ("", "", {})
        item = json.loads((await town.door.bundle(DESK, at)).text())
        assert ("inhoud" in item) == (not after.gone)
    keychain = regie_verify.read_keys(_vkey(town))
    assert [regie_verify.check_item(item, keychain).trouble for item in town.items.values()] == [None] * len(town.items)
    report = await town.fsck()
    assert (report.status, report.destroyed, report.unfinished) == (0, len(gone), 0), report.findings.shown


def _vkey(town: Town) -> Path:
    file = town.folder / "log.vkey"
    file.write_text("".join(f"{one}\n" for one in town.service.vkeys.values()))
    return file


async def test_the_line_that_says_so_names_every_number_and_explains_the_gap_to_whoever_checks(town: Town) -> None:
    await town.run()
    now = await town.series()
    (declared,) = [line for line in now.values() if line.event.kind == "vernietigd"]
    named = {n for first, last in declared.event.gone for n in range(first, last + 1)}
    assert named == {n for n, line in now.items() if line.gone}
    assert declared.event.details == {"grond": "termijn"}
    for n in named:
        assert now[n].gone == Gone(at=now[declared.n - 1].at, by_term=True, declared=declared.position)
    everything = sorted(now)
    assert await town.verified(*everything) == 0
    assert await town.verified(*(n for n in everything if n not in named)) == 0, "who lost the empty proofs"
    assert await town.verified(*(n for n in everything if n != declared.n)) == 2, "without it a gap is a gap"
    assert await town.verified(*(n for n in everything if n != 4)) == 2, "a number that was not destroyed is missing"


async def test_tags_labels_and_hashes_of_what_it_said_go_too(town: Town) -> None:
    kept = await town.count(tags.c.tenant_id == TENANT)
    here = await town.count(labels.c.tenant_id == TENANT)
    tally = await town.run()
    async with town.desk.log.database.snapshot(TENANT) as reading:
        rows = (await reading.execute(select(lines.c.idx, lines.c.content, lines.c.label).where(EMPTIED))).all()
        marks = select(func.count()).select_from(tags).where(tags.c.idx.in_([row.idx for row in rows]))
        assert await reading.scalar(marks) == 0
    assert tally.lines == len(rows) > 0 and all(not row.content and not row.label for row in rows)
    assert await town.count(tags.c.tenant_id == TENANT) != kept
    assert await town.count(labels.c.tenant_id == TENANT) < here + 2, "of what no line is about any more"
    assert await town.count(keys.c.owner == "s1", keys.c.version == SOON) == 0


@pytest.mark.parametrize("point", POINTS)
async def test_a_crash_at_any_step_is_seen_and_finished_by_the_same_order(
    town: Town, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(name: str) -> None:
        if name == f"audit.destroying.{point}":
            raise Died

    monkeypatch.setattr(destroying, "reached", die)
    with pytest.raises(Died):
        await town.run()
    halfway = await town.series()
    report = await town.fsck()
    assert (report.status, report.unfinished) == (0, 1), report.findings.shown
    told = [line.gone for line in halfway.values() if line.gone]
    assert bool(told) == (point in ("keys-gone", "declared"))
    assert all(one.declared is None and one.by_term for one in told)
    if point != "begun":
        status = await _status(town)
        assert (status.healthy, status.complaint, status.unfinished) == (False, UNFINISHED, 1)
    monkeypatch.undo()
    await town.run()
    await town.run()
    now = await town.series()
    assert [line.event.kind for line in now.values()].count("vernietigd") == 1
    assert len([line for line in now.values() if line.gone]) == 4
    report = await town.fsck()
    assert (report.status, report.destroyed, report.unfinished) == (0, 4, 0), report.findings.shown
    assert (await _status(town)).healthy


async def _status(town: Town) -> Any:
    database = Database(town.place.url, "audit")
    try:
        log = town.desk.log
        provider = FileKeyProvider(town.folder / "keys")
        return await status_of(database, Around(provider, lambda _: log.signer, None, millis(LATER)), TENANT)
    finally:
        await database.close()


async def test_a_crash_between_pages_of_lines_is_finished_too(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emptying, "PAGE", 1)
    whole, done = delete_rows, list[int]()

    async def once(*given: Any) -> None:
        if done:
            raise Died
        done.append(1)
        await whole(*given)

    monkeypatch.setattr(emptying, "delete_rows", once)
    with pytest.raises(Died):
        await town.run()
    assert not any(line.gone for line in (await town.series()).values()), "all are readable while the key is there"
    report = await town.fsck()
    assert (report.status, report.unfinished) == (0, 1), report.findings.shown
    monkeypatch.setattr(emptying, "delete_rows", whole)
    await town.run()
    assert (await town.fsck()).destroyed == 4


async def test_a_key_that_somebody_removed_is_an_alarm_and_no_destruction(town: Town) -> None:
    await town.spoil("DELETE FROM {0}keys WHERE owner = 's1' AND version = 2027")
    with pytest.raises(LogUnavailable):
        await town.series()
    with pytest.raises(LogUnavailable):
        await town.door.bundle(DESK, Position(term=TERM, index=0))
    report = await town.fsck()
    assert [wrong.what for wrong in report.findings.shown] == ["sleutel-weg"]


async def test_a_row_that_was_made_up_destroys_nothing(town: Town) -> None:
    """Who owns the tables removes a key, and says that it was destroyed."""
    await town.spoil(
        "DELETE FROM {0}keys WHERE owner = 's1' AND version = 2027",
        "INSERT INTO {0}destroyed (tenant_id, subject, year, at, term, idx, done_term, done_idx, mac) "
        "SELECT tenant_id, subject, 2027, 1, term, 0, term, 1, leaf FROM {0}lines WHERE idx = 0",
    )
    with pytest.raises(LogUnavailable):
        await town.series()
    whats = {wrong.what for wrong in (await town.fsck()).findings.shown}
    assert whats == {"te-veel", "zegel", "sleutel-weg"}


async def test_a_key_that_a_backup_brings_back_opens_nothing_and_goes_again(town: Town) -> None:
    async with town.desk.log.database.snapshot(TENANT) as reading:
        query = select(keys).where(keys.c.owner == "s1", keys.c.version == SOON)
        old = dict((await reading.execute(query)).mappings().one())
    await town.run()
    async with town.desk.log.database.writing(TENANT) as tx:
        await tx.execute(keys.insert(), [old])
    assert (await town.door.line(DESK, Position(term=TERM, index=0))).gone
    assert [wrong.what for wrong in (await town.fsck()).findings.shown] == ["sleutel-terug"]
    await town.run()
    assert (await town.fsck()).status == 0


async def test_what_was_destroyed_is_counted_and_shown_by_number_when_the_fg_searches(town: Town) -> None:
    await town.run()
    found = await town.desk.searcher.search(FG, Query(subject="s1"), WHY)
    gone = [line for line in found.found.lines if line.gone]
    assert len(gone) == found.totals.destroyed == 4
    assert {line.n for line in gone} == {1, 2, 3, 5}
    other = await town.desk.searcher.search(FG, Query(recipient="r1"), WHY)
    assert (other.totals.lines, other.totals.destroyed) == (0, 4), "nobody can say whether they were about r1"
    narrow = await town.desk.searcher.search(FG, Query(recipient="r1", until=1), WHY)
    assert narrow.totals.destroyed == 0


async def test_before_its_year_is_over_nothing_goes_without_a_decision(town: Town) -> None:
    with pytest.raises(BadInput, match="nog niet voorbij"):
        await town.run(Order(year=2028))
    decision = Decision(number="B-1", reason="verzoek van de inwoner")
    for order in (Order(year=LATE, decision=decision), Order(year=LATE, subject=SYSTEM, decision=decision)):
        with pytest.raises(BadInput, match="inwoner"):
            await town.run(order)
    with pytest.raises(BadInput, match="nummer van het besluit"):
        await town.run(Order(year=LATE, subject="s2", decision=Decision(number=" ", reason=" ")))
    with pytest.raises(BadInput, match="een wet bewaart"):
        await town.run(Order(year=LATE, subject="s2", decision=decision))
    assert (await town.fsck()).destroyed == 0


async def test_on_a_decision_a_key_goes_when_nobody_can_write_under_it_any_more(town: Town) -> None:
    door = town.service.door("connectors")
    mine: Any = {"subject": "s3", "keep_until": LATE, "activity": "vrij", "version": "1", "class_": "C"}
    await door.record(DESK, [act("weigering", **mine), act("weigering", **mine)])
    order = Order(year=LATE, subject="s3", decision=Decision(number="B-1", reason="verzoek van de inwoner"))
    assert (await town.run(order)).waiting == 1
    await door.record(DESK, [act("weigering", **mine)])
    now = await town.series("s3")
    assert [line.event.keep_until for line in now.values()].count(LATE) == 2, "nothing new under a key that goes"
    assert not any(line.gone for line in now.values())
    town.place.clock.pass_by(16 * 60)  # type: ignore[attr-defined]  # a Ticking
    assert (await town.run(order)).keys == 1
    now = await town.series("s3")
    assert {n for n, line in now.items() if line.gone} == {1, 2}
    (declared,) = [line for line in now.values() if line.event.kind == "vernietigd"]
    assert declared.event.details == {"grond": "besluit", "besluit": "B-1", "reden": "verzoek van de inwoner"}
    assert not now[1].gone.by_term  # type: ignore[union-attr]  # it is gone
    await door.record(DESK, [act("weigering", **mine)])
    report = await town.fsck()
    assert (report.status, report.destroyed) == (0, 2), report.findings.shown


async def test_a_certificate_that_goes_itself_leaves_no_number_unexplained(town: Town) -> None:
    await town.run()
    (declared,) = [line for line in (await town.series()).values() if line.event.kind == "vernietigd"]
    town.place.clock.now = LATER.replace(year=2060)  # type: ignore[attr-defined]  # a Ticking
    await town.service.door("connectors").record(DESK, [act("weigering", keep_until=2090)])
    await town.run(Order(year=declared.event.keep_until))
    now = await town.series()
    assert now[declared.n].gone
    assert await town.verified(*(n for n, line in now.items() if not line.gone)) == 0
    assert await town.verified(*now) == 0
    assert (await town.fsck()).status == 0


async def test_files_on_breaches_go_in_a_year_of_their_own(town: Town) -> None:
    report = await town.desk.breaches.report(FG, Window(recipient="r1", since=0, until=1), WHY)
    assert report.keep_until == 2048
    town.place.clock.now = LATER.replace(year=2049)  # type: ignore[attr-defined]  # a Ticking
    await town.run(Order(year=2048))
    assert await town.count(breaches.c.tenant_id == TENANT) == 0
    assert await town.desk.breaches.newest(FG) == ()
    assert (await town.fsck()).status == 0


async def test_only_the_log_itself_may_say_that_something_was_destroyed(town: Town) -> None:
    said = Event(id="a" * 32, kind="vernietigd", subject="s1", destroys=SOON, gone=((1, 2),))
    for entry in (Entry(event=said), act("weigering", gone=((1, 1),)), act("weigering", destroys=SOON)):
        (verdict,) = await town.service.door("connectors").record(DESK, [entry])
        assert isinstance(verdict, Misfit)
    (verdict,) = await town.service.door("audit").record(DESK, [Entry(event=said.model_copy(update={"gone": ()}))])
    assert isinstance(verdict, Misfit)


@pytest.mark.parametrize("statement", [
    "DELETE FROM {0}tags", "UPDATE {0}lines SET label = label", "DELETE FROM {0}breaches WHERE 1 = 1",
    "UPDATE {0}lines SET content = '', label = ''", "DELETE FROM {0}lines", "UPDATE {0}tags SET logged_at = 1",
])  # fmt: skip
async def test_the_tables_let_nothing_else_go(town: Town, statement: str) -> None:
    await town.run()
    await town.desk.breaches.report(FG, Window(recipient="r1", since=0, until=1), WHY)
    with pytest.raises(SQLAlchemyError, match="append-only"):
        await town.spoil(statement)


def test_stretches_are_as_few_as_can_be() -> None:
    assert emptying.spans([(5, 5), (1, 2), (3, 3), (2, 4)]) == [(1, 5)]
    assert emptying.spans([(7, 9), (1, 2)]) == [(1, 2), (7, 9)]
    assert emptying.spans([]) == []
