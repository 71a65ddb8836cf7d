"""Asked, given, refused, stopped: the life of a consent, its lines, and what a recipient may have because of it."""

import asyncio
from datetime import UTC, datetime

import pytest

from audit.contract import Overtaken
from consent.contract import ConsentRequest, Gone, NoSuchThing, NotAgain, NotNow
from kernel.clock import moment
from kernel.errors import BadInput
from tests.consent.house import ANNA, ANNA_HERSELF, BERT, LOKET, NAME, PLAN, STAFF, House, activity, no, stop, yes

pytestmark = pytest.mark.anyio


async def test_what_the_law_grants_comes_and_what_is_a_choice_does_not(house: House) -> None:
    await house.ready()
    sealed, decision = await house.decided(NAME, PLAN)
    assert [one.element for one in decision.toegestaan] == [NAME]
    assert decision.geweigerd == ((PLAN, "geen-toestemming"),)
    assert [(one.code, one.next_step) for one in sealed.told] == [("geen-toestemming", "Vraag papieren.")]
    assert (sealed.about.class_, sealed.about.recipient_name, sealed.about.keep_until) == ("A", "Het loket", 2046)


async def test_a_yes_permits_exactly_its_elements_until_a_stop(house: House) -> None:
    await house.ready()
    consent_id = await house.given(PLAN)
    sealed, decision = await house.decided(NAME, PLAN)
    allowed = {one.element: [decision.hekken[index][2] for index in one.hekken] for one in decision.toegestaan}
    assert allowed == {NAME: [], PLAN: ["toestemming"]}
    await house.released(sealed)

    chosen = await house.consent.choose(ANNA_HERSELF, consent_id, stop())
    assert (chosen.consent.state, len(chosen.under_way)) == ("ingetrokken", 1)
    _, after = await house.decided(NAME, PLAN)
    assert after.geweigerd == ((PLAN, "toestemming-ingetrokken"),)
    assert await house.kinds() == [
        "toestemming-gevraagd", "toestemming-gegeven", "verstrekking", "toestemming-ingetrokken",
    ]  # fmt: skip


async def test_a_decision_from_before_the_stop_is_overtaken_at_its_line(house: House) -> None:
    await house.ready()
    consent_id = await house.given(PLAN)
    sealed, _ = await house.decided(PLAN)
    await house.consent.choose(ANNA_HERSELF, consent_id, stop())
    with pytest.raises(Overtaken) as overtaken:
        await house.released(sealed)
    assert [move.kind for move in overtaken.value.moved] == ["toestemming-ingetrokken"]


async def test_stopping_in_two_tabs_on_two_instances_is_one_line_and_one_answer(house: House) -> None:
    await house.ready()
    consent_id, other = await house.given(PLAN), await house.second()
    both = await asyncio.gather(
        house.consent.choose(ANNA_HERSELF, consent_id, stop("1" * 64)),
        other.choose(ANNA_HERSELF, consent_id, stop("2" * 64)),
    )
    later = await house.consent.choose(ANNA_HERSELF, consent_id, stop("3" * 64))
    assert len({str(chosen.receipt.position) for chosen in (*both, later)}) == 1
    assert len({chosen.consent.model_dump_json() for chosen in (*both, later)}) == 1
    assert (await house.kinds()).count("toestemming-ingetrokken") == 1


async def test_yes_in_two_tabs_is_one_line(house: House) -> None:
    await house.ready()
    asked, other = await house.request(), await house.second()
    first, second = await asyncio.gather(
        house.consent.choose(ANNA_HERSELF, asked.id, yes()),
        other.choose(ANNA_HERSELF, asked.id, yes(language="en")),
    )
    assert first.receipt.position == second.receipt.position
    assert (await house.kinds()).count("toestemming-gegeven") == 1


async def test_a_no_bars_the_recipient_and_not_the_resident(house: House) -> None:
    await house.ready()
    asked = await house.request()
    await house.consent.choose(ANNA_HERSELF, asked.id, no())
    with pytest.raises(NotAgain) as barred:
        await house.request()
    assert moment(barred.value.members["vanaf"]) == datetime(2027, 3, 4, tzinfo=UTC), "183 days and the rest of a day"
    seen = await house.consent.requested(LOKET, asked.id)
    assert (seen.state, seen.ended_at, seen.position) == ("vervallen", 0, "")
    again = await house.consent.anew(ANNA_HERSELF, asked.id)
    await house.consent.choose(ANNA_HERSELF, again.id, yes())
    _, decision = await house.decided(PLAN)
    assert [one.element for one in decision.toegestaan] == [PLAN]
    house.clock.forward(days=184)
    assert (await house.consent.choice(ANNA_HERSELF, again.id)).consent.state == "verlopen"
    assert (await house.request()).state == "gevraagd"


async def test_an_equal_open_request_is_the_same_request(house: House) -> None:
    await house.ready()
    assert (await house.request()).id == (await house.request()).id


async def test_what_is_no_choice_cannot_be_asked(house: House) -> None:
    await house.ready()
    with pytest.raises(BadInput):
        await house.request(NAME)
    other = LOKET.model_copy(update={"organisation": "ander"})
    with pytest.raises(NoSuchThing):
        await house.consent.request(other, ConsentRequest(resident=ANNA, activity="regeling", elements=(PLAN,)))
    assert await house.kinds() == []


async def test_a_consent_of_another_is_not_there(house: House) -> None:
    await house.ready()
    asked = await house.request(of=BERT)
    for verb in (house.consent.choice, house.consent.anew):
        with pytest.raises(NoSuchThing):
            await verb(ANNA_HERSELF, asked.id)
    with pytest.raises(NoSuchThing):
        await house.consent.choose(ANNA_HERSELF, asked.id, yes())
    assert await house.consent.choices(ANNA_HERSELF) == []


async def test_expiry_needs_no_job(house: House) -> None:
    await house.ready()
    asked, consent_id = await house.request(PLAN, case="Z-2"), await house.given(PLAN)
    house.clock.forward(days=57)
    _, decision = await house.decided(PLAN)
    assert decision.geweigerd == ((PLAN, "toestemming-verlopen"),)
    states = {one.id: one.state for one in await house.consent.choices(ANNA_HERSELF)}
    assert states == {consent_id: "verlopen", asked.id: "vervallen"}
    for over in (asked.id, consent_id):
        with pytest.raises(Gone):
            await house.consent.choose(ANNA_HERSELF, over, yes())


async def test_nothing_to_stop_and_nothing_to_refuse(house: House) -> None:
    await house.ready()
    asked = await house.request()
    with pytest.raises(NotNow):
        await house.consent.choose(ANNA_HERSELF, asked.id, stop())
    await house.consent.choose(ANNA_HERSELF, asked.id, yes())
    with pytest.raises(NotNow):
        await house.consent.choose(ANNA_HERSELF, asked.id, no())


async def test_a_request_about_a_version_that_ended_is_over_and_can_be_asked_anew(house: House) -> None:
    await house.ready()
    asked = await house.request()
    await house.consent.publish(STAFF, activity(maximalePeriode=28))
    with pytest.raises(Gone):
        await house.consent.choose(ANNA_HERSELF, asked.id, yes())
    again = await house.consent.anew(ANNA_HERSELF, asked.id)
    assert again.version == "2"
    await house.consent.choose(ANNA_HERSELF, again.id, yes())
