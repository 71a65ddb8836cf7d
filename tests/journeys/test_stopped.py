"""Who is stopped comes in nowhere, in whatever process the door is: at once where the register lives, else in two
seconds."""

import secrets

import anyio
import pytest

from assembly.clients import NewClient, add_client
from assembly.demo.register import LOAN_DESK
from kernel.caller import room_of
from kernel.standing import FRESH_SECONDS
from tests.house import HERE, House

pytestmark = pytest.mark.anyio


async def test_a_token_of_an_application_that_was_stopped_opens_no_door(house: House) -> None:
    name, staff = f"even-{secrets.token_hex(4)}", room_of(HERE, "assembly")
    new = NewClient(name, "Even", "automatisch", ("toestemming", "melden"))
    house.clients[HERE][name] = await add_client(house.register, staff, LOAN_DESK, new, house.url())
    system = house.application(name)
    doors = (("toestemming", "/toetsingen"), ("melden", "/verwerkingsacties"))
    for root, place in doors:
        assert (await system.post(root, place, {})).status_code == 400, "it comes in, and says nothing that can be read"
    await house.register.parties.suspend(staff, name)
    assert (await system.post(*doors[0], {})).status_code == 401, "at once"
    await anyio.sleep(FRESH_SECONDS)
    assert (await system.post(*doors[1], {})).status_code == 401
