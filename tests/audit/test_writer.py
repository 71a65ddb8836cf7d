"""Group commit, several instances, and callers who do not wait."""

import asyncio
from pathlib import Path

import pytest

from audit.contract import LogUnavailable, Overtaken
from audit.judging import Asked, Draft, Known, Overlay, SetBack, Stale, Stand, Taken
from audit.permit import Position
from audit.writer import BATCH_MAX, ENOUGH, QUEUE_MAX
from kernel.crypto import verify
from kernel.proof.checkpoint import open_checkpoint
from kernel.proof.checks import check_inclusion
from kernel.proof.hashes import leaf_hash
from kernel.proof.note import VerifierKey
from kernel.proof.tlogproof import TlogProof
from tests.audit.logs import DESK, OTHER, TENANT, Place, act, fence, outcome, receipt, release
from tests.patience import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path)


async def test_what_waits_shares_one_transaction(place: Place) -> None:
    async with place.opened() as (service, _):
        door, writer = service.door("connectors"), service.desk(DESK).writer
        given = await asyncio.gather(*(door.record(DESK, [release({fence(): 0})]) for _ in range(200)))
        assert writer.batches <= 3
        assert {receipt(verdicts[0]).position.index for verdicts in given} == set(range(200))


async def test_how_a_release_ended_is_written_with_the_next_line_and_alone_when_none_comes(place: Place) -> None:
    async with place.opened() as (service, _), asyncio.timeout(PATIENCE):
        door, writer = service.door("connectors"), service.desk(DESK).writer
        first = receipt((await door.record(DESK, [release({fence(): 0})]))[0])
        before, writer.company = writer.batches, 3_600.0
        ending = asyncio.create_task(door.record(DESK, [outcome(first.position)]))
        await asyncio.sleep(0.01)
        second = receipt((await door.record(DESK, [release({fence(): 0})]))[0])
        assert receipt((await ending)[0]).position < second.position
        assert writer.batches == before + 1
        writer.company = 0.001
        receipt((await door.record(DESK, [outcome(second.position)]))[0])


async def test_how_a_release_ended_waits_for_nobody_when_a_stop_lists_it(place: Place) -> None:
    async with place.opened() as (service, _), asyncio.timeout(PATIENCE):
        door, writer, hek = service.door("connectors"), service.desk(DESK).writer, fence()
        writer.company = 3_600.0
        made = receipt((await door.record(DESK, [release({hek: 0})]))[0])
        stop = receipt((await service.door("consent").record(DESK, [act("toestemming-ingetrokken", hek)]))[0])
        assert stop.under_way == (made.position,)
        receipt((await door.record(DESK, [outcome(made.position)]))[0])


async def test_a_log_that_stops_waits_for_no_company(place: Place) -> None:
    async with place.opened() as (service, _), asyncio.timeout(PATIENCE):
        door, writer = service.door("connectors"), service.desk(DESK).writer
        made = receipt((await door.record(DESK, [release({fence(): 0})]))[0])
        writer.company = 3_600.0
        ending = asyncio.create_task(door.record(DESK, [outcome(made.position)]))
        await asyncio.sleep(0.01)
        writer.stop()
        assert receipt((await ending)[0]).position.index == made.position.index + 1


async def test_where_many_releases_ended_they_wait_for_no_company(place: Place) -> None:
    async with place.opened() as (service, _), asyncio.timeout(PATIENCE):
        door, writer = service.door("connectors"), service.desk(DESK).writer
        made = [receipt(each) for each in await door.record(DESK, [release({fence(): 0}) for _ in range(ENOUGH)])]
        before, writer.company = writer.batches, 3_600.0
        ended = await asyncio.gather(*(door.record(DESK, [outcome(each.position)]) for each in made))
        assert {receipt(each).position.index for (each,) in ended} == set(range(ENOUGH, 2 * ENOUGH))
        assert writer.batches == before + 1


async def test_entry_is_overtaken_by_a_move_earlier_in_the_same_batch(place: Place) -> None:
    hek = fence()
    async with place.opened() as (service, _):
        release_after = release({hek: 0})
        move, verdict = await asyncio.gather(
            service.door("consent").record(DESK, [act("toestemming-ingetrokken", hek)]),
            service.door("connectors").record(DESK, [release_after]),
        )
        assert service.desk(DESK).writer.batches == 1
        assert isinstance(verdict[0], Overtaken)
        assert verdict[0].moved[0].kind == "toestemming-ingetrokken"
        assert verdict[0].position == receipt(move[0]).position


