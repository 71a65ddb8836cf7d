"""What permitted nothing goes by the clock, with all that it was before; what took effect stays."""

import pytest

from consent.contract import NoSuchThing
from consent.delivery.tables import messages
from consent.frontdesk.contract import ConversationOver
from consent.frontdesk.tables import conversations
from consent.mandates.tables import mandates
from consent.tables import history
from kernel.clock import millis
from tests.consent.house import TENANT, House
from tests.consent.test_appointments import MONEY, OFFICER, ONE, TWO, appointed, papers, recorded
from tests.consent.test_frontdesk import DESK, begun

pytestmark = pytest.mark.anyio


async def test_messages_that_were_sent_or_given_up_go_and_what_waits_stays(house: House) -> None:
    await house.ready()
    sent = {"resident": "r", "consent": "c", "type": "toestemming.gegeven", "at": millis(house.clock()),
            "tries": 0, "due_at": 0, "content": b""}  # fmt: skip
    async with house.consent.register.writing(TENANT) as rows:
        for state in ("wacht", "bezorgd", "dood", "vervallen"):
            await rows.add(messages, {"id": state, "state": state, **sent})
    for days, left in ((30, 4), (2, 1)):
        house.clock.forward(days=days)
        await house.consent.finish(TENANT)
        async with house.consent.register.reading(TENANT) as rows:
            assert len(await rows.find(messages)) == left


async def kept(house: House) -> tuple[set[str], set[str], set[str]]:
    """Ids of conversations, of appointments, and of those of which a revision of before is kept."""
    async with house.database().writing(TENANT) as connection:
        talks, named = [
            {row.id for row in await connection.execute(table.select())} for table in (conversations, mandates)
        ]
        old = history.select().where(history.c.kind.in_((conversations.name, mandates.name)))
        return talks, named, {row.name for row in await connection.execute(old)}


async def test_conversations_and_what_nobody_confirmed_go_by_the_clock(house: House) -> None:
    await house.ready(MONEY)
    talk = await begun(house)
    stands = await appointed(house)
    waits, wrong = await recorded(house, reference="2026-45"), await recorded(house, reference="2026-46")
    await house.consent.appointments.end(ONE, papers(house).resident, "2026-46", "fout")
    everything = {stands.mandate, waits, wrong}
    assert await kept(house) == ({talk.id}, everything, {talk.id, stands.mandate, wrong})
    house.clock.forward(days=14)
    await house.consent.finish(TENANT)
    assert (await kept(house))[1] == everything, "somebody may confirm it at this very moment"
    house.clock.forward(days=1, hours=1)
    await house.consent.finish(TENANT)
    assert await kept(house) == ({talk.id}, {stands.mandate}, {talk.id, stands.mandate})
    with pytest.raises(NoSuchThing):
        await house.consent.appointments.confirm(TWO, waits, papers(house, reference="2026-45"))
    house.clock.forward(days=15)
    await house.consent.finish(TENANT)
    assert [one.conversations for one in await house.consent.frontdesk.tallies(OFFICER)] == [1], "the FG has a month"
    with pytest.raises(ConversationOver):
        await house.consent.frontdesk.choices(DESK, talk.id)
    house.clock.forward(days=2)
    await house.consent.finish(TENANT)
    assert await kept(house) == (set(), {stands.mandate}, {stands.mandate})
    assert "balie-gesprek" in await house.kinds(), "the lines have a term of their own"
