"""Standing still, going on, an earlier end, once more yes: each an act with its line, none a way back from a stop."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from audit.contract import OutcomeUnknown, Overtaken
from consent.activity import Frequency
from consent.contract import Choice, ConsentRequest, Gone, Limits, NotNow, RegisterUnavailable
from consent.limits import counting
from consent.tables import consents, texts
from kernel.clock import millis
from kernel.crypto import sha256
from kernel.errors import BadInput
from tests.consent.house import ANNA, ANNA_HERSELF, HASH, LOKET, NAME, PLAN, START, TENANT, House, activity, stop, yes
from tests.consent.test_consent_faults import AFTER, BEFORE, Interrupted

pytestmark = pytest.mark.anyio


def say(answer: str, **more: object) -> Choice:
    return Choice.model_validate({"answer": answer, "text_hash": HASH, "language": "nl", **more})


async def choose(house: House, consent_id: str, answer: str, **more: object) -> str:
    return (await house.consent.choose(ANNA_HERSELF, consent_id, say(answer, **more))).consent.state


async def allowed(house: House) -> list[str]:
    return [one.element for one in (await house.decided(PLAN))[1].toegestaan]


async def test_a_pause_stops_and_only_its_resident_lets_it_go_on(house: House) -> None:
    await house.ready()
    consent_id = await house.given(PLAN)
    sealed, _ = await house.decided(PLAN)
    assert await choose(house, consent_id, "pauze") == "gepauzeerd"
    with pytest.raises(Overtaken) as overtaken:
        await house.released(sealed)
    assert [move.kind for move in overtaken.value.moved] == ["toestemming-gepauzeerd"]
    assert (await house.decided(PLAN))[1].geweigerd == ((PLAN, "gepauzeerd"),)
    assert await choose(house, consent_id, "hervat") == "gegeven"
    assert await allowed(house) == [PLAN]
    await choose(house, consent_id, "pauze")
    assert (await house.kinds())[-4:] == [
        "toestemming-gegeven", "toestemming-gepauzeerd", "toestemming-hervat", "toestemming-gepauzeerd",
    ]  # fmt: skip


async def test_what_was_stopped_while_it_stood_still_does_not_go_on(house: House) -> None:
    await house.ready()
    consent_id, other = await house.given(PLAN), await house.second()
    await choose(house, consent_id, "pauze")
    await other.choose(ANNA_HERSELF, consent_id, stop())
    with pytest.raises(NotNow):
        await choose(house, consent_id, "hervat")
    with pytest.raises(NotNow):
        await choose(house, consent_id, "pauze")
    assert await allowed(house) == []


async def test_a_pause_that_comes_after_a_stop_in_the_log_leaves_it_stopped(house: House) -> None:
    await house.ready()
    consent_id, other = await house.given(PLAN), await house.second()
    got = await asyncio.gather(
        house.consent.choose(ANNA_HERSELF, consent_id, stop()),
        other.choose(ANNA_HERSELF, consent_id, say("pauze")),
        other.choose(ANNA_HERSELF, consent_id, say("korter", until=millis(START + timedelta(days=2)))),
        return_exceptions=True,
    )
    assert all(not isinstance(one, BaseException) or isinstance(one, NotNow) for one in got)
    await house.consent.following.follow(TENANT)
    seen = await house.consent.choice(ANNA_HERSELF, consent_id)
    assert seen.consent.state == "ingetrokken"
    assert await allowed(house) == []


async def test_a_pause_in_two_tabs_is_one_line(house: House) -> None:
    await house.ready()
    consent_id, other = await house.given(PLAN), await house.second()
    await asyncio.gather(
        house.consent.choose(ANNA_HERSELF, consent_id, say("pauze")),
        other.choose(ANNA_HERSELF, consent_id, say("pauze", language="en")),
    )
    assert (await house.kinds()).count("toestemming-gepauzeerd") == 1


async def test_an_earlier_end_holds_from_its_line(house: House) -> None:
    await house.ready()
    consent_id = await house.given(PLAN)
    sealed, _ = await house.decided(PLAN)
    until = millis(START + timedelta(days=3))
    chosen = await house.consent.choose(ANNA_HERSELF, consent_id, say("korter", until=until))
    assert (chosen.consent.state, chosen.consent.valid_until) == ("gegeven", until)
    with pytest.raises(Overtaken):
        await house.released(sealed)
    _, decision = await house.decided(PLAN)
    assert decision.geldigTot == until
    for wrong in (0, millis(START), until, until + 1):
        with pytest.raises(BadInput):
            await choose(house, consent_id, "korter", until=wrong)
    house.clock.forward(days=4)
    assert (await house.decided(PLAN))[1].geweigerd == ((PLAN, "toestemming-verlopen"),)


async def test_an_earlier_end_that_died_after_its_line_is_finished_by_whoever_follows(house: House) -> None:
    await house.ready()
    consent_id, until = await house.given(PLAN), millis(START + timedelta(days=3))
    dying = await house.second(Interrupted(house.log, AFTER, "toestemming-verkort", OutcomeUnknown))
    with pytest.raises(OutcomeUnknown):
        await dying.choose(ANNA_HERSELF, consent_id, say("korter", until=until))
    await house.consent.finish(TENANT)
    seen = await house.consent.choice(ANNA_HERSELF, consent_id)
    assert (seen.consent.state, seen.consent.valid_until) == ("gegeven", until)


async def test_yes_again_lasts_longer_and_needs_its_line(house: House) -> None:
    await house.ready()
    consent_id = await house.given(PLAN)
    first = (await house.consent.choice(ANNA_HERSELF, consent_id)).consent.valid_until
    with pytest.raises(NotNow):
        await choose(house, consent_id, "vernieuw")
    house.clock.forward(days=20)
    dying = await house.second(Interrupted(house.log, AFTER, "toestemming-vernieuwd", OutcomeUnknown))
    with pytest.raises(OutcomeUnknown):
        await dying.choose(ANNA_HERSELF, consent_id, say("vernieuw"))
    waiting = (await house.consent.choice(ANNA_HERSELF, consent_id)).consent
    assert (waiting.state, waiting.valid_until, waiting.pending) == ("gegeven", first, True)
    assert await choose(house, consent_id, "vernieuw") == "vernieuwd"
    again = (await house.consent.choice(ANNA_HERSELF, consent_id)).consent
    assert again.valid_until == first + 20 * 86_400_000
    await choose(house, consent_id, "pauze")
    assert await choose(house, consent_id, "hervat") == "vernieuwd"
    assert (await house.kinds()).count("toestemming-vernieuwd") == 1


async def test_a_last_day_that_is_chosen_with_a_second_yes_holds(house: House) -> None:
    """A first yes waited for its line, in another window: who chooses an earlier end now is not held to the later."""
    await house.ready()
    asked, until = await house.request(PLAN), millis(START + timedelta(days=3))
    dying = await house.second(Interrupted(house.log, BEFORE, "toestemming-gegeven", OutcomeUnknown))
    with pytest.raises(OutcomeUnknown):
        await dying.choose(ANNA_HERSELF, asked.id, yes())
    chosen = await house.consent.choose(ANNA_HERSELF, asked.id, yes(until=until))
    assert (chosen.consent.state, chosen.consent.valid_until) == ("gegeven", until)
    assert (await house.decided(PLAN))[1].geldigTot == until
    assert (await house.kinds())[-2:] == ["toestemming-gegeven", "toestemming-verkort"]


async def test_yes_again_that_never_got_its_line_leaves_the_first_yes(house: House) -> None:
    await house.ready()
    consent_id = await house.given(PLAN)
    house.clock.forward(days=20)
    dying = await house.second(Interrupted(house.log, BEFORE, "toestemming-vernieuwd", OutcomeUnknown))
    with pytest.raises(OutcomeUnknown):
        await dying.choose(ANNA_HERSELF, consent_id, say("vernieuw"))
    house.clock.forward(minutes=11)
    await house.consent.finish(TENANT)
    seen = (await house.consent.choice(ANNA_HERSELF, consent_id)).consent
    assert (seen.state, seen.pending) == ("gegeven", False)
    assert await allowed(house) == [PLAN]


async def test_nothing_leads_back_from_an_end(house: House) -> None:
    await house.ready()
    consent_id = await house.given(PLAN)
    await choose(house, consent_id, "pauze")
    house.clock.forward(days=57)
    assert (await house.consent.choice(ANNA_HERSELF, consent_id)).consent.state == "verlopen"
    assert (await house.decided(PLAN))[1].geweigerd == ((PLAN, "toestemming-verlopen"),)
    for answer in ("hervat", "vernieuw", "pauze", "korter"):
        with pytest.raises(Gone):
            await choose(house, consent_id, answer)


@pytest.mark.parametrize(("limits", "again"), [(Limits(times=1), []), (Limits(times=1, per="maand"), [PLAN])])
async def test_once_is_once_and_a_number_per_month_starts_anew(house: House, limits: Limits, again: list[str]) -> None:
    await house.ready()
    wanted = ConsentRequest(resident=ANNA, activity="regeling", elements=(PLAN,), limits=limits)
    asked = await house.consent.request(LOKET, wanted)
    assert asked.limits == limits
    await house.consent.choose(ANNA_HERSELF, asked.id, yes())
    house.clock.forward(seconds=1)
    sealed, decision = await house.decided(PLAN)
    assert [one.element for one in decision.toegestaan] == [PLAN]
    await house.released(sealed)
    refused, after = await house.decided(PLAN)
    assert (after.geweigerd, refused.told[0].code) == (((PLAN, "te-vaak"),), "te-vaak")
    house.clock.forward(days=31)
    assert await allowed(house) == again


async def test_nobody_counts_for_a_consent_that_lets_nothing_through(house: House) -> None:
    """Who is asked for once, again and again, has more of them each time."""
    await house.ready()
    wanted = ConsentRequest(resident=ANNA, activity="regeling", elements=(PLAN,), limits=Limits(times=1))
    asked, counted = await house.consent.request(LOKET, wanted), []
    for choice in (yes(), stop()):
        await house.consent.choose(ANNA_HERSELF, asked.id, choice)
        async with house.consent._register.reading(TENANT) as rows:
            row = await rows.one(consents, id=asked.id)
        assert row is not None
        counted.append(counting(row, millis(house.clock())) is not None)
    assert counted == [True, False]


async def test_a_request_for_more_than_the_activity_allows_is_none(house: House) -> None:
    seldom = Frequency(times=2, per="maand").model_dump(mode="json")
    await house.ready(activity(bewaarDagen=30, frequentie=seldom))
    for limits in (Limits(per="dag"), Limits(kept=31), Limits(times=3, per="maand")):
        with pytest.raises(BadInput):
            await house.consent.request(
                LOKET, ConsentRequest(resident=ANNA, activity="regeling", elements=(PLAN,), limits=limits)
            )
    assert await house.kinds() == []


async def test_what_was_shown_is_kept_by_its_hash_and_shown_again(house: House) -> None:
    await house.ready()
    asked, text = await house.request(), '{"wie":"Het loket"}'
    shown = {"text": text, "text_hash": sha256(text.encode()).hex()}
    with pytest.raises(BadInput):
        await house.consent.choose(ANNA_HERSELF, asked.id, yes(text=text))
    await house.consent.choose(ANNA_HERSELF, asked.id, yes(**shown))
    seen = await house.consent.choice(ANNA_HERSELF, asked.id)
    assert (seen.shown, seen.consent.language, seen.consent.channel) == (text, "nl", "portaal")
    async with house.database().writing(TENANT) as connection:
        await connection.execute(texts.update().values(text='{"wie":"Iedereen"}'))
    assert (await house.consent.choice(ANNA_HERSELF, asked.id)).shown == ""


async def test_a_row_from_before_there_were_terms_is_still_ours(house: House) -> None:
    await house.ready()
    consent_id = await house.given(PLAN)
    async with house.consent._register.writing(TENANT) as rows:  # as the release before this one sealed it
        row = await rows.one(consents, id=consent_id)
        assert row is not None
        old = {**row, "terms": None}
        mac = b"\x01" + rows.keys.seal._mac(consents, old, 1)
        await rows._connection.execute(consents.update().where(consents.c.id == consent_id).values(terms=None, mac=mac))
    assert await allowed(house) == [PLAN]
    assert await choose(house, consent_id, "pauze") == "gepauzeerd"


async def test_a_limit_cannot_be_taken_from_a_row(house: House) -> None:
    await house.ready()
    wanted = ConsentRequest(resident=ANNA, activity="regeling", elements=(PLAN,), limits=Limits(times=1))
    asked = await house.consent.request(LOKET, wanted)
    await house.consent.choose(ANNA_HERSELF, asked.id, yes())
    async with house.database().writing(TENANT) as connection:
        await connection.execute(consents.update().values(terms=None))
    with pytest.raises(RegisterUnavailable):
        await house.decided(NAME, PLAN)


@pytest.mark.parametrize(
    "given",
    [
        datetime(2026, 10, 24, 22, 30, tzinfo=UTC),  # the night the clock goes back in Amsterdam
        datetime(2027, 3, 27, 23, 30, tzinfo=UTC),  # and forward
        datetime(2028, 1, 3, 12, tzinfo=UTC),  # 56 days over 29 February
    ],
)
async def test_no_consent_is_used_past_its_last_moment_whatever_the_calendar_does(
    house: House, given: datetime
) -> None:
    house.clock.now = given
    await house.ready(activity(beoordeling={**activity().assessment.model_dump(mode="json", by_alias=True),
                                            "totEnMet": millis(datetime(2031, 1, 1, tzinfo=UTC))}))  # fmt: skip
    consent_id = await house.given(PLAN)
    end = (await house.consent.choice(ANNA_HERSELF, consent_id)).consent.valid_until
    assert end == millis(given) + 56 * 86_400_000
    house.clock.now = given + timedelta(days=56)
    sealed, decision = await house.decided(PLAN)
    assert [one.element for one in decision.toegestaan] == [PLAN]
    house.clock.forward(milliseconds=1)
    assert await allowed(house) == []
    with pytest.raises(Overtaken):
        await house.released(sealed)
    house.clock.now = given - timedelta(days=1)  # a clock that jumps back: the log's own time does not
    back, _ = await house.decided(PLAN)
    with pytest.raises(Overtaken):
        await house.released(back)
