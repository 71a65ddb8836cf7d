"""What a reviewer tried against the vault."""

import pytest
from sqlalchemy import delete

from assembly.demo.register import TENANT
from audit import tables
from tests.four_rooms import DESK_WORKER, FourRooms
from tests.vault.test_permit import CONSENT, Maker
from vault.contract import Values

pytestmark = pytest.mark.anyio


async def test_a_permit_whose_fence_was_set_back_opens_nothing(empty: FourRooms) -> None:
    resident = await empty.income("1500.00")
    maker = Maker(empty, resident.id, resident.fence)
    await maker.move(CONSENT)
    permit = await maker.permit(maker.decision(hekken=[[maker.fence, 0, "inwoner"], [CONSENT, 1, "toestemming"]]))
    (good,) = await empty.safe.fetch(DESK_WORKER, (permit,))
    assert isinstance(good, Values)
    log = empty.audit.desk(DESK_WORKER).log
    async with log.database.writing(TENANT) as tx:
        await tx.execute(delete(tables.fences).where(tables.fences.c.fence == CONSENT))
    before = empty.keys.unwrapped
    try:
        (verdict,) = await empty.safe.fetch(DESK_WORKER, (permit,))
    except Exception as refused:
        verdict = refused  # type: ignore[assignment]  # whatever came out
    assert not isinstance(verdict, Values)
    assert empty.keys.unwrapped == before
