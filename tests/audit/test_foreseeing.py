"""A log with witnesses turns by itself once they know its next key; after a theft it takes no key that lay there."""

import tempfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from audit.contract import Receipt
from audit.foreseeing import empty_head, is_made, unforeseen
from audit.signer import LogSigner
from audit.slots import StateLost
from audit.terms import half_year, origin_in, term_after
from kernel.clock import utc_now
from kernel.proof.hashes import EMPTY_ROOT
from tests.audit.logs import DESK, HOST, TENANT, Place, act, receipt
from tests.audit.observers import Three
from tests.audit.test_cosigning import Shifted, Town

pytestmark = [pytest.mark.anyio, pytest.mark.faults]
HALF = timedelta(days=184)


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A log of the half-year before this one; its next key was made, and one witness of three was told."""
    clock, three = Shifted(-HALF), Three(Path(tempfile.mkdtemp(prefix="rf")))
    place = Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path, clock=clock)
    made = Town(place, clock, three)
    async with place.opened() as (service, _):
        (made.vkey,) = service.vkeys.values()
        await service.door("connectors").record(DESK, [act("weigering")])
    following(made).found()
    three.found(made.vkey)
    three.all[0].knows(made.vkey, following(made).vkey)
    try:
        three.start()
        place.policy = three.policy(made.vkey)
        yield made
    finally:
        three.close()


def following(town: Town) -> LogSigner:
    signer = LogSigner(town.place.settings().signer, origin_in(town.origin, half_year(utc_now())))
    if is_made(signer):
        signer.open()
    return signer


async def test_the_term_begins_by_itself_once_a_quorum_knows_its_key(town: Town) -> None:
    now = half_year(utc_now())
    town.clock.ahead = timedelta(0)
    async with town.place.opened() as (service, _):
        log = service.desk(DESK).log
        await town.round(service)
        (verdict,) = await service.door("connectors").record(DESK, [act("weigering")])
        assert receipt(verdict).position.term == log.term < now, "one of three is no quorum"
        assert following(town).origin not in service.vkeys, "nobody trusts a key before its term begins"
    two = town.witnesses.all[1]
    two.kill()
    two.knows(town.vkey, following(town).vkey)
    two.start()
    async with town.place.opened() as (service, _):
        log = service.desk(DESK).log
        await town.round(service)
        (verdict,) = await service.door("connectors").record(DESK, [act("weigering")])
        assert receipt(verdict).position.term == log.term == now
        assert log.signer.public_key == following(town).public_key
        await town.round(service)
        assert await town.permits(service)
        assert [one.remembers(log.origin).size > 0 for one in town.witnesses.all[:2]] == [True, True]


def test_an_empty_log_has_a_head_and_nothing_else_does(tmp_path: Path) -> None:
    signer = LogSigner(tmp_path / "signer", f"{HOST}/{TENANT}/2027h1")
    assert not is_made(signer) and empty_head(signer) is None
    signer.found()
    head = empty_head(signer)
    assert head and (head.size, head.root) == (0, EMPTY_ROOT)
    signer.sign(1, b"r" * 32, 0, ())
    assert empty_head(signer) is None, "it has begun"
    (tmp_path / "signer" / f"{signer.origin.replace('/', '~')}.state").write_bytes(b"")
    with pytest.raises(StateLost):
        signer.remembered()
    assert is_made(signer) and empty_head(signer) is None


async def test_after_a_theft_no_key_is_used_that_lay_beside_the_stolen_one(tmp_path: Path) -> None:
    place = Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path)
    async with place.opened() as (service, _):
        desk = service.desk(DESK)
        await service.door("connectors").record(DESK, [act("weigering")])
        made = desk.log.signers.of(origin_in(desk.log.origin, term_after(desk.log.term)))
        made.found()
        assert unforeseen(desk.log) == "2027h2"
        await desk.turn({"sleutel": "gestolen"}, stolen=True)
        assert desk.log.term == "2027h2"
        (verdict,) = await service.door("connectors").record(DESK, [act("weigering")])
        assert isinstance(verdict, Receipt) and made.origin not in service.vkeys
