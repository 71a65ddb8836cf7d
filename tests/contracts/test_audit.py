"""One suite for the log, run on the service and on the client, on SQLite and on PostgreSQL."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

import regie_verify
from audit.client import AuditClient
from audit.contract import (
    Audit,
    Count,
    EventIdTaken,
    FenceAt,
    Heard,
    LogUnavailable,
    Misfit,
    NoSuchLine,
    OutcomeUnknown,
    Overtaken,
    Position,
    Query,
    Reason,
    System,
    Trust,
)
from audit.service import AuditService
from kernel.crypto import verify
from kernel.errors import NoAccess
from kernel.http.client import RoomLine
from kernel.http.rooms import RoomGate, RoomKey
from kernel.proof.checkpoint import open_checkpoint
from kernel.proof.checks import check_inclusion
from kernel.proof.hashes import leaf_hash
from kernel.proof.note import VerifierKey, parse_vkey
from kernel.proof.tlogproof import TlogProof
from tests.audit.logs import DESK, FG, NOON, TENANT, Place, Ticking, act, fence, outcome, receipt, release
from tests.postgres import Postgres
from tests.serving import opened

pytestmark = pytest.mark.anyio
ROOMS = ("connectors", "consent", "vault", "web")


@dataclass
class Wired:
    """The log as each room sees it."""

    door: Callable[[str], Audit]
    service: AuditService
    clock: Ticking

    @property
    def audit(self) -> Audit:
        return self.door("connectors")

    @property
    def consent(self) -> Audit:
        return self.door("consent")


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/audit.db"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.create()


@pytest.fixture(params=["service", "client"])
async def wired(request: pytest.FixtureRequest, url: str, tmp_path: Path) -> AsyncIterator[Wired]:
    clock = Ticking()
    rooms = {room: RoomKey(room, bytes([number]) * 32, clock) for number, room in enumerate(ROOMS, 1)}
    room_gate = RoomGate("audit", {name: key.public for name, key in rooms.items()}, clock)
    async with Place(url, tmp_path, clock=clock).opened(room_gate) as (service, component):
        if request.param == "service":
            yield Wired(service.door, service, clock)
            return
        transport = httpx2.ASGITransport(app=opened(component.doors().intern()))
        async with httpx2.AsyncClient(transport=transport, base_url="http://audit") as http:
            lines = {name: AuditClient(RoomLine(http, key, "audit")) for name, key in rooms.items()}
            yield Wired(lines.__getitem__, service, clock)


async def test_retry_gets_the_same_receipt_though_its_fence_moved(wired: Wired) -> None:
    hek, other = fence(), fence()
    entry = release({hek: 0, other: 0})
    (first,) = await wired.audit.record(DESK, [entry])
    (moved,) = await wired.consent.record(DESK, [act("toestemming-ingetrokken", hek)])
    wired.clock.pass_by(3600)
    (again,) = await wired.audit.record(DESK, [entry])
    assert receipt(moved).epochs == {hek: 1}
    assert receipt(again).model_dump(exclude={"proof"}) == receipt(first).model_dump(exclude={"proof"})
    (late,) = await wired.audit.record(DESK, [release({hek: 1}, wired.clock.now)])
    assert receipt(late).position.index == 2, "the retry left no line"


async def test_overtaken_names_what_moved_and_leaves_no_line(wired: Wired) -> None:
    hek, still = fence(), fence()
    (moved,) = await wired.consent.record(DESK, [act("toestemming-gepauzeerd", hek)])
    (verdict,) = await wired.audit.record(DESK, [release({hek: 0, still: 0})])
    assert isinstance(verdict, Overtaken)
    assert [(each.fence, each.epoch, each.kind) for each in verdict.moved] == [(hek, 1, "toestemming-gepauzeerd")]
    assert verdict.position == receipt(moved).position
    assert (await wired.audit.lines(DESK, "s1")).total == 1
    with pytest.raises(Overtaken) as overtaken:
        await wired.audit.holds(DESK, release({hek: 0}).requires)
    assert overtaken.value.moved == verdict.moved
    assert await wired.audit.holds(DESK, release({hek: 1, still: 0}).requires) == receipt(moved).position


async def test_who_asks_at_the_same_moment_as_a_latecomer_gets_their_own_answer(wired: Wired) -> None:
    hek = fence()
    (moved,) = await wired.consent.record(DESK, [act("toestemming-gepauzeerd", hek)])
    stale, fresh = release({hek: 0}).requires, release({hek: 1}).requires
    asked = [wired.audit.holds(DESK, requires) for requires in (fresh, stale, (*stale, *fresh), fresh)]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(each) for each in found] == [Position, Overtaken, Overtaken, Position]
    assert found[0] == receipt(moved).position


async def test_as_many_fences_are_asked_at_once_as_a_hundred_releases_stand_on(wired: Wired) -> None:
    hek = fence()
    (moved,) = await wired.consent.record(DESK, [act("toestemming-gepauzeerd", hek)])
    many = [FenceAt(fence=fence(), epoch=0) for _ in range(2_000)]
    assert await wired.audit.holds(DESK, many) == receipt(moved).position
    with pytest.raises(Overtaken):
        await wired.audit.holds(DESK, [*many, FenceAt(fence=hek, epoch=0)])


async def test_a_fence_below_what_was_decided_is_doubt_and_not_a_move(wired: Wired) -> None:
    ahead = release({fence(): 1})
    with pytest.raises(LogUnavailable):
        await wired.audit.holds(DESK, ahead.requires)
    with pytest.raises(LogUnavailable):
        await wired.audit.record(DESK, [ahead])
    with pytest.raises(OutcomeUnknown):  # of the whole list: the other line was written
        await wired.audit.record(DESK, [ahead, act("weigering")])
    assert (await wired.audit.lines(DESK, "s1")).total == 1


async def test_same_id_with_other_words_is_taken_and_with_another_time_is_not(wired: Wired) -> None:
    entry = release({fence(): 0})
    (first,) = await wired.audit.record(DESK, [entry])
    words = entry.model_copy(update={"event": entry.event.model_copy(update={"elements": ("brp.adres",)})})
    times = entry.model_copy(update={"event": entry.event.model_copy(update={"decided_at": 1})})
    fences = entry.model_copy(update={"requires": release({fence(): 0}).requires})
    verdicts = await wired.audit.record(DESK, [words, times, fences])
    assert [type(verdict) for verdict in (verdicts[0], verdicts[2])] == [EventIdTaken, EventIdTaken]
    assert receipt(verdicts[1]).position == receipt(first).position


async def test_what_does_not_fit_its_kind_is_refused_and_the_rest_of_the_list_is_written(wired: Wired) -> None:
    hek = fence()
    bad = [
        release({}),
        release({hek: 0}).model_copy(update={"advances": (fence(),)}),
        act("weigering", hek),
        act("toestemming-ingetrokken", hek),  # not by the desk
        act("afloop", details={"uitkomst": "geleverd"}),
        release({hek: 0}, decision=""),
    ]
    verdicts = await wired.audit.record(DESK, [*bad, act("weigering")])
    assert [type(verdict) for verdict in verdicts[:-1]] == [Misfit] * len(bad)
    assert receipt(verdicts[-1]).position.index == 0


async def test_expiry_and_age_of_the_decision_are_judged_in_the_order_of_the_log(wired: Wired) -> None:
    hek, now = fence(), wired.clock.now
    expired = release({hek: 0}, valid_until=int(now.timestamp() * 1000) - 1)
    wired.clock.pass_by(2.5)
    verdicts = await wired.audit.record(DESK, [expired, release({hek: 0}, now), release({hek: 0}, wired.clock.now)])
    assert [isinstance(verdict, Overtaken) and verdict.moved == () for verdict in verdicts] == [True, True, False]


async def test_restriction_names_the_releases_that_may_still_be_sending(wired: Wired) -> None:
    hek = fence()
    sending, done, other = await wired.audit.record(DESK, [release({hek: 0}), release({hek: 0}), release({fence(): 0})])
    await wired.audit.record(DESK, [outcome(receipt(done).position, "mislukt")])
    (moved,) = await wired.consent.record(DESK, [act("toestemming-ingetrokken", hek)])
    assert receipt(moved).under_way == (receipt(sending).position,)
    places = [receipt(each).position for each in (sending, done, other)]
    assert await wired.audit.outcomes(DESK, places) == ["", "mislukt", ""]


async def test_moves_come_in_order_and_a_page_does_not_end_inside_a_line(wired: Wired) -> None:
    assert (await wired.consent.moves(DESK, None)).upto is None
    many = [fence() for _ in range(50)]
    one, _, two = await wired.consent.record(
        DESK, [act("beperking", *many), act("toestemming-gevraagd"), act("vlag", *many)]
    )
    first = await wired.consent.moves(DESK, None, 70)
    assert {move.position for move in first.moves} == {receipt(one).position}
    assert first.upto == receipt(one).position
    rest = await wired.consent.moves(DESK, first.upto, 70)
    assert [(move.epoch, move.kind) for move in rest.moves] == [(2, "vlag")] * 50
    assert rest.upto == receipt(two).position
    assert (await wired.consent.moves(DESK, rest.upto)).moves == ()


async def test_receipt_makes_a_permit_and_its_proof_holds_for_two_strangers(wired: Wired, tmp_path: Path) -> None:
    await wired.audit.record(DESK, [act("weigering") for _ in range(5)])
    (verdict,) = await wired.audit.record(DESK, [release({fence(): 0})])
    mine = receipt(verdict)
    text = await wired.audit.proof(DESK, mine.position)
    key = parse_vkey(wired.service.vkeys[mine.origin])
    assert await wired.audit.vkeys(DESK) == f"{wired.service.vkeys[mine.origin]}\n"
    proof = TlogProof.parse(text)
    head = open_checkpoint(proof.checkpoint, [key], verify)
    check_inclusion(mine.position.index, head.size, leaf_hash(bytes.fromhex(mine.leaf)), proof.hashes, head.root)
    assert mine.proven(DESK.tenant, Trust(logs={mine.origin: key.public_key}, registers={}))["soort"] == "verstrekking"
    bundle = await wired.audit.bundle(DESK, mine.position)
    assert bundle.content and b"s1" in b64decode(bundle.content["body"])
    keys, file = tmp_path / "log.vkey", tmp_path / "bundle.json"
    keys.write_text(wired.service.vkeys[mine.origin] + "\n")
    for content, code in ((bundle.model_dump_json(), 0), (text, 0), (text.replace("index 5", "index 4"), 1)):
        file.write_text(content)
        assert regie_verify.main([str(file), "--vkey", str(keys)]) == code


async def test_series_of_a_resident_has_no_gap_and_holds_nobody_else(wired: Wired) -> None:
    await wired.audit.record(DESK, [release({fence(): 0}, subject=f"s{number % 2}") for number in range(7)])
    first = await wired.audit.lines(DESK, "s0", limit=3)
    rest = await wired.audit.lines(DESK, "s0", before=first.before, limit=3)
    assert [line.n for line in (*first.lines, *rest.lines)] == [4, 3, 2, 1]
    assert {line.event.subject for line in (*first.lines, *rest.lines)} == {"s0"}
    assert (first.total, rest.before) == (4, None)
    assert await wired.audit.line(DESK, first.lines[0].position) == first.lines[0]
    with pytest.raises(NoSuchLine):
        await wired.audit.line(DESK, Position(term="2026h2", index=7))
    with pytest.raises(NoSuchLine):
        await wired.audit.bundle(DESK, Position(term="2026h1", index=0))


async def test_event_comes_back_as_it_went_in(wired: Wired) -> None:
    entry = release(
        {fence(): 0}, purpose="Doel é", class_="B", basis="6(1)(e)", law="Wet", recipient_name="Dienst", case="Z-1",
        used=("brp.geboorte",), refused=(("inkomen", "geen-toestemming"),), details={"kanaal": "portaal"},
        classes=(("brp.naam", "B"),), application="app", keep_until=2050,
        valid_until=int(NOON.timestamp() * 1000) + 9, on_behalf="ouder", key="k-1", kept_days=30,
    )  # fmt: skip
    (verdict,) = await wired.audit.record(DESK, [entry])
    line = await wired.audit.line(DESK, receipt(verdict).position)
    assert line.event == entry.event.model_copy(update={"decided_at": 0, "trace": line.event.trace})
    assert line.event.trace and line.event.trace.start == line.at, "one that had none got a span of its own"


async def test_counts_are_releases_by_subject_activity_and_case(wired: Wired) -> None:
    await wired.audit.record(DESK, [release({fence(): 0}, case=case) for case in ("Z-1", "Z-1", "Z-2")])
    await wired.audit.record(DESK, [act("weigering", activity="regeling", case="Z-1")])
    later = int(NOON.timestamp() * 1000) + 1
    asked = [("s1", "Z-1", 0), ("s1", "", 0), ("s1", "", later), ("s2", "", 0)]
    counts = [Count(subject=s, activity="regeling", case=case, since=since) for s, case, since in asked]
    assert await wired.audit.count(DESK, counts) == [2, 3, 0, 0]


async def test_counts_under_a_consent_are_the_releases_that_name_it_up_to_a_place(wired: Wired) -> None:
    one, other = fence(), fence()
    said = ((one,), (), (one, other), (one,))
    entries = [release({each: 0 for each in (one, other)}, details={"geteld": " ".join(named)}) for named in said]
    places = [receipt(each).position for each in await wired.audit.record(DESK, entries)]
    asked = [(one, None), (other, None), (one, places[0]), (one, places[2]), (fence(), None)]
    counts = [Count(subject="s1", activity="regeling", fence=each, before=before) for each, before in asked]
    assert await wired.audit.count(DESK, counts) == [3, 1, 0, 1, 0]
    # of a part of bulk there may be more than a statement, or a wire, takes
    assert await wired.audit.count(DESK, counts * 101) == [3, 1, 0, 1, 0] * 101


async def test_what_became_of_releases_is_read_in_order(wired: Wired) -> None:
    given, other = await wired.audit.record(
        DESK, [release({fence(): 0}), release({fence(): 0}, withheld_until=int(NOON.timestamp() * 1000) + 10**9)]
    )
    await wired.audit.record(DESK, [act("weigering")])
    places = [receipt(each).position for each in (given, other)]
    nowhere = Position(term="2026h2", index=99)
    gone = act("gegevens-verwijderd", closes=(places[0],), elements=("brp.naam",))
    (said,) = await wired.audit.record(DESK, [gone])
    told = receipt(said).position
    assert [line.position for line in await wired.audit.about(DESK, [places[0], nowhere])] == [places[0], told]
    assert await wired.audit.about(DESK, []) == []
    assert (await wired.audit.passed(DESK, None)).lines == ()  # not before it is known how they ended
    wired.clock.pass_by(301)
    first = await wired.audit.passed(DESK, None, 2)
    assert [line.position for line in first.lines] == places and first.before == places[1]
    rest = await wired.audit.passed(DESK, first.before)
    assert [line.position for line in rest.lines] == [told] and rest.before == told
    assert (await wired.audit.passed(DESK, told)).before == told
    with pytest.raises(NoSuchLine):
        await wired.audit.passed(DESK, nowhere)
    with pytest.raises(NoAccess):
        await wired.consent.passed(DESK, None)
    # what its resident may not see yet is withheld from every other room
    (mine,), (theirs,) = [await door.about(DESK, [places[1]]) for door in (wired.audit, wired.consent)]
    assert (mine.event.kind, theirs.event.kind) == ("verstrekking", "vertrouwelijk")


async def test_systems_that_reported_are_heard(wired: Wired) -> None:
    said = {"recipient": "r1", "application": "bomen"}
    await wired.service.door("audit").record(DESK, [act("gemeld", **said), act("gemeld", **said)])
    wired.clock.pass_by(60)
    await wired.service.door("audit").record(DESK, [act("gemeld", subject="s2", **said)])
    asked = [System(recipient=recipient, application="bomen") for recipient in ("r2", "r1")]
    silent, heard = await wired.audit.heard(DESK, asked)
    assert (silent, await wired.audit.heard(DESK, [])) == (Heard(), [])
    assert (heard.since, heard.last) == (int(NOON.timestamp() * 1000), int(NOON.timestamp() * 1000) + 60_000)


async def test_search_leaves_its_own_line_first_and_one_with_each_resident_shown(wired: Wired) -> None:
    await wired.audit.record(DESK, [release({fence(): 0}, subject=subject) for subject in ("s1", "s1", "s2")])
    why = Reason(code="klacht", case="FG-1", note="vraag van de inwoner")
    found = await wired.door("web").search(FG, Query(recipient="r1", limit=2), why)
    assert (found.totals.lines, found.totals.residents) == (3, 2)
    assert [line.position.index for line in found.found.lines] == [2, 1]
    assert found.receipt.position.index == 3
    assert found.receipt.said()["soort"] == "zoeking"
    for subject in ("s1", "s2"):
        newest = (await wired.audit.lines(DESK, subject)).lines[0]
        assert (newest.event.kind, newest.event.details["reden"], newest.event.actor) == ("zoeking", "klacht", "")
    rest = await wired.door("web").search(FG, Query(recipient="r1", limit=2, before=found.found.before), why)
    assert [line.position.index for line in rest.found.lines] == [0]
    with pytest.raises(NoAccess):
        await wired.door("web").search(DESK, Query(recipient="r1"), why)


async def test_a_log_that_does_not_write_is_not_told_as_one_that_is_sealed(wired: Wired) -> None:
    (desk,) = wired.service.desks
    desk.writer.stop()
    with pytest.raises(LogUnavailable) as refused:
        await wired.audit.record(DESK, [act("weigering")])
    assert type(refused.value) is LogUnavailable


async def test_checkpoint_is_the_signed_head_of_this_tenant(wired: Wired) -> None:
    await wired.audit.record(DESK, [act("weigering")])
    ((origin, public),) = wired.service.public_keys.items()
    head = open_checkpoint(await wired.audit.checkpoint(DESK), [VerifierKey(origin, public)], verify)
    assert (head.origin, head.size) == (f"regie.example/{TENANT}/2026h2", 1)
    with pytest.raises(NoAccess):
        await wired.audit.checkpoint(DESK.model_copy(update={"tenant": "gm0599"}))
