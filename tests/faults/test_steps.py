"""Leave out each step of a release or a withdrawal (trust.md 2.3 and 2.5), or turn two round: the checker must notice.

Each breakage stands around a door, as a neighbour that does its work badly. What guards a step twice is broken twice:
a log that forgets its line is noticed only when a vault opens without one.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import regie_verify
from assembly.demo.register import EXERCISE, EXERCISES
from audit.contract import Entry, LogUnavailable, Position, Receipt
from connectors.catalogue import catalogue_elements
from connectors.contract import Release, ReleaseRequest, Repeatable
from consent import tables as consent_tables
from consent.contract import Choice, ConsentRequest
from consent.contract import ResidentRef as ConsentResident
from consent.rows import Register
from consent.service import ConsentService
from kernel.canonical import canonical
from kernel.crypto import Keyring
from kernel.errors import Problem
from kernel.ids import random_id
from kernel.sql import Database
from kernel.sql.key_rows import KeyRows
from tests.faults.checker import RULES, Evidence, Said
from tests.faults.proofs import proofs_of
from tests.four_rooms import DESK_WORKER, R1, FourRooms, empty, house, migrated, sqlite_urls
from vault.contract import Deposit, Value, Values

__all__ = ["empty", "house", "migrated", "sqlite_urls"]
pytestmark = [pytest.mark.anyio, pytest.mark.faults]
DATA = Values(
    values=tuple(Value(element=name, value="x", source="kluis", as_of=0, origin="kopie") for name in EXERCISES)
)
Verb = Callable[..., Awaitable[Any]]


class Bad:
    """A door of which some verbs are done badly; each gets the real one first."""

    def __init__(self, inner: Any, **verbs: Verb) -> None:
        self._inner, self._verbs = inner, verbs

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self._inner, name)
        bad = self._verbs.get(name)

        async def done(*given: Any, **more: Any) -> Any:
            return await bad(inner, *given, **more) if bad else None

        return done if bad else inner


class Play:
    """One resident with one consent, in four rooms with bad doors; what is heard is written down as clients do."""

    def __init__(self, rooms: FourRooms, folder: Path) -> None:
        self.rooms, self.folder = rooms, folder
        (folder / "log.vkey").write_text("".join(key + "\n" for key in rooms.audit.vkeys.values()))
        self.evidence = Evidence(regie_verify.read_keys(folder / "log.vkey"))
        self.consent = ""

    async def begin(self) -> None:
        rooms = self.rooms
        ref = await rooms.resident()
        await rooms.safe.open_vault(rooms.self_of(ref), ref)
        await rooms.safe.keep(rooms.self_of(ref), ref, [Deposit(element=name, value="x") for name in EXERCISES])
        resident = ConsentResident.model_validate(ref.model_dump())
        wanted = ConsentRequest(resident=resident, activity=EXERCISE, elements=EXERCISES)
        self.consent = (await rooms.register.request(DESK_WORKER, wanted)).id
        await rooms.choose(self.consent, "ja")

    async def register(self, audit: Any) -> ConsentService:
        """The register again, before another log."""
        database = Database(self.rooms.urls["consent"], "consent")
        self.rooms.stack.push_async_callback(database.close)
        rows = KeyRows(database, consent_tables.keys, Keyring(self.rooms.keys))
        return ConsentService(Register(database, rows), audit, catalogue_elements(), self.rooms.clock)

    async def release(self, deliver: Callable[[], Awaitable[None]] | None = None) -> Said:
        said = {"inwoner": {"bsn": R1}, "verwerkingsactiviteit": EXERCISE, "gegevenselementen": EXERCISES}
        heard = Said("release", self.consent, time.monotonic())
        self.evidence.said.append(heard)

        async def send(release: Release, _: float) -> None:
            if deliver:
                await deliver()
            heard.status, heard.body = 200, release.model_dump(mode="json")
            heard.answered = time.monotonic()

        request = ReleaseRequest.model_validate({**said, "gebruiker": "mw-1"})
        try:
            await self.rooms.desk.release(DESK_WORKER, request, Repeatable(), send)
        except Problem as problem:
            heard.status, heard.body, heard.answered = problem.status, dict(problem.members), time.monotonic()
        return heard

    async def stop(self) -> Said:
        heard = Said("stop", self.consent, time.monotonic())
        self.evidence.said.append(heard)
        choice = Choice(answer="stop", text_hash="a" * 64, language="nl")
        caller = self.rooms.self_of(await self.rooms.resident())
        chosen = await self.rooms.register.choose(caller, self.consent, choice)
        named = {str(position): outcome for position, outcome in chosen.under_way}
        heard.status, heard.answered = 200, time.monotonic()
        heard.body = {"logregel": {"index": chosen.receipt.position.index}, "onderweg": named}
        return heard

    async def asked(self) -> None:
        """As the witness in front of a source: is there an open line of this resident?"""
        lines = await self.rooms.audit.door("connectors").lines(DESK_WORKER, (await self.rooms.resident()).subject)
        if not any(line.event.kind == "verstrekking" and not line.outcome for line in lines.lines):
            self.evidence.witnessed.append("asked without a release line")

    async def complaints(self) -> set[str]:
        """The names of the rules that have something to say."""
        await self.rooms.desk.lines.finished()
        desk, evidence = self.rooms.audit.desk(DESK_WORKER), self.evidence
        async with desk.log.database.snapshot(DESK_WORKER.tenant) as reading:
            rows = (await reading.exec_driver_sql("SELECT leaf FROM lines ORDER BY idx")).all()
            ended = (await reading.exec_driver_sql("SELECT idx, outcome FROM outcomes")).all()
        evidence.leaves, evidence.outcomes = [bytes(row[0]) for row in rows], dict(map(tuple, ended))
        each = [await desk.prover.proof(Position(term=desk.log.term, index=index)) for index in range(len(rows))]
        assert await proofs_of(desk, desk.log.term, list(range(len(rows)))) == each
        for index, proof in enumerate(each):
            evidence.prove(index, proof)
        return {name for name, rule in RULES.items() if rule(evidence)}


def changed(kind: str, change: Callable[[Entry], Entry]) -> Verb:
    """`record`, in which entries of one kind are written down otherwise."""

    async def record(inner: Verb, caller: Any, entries: Any) -> Any:
        return await inner(caller, [change(one) if one.event.kind == kind else one for one in entries])

    return record


def said(entry: Entry, **members: Any) -> Entry:
    return entry.model_copy(update={"event": entry.event.model_copy(update=members)})


def careless(play: Play) -> Bad:
    """A vault that opens for whatever it is shown."""

    async def fetch(_: Verb, *given: Any) -> Any:
        await play.asked()
        return [DATA]

    return Bad(play.rooms.safe, fetch=fetch)


def around(play: Play, **verbs: Verb) -> Bad:
    """The log as the desk knows it."""
    return Bad(play.rooms.audit.door("connectors"), **verbs)


async def before(play: Play, **verbs: Verb) -> None:
    """From now on the register has a bad log."""
    play.rooms.register = await play.register(Bad(play.rooms.audit.door("consent"), **verbs))


async def held(play: Play, seconds: float = 0) -> None:
    """A release is still sending while its consent is stopped. seconds: it goes on after that; -1: it ends before."""
    sending, stopped = asyncio.Event(), asyncio.Event()

    async def deliver() -> None:
        sending.set()
        if seconds >= 0:
            await stopped.wait()
        await asyncio.sleep(max(seconds, 0.2))

    releasing = asyncio.create_task(play.release(deliver))
    await sending.wait()
    await play.stop()
    stopped.set()
    await releasing


async def line_is_left_out(play: Play) -> None:
    old: list[Any] = []

    async def record(inner: Verb, caller: Any, entries: Any) -> Any:
        if entries[0].event.kind != "verstrekking":
            return await inner(caller, entries)
        old[:] = old or await inner(caller, entries)
        return old

    await play.rooms.wire(audit=around(play, record=record), vault=careless(play))
    await play.release()
    await play.release()


async def source_is_asked_first(play: Play) -> None:
    async def decide(inner: Verb, *given: Any) -> Any:
        await play.asked()
        return await inner(*given)

    await play.rooms.wire(consent=Bad(play.rooms.register, decide=decide))
    await play.release()


async def line_says_refused(play: Play) -> None:
    refusal = changed("verstrekking", lambda one: said(one, kind="weigering").model_copy(update={"requires": ()}))
    await play.rooms.wire(audit=around(play, record=refusal), vault=careless(play))
    await play.release()


async def fences_are_left_out(play: Play) -> None:
    async def decide(inner: Verb, *given: Any) -> Any:
        decided = await inner(*given)
        await play.stop()
        return decided

    loose = changed("verstrekking", lambda one: one.model_copy(update={"requires": one.requires[:1]}))
    consent = Bad(play.rooms.register, decide=decide)
    await play.rooms.wire(audit=around(play, record=loose), consent=consent, vault=careless(play))
    await play.release()


async def outcome_is_left_out(play: Play) -> None:
    async def record(inner: Verb, caller: Any, entries: Any) -> Any:
        return [LogUnavailable()] if entries[0].event.kind == "afloop" else await inner(caller, entries)

    await play.rooms.wire(audit=around(play, record=record))
    await play.release()


async def outcome_is_untrue(play: Play) -> None:
    untrue = changed("afloop", lambda one: said(one, details={"uitkomst": "mislukt"}))
    await play.rooms.wire(audit=around(play, record=untrue))
    await play.release()


async def stop_has_a_new_id_each_time(play: Play) -> None:
    await before(play, record=changed("toestemming-ingetrokken", lambda one: said(one, id=random_id())))
    await play.stop()
    await play.stop()


async def stop_has_no_line(play: Play) -> None:
    async def record(inner: Verb, caller: Any, entries: Any) -> Any:
        (entry,) = entries
        if entry.event.kind != "toestemming-ingetrokken":
            return await inner(caller, entries)
        (other,) = await inner(caller, [Entry(event=entry.event.model_copy(update={"kind": "toestemming-gevraagd"}))])
        return [_told(other, verzet=[[entry.advances[0], "1"]])]

    await before(play, record=record)
    await play.stop()


async def stop_names_nobody(play: Play) -> None:
    async def record(inner: Verb, caller: Any, entries: Any) -> Any:
        return [_told(one, onderweg=[]) for one in await inner(caller, entries)]

    await before(play, record=record)
    await held(play)


async def stop_does_not_wait(play: Play) -> None:
    async def outcomes(_: Verb, caller: Any, positions: Any) -> Any:
        return ["geleverd"] * len(positions)

    await before(play, outcomes=outcomes)
    await held(play, 1.2)


def _told(receipt: Receipt, **members: Any) -> Receipt:
    return receipt.model_copy(update={"act": canonical(receipt.said() | members)})


BROKEN: dict[Callable[[Play], Awaitable[None]], str] = {
    line_is_left_out: "asked_without_line",
    source_is_asked_first: "asked_without_line",
    line_says_refused: "data_without_line",
    fences_are_left_out: "released_after_stop",
    outcome_is_left_out: "open_or_untrue",
    outcome_is_untrue: "open_or_untrue",
    stop_has_a_new_id_each_time: "stopped_twice",
    stop_has_no_line: "acknowledged_lost",
    stop_names_nobody: "sent_after_stop",
    stop_does_not_wait: "sent_after_stop",
}


@pytest.fixture
async def play(house: FourRooms, tmp_path: Path) -> Play:
    begun = Play(house, tmp_path)
    await begun.begin()
    return begun


async def test_with_every_step_in_its_place_nobody_complains(play: Play) -> None:
    await play.rooms.wire()
    assert (await play.release()).data
    await held(play, -1)
    assert not (await play.release()).data
    assert await play.complaints() == set()


@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: each.__name__)
async def test_without_a_step_the_checker_complains(play: Play, broken: Callable[[Play], Awaitable[None]]) -> None:
    await broken(play)
    assert BROKEN[broken] in await play.complaints()
