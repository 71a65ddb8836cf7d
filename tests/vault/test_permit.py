"""The vault does not believe its caller: leave out one check and one of these fails. Nothing is unwrapped in any."""

import json
from datetime import timedelta
from typing import Any

import pytest

from assembly.demo.register import INCOME, TENANT
from audit.contract import Entry, Event, FenceAt, NotPermitted, Overtaken, Permit, Receipt, Trust, record_one
from kernel.canonical import canonical
from kernel.crypto import Signer, sha256
from kernel.ids import random_id
from tests.four_rooms import DESK_WORKER, FourRooms
from vault.contract import Values, VaultUnavailable

pytestmark = pytest.mark.anyio
REGISTER = Signer(b"r" * 32)
CONSENT, ELSEWHERE = "c" * 32, DESK_WORKER.model_copy(update={"tenant": "gm9902"})


class Maker:
    """Makes permits as register and desk would; each test spoils one thing."""

    def __init__(self, rooms: FourRooms, resident: str, fence: str) -> None:
        self.rooms, self.resident, self.fence = rooms, resident, fence
        self.door = rooms.audit.door("connectors")
        rooms.trust = Trust(logs=rooms.trust.logs, registers={TENANT: REGISTER.public})

    def decision(self, **more: Any) -> str:
        at = int(self.rooms.now.timestamp() * 1000)
        said = {
            **dict.fromkeys(("betrokkene", "ontvanger", "toepassing", "activiteit", "versie"), "x"),
            "v": "1",
            "nonce": random_id(),
            "gemeente": TENANT,
            "inwoner": self.resident,
            "toegestaan": [{"element": INCOME, "bron": "kluis", "invoer": [["kluis", INCOME]], "hekken": []}],
            "geweigerd": [],
            "hekken": [[self.fence, 0, "inwoner"], [CONSENT, 0, "toestemming"]],
            "feiten": [],
            "beslist": at,
            "geldigTot": 0,
        }
        return canonical({**said, **more})

    async def line(self, text: str, kind: str = "verstrekking", fences: Any = None) -> Receipt:
        said = json.loads(text)
        requires = [FenceAt(fence=f, epoch=int(e)) for f, e, _ in (said["hekken"] if fences is None else fences)]
        event = {"id": random_id(), "kind": kind, "subject": "x", "decision": sha256(text.encode()).hex()}
        at = int(self.rooms.now.timestamp() * 1000)
        entry = Entry(
            event=Event.model_validate({**event, "decided_at": at}),
            requires=tuple(requires) if kind == "verstrekking" else (),
        )
        return await record_one(self.door, DESK_WORKER, entry)

    async def permit(self, text: str = "") -> Permit:
        text = text or self.decision()
        return Permit(decision=text, seal=REGISTER.sign(text.encode()).hex(), receipt=await self.line(text))

    async def move(self, fence: str) -> None:
        stop = Event(id=random_id(), kind="toestemming-ingetrokken", subject="x")
        await record_one(self.rooms.audit.door("consent"), DESK_WORKER, Entry(event=stop, advances=(fence,)))

    async def refused(self, permit: Permit, why: str, who: Any = DESK_WORKER) -> None:
        before = self.rooms.keys.unwrapped
        (verdict,) = await self.rooms.safe.fetch(who, (permit,))
        assert isinstance(verdict, NotPermitted)
        assert verdict.detail == why
        assert self.rooms.keys.unwrapped == before


@pytest.fixture
async def maker(empty: FourRooms) -> Maker:
    resident = await empty.income("1500.00")
    return Maker(empty, resident.id, resident.fence)


async def test_a_good_one_opens_and_the_key_is_unwrapped(maker: Maker) -> None:
    before = maker.rooms.keys.unwrapped
    (found,) = await maker.rooms.safe.fetch(DESK_WORKER, (await maker.permit(),))
    assert isinstance(found, Values)
    assert [(one.element, one.value) for one in found.values] == [(INCOME, "1500.00")]
    assert found.values[0].as_of == int(maker.rooms.now.timestamp() * 1000), "nobody said as of when"
    assert maker.rooms.keys.unwrapped == before + 1


async def test_a_line_of_a_log_that_nobody_trusts(maker: Maker) -> None:
    permit = await maker.permit()
    maker.rooms.trust = Trust(logs={}, registers=maker.rooms.trust.registers)
    await maker.refused(permit, "logboek")


