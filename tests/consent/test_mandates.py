"""Acting for somebody else, on the real register and log: parents, the sixteenth birthday, who was chosen; races."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, update

from audit.contract import LogUnavailable, Overtaken
from consent.contract import ConsentRequest, NoSuchThing, NotNow
from consent.mandates.contract import Ground, Mandate, NotRepresented, Offer, Offered
from consent.mandates.tables import mandates
from consent.tables import consents, subject_state
from kernel.caller import Caller, room_of
from kernel.clock import millis
from kernel.errors import BadInput, Problem
from tests.consent.house import (
    ANNA,
    ANNA_HERSELF,
    ANSWER,
    BERT,
    LOKET,
    PLAN,
    TENANT,
    House,
    activity,
    no,
    stop,
    yes,
)  # fmt: skip
from tests.consent.test_consent_faults import AFTER, BEFORE, Interrupted

pytestmark = pytest.mark.anyio
BERT_HIMSELF = ANNA_HERSELF.model_copy(update={"user": BERT.id})
CEES = ANNA_HERSELF.model_copy(update={"user": "c" * 32})
BIRTH = "2010-10-01"  # Anna turns sixteen a month after the clock of the tests starts
SIXTEEN = datetime(2026, 9, 30, 22, tzinfo=UTC)
SPORT = activity("sport", {ANSWER: "C"}, hulpAanKind=True)


def parent(house: House, **more: object) -> Ground:
    said = {"relation": "ouder", "resident": ANNA, "birth": BIRTH, "checked_at": millis(house.clock())}
    return Ground.model_validate(said | more)


def held(mandate: Mandate) -> Ground:
    return Ground(relation="machtiging", resident=mandate.resident, mandate=mandate.id)


async def offered(house: House, **more: object) -> Offered:
    until = millis(house.clock() + timedelta(days=30))
    said = {"resident": ANNA, "label": "mijn broer", "name": "Anna", "activities": ("regeling",), "decides": True}
    return await house.consent.mandates.offer(ANNA_HERSELF, Offer.model_validate({**said, "until": until, **more}))


async def accepted(house: House, **more: object) -> Mandate:
    return await house.consent.mandates.accept(BERT_HIMSELF, (await offered(house, **more)).code)


async def reason(wanted: object) -> str:
    with pytest.raises(NotRepresented) as refused:
        await wanted  # type: ignore[misc]  # a coroutine
    return str(refused.value.members["reden"])


async def states(house: House) -> list[str]:
    return [one.state for one in await house.consent.choices(ANNA_HERSELF)]


async def code_of(house: House, element: str = PLAN) -> str:
    _, decision = await house.decided(element)
    return dict(decision.geweigerd).get(element, "")


async def test_a_parent_says_yes_and_the_line_says_for_whom(house: House) -> None:
    await house.ready()
    asked, door = await house.request(PLAN), house.consent.mandates
    await door.begin(BERT_HIMSELF, parent(house))
    (seen,) = await door.choices(BERT_HIMSELF, parent(house))
    assert (seen.id, seen.state) == (asked.id, "gevraagd")
    chosen = await door.choose(BERT_HIMSELF, parent(house), asked.id, yes())
    assert chosen.consent.state == "gegeven"
    found = (await house.log.lines(room_of(TENANT, "consent"), ANNA.subject, None, 9)).lines
    told = {line.event.kind: line.event for line in found}
    assert list(told) == ["toestemming-gegeven", "namens-gekeken", "toestemming-gevraagd"]
    for kind in ("toestemming-gegeven", "namens-gekeken"):
        assert (told[kind].on_behalf, told[kind].actor) == ("ouder", ""), "who it was is not in what a resident reads"
        assert BERT.id not in told[kind].model_dump_json()
    (own,) = await house.consent.choices(ANNA_HERSELF)
    assert (own.by, own.grown) == ("ouder", False)
    sealed, decision = await house.decided(PLAN)
    assert decision.geldigTot == min(own.valid_until, millis(SIXTEEN) - 1)
    await house.released(sealed)


async def test_turning_sixteen_pauses_a_parents_yes_and_ends_their_view(house: House) -> None:
    await house.ready()
    asked, door = await house.request(PLAN), house.consent.mandates
    await door.choose(BERT_HIMSELF, parent(house), asked.id, yes())
    house.clock.now = SIXTEEN - timedelta(milliseconds=1)
    before, _ = await house.decided(PLAN)
    assert [one.state for one in await door.choices(BERT_HIMSELF, parent(house))] == ["gegeven"]
    house.clock.now = SIXTEEN
    assert await code_of(house) == "gepauzeerd"
    assert await states(house) == ["gepauzeerd"]
    with pytest.raises(Problem):  # decided a moment before midnight, written a moment after it
        await house.released(before)
    for act in (door.choices(BERT_HIMSELF, parent(house)), door.begin(BERT_HIMSELF, parent(house))):
        assert await reason(act) == "voorbij"
    for answer in (yes(), no(), stop()):
        assert await reason(door.choose(BERT_HIMSELF, parent(house), asked.id, answer)) == "voorbij"
    (own,) = await house.consent.choices(ANNA_HERSELF)
    assert (own.grown, own.ended_at) == (True, millis(SIXTEEN))
    again = await house.consent.choose(ANNA_HERSELF, asked.id, yes(answer="hervat"))
    assert (again.consent.state, again.consent.by, again.consent.grown) == ("gegeven", "", False)
    assert await code_of(house) == ""


async def test_who_is_known_to_be_under_sixteen_says_no_yes_alone(house: House) -> None:
    help_ = activity("hulp", {PLAN: "C"}, hulpAanKind=True)
    await house.ready(activity(), activity("sport", {PLAN: "C"}), help_)
    door, asked = house.consent.mandates, await house.request(PLAN)
    more = [await house.consent.request(LOKET, ConsentRequest(resident=ANNA, activity=slug, elements=(PLAN,)))
            for slug in ("sport", "hulp")]  # fmt: skip
    await door.choose(BERT_HIMSELF, parent(house), asked.id, yes())
    assert (await door.choice(BERT_HIMSELF, parent(house), more[0].id)).instead == "", "it is theirs to say"
    sport, own = [await house.consent.choice(ANNA_HERSELF, one.id) for one in more]
    assert (sport.instead, own.instead) == ("ouder", "")
    with pytest.raises(NotNow):
        await house.consent.choose(ANNA_HERSELF, sport.consent.id, yes())
    assert (await house.consent.choose(ANNA_HERSELF, own.consent.id, yes())).consent.state == "gegeven"
    assert (await house.consent.choose(ANNA_HERSELF, asked.id, stop())).consent.state == "ingetrokken"
    with pytest.raises(NotNow):  # a yes that ended tells it too
        await house.consent.choose(ANNA_HERSELF, sport.consent.id, yes())
    house.clock.now = SIXTEEN
    assert (await house.consent.choice(ANNA_HERSELF, sport.consent.id)).instead == ""


@pytest.mark.parametrize("who", ["kind", "andere-ouder"])
async def test_who_stops_wins_and_the_other_parent_cannot_lead_back(house: House, who: str) -> None:
    await house.ready()
    asked, door = await house.request(PLAN), house.consent.mandates
    await door.choose(BERT_HIMSELF, parent(house), asked.id, yes())
    if who == "kind":
        await house.consent.choose(ANNA_HERSELF, asked.id, stop())
    else:
        await door.choose(CEES, parent(house), asked.id, stop())
    assert await code_of(house) == "toestemming-ingetrokken"
    with pytest.raises(NotNow):
        await door.choose(BERT_HIMSELF, parent(house), asked.id, yes())
    for answer in ("hervat", "pauze"):
        assert await reason(door.choose(BERT_HIMSELF, parent(house), asked.id, yes(answer=answer))) == "buiten"
    (seen,) = await door.choices(BERT_HIMSELF, parent(house))
    # N4: without time or place, and not through whom
    assert (seen.state, seen.ended_at, seen.position, seen.by, seen.channel) == ("ingetrokken", 0, "", "", "")


async def test_a_yes_of_one_parent_against_a_no_of_the_other_ends_without_a_yes(house: House) -> None:
    await house.ready(activity(nietOpnieuwVragen=0))
    other = await house.second()
    for _ in range(10):
        asked = await house.request(PLAN)
        await asyncio.gather(
            house.consent.mandates.choose(BERT_HIMSELF, parent(house), asked.id, yes()),
            other.mandates.choose(CEES, parent(house), asked.id, no()),
            return_exceptions=True,
        )
        state = next(one.state for one in await house.consent.choices(ANNA_HERSELF) if one.id == asked.id)
        if state == "gegeven":  # the yes stood before the no was looked at: the other parent stops it
            await other.mandates.choose(CEES, parent(house), asked.id, stop())
        assert await code_of(house) in ("toestemming-ingetrokken", "geen-toestemming")
        house.clock.forward(milliseconds=5)


async def test_a_parent_sees_no_help_for_children_and_nobody_sees_a_secret_child(house: House) -> None:
    await house.ready(activity(), SPORT)
    asked, door = await house.request(PLAN), house.consent.mandates
    wanted = ConsentRequest(resident=ANNA, activity="sport", elements=(ANSWER,))
    own = await house.consent.request(LOKET, wanted)
    assert [one.id for one in await door.choices(BERT_HIMSELF, parent(house))] == [asked.id]
    for act in (
        door.choice(BERT_HIMSELF, parent(house), own.id),
        door.choose(BERT_HIMSELF, parent(house), own.id, no()),
    ):
        with pytest.raises(NoSuchThing):  # as for an id that is nobody's
            await act
    # what was such help when it was asked, or became it since, is in no list either
    for version in (SPORT.model_copy(update={"child_help": False}), activity(hulpAanKind=True)):
        await house.consent.publish(Caller(tenant=TENANT, kind="kamer"), version)
    assert await door.choices(BERT_HIMSELF, parent(house)) == []
    for one in (asked, own):
        with pytest.raises(NoSuchThing):
            await door.choice(BERT_HIMSELF, parent(house), one.id)
    await house.consent.flag(Caller(tenant=TENANT, kind="kamer"), ANNA, ["geheimhouding"])
    assert await reason(door.choices(BERT_HIMSELF, parent(house))) == "voorbij"
    assert await reason(door.choose(BERT_HIMSELF, parent(house), asked.id, yes())) == "voorbij"


NO_GROUND: tuple[tuple[Caller, dict[str, object]], ...] = (
    (ANNA_HERSELF, {}),  # for oneself is no acting
    (Caller(tenant=TENANT, kind="medewerker", user="fg-1", roles=("fg",)), {}),
    (Caller(tenant=TENANT, kind="automatisch", organisation="loket"), {}),
    (Caller(tenant=TENANT, kind="inwoner"), {}),
    (BERT_HIMSELF, {"relation": "machtiging"}),  # which?
    (BERT_HIMSELF, {"relation": "machtiging", "mandate": "0" * 32}),
    (BERT_HIMSELF, {"resident": ANNA.model_copy(update={"stand_in": True})}),
)


async def test_who_has_no_ground_gets_one_answer(house: House) -> None:
    await house.ready()
    asked, door = await house.request(PLAN), house.consent.mandates
    for caller, more in NO_GROUND:
        ground = parent(house, **more)
        for act in (
            door.begin(caller, ground),
            door.choices(caller, ground),
            door.choice(caller, ground, asked.id),
            door.choose(caller, ground, asked.id, yes()),
            door.choose(caller, ground, asked.id, stop()),
        ):
            assert await reason(act) == "buiten"
    assert await house.kinds() == ["toestemming-gevraagd"]


async def test_a_parent_reaches_only_this_child(house: House) -> None:
    await house.ready()
    other, door = await house.request(PLAN, of=BERT), house.consent.mandates
    for act in (door.choice(CEES, parent(house), other.id), door.choose(CEES, parent(house), other.id, stop())):
        with pytest.raises(NoSuchThing):
            await act


async def test_somebody_chosen_acts_within_what_is_listed_until_it_ends(house: House) -> None:
    await house.ready(activity(), activity("sport", {ANSWER: "C"}))
    asked, door = await house.request(PLAN), house.consent.mandates
    mandate = await accepted(house)
    assert (mandate.status, mandate.name, mandate.label) == ("geldig", "Anna", "")
    assert [(one.id, one.label, one.name) for one in await door.given(ANNA_HERSELF)] == [(mandate.id, "mijn broer", "")]
    assert [one.id for one in await door.held(BERT_HIMSELF)] == [mandate.id]
    await door.choose(BERT_HIMSELF, held(mandate), asked.id, yes())
    (own,) = await house.consent.choices(ANNA_HERSELF)
    assert (own.state, own.by) == ("gegeven", "machtiging")
    ended = await door.end(ANNA_HERSELF, mandate.id)
    assert ended.status == "beeindigd"
    assert await door.held(BERT_HIMSELF) == []
    assert await reason(door.choices(BERT_HIMSELF, held(mandate))) == "voorbij"
    assert await states(house) == ["gegeven"], "what was chosen while it held stands"
    assert [one for one in await house.kinds() if one.startswith("machtiging")] == [
        "machtiging-aangeboden", "machtiging-gegeven", "machtiging-beeindigd",
    ]  # fmt: skip
    assert (await door.end(BERT_HIMSELF, mandate.id)).status == "beeindigd"
    assert (await house.kinds()).count("machtiging-beeindigd") == 1


async def test_a_mandate_is_used_by_its_holder_for_its_giver_and_within_its_terms(house: House) -> None:
    await house.ready(activity(), activity("sport", {ANSWER: "C"}))
    asked, door = await house.request(PLAN), house.consent.mandates
    looks, other = await accepted(house, decides=False), await accepted(house, activities=("sport",))
    assert await reason(door.choose(BERT_HIMSELF, held(looks), asked.id, stop())) == "alleen-zien"
    assert (await door.choice(BERT_HIMSELF, held(looks), asked.id)).consent.id == asked.id
    assert await door.choices(BERT_HIMSELF, held(other)) == []
    with pytest.raises(NoSuchThing):  # what is not listed is not there
        await door.choose(BERT_HIMSELF, held(other), asked.id, yes())
    assert await reason(door.choices(CEES, held(looks))) == "buiten"
    stranger = held(looks).model_copy(update={"resident": BERT.model_copy(update={"id": "c" * 32})})
    assert await reason(door.choices(BERT_HIMSELF, stranger)) == "buiten"
    house.clock.forward(days=30)
    assert await reason(door.choices(BERT_HIMSELF, held(looks))) == "voorbij"
    assert [one.status for one in await door.given(ANNA_HERSELF)] == ["verlopen", "verlopen"]


async def test_a_code_works_once_for_somebody_else_and_for_a_week(house: House) -> None:
    await house.ready()
    first, door = await offered(house), house.consent.mandates
    assert (first.mandate.status, len(first.code)) == ("aangeboden", 16)
    spelled = f" {first.code[:8].lower()}-{first.code[8:]} "
    assert (await door.offered(BERT_HIMSELF, spelled)).id == first.mandate.id
    for caller, code in ((ANNA_HERSELF, first.code), (BERT_HIMSELF, "A" * 16), (BERT_HIMSELF, "-"), (BERT_HIMSELF, "")):
        with pytest.raises(NoSuchThing):
            await door.accept(caller, code)
    await door.accept(BERT_HIMSELF, spelled)
    ended, late = await offered(house), await offered(house)
    await door.end(ANNA_HERSELF, ended.mandate.id)
    house.clock.forward(days=7, milliseconds=1)
    for code in (first.code, ended.code, late.code):
        with pytest.raises(NoSuchThing):
            await door.accept(CEES, code)
    with pytest.raises(NoSuchThing):
        await door.end(CEES, first.mandate.id)


CANNOT_BE: tuple[tuple[dict[str, object], type[Problem]], ...] = (
    ({"activities": ("bestaat-niet",)}, BadInput),
    ({"activities": ("alleen-wet",)}, BadInput),
    ({"until": 1}, BadInput),
    ({"until": millis(datetime(2028, 1, 1, tzinfo=UTC))}, BadInput),
    ({"label": "bel 999993653"}, BadInput),
    ({"resident": BERT}, NoSuchThing),
)


async def test_an_offer_that_cannot_be(house: House) -> None:
    await house.ready(activity(), activity("alleen-wet", {"brp.naam": "A"}))
    for more, wrong in CANNOT_BE:
        with pytest.raises(wrong):
            await offered(house, **more)
    assert await house.kinds() == []


async def test_nobody_lets_a_crowd_look(house: House) -> None:
    await house.ready()
    for _ in range(20):
        await offered(house)
    with pytest.raises(NotNow):
        await offered(house)


async def test_ending_while_it_is_used_lets_nothing_through_after_it(house: House) -> None:
    """Ten times: a yes under a mandate against its end, on two instances. After the end in the log there is no yes."""
    await house.ready(activity(nietOpnieuwVragen=0))
    other = await house.second()
    for _ in range(10):
        asked, mandate = await house.request(PLAN), await accepted(house)
        await asyncio.gather(
            other.mandates.choose(BERT_HIMSELF, held(mandate), asked.id, yes()),
            house.consent.mandates.end(ANNA_HERSELF, mandate.id),
            return_exceptions=True,
        )
        kinds = await house.kinds()
        last = len(kinds) - 1 - kinds[::-1].index("machtiging-beeindigd")
        assert "toestemming-gegeven" not in kinds[last:]
        (state, *_) = await states(house)
        assert state in ("gegeven", "gevraagd"), "what could not be answered for somebody is still theirs to answer"
        await house.consent.choose(ANNA_HERSELF, asked.id, stop() if state == "gegeven" else no())
        house.clock.forward(milliseconds=5)


@pytest.mark.parametrize(("when", "left"), [(BEFORE, ["geldig"]), (AFTER, [])])
async def test_an_end_that_crashed_stands_when_its_line_does(house: House, when: str, left: list[str]) -> None:
    await house.ready()
    mandate, door = await accepted(house), house.consent.mandates
    broken = await house.second(Interrupted(house.log, when, "machtiging-beeindigd"))
    with pytest.raises(LogUnavailable):
        await broken.mandates.end(ANNA_HERSELF, mandate.id)
    if when == AFTER:  # before any row knows
        assert await reason(door.choices(BERT_HIMSELF, held(mandate))) == "voorbij"
    await house.consent.finish(TENANT)
    assert [one.status for one in await door.held(BERT_HIMSELF)] == left


@pytest.mark.parametrize(("when", "left"), [(BEFORE, []), (AFTER, ["geldig"])])
async def test_an_accept_that_crashed_counts_when_its_line_stands(house: House, when: str, left: list[str]) -> None:
    await house.ready()
    offer, door = await offered(house), house.consent.mandates
    broken = await house.second(Interrupted(house.log, when, "machtiging-gegeven"))
    with pytest.raises(LogUnavailable):
        await broken.mandates.accept(BERT_HIMSELF, offer.code)
    assert await door.held(BERT_HIMSELF) == [], "pending permits nothing"
    house.clock.forward(minutes=11 if when == BEFORE else 1)
    await house.consent.finish(TENANT)
    assert [one.status for one in await door.held(BERT_HIMSELF)] == left


async def test_a_row_that_was_altered_or_set_back_lets_nobody_act(house: House) -> None:
    await house.ready()
    door, mandate = house.consent.mandates, await accepted(house)
    database = house.database()
    async with database.snapshot(TENANT) as connection:
        old = dict((await connection.execute(mandates.select())).mappings().one())
    await door.end(ANNA_HERSELF, mandate.id)
    async with database.writing(TENANT) as connection:  # the row as it was, with its own valid MAC
        await connection.execute(update(mandates).values(**old))
    assert await reason(door.choices(BERT_HIMSELF, held(mandate))) == "voorbij"
    async with database.writing(TENANT) as connection:
        await connection.execute(update(mandates).values(representative=CEES.user))
    with pytest.raises(Problem) as forged:
        await door.choices(CEES, held(mandate))
    assert forged.value.status == 503
    async with database.writing(TENANT) as connection:
        await connection.execute(delete(mandates))
    assert await reason(door.choices(BERT_HIMSELF, held(mandate))) == "buiten"


async def test_a_flag_that_was_removed_lets_no_parent_look(house: House) -> None:
    await house.ready()
    await house.consent.flag(Caller(tenant=TENANT, kind="kamer"), ANNA, ["geheimhouding"])
    async with house.database().writing(TENANT) as connection:
        await connection.execute(delete(subject_state))
    assert await reason(house.consent.mandates.choices(BERT_HIMSELF, parent(house))) == "voorbij"


async def test_a_parents_yes_whose_limit_was_taken_out_of_the_row_permits_nothing(house: House) -> None:
    await house.ready()
    asked = await house.request(PLAN)
    await house.consent.mandates.choose(BERT_HIMSELF, parent(house), asked.id, yes())
    async with house.database().writing(TENANT) as connection:
        await connection.execute(update(consents).values(terms=None))
    with pytest.raises(Problem) as forged:
        await house.decided(PLAN)
    assert forged.value.status == 503


async def test_an_accept_that_was_overtaken_is_none(house: House) -> None:
    await house.ready()
    offer = await offered(house)
    other = await house.second()
    both = await asyncio.gather(
        other.mandates.accept(BERT_HIMSELF, offer.code),
        house.consent.mandates.end(ANNA_HERSELF, offer.mandate.id),
        return_exceptions=True,
    )
    assert isinstance(both[0], Overtaken | NoSuchThing | NotNow | Mandate)
    assert await house.consent.mandates.held(BERT_HIMSELF) == []
