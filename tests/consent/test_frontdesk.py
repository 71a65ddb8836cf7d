"""An employee of the desk helps a resident: each look is a line first, and nothing is seen without a conversation."""

import asyncio
from typing import Literal

import pytest

from audit.contract import Line, LogUnavailable
from consent.contract import Choice, ConsentRequest, ConsentView, NoSuchThing, NotNow, RegisterUnavailable, ResidentRef
from consent.frontdesk.contract import Conversation, ConversationOver, Meeting, Opening, TooManyConversations
from consent.frontdesk.rules import checked_so, day_begins, day_of, is_open, serves
from consent.frontdesk.tables import conversations
from kernel.caller import Caller, room_of
from kernel.clock import millis
from kernel.errors import BadInput, NoAccess
from tests.consent.house import ANNA, ANNA_HERSELF, BERT, HASH, LOKET, PLAN, START, TENANT, House, activity, yes
from tests.consent.test_consent_faults import AFTER, BEFORE, Interrupted, touch

pytestmark = pytest.mark.anyio
DESK = Caller(tenant=TENANT, kind="medewerker", user="f0f0", roles=("balie",))
COLLEAGUE = DESK.model_copy(update={"user": "e1e1"})
OFFICER = DESK.model_copy(update={"user": "fg-1", "roles": ("fg",)})
NOBODY = ResidentRef(id="9" * 32, subject="niemand", fence="8" * 32, stand_in=True)
Channel = Literal["balie", "telefoon", "papier"]


def opening(channel: Channel = "balie") -> Opening:
    check: Literal["paspoort", "terugbellen"] = "terugbellen" if channel == "telefoon" else "paspoort"
    return Opening(reason="kiezen", check=check, channel=channel)


async def begun(house: House, who: ResidentRef = ANNA, channel: Channel = "balie", by: Caller = DESK) -> Conversation:
    talk = await house.consent.frontdesk.begin(by, opening(channel))
    return await house.consent.frontdesk.meet(by, talk.id, Meeting(resident=who))


def said(answer: str, channel: Channel = "balie") -> Choice:
    return Choice.model_validate({"answer": answer, "text_hash": HASH, "language": "nl", "channel": channel})


async def lines(house: House, subject: str = ANNA.subject) -> list[Line]:
    """The newest first, with the pseudonyms of staff."""
    found = (await house.log.lines(room_of(TENANT, "consent"), subject, None, 200)).lines
    return [await house.audit.desk(DESK).reader.line(one.position) for one in found]


def test_who_is_helped_along_which_way() -> None:
    assert [serves(way, ["geheimhouding"]) for way in ("balie", "telefoon", "papier")] == [True, False, False]
    assert [serves(way, ["veilig-adres"]) for way in ("balie", "telefoon", "papier")] == [True, False, False]
    assert serves("telefoon", []) and not serves("balie", ["overleden", "geheimhouding"])
    assert checked_so("telefoon", "terugbellen") and not checked_so("telefoon", "paspoort")
    assert checked_so("papier", "rijbewijs") and not checked_so("balie", "terugbellen")
    assert is_open("open", 0, 20 * 60_000 - 1) and not is_open("open", 0, 20 * 60_000) and not is_open("begonnen", 0, 1)
    assert (day_of(millis(START)), day_begins(millis(START))) == ("2026-09-01", millis(START) - 11 * 3_600_000)