async def test_a_head_signed_by_another_key(maker: Maker) -> None:
    permit = await maker.permit()
    logs = dict.fromkeys(maker.rooms.trust.logs, Signer(b"x" * 32).public)
    maker.rooms.trust = Trust(logs=logs, registers=maker.rooms.trust.registers)
    await maker.refused(permit, "vorm")


async def test_a_proof_of_another_line(maker: Maker) -> None:
    permit, other = await maker.permit(), await maker.permit()
    swapped = permit.receipt.model_copy(update={"proof": other.receipt.proof})
    await maker.refused(permit.model_copy(update={"receipt": swapped}), "plaats")


async def test_an_act_that_is_not_in_the_leaf(maker: Maker) -> None:
    permit = await maker.permit()
    later = {**permit.receipt.said(), "tijd": "1"}
    changed = permit.receipt.model_copy(update={"act": canonical(later)})
    await maker.refused(permit.model_copy(update={"receipt": changed}), "blad")


async def test_a_line_of_a_refusal(maker: Maker) -> None:
    text = maker.decision()
    receipt = await maker.line(text, "weigering")
    seal = REGISTER.sign(text.encode()).hex()
    await maker.refused(Permit(decision=text, seal=seal, receipt=receipt), "soort")


async def test_a_line_of_another_decision(maker: Maker) -> None:
    permit, text = await maker.permit(), maker.decision()
    other = permit.model_copy(update={"decision": text, "seal": REGISTER.sign(text.encode()).hex()})
    await maker.refused(other, "besluit")


async def test_a_line_that_required_less_than_the_decision(maker: Maker) -> None:
    text = maker.decision()
    receipt = await maker.line(text, fences=[[maker.fence, 0, "inwoner"]])
    seal = REGISTER.sign(text.encode()).hex()
    await maker.refused(Permit(decision=text, seal=seal, receipt=receipt), "hekken")


async def test_a_decision_taken_by_the_desk_itself(maker: Maker) -> None:
    text = maker.decision()
    forged = Permit(decision=text, seal=Signer(b"d" * 32).sign(text.encode()).hex(), receipt=await maker.line(text))
    await maker.refused(forged, "zegel")


async def test_a_permit_of_another_tenant(maker: Maker) -> None:
    permit = await maker.permit()
    with pytest.raises(VaultUnavailable):  # no keys of that tenant are here
        await maker.rooms.safe.fetch(ELSEWHERE, (permit,))
    with pytest.raises(NotPermitted, match="logboek"):
        permit.check("gm9902", maker.rooms.trust, maker.rooms.now)


async def test_a_decision_for_another_tenant(maker: Maker) -> None:
    text = maker.decision(gemeente="gm9902")
    await maker.refused(await maker.permit(text), "gemeente")


@pytest.mark.parametrize("later", [timedelta(seconds=31), timedelta(seconds=-2)])
async def test_a_permit_out_of_its_moment(maker: Maker, later: timedelta) -> None:
    permit = await maker.permit()
    maker.rooms.now += later
    await maker.refused(permit, "leeftijd")


async def test_a_permit_whose_facts_have_expired(maker: Maker) -> None:
    at = int(maker.rooms.now.timestamp() * 1000)
    permit = await maker.permit(maker.decision(geldigTot=at + 5_000))
    maker.rooms.now += timedelta(seconds=6)
    await maker.refused(permit, "verlopen")


async def test_a_fresh_permit_after_a_withdrawal_opens_nothing(maker: Maker) -> None:
    permit, good = await maker.permit(), await maker.permit(maker.decision(hekken=[[maker.fence, 0, "inwoner"]]))
    await maker.move(CONSENT)
    before = maker.rooms.keys.unwrapped
    moved, found = await maker.rooms.safe.fetch(DESK_WORKER, (permit, good))
    assert isinstance(moved, Overtaken)
    assert [(move.fence, move.kind) for move in moved.moved] == [(CONSENT, "toestemming-ingetrokken")]
    assert isinstance(found, Values)
    assert len(found.values) == 1
    assert maker.rooms.keys.unwrapped == before + 1


async def test_only_inputs_of_the_vault_and_of_this_resident_are_opened(maker: Maker) -> None:
    elsewhere = [{"element": INCOME, "bron": "brp", "invoer": [["brp", INCOME]], "hekken": []}]
    (found,) = await maker.rooms.safe.fetch(DESK_WORKER, (await maker.permit(maker.decision(toegestaan=elsewhere)),))
    assert found == Values()
    (found,) = await maker.rooms.safe.fetch(DESK_WORKER, (await maker.permit(maker.decision(inwoner="f" * 32)),))
    assert found == Values()