async def test_one_id_twice_in_a_batch_is_one_line(place: Place) -> None:
    entry = release({fence(): 0})
    async with place.opened() as (service, _):
        one, two = await service.door("connectors").record(DESK, [entry, entry])
        assert one == two
        assert (await service.door("connectors").lines(DESK, "s1")).total == 1


async def test_in_one_batch_too_who_knows_how_a_release_ended_is_believed(place: Place) -> None:
    """In either order: the sweeper and the sender may come at the same moment."""
    for words in (("geleverd", "onbekend"), ("onbekend", "mislukt")):
        async with place.opened() as (service, _):
            doors = {True: service.door("audit"), False: service.door("connectors")}
            ended = receipt((await doors[False].record(DESK, [release({fence(): 0})]))[0]).position
            before = service.desk(DESK).writer.batches
            await asyncio.gather(*(doors[word == "onbekend"].record(DESK, [outcome(ended, word)]) for word in words))
            assert service.desk(DESK).writer.batches == before + 1
            assert await doors[False].outcomes(DESK, [ended]) == [next(word for word in words if word != "onbekend")]


async def test_caller_who_gives_up_takes_nobody_with_him(place: Place) -> None:
    mine, other = release({fence(): 0}), release({fence(): 0})
    async with place.opened() as (service, _):
        door = service.door("connectors")
        leaving = asyncio.create_task(door.record(DESK, [mine]))
        staying = asyncio.create_task(door.record(DESK, [other]))
        await asyncio.sleep(0)
        leaving.cancel()
        assert receipt((await staying)[0]).position.index == 1
        assert receipt((await door.record(DESK, [mine]))[0]).position.index == 0


async def test_full_queue_refuses_at_once_and_a_closing_one_too(place: Place) -> None:
    async with place.opened() as (service, _):
        door = service.door("connectors")
        entries = [act("weigering") for _ in range(QUEUE_MAX)]
        first = asyncio.create_task(door.record(DESK, entries))
        await asyncio.sleep(0)
        with pytest.raises(LogUnavailable):
            await door.record(DESK, [act("weigering")])
        assert len(await first) == QUEUE_MAX
    with pytest.raises(LogUnavailable):
        await door.record(DESK, [act("weigering")])


async def test_a_stop_goes_before_the_releases_that_wait_and_takes_some_along(place: Place) -> None:
    async with place.opened() as (service, _):
        door = service.door("connectors")
        releases = [asyncio.create_task(door.record(DESK, [release({fence(): 0})])) for _ in range(100)]
        await asyncio.sleep(0)
        (stop,) = await service.door("consent").record(DESK, [act("toestemming-ingetrokken", fence())])
        assert receipt(stop).position.index == 0
        places = sorted([receipt((await each)[0]).position.index for each in releases])
        assert places == list(range(1, 101)) and service.desk(DESK).writer.batches == 2


async def test_a_flood_of_stops_keeps_no_release_waiting_for_ever(place: Place) -> None:
    async with place.opened() as (service, _):
        stops = [act("toestemming-ingetrokken", fence()) for _ in range(QUEUE_MAX)]
        _, (one,) = await asyncio.gather(
            service.door("consent").record(DESK, stops),
            service.door("connectors").record(DESK, [release({fence(): 0})]),
        )
        assert receipt(one).position.index < BATCH_MAX, "it is in the first batch"


async def test_a_queue_full_of_others_refuses_no_stop(place: Place) -> None:
    async with place.opened() as (service, _):
        door = service.door("connectors")
        full, (stop,) = await asyncio.gather(
            door.record(DESK, [act("weigering") for _ in range(QUEUE_MAX)]),
            service.door("consent").record(DESK, [act("toestemming-ingetrokken", fence())]),
        )
        assert receipt(stop).position.index == 0 and len(full) == QUEUE_MAX