async def test_a_resident_at_the_desk_says_yes_takes_a_letter_and_stops(house: House) -> None:
    await house.ready()
    desk, asked = house.consent.frontdesk, await house.request()
    for_anna = DESK.model_copy(update={"acting_for": ANNA.id})
    for verb in (house.consent.choice(for_anna, asked.id), house.consent.choose(for_anna, asked.id, said("ja"))):
        with pytest.raises(NoSuchThing):  # to name a resident is not to have them at the desk
            await verb
    talk = await begun(house)
    (first, *_) = await lines(house)
    assert first.event.kind == "balie-gesprek" and first.event.actor == "f0f0"
    assert first.event.details == {
        "gesprek": talk.id, "stap": "begin", "reden": "kiezen", "controle": "paspoort", "kanaal": "balie",
    }  # fmt: skip
    (listed,) = await desk.choices(DESK, talk.id)
    assert (listed.id, listed.state) == (asked.id, "gevraagd")
    for _ in range(2):  # the same page twice is one line
        detail = await desk.choice(DESK, talk.id, asked.id)
        assert detail.consent.position == ""
    with pytest.raises(NoSuchThing):
        await desk.receipt(DESK, talk.id, asked.id)
    for wrong in (said("ja", "papier"), yes()):
        with pytest.raises(BadInput):
            await desk.choose(DESK, talk.id, asked.id, wrong)
    chosen = await desk.choose(DESK, talk.id, asked.id, said("ja"))
    assert (chosen.consent.state, chosen.consent.channel, chosen.consent.by) == ("gegeven", "balie", "")
    receipt = await desk.receipt(DESK, talk.id, asked.id)
    assert receipt.position == str(chosen.receipt.position) and receipt.bundle is None
    assert (await desk.choose(DESK, talk.id, asked.id, said("stop"))).consent.state == "ingetrokken"
    assert (await desk.choice(DESK, talk.id, asked.id)).consent.position, "what was just chosen shows its number"
    found = [line.event for line in reversed(await lines(house))]
    assert [one.kind for one in found] == [
        "toestemming-gevraagd", "balie-gesprek", "balie-gesprek", "toestemming-gegeven", "balie-gesprek",
        "toestemming-ingetrokken",
    ]  # fmt: skip
    assert {(one.actor, one.details["gesprek"], one.on_behalf) for one in found[1:]} == {("f0f0", talk.id, "")}
    assert [one.details["stap"] for one in found if one.kind == "balie-gesprek"] == ["begin", "gezien", "brief"]
    await begun(house, BERT)
    with pytest.raises(ConversationOver):  # one resident at a time
        await desk.choice(DESK, talk.id, asked.id)


async def test_a_conversation_is_of_one_employee_and_one_resident_and_ends(house: House) -> None:
    await house.ready()
    desk, asked, hers = house.consent.frontdesk, await house.request(), await house.request(of=BERT)
    talk = await begun(house)
    for who in (COLLEAGUE, OFFICER, ANNA_HERSELF, LOKET):
        with pytest.raises(NoSuchThing):
            await desk.choices(who, talk.id)
    for who in (OFFICER, ANNA_HERSELF, LOKET):
        with pytest.raises(NoAccess):
            await desk.begin(who, opening())
    with pytest.raises(NoSuchThing):
        await desk.choice(DESK, talk.id, hers.id)
    before = len(await lines(house))
    house.clock.forward(minutes=20)
    for verb in (desk.choices(DESK, talk.id), desk.choose(DESK, talk.id, asked.id, said("ja"))):
        with pytest.raises(ConversationOver):
            await verb
    assert len(await lines(house)) == before, "who is refused leaves no line of a look that was none"
    again = await begun(house)
    await desk.end(DESK, again.id)
    await desk.end(DESK, again.id)
    with pytest.raises(ConversationOver):
        await desk.conversation(DESK, again.id)
    phone = await begun(house, channel="telefoon")
    with pytest.raises(BadInput):  # nobody can be shown a text
        await desk.choose(DESK, phone.id, asked.id, said("ja", "telefoon"))
    refused = await desk.choose(DESK, phone.id, asked.id, said("nee", "telefoon"))
    assert refused.consent.state == "geweigerd"
    await desk.end(DESK, phone.id)
    later = await begun(house)
    assert await desk.choices(DESK, later.id) == []
    with pytest.raises(NoSuchThing):  # what is over is not looked at again
        await desk.choice(DESK, later.id, asked.id)


async def test_a_conversation_is_with_whom_it_was_said_to_be_once(house: House) -> None:
    desk = house.consent.frontdesk
    nobody_yet = await desk.begin(DESK, opening())
    for who in (COLLEAGUE, OFFICER):
        with pytest.raises(NoSuchThing):
            await desk.meet(who, nobody_yet.id, Meeting(resident=ANNA))
    with pytest.raises(ConversationOver):
        await desk.choices(DESK, nobody_yet.id)
    again = await begun(house)
    for one in (nobody_yet, again):  # that is over, or with somebody already
        with pytest.raises(ConversationOver):
            await desk.meet(DESK, one.id, Meeting(resident=BERT))
    (tally,) = await desk.tallies(OFFICER)
    assert tally.conversations == 2, "it counts before it is with anybody"


async def test_unknown_dead_and_secret_on_the_telephone_look_the_same(house: House) -> None:
    await house.ready()
    desk = house.consent.frontdesk
    for who in (ANNA, BERT):
        await house.request(of=who)
    await house.consent.flag(room_of(TENANT, "connectors"), BERT, ("overleden",))
    await house.consent.flag(room_of(TENANT, "connectors"), ANNA, ("geheimhouding",))
    for who, channel in ((NOBODY, "balie"), (BERT, "balie"), (ANNA, "telefoon"), (ANNA, "papier")):
        talk = await begun(house, who, channel)  # type: ignore[arg-type]  # one of the three
        assert await desk.choices(DESK, talk.id) == []
    assert (await lines(house, "niemand"))[0].event.kind == "balie-gesprek"
    there = await begun(house)
    (asked,) = [one.id for one in await desk.choices(DESK, there.id)]  # who comes to the desk themselves is helped
    await house.consent.flag(room_of(TENANT, "connectors"), ANNA, ("overleden",))
    assert await desk.choices(DESK, there.id) == [], "a flag counts in a conversation that goes on"
    for verb in (
        desk.choose(DESK, there.id, asked, said("ja")),
        house.consent.choice(DESK.model_copy(update={"acting_for": ANNA.id}), asked),
    ):
        with pytest.raises(NoSuchThing):
            await verb


