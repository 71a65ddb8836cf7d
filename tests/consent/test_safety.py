"""Safe addresses, on the real register and log: one person sets one, two end it, and nothing lifts it meanwhile."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from audit.contract import LogUnavailable, Overtaken, Position
from consent.contract import ConsentRequest, NoSuchThing
from consent.safety.contract import Reason, Why
from consent.service import ConsentService
from consent.tables import subject_state
from kernel.caller import Caller, room_of
from kernel.errors import BadInput, NoAccess
from tests.consent.house import (
    ANNA,
    ANNA_HERSELF,
    ANSWER,
    BERT,
    LOKET,
    NAME,
    PLAN,
    TENANT,
    House,
    activity,
    yes,
)
from tests.consent.test_consent_faults import AFTER, BEFORE, Interrupted

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("house", ["sqlite"], indirect=True)]
ONE = Caller(tenant=TENANT, kind="medewerker", user="een", roles=("burgerzaken",))
TWO, THREE = (ONE.model_copy(update={"user": user}) for user in ("twee", "drie"))
DESK = room_of(TENANT, "connectors")
WHY: Why = "voorbij"
ASKED: Reason = "verzoek"
SPORT = activity("sport", {PLAN: "C", ANSWER: "C"})


async def state(house: House) -> dict[str, Any]:
    async with house.database().snapshot(TENANT) as connection:
        query = select(subject_state).where(subject_state.c.resident == ANNA.id)
        row = dict((await connection.execute(query)).mappings().one())
    return row | {"document": json.loads(row["document"])}


async def protected(house: House) -> None:
    await house.consent.safety.protect(ONE, ANNA, ASKED)


async def ended(house: House) -> None:
    assert await house.consent.safety.end(ONE, ANNA, WHY) == "wacht"
    assert await house.consent.safety.end(TWO, ANNA, WHY) == "beeindigd"


async def flags(house: House) -> list[str]:
    found: list[str] = (await state(house))["document"]["flags"]
    return found


async def test_one_person_sets_it_and_only_the_law_still_gives(house: House) -> None:
    await house.ready()
    await house.given(PLAN)
    before, _ = await house.decided(NAME, PLAN)
    await protected(house)
    with pytest.raises(Overtaken):
        await house.released(before)
    sealed, decision = await house.decided(NAME, PLAN)
    assert [one.element for one in decision.toegestaan] == [NAME]
    assert decision.geweigerd == ((PLAN, "geheimhouding"),), "what rests on a yes goes to nobody, not even by law"
    assert [one.code for one in sealed.told] == ["geheimhouding"]
    assert sealed.about.hiding == {"veilig-adres"}
    await house.released(sealed)
    (line,) = [line for line in (await house.log.lines(room_of(TENANT, "consent"), ANNA.subject, None, 20)).lines
               if line.event.kind == "vlag"]  # fmt: skip
    assert line.event.details == {"vlaggen": "veilig-adres", "reden": "verzoek"}


async def test_without_a_ground_nothing_tells_it_from_any_other_refusal(house: House) -> None:
    await house.ready(SPORT)
    asked = await house.consent.request(LOKET, ConsentRequest(resident=ANNA, activity="sport", elements=(ANSWER,)))
    never, _ = await house.decided(PLAN, ANSWER, of=BERT, activity="sport")
    await protected(house)
    await house.consent.choose(ANNA_HERSELF, asked.id, yes())
    sealed, decision = await house.decided(PLAN, ANSWER, activity="sport")
    assert decision.geweigerd == ((PLAN, "geheimhouding"), (ANSWER, "geheimhouding")), "her own yes lifts nothing"
    assert sealed.told == never.told and {one.code for one in sealed.told} == {"geen-toestemming"}
    assert not sealed.about.hiding


async def test_two_persons_end_it_and_the_law_and_a_yes_count_again(house: House) -> None:
    await house.ready()
    await house.given(PLAN)
    await protected(house)
    safety = house.consent.safety
    assert await safety.end(ONE, ANNA, WHY) == "wacht"
    assert await safety.end(ONE, ANNA, WHY) == "wacht", "who said it once does not become two"
    assert (await house.kinds())[-1] == "zoeking", "nor learns without a line that it stands still"
    assert await flags(house) == ["veilig-adres"]
    assert await safety.end(TWO, ANNA, WHY) == "beeindigd"
    assert await flags(house) == []
    sealed, decision = await house.decided(NAME, PLAN)
    assert not decision.geweigerd and not sealed.about.hiding
    await house.released(sealed)
    assert (await house.kinds())[-4:] == ["vlag-einde-gevraagd", "zoeking", "vlag-beeindigd", "verstrekking"]
    with pytest.raises(NoSuchThing):
        await safety.end(THREE, ANNA, WHY)
    assert (await house.kinds())[-1] == "zoeking", "who looks whether there is one leaves a line"
    await protected(house)
    assert await flags(house) == ["veilig-adres"]
    with pytest.raises(Overtaken):
        await house.released(sealed)


async def test_who_sets_it_again_stops_what_was_about_to_end(house: House) -> None:
    await house.ready()
    await protected(house)
    await protected(house)
    assert await house.kinds() == ["vlag"], "it stood already: the same answer, and no line"
    safety = house.consent.safety
    await safety.end(ONE, ANNA, WHY)
    await safety.protect(THREE, ANNA, "hulpverlening")
    assert await safety.end(TWO, ANNA, WHY) == "wacht", "what the first one said is from before"
    house.clock.forward(days=15)
    assert await safety.end(ONE, ANNA, WHY) == "wacht", "nor does it wait for ever"
    assert await flags(house) == ["veilig-adres"]


async def test_nobody_else_may_and_a_stand_in_is_nobody(house: House) -> None:
    await house.ready()
    others = [ONE.model_copy(update={"roles": (role,)}) for role in ("fg", "balie", "proceseigenaar", "ciso")]
    for caller in (*others, ANNA_HERSELF, LOKET, ONE.model_copy(update={"user": ""})):
        with pytest.raises(NoAccess):
            await house.consent.safety.protect(caller, ANNA, ASKED)
        with pytest.raises(NoAccess):
            await house.consent.safety.end(caller, ANNA, WHY)
    with pytest.raises(BadInput):
        await house.consent.safety.protect(ONE, ANNA.model_copy(update={"stand_in": True}), ASKED)
    assert await house.kinds() == []


@pytest.mark.parametrize("where", [BEFORE, AFTER])
async def test_an_employee_who_was_cut_off_is_finished_by_the_sweeper(house: House, where: str) -> None:
    await house.ready()
    before, _ = await house.decided(NAME)
    dying = await house.second(Interrupted(house.log, where, "vlag"))
    with pytest.raises(LogUnavailable):
        await dying.safety.protect(ONE, ANNA, ASKED)
    house.clock.forward(seconds=6)
    await house.consent.finish(TENANT)
    assert await flags(house) == ["veilig-adres"] and not (await state(house))["document"]["drafts"]
    assert await house.kinds() == ["vlag"]
    with pytest.raises(Overtaken):
        await house.released(before)


@pytest.mark.parametrize("where", [BEFORE, AFTER])
async def test_an_end_that_was_cut_off_is_finished_or_falls_by_the_flag(house: House, where: str) -> None:
    await house.ready()
    await protected(house)
    await house.consent.safety.end(ONE, ANNA, WHY)
    dying = await house.second(Interrupted(house.log, where, "vlag-beeindigd"))
    with pytest.raises(LogUnavailable):
        await dying.safety.end(TWO, ANNA, WHY)
    assert await flags(house) == ["veilig-adres"], "until its line is known nothing has ended"
    house.clock.forward(seconds=6)
    await house.consent.finish(TENANT)
    assert await flags(house) == [] and (await state(house))["pending_at"] == 0
    assert (await house.kinds()).count("vlag-beeindigd") == 1

    await protected(house)
    await house.consent.safety.end(ONE, ANNA, WHY)
    with pytest.raises(LogUnavailable):
        await dying_again(await house.second(Interrupted(house.log, where, "vlag-beeindigd")))
    await protected(house)
    house.clock.forward(seconds=6)
    await house.consent.finish(TENANT)
    assert await flags(house) == ["veilig-adres"], "the restriction wins, whatever came first"


async def dying_again(consent: ConsentService) -> None:
    await consent.safety.end(TWO, ANNA, WHY)


async def test_another_flag_overtakes_the_end_of_this_one(house: House) -> None:
    await house.ready()
    await protected(house)
    await house.consent.safety.end(ONE, ANNA, WHY)
    await house.consent.flag(DESK, ANNA, ["overleden"])
    assert await house.consent.safety.end(TWO, ANNA, WHY) == "wacht"
    assert await flags(house) == ["overleden", "veilig-adres"]
    await ended_by(house)
    assert await flags(house) == ["overleden"], "the others stay"


async def ended_by(house: House) -> None:
    assert await house.consent.safety.end(ONE, ANNA, WHY) == "beeindigd"


async def test_a_row_set_back_to_when_it_had_ended_is_overtaken(house: House) -> None:
    await house.ready()
    await protected(house)
    await ended(house)
    async with house.database().snapshot(TENANT) as connection:
        before = dict((await connection.execute(select(subject_state))).mappings().one())
    await protected(house)
    async with house.database().writing(TENANT) as connection:
        await connection.execute(subject_state.update().values(**before))
    sealed, decision = await house.decided(NAME)
    assert not sealed.about.hiding and decision.toegestaan
    with pytest.raises(Overtaken):
        await house.released(sealed)
    assert await house.consent.safety.hidden(DESK, [BERT, ANNA]) == [False, True], "in doubt they are"


async def test_rooms_ask_who_may_not_be_found_as_the_log_says_now(house: House) -> None:
    await house.ready()
    safety = house.consent.safety
    nobody = ANNA.model_copy(update={"id": "9" * 32, "fence": "8" * 32, "stand_in": True})
    assert await safety.hidden(DESK, [ANNA, BERT, nobody]) == [False, False, False]
    dying = await house.second(Interrupted(house.log, AFTER, "vlag"))
    with pytest.raises(LogUnavailable):
        await dying.safety.protect(ONE, ANNA, ASKED)
    await house.consent.flag(DESK, BERT, ["overleden"])
    assert await safety.hidden(DESK, [BERT, ANNA, nobody]) == [False, True, False]
    assert await safety.hidden(DESK, []) == []
    with pytest.raises(BadInput):
        await safety.hidden(DESK, [ANNA] * 501)


async def test_after_lost_lines_what_ended_in_the_gap_ends_nothing_any_more(house: House) -> None:
    await house.ready()
    await protected(house)
    before = Position.parse((await state(house))["position"])
    await ended(house)
    after = Position.parse((await state(house))["document"]["ended"]["position"])
    beyond = Position(term=after.term, index=after.index + 1)
    await house.consent.suspend_all(TENANT, "later", beyond)
    assert await flags(house) == [], "its line is known, and from before the gap"
    for again in range(2):
        await house.consent.suspend_all(TENANT, "gap", before)
        assert await flags(house) == ["veilig-adres"], again
    assert (await house.kinds()).count("vlag") == 2
    await ended(house)
    await house.consent.safety.protect(ONE, BERT, ASKED)
    await house.consent.suspend_all(TENANT, "unknown")
    assert await flags(house) == ["veilig-adres"], "nobody knows which lines are gone"


async def test_an_end_that_waits_when_lines_are_lost_falls(house: House) -> None:
    await house.ready()
    await protected(house)
    position = Position.parse((await state(house))["position"])
    await house.consent.safety.end(ONE, ANNA, WHY)
    dying = await house.second(Interrupted(house.log, BEFORE, "vlag-beeindigd"))
    with pytest.raises(LogUnavailable):
        await dying.safety.end(TWO, ANNA, WHY)
    await house.consent.suspend_all(TENANT, "gap", Position(term=position.term, index=position.index + 1))
    assert (await state(house))["pending_at"] == 0
    house.clock.forward(seconds=6)
    await house.consent.finish(TENANT)
    assert await flags(house) == ["veilig-adres"]
