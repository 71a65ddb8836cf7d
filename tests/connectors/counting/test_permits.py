"""What a line about a table opens: the values of the person it is about, and for a run the list of who there is."""

import json
from typing import Any

import pytest

from assembly.demo.register import TENANT
from audit.contract import Entry, Event, FenceAt, NotPermitted, Permit, record_one
from audit.permit import Of
from kernel.crypto import sha256
from kernel.ids import random_id
from tests.four_rooms import DESK_WORKER, FourRooms
from tests.vault.test_permit import REGISTER, Maker

pytestmark = pytest.mark.anyio
FENCES = [["a" * 32, 0, "inwoner"]]


async def permit(maker: Maker, kind: str, **decision: Any) -> Permit:
    text = maker.decision(hekken=FENCES, **decision)
    at = int(maker.rooms.now.timestamp() * 1000)
    event = {"id": random_id(), "kind": kind, "subject": "x", "decision": sha256(text.encode()).hex(), "decided_at": at}
    requires = tuple(FenceAt(fence=fence, epoch=epoch) for fence, epoch, _ in json.loads(json.dumps(FENCES)))
    receipt = await record_one(maker.door, DESK_WORKER, Entry(event=Event.model_validate(event), requires=requires))
    return Permit(decision=text, seal=REGISTER.sign(text.encode()).hex(), receipt=receipt)


GOOD: list[tuple[str, str, Of]] = [
    ("verstrekking", "", "inwoner"), ("meegeteld", "per-wijk", "inwoner"), ("statistiek", "per-wijk", "bevolking"),
]  # fmt: skip


async def test_each_kind_of_line_opens_what_its_decision_is_about_and_nothing_else(empty: FourRooms) -> None:
    maker = Maker(empty, "f" * 32, "a" * 32)
    for kind in ("verstrekking", "meegeteld", "statistiek"):
        for table in ("", "per-wijk"):
            made = await permit(maker, kind, **({"tabel": table} if table else {}))
            whats: tuple[Of, ...] = ("inwoner", "bevolking")
            for of in whats:
                if (kind, table, of) in GOOD:
                    assert made.check(TENANT, empty.trust, empty.now, of).tabel == table
                    continue
                with pytest.raises(NotPermitted, match="soort"):
                    made.check(TENANT, empty.trust, empty.now, of)