async def test_a_list_tells_nothing_of_what_is_sensitive(house: House) -> None:
    await house.ready(activity(), activity("opvang", {PLAN: "C"}, hulpAanKind=True))
    wanted = ConsentRequest(resident=ANNA, activity="opvang", elements=(PLAN,))
    asked, plain = await house.consent.request(LOKET, wanted), await house.request()
    talk = await begun(house)
    found: dict[str, ConsentView] = {one.id: one for one in await house.consent.frontdesk.choices(DESK, talk.id)}
    hidden = found[asked.id]
    assert (hidden.activity, hidden.elements, hidden.recipient, hidden.recipient_name.nl) == ("", (), "", "")
    assert found[plain.id].activity == "regeling"
    assert (await house.consent.frontdesk.choice(DESK, talk.id, asked.id)).activity.slug == "opvang"


async def test_looking_at_many_is_counted_and_stops_for_the_day(house: House) -> None:
    await house.ready()
    house.consent.frontdesk.per_day = 3
    asked = await house.request()
    talk = await begun(house)
    await house.consent.frontdesk.choose(DESK, talk.id, asked.id, said("ja"))
    await begun(house, NOBODY)
    idle = await begun(house)
    with pytest.raises(NotNow):  # what was refused is no choice: the FG reads that nothing was chosen
        await house.consent.frontdesk.choose(DESK, idle.id, asked.id, said("hervat"))
    with pytest.raises(TooManyConversations):
        await begun(house, BERT)
    await begun(house, BERT, by=COLLEAGUE)
    with pytest.raises(NoAccess):
        await house.consent.frontdesk.tallies(DESK)
    busiest, other = await house.consent.frontdesk.tallies(OFFICER)
    assert (busiest.employee, busiest.day, busiest.conversations) == ("f0f0", "2026-09-01", 3)
    assert (busiest.residents, busiest.idle, busiest.full, other.full) == (2, 2, True, False)
    house.clock.forward(hours=14)  # past midnight
    await begun(house)


async def test_many_begun_at_one_moment_are_one_and_no_more_than_a_day_has(house: House) -> None:
    """On PostgreSQL none of them sees the others when it begins."""
    await house.ready()
    desk, went_on = house.consent.frontdesk, 0
    desk.per_day = 8
    for _ in range(3):
        found = await asyncio.gather(*(begun(house) for _ in range(4)), return_exceptions=True)
        talks = [one for one in found if isinstance(one, Conversation)]
        went_on += len(talks)
        wrong = [one for one in found if not isinstance(one, Conversation | ConversationOver | TooManyConversations)]
        assert wrong == []
        seen = await asyncio.gather(*(desk.conversation(DESK, one.id) for one in talks), return_exceptions=True)
        assert sum(isinstance(one, Conversation) for one in seen) <= 1, "one resident at a time"
    assert 0 < went_on <= 8


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
async def test_without_a_line_nothing_is_shown(house: House, moment: str) -> None:
    await house.ready()
    asked = await house.request()
    deaf = await house.second(Interrupted(house.log, moment, "balie-gesprek"))
    with pytest.raises(LogUnavailable):
        await deaf.frontdesk.meet(DESK, (await deaf.frontdesk.begin(DESK, opening())).id, Meeting(resident=ANNA))
    with pytest.raises(NoSuchThing):
        await house.consent.choice(DESK.model_copy(update={"acting_for": ANNA.id}), asked.id)
    talk = await begun(house)
    deaf = await house.second(Interrupted(house.log, moment, "balie-gesprek"))
    with pytest.raises(LogUnavailable):
        await deaf.frontdesk.choice(DESK, talk.id, asked.id)
    with pytest.raises(NotNow):
        await house.consent.frontdesk.choose(DESK, talk.id, asked.id, said("stop"))
    await touch(house, conversations, resident=BERT.id)
    with pytest.raises(RegisterUnavailable):  # a row that somebody altered opens nobody's choices
        await house.consent.frontdesk.choices(DESK, talk.id)