async def test_proofs_hold_when_the_tree_has_tiles_above_the_first(place: Place) -> None:
    async with place.opened() as (service, _):
        door = service.door("connectors")
        for _ in range(3):
            await door.record(DESK, [act("weigering") for _ in range(450)])
    async with place.opened() as (service, component):
        await component.check()
        log = service.desk(DESK).log
        for index in (0, 255, 256, 1023, 1349):
            text = await service.door("web").proof(DESK, Position(term=log.term, index=index))
            proof = TlogProof.parse(text)
            key = VerifierKey(log.origin, log.signer.public_key)
            assert open_checkpoint(proof.checkpoint, [key], verify).size == 1350


async def test_two_instances_on_one_postgres_interleave_without_a_fork(postgres_url: str, tmp_path: Path) -> None:
    place = Place(postgres_url, tmp_path)
    async with place.opened() as (one, _), place.opened() as (two, _):
        doors = [one.door("connectors"), two.door("connectors")]
        entries = [release({fence(): 0}) for _ in range(120)]
        work = [doors[number % 2].record(DESK, [entry]) for number, entry in enumerate(entries)]
        receipts = [receipt(verdicts[0]) for verdicts in await asyncio.gather(*work)]
        assert {each.position.index for each in receipts} == set(range(120))
        key = VerifierKey(receipts[0].origin, one.desk(DESK).log.signer.public_key)
        for each in receipts:
            proof = TlogProof.parse(each.proof)
            head = open_checkpoint(proof.checkpoint, [key], verify)
            leaf = leaf_hash(bytes.fromhex(each.leaf))
            check_inclusion(each.position.index, head.size, leaf, proof.hashes, head.root)
        again = await two.door("connectors").record(DESK, entries)
        assert [receipt(each).position for each in again] == [each.position for each in receipts]
    async with place.opened() as (service, component):
        await component.check()
        assert (await service.door("web").lines(DESK, "s1")).total == 120


async def test_tenants_share_nothing(place: Place) -> None:
    place.tenants = (TENANT, OTHER)
    elsewhere, hek = DESK.model_copy(update={"tenant": OTHER}), fence()
    async with place.opened() as (service, _):
        await service.door("consent").record(DESK, [act("beperking", hek)])
        (verdict,) = await service.door("connectors").record(elsewhere, [release({hek: 0})])
        assert (receipt(verdict).origin, receipt(verdict).position.index) == (f"other.regie.example/{OTHER}/2026h2", 0)
        assert len(service.vkeys) == 2


async def test_database_shows_neither_kind_nor_purpose_nor_case(place: Place, tmp_path: Path) -> None:
    async with place.opened() as (service, _):
        entry = release({fence(): 0}, purpose="kanarie-doel", case="kanarie-zaak", recipient="kanarie-ontvanger")
        await service.door("connectors").record(DESK, [entry])
    stored = all_bytes(tmp_path)
    assert entry.event.id.encode() in stored
    for word in (b"kanarie", b"verstrekking", b"regeling", b"brp.naam"):
        assert word not in stored


def all_bytes(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("audit.db*"))


def asked(entry_id: str = "", requires: dict[str, int] | None = None) -> Asked:
    entry = release(requires or {"a" * 32: 0})
    event = entry.event.model_copy(update={"id": entry_id or entry.event.id})
    return Asked(entry.model_copy(update={"event": event}), "connectors", event.id.encode(), 2046)


def test_overlay_judges_a_retry_before_fences_and_an_absent_fence_as_epoch_0() -> None:
    at = asked().entry.event.decided_at
    moved = Position(term="2026h2", index=3)
    overlay = Overlay("2026h2", 5, at, {"b" * 32: Stand(2, moved)}, {"1" * 32: Known(moved, b"1" * 32)})
    assert isinstance(overlay.judge(asked("1" * 32, {"b" * 32: 0})), Known)
    overlay.known["2" * 32] = Known(moved, b"other")
    assert isinstance(overlay.judge(asked("2" * 32)), Taken)
    assert overlay.judge(asked("", {"b" * 32: 1})) == Stale((("b" * 32, Stand(2, moved)),), moved)
    assert overlay.judge(asked("", {"b" * 32: 0, "c" * 32: 1})) == SetBack(), "an epoch from the future"
    draft = overlay.judge(asked("", {"b" * 32: 2, "c" * 32: 0}))
    assert isinstance(draft, Draft)
    assert draft.position.index == 5
