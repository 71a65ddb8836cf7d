"""What a reviewer tried against the register."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, select

from audit.contract import LogUnavailable, Overtaken
from consent.activity import Case
from consent.asking import MOST
from consent.contract import ConsentRequest, NoSuchThing, RegisterUnavailable
from consent.tables import followed, questions, subject_state
from kernel.caller import Caller, room_of
from kernel.errors import NoAccess
from tests.consent.house import ANNA, ANNA_HERSELF, LOKET, PLAN, STAFF, TENANT, House, activity, stop, yes

pytestmark = pytest.mark.anyio
SOURCE = room_of(TENANT, "connectors")
OFFICER = Caller(tenant=TENANT, kind="medewerker", user="fg-1", roles=("fg",))
CLERK = Caller(tenant=TENANT, kind="medewerker", user="mw-1")


@pytest.mark.parametrize("way", ["removed", "set back"])
async def test_a_flag_that_was_removed_does_not_come_back_as_its_epoch_alone(house: House, way: str) -> None:
    await house.ready()
    await house.given(PLAN)
    database = house.database()
    async with database.snapshot(TENANT) as connection:
        before = dict((await connection.execute(select(subject_state))).mappings().one())
    await house.consent.flag(SOURCE, ANNA, ["overleden"])
    sealed, decision = await house.decided(PLAN)
    assert decision.toegestaan == ()
    async with database.writing(TENANT) as connection:
        await connection.execute(delete(subject_state))
        if way == "set back":
            await connection.execute(subject_state.insert().values(before))
        await connection.execute(delete(followed))
    # whoever makes the row anew and applies the moves once more must not end with the epoch and without the flag
    if way == "removed":
        with pytest.raises(Overtaken):
            await _yes_again(house)
        async with database.writing(TENANT) as connection:
            await connection.execute(delete(followed))
    await house.consent.following.follow(TENANT)
    sealed, decision = await house.decided(PLAN)
    if decision.toegestaan:
        with pytest.raises(Overtaken):
            await house.released(sealed)


async def _yes_again(house: House) -> None:
    asked = await house.request("inkomen.isLaag")
    await house.consent.choose(ANNA_HERSELF, asked.id, yes())


async def test_a_flag_beside_a_lost_one_does_not_hide_that_it_was_lost(house: House) -> None:
    await house.ready()
    await house.given(PLAN)
    await house.consent.flag(SOURCE, ANNA, ["overleden"])
    async with house.database().writing(TENANT) as connection:
        await connection.execute(delete(subject_state))
    await house.consent.flag(SOURCE, ANNA, ["geheimhouding"])
    sealed, decision = await house.decided(PLAN)
    if decision.toegestaan:
        with pytest.raises(Overtaken):
            await house.released(sealed)


@pytest.mark.parametrize("who", ["resident", "recipient"])
async def test_a_yes_to_one_version_is_no_yes_to_the_next(house: House, who: str) -> None:
    await house.ready()
    await house.given(PLAN)
    _, decision = await house.decided(PLAN)
    assert [one.element for one in decision.toegestaan] == [PLAN]
    other = {"nl": "iets heel anders", "en": "something else"}
    await house.ready(activity(doel=other))
    sealed, decision = await house.decided(PLAN)
    assert decision.toegestaan == ()
    assert [one.code for one in sealed.told] == ["geen-toestemming"]
    # resident and recipient see that it does not count any more, and either may ask anew
    (shown,) = await house.consent.choices(ANNA_HERSELF)
    detail = await house.consent.choice(ANNA_HERSELF, shown.id)
    told = await house.consent.requested(LOKET, shown.id)
    assert {shown.state, detail.consent.state, told.state} == {"ongeldig"}
    asked = await house.consent.anew(ANNA_HERSELF, shown.id) if who == "resident" else await house.request(PLAN)
    assert asked.version == "2"
    await house.consent.choose(ANNA_HERSELF, asked.id, yes())
    _, decision = await house.decided(PLAN)
    assert [one.element for one in decision.toegestaan] == [PLAN]


class Forgetful:
    """The log, which cannot tell how releases ended."""

    def __init__(self, house: House) -> None:
        self._log = house.log

    def __getattr__(self, name: str) -> object:
        if name == "outcomes":
            return self._fail
        return getattr(self._log, name)

    async def _fail(self, *_: object) -> None:
        raise LogUnavailable("weg")


async def test_a_stop_that_stands_is_said_to_stand_when_nobody_knows_how_releases_ended(house: House) -> None:
    await house.ready()
    consent_id = await house.given(PLAN)
    sealed, _ = await house.decided(PLAN)
    line = await house.released(sealed)
    second = await house.second(Forgetful(house))  # type: ignore[arg-type]  # only what is asked of it
    chosen = await second.choose(ANNA_HERSELF, consent_id, stop())
    assert chosen.under_way == ((line.position, ""),)
    assert chosen.consent.state == "ingetrokken"


async def test_an_act_repeated_after_new_year_is_the_same_act(house: House) -> None:
    await house.ready(activity(zaak="verplicht"))
    case = Case(reference="Z-1", recipient="loket", resident=ANNA, activity="regeling")
    await house.consent.open_case(LOKET, case)
    house.clock.now = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    closed = await house.consent.close_case(LOKET, "loket", "Z-1")
    suspended = await house.consent.suspend(STAFF, "loket")
    house.clock.forward(seconds=2)
    assert (await house.consent.close_case(LOKET, "loket", "Z-1")).position == closed.position
    assert (await house.consent.suspend(STAFF, "loket")).position == suspended.position
    line = await house.log.line(SOURCE, closed.position)
    assert line.event.keep_until == 2046, "of the log, for the activity has no term for this"


async def test_the_officer_sees_first_who_waits_longest_however_many_ask(house: House) -> None:
    await house.ready()
    await house.request()
    (line,) = (await house.log.lines(SOURCE, ANNA.subject)).lines
    asked = [await house.consent.ask(ANNA_HERSELF, ANNA, line.position, "Waarom?") for _ in range(2)]
    answered = await house.consent.answer(OFFICER, asked[0].id, "Hierom.")
    assert [one.id for one in await house.consent.asked(OFFICER)] == [asked[1].id, answered.id]
    async with house.consent._register.writing(TENANT) as rows:
        (row,) = await rows.find(questions, questions.c.id == asked[1].id)
        for number in range(MOST):
            # ids that come before and moments that come after: the order is that of waiting, not of the key
            new = row | {"id": f"{number:036}", "asked_at": row["asked_at"] + 1 + number}
            new["sealed"] = rows.keys.seal_text(ANNA.id, new["id"], "vraag", "En waarom?")
            await rows.add(questions, new)
    shown = await house.consent.asked(OFFICER)
    assert (len(shown), shown[0].id, shown[-1].id) == (MOST, asked[1].id, f"{MOST - 2:036}")
    mine = await house.consent.asked(ANNA_HERSELF)
    assert (len(mine), mine[0].id) == (MOST, f"{MOST - 1:036}")


async def test_a_token_for_one_activity_asks_and_opens_nothing_for_another(house: House) -> None:
    await house.ready(activity(zaak="verplicht"))
    case = Case(reference="Z-1", recipient="loket", resident=ANNA, activity="regeling")
    await house.consent.open_case(LOKET, case)
    narrow = LOKET.model_copy(update={"scope": ("anders",)})
    wanted = ConsentRequest(resident=ANNA, activity="regeling", elements=(PLAN,))
    with pytest.raises(NoSuchThing):
        await house.consent.request(narrow, wanted)
    with pytest.raises(NoSuchThing):
        await house.consent.open_case(narrow, case.model_copy(update={"reference": "Z-2"}))
    with pytest.raises(NoSuchThing):
        await house.consent.close_case(narrow, "loket", "Z-1")
    assert await house.kinds() == ["zaak-geopend"]
    fitting = LOKET.model_copy(update={"scope": ("regeling",)})
    await house.consent.request(fitting, wanted)
    await house.consent.close_case(fitting, "loket", "Z-1")


async def test_lines_name_the_employee_who_did_it_and_another_may_do_it_again(house: House) -> None:
    await house.ready(activity(zaak="verplicht"))
    case = Case(reference="Z-1", recipient="loket", resident=ANNA, activity="regeling")
    await house.consent.open_case(LOKET, case)
    (line,) = (await house.log.lines(SOURCE, ANNA.subject)).lines
    asked = await house.consent.ask(ANNA_HERSELF, ANNA, line.position, "Waarom?")
    await house.consent.answer(OFFICER, asked.id, "Hierom.")
    for clerk in (CLERK, CLERK.model_copy(update={"user": "mw-2"})):
        await house.consent.close_case(clerk, "loket", "Z-1")
    with pytest.raises(NoAccess):
        await house.consent.publish(CLERK, activity(maximalePeriode=28))
    await house.consent.suspend(CLERK.model_copy(update={"roles": ("proceseigenaar", "afdeling:loket")}), "loket")
    reader = house.audit.desk(STAFF).reader
    about_her = {(one.event.kind, one.event.actor) for one in (await reader.lines(ANNA.subject, None, 10)).lines}
    assert {("vraag-beantwoord", "fg-1"), ("zaak-gesloten", "mw-1"), ("zaak-gesloten", "mw-2")} < about_her
    by_clerk = {one.event.kind for one in (await reader.lines("systeem", None, 20)).lines if one.event.actor == "mw-1"}
    assert by_clerk == {"ontvanger-geschorst"}


async def test_a_text_that_was_altered_is_an_answer_and_not_a_crash(house: House) -> None:
    await house.ready()
    await house.request()
    (line,) = (await house.log.lines(SOURCE, ANNA.subject)).lines
    await house.consent.ask(ANNA_HERSELF, ANNA, line.position, "Waarom?")
    async with house.database().writing(TENANT) as connection:
        await connection.execute(questions.update().values(sealed=b"x" * 80))
    with pytest.raises(RegisterUnavailable):
        await house.consent.asked(OFFICER)
