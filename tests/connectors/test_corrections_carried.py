"""Reports on their way: what stands in the way of one stops no other."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from assembly.demo.register import TENANT
from connectors.correcting.forwarding import Forwarding
from connectors.correcting.telling import Telling
from tests.connectors.test_corrections import Registry, doubt, file, kinds, position
from tests.four_rooms import BY_LAW, FourRooms
from tests.patience import until

pytestmark = pytest.mark.anyio


async def test_a_new_owner_gets_what_the_one_before_was_not_reached_with(house: FourRooms) -> None:
    registry, brp = Registry(), httpx2.ASGITransport(app=house.brp)

    class Either(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            to = registry if request.url.path.startswith("/corr") else brp.handle_async_request
            return await to(request)

    line = ""
    for owner in ("burgerzaken", "publiekszaken"):
        registry.down = owner == "burgerzaken"
        house.desk_settings |= {"brp_corrections": {"owner": owner, "url": "http://registry.test/corr"}}
        await house.wire(transport=Either())
        desk: Any = house.desk.corrections
        if not line:
            line = position(await house.release(*BY_LAW))
            await file(house, doubt(line))
        house.now += timedelta(minutes=5)
        await desk.forwarding.round(TENANT)
    assert len(registry.got) == 1
    assert (await kinds(house)).count("terugmelding-stapdoorgestuurd") == 2  # a number went, or may have gone, to two


async def test_a_round_that_breaks_stops_no_other() -> None:
    seen: list[str] = []

    class Broken(Forwarding):
        async def round(self, tenant: str) -> None:
            seen.append(tenant)
            if tenant == "a":
                raise ValueError

    class Quiet(Telling):
        async def round(self, tenant: str) -> None:
            seen.append("told")

    nothing: Any = None
    quiet = Quiet(nothing, nothing, nothing, nothing)
    task = asyncio.create_task(Broken(("a", "b"), nothing, nothing, nothing, nothing, quiet, 60.0).run())
    await until(lambda: len(seen) > 3)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert seen == ["a", "told", "b", "told"]
