"""Objections and requests of residents: terms, steps, lines, and a crash between any two of them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from audit.contract import Audit, Line, LogUnavailable, NoSuchLine, Overtaken, Position
from consent.contract import Claim, NoSuchThing, NotNow, RegisterUnavailable, RightsRequest
from consent.frontdesk.contract import Meeting, Opening
from consent.rights.retelling import Retelling
from consent.rights.rules import due, may, months_after
from consent.rights.tables import rights
from consent.tables import subject_state
from kernel.caller import Caller, room_of
from kernel.clock import instant, millis
from kernel.errors import BadInput, NoAccess
from tests.consent.house import ANNA, ANNA_HERSELF, ANSWER, BERT, LOKET, NAME, PLAN, STAFF, TENANT, House, activity
from tests.consent.test_consent_faults import AFTER, BEFORE, Interrupted

pytestmark = pytest.mark.anyio
OFFICER = Caller(tenant=TENANT, kind="medewerker", user="fg-1", roles=("fg",))
DESK = Caller(tenant=TENANT, kind="medewerker", user="mw-1", roles=("balie",), acting_for=ANNA.id)
BERT_HIMSELF = ANNA_HERSELF.model_copy(update={"user": BERT.id})
OBJECTION = Claim(resident=ANNA, kind="bezwaar", activity="regeling", text="Ik wil dit niet.")
OUR_TASK = {NAME: "B", PLAN: "C", ANSWER: "C"}
WHY = "Wij keken opnieuw."


def at(year: int, month: int, day: int, hour: int = 12) -> int:
    return millis(datetime(year, month, day, hour, tzinfo=UTC))


@pytest.mark.parametrize(
    ("filed", "ends"),
    [
        (at(2026, 9, 1), "2026-10-01T21:59:59Z"),
        (at(2025, 1, 31), "2025-02-28T22:59:59Z"),  # no such day: the last one
        (at(2026, 1, 31), "2026-03-02T22:59:59Z"),  # which is a Saturday: the Monday
        (at(2026, 11, 25), "2026-12-28T22:59:59Z"),  # Christmas, and then a weekend
        (at(2028, 1, 31), "2028-02-29T22:59:59Z"),  # of a leap year
        (at(2026, 3, 1), "2026-04-01T21:59:59Z"),  # summer time began
        (at(2026, 10, 1), "2026-11-02T22:59:59Z"),  # and ended, on a Sunday
        (at(2026, 12, 15), "2027-01-15T22:59:59Z"),
        (at(2026, 8, 31, 22), "2026-10-01T21:59:59Z"),  # in the Netherlands it is the first of September
    ],
)
def test_a_term_is_a_month_of_the_calendar(filed: int, ends: str) -> None:
    assert instant(due(filed, 0)) == ends


def test_a_longer_term_is_three_months_from_the_beginning() -> None:
    assert due(at(2026, 11, 30), at(2026, 12, 1)) == months_after(at(2026, 11, 30), 3)
    assert instant(due(at(2026, 11, 30), 1)) == "2027-03-01T22:59:59Z"


def test_a_term_is_made_longer_once_and_within_the_first_month() -> None:
    filed = at(2026, 9, 1)
    may("ingediend", "verlengen", filed, 0, due(filed, 0))
    for extended, when in ((1, filed), (0, due(filed, 0) + 1)):
        with pytest.raises(NotNow):
            may("ingediend", "verlengen", filed, extended, when)


async def upheld_or_not(house: House, filed: RightsRequest, step: str) -> RightsRequest:
    await house.consent.rights.step(OFFICER, filed.id, "in-behandeling", "")
    return await house.consent.rights.step(OFFICER, filed.id, step, WHY)  # type: ignore[arg-type]  # one of two


async def codes(house: House) -> list[str]:
    sealed, _ = await house.decided(NAME)
    return [one.code for one in sealed.told]


async def test_an_objection_suspends_at_once_and_a_rejection_lets_it_go_on(house: House) -> None:
    await house.ready(activity(elements=OUR_TASK))
    before, _ = await house.decided(NAME)
    door = house.consent.rights
    filed = await door.file(ANNA_HERSELF, OBJECTION)
    assert (filed.status, filed.suspends, filed.text) == ("ingediend", True, OBJECTION.text)
    assert (await door.file(ANNA_HERSELF, OBJECTION)).id == filed.id, "the same objection again"
    with pytest.raises(Overtaken):
        await house.released(before)
    assert await codes(house) == ["bezwaar"]
    for wrong in (LOKET, BERT_HIMSELF, OFFICER):
        with pytest.raises(NoSuchThing):
            await door.step(wrong, filed.id, "intrekken", "")
    with pytest.raises(NoAccess):
        await door.step(ANNA_HERSELF, filed.id, "ongegrond", WHY)
    with pytest.raises(NotNow):
        await door.step(OFFICER, filed.id, "ongegrond", WHY)  # nobody looked at it yet
    with pytest.raises(BadInput):
        await door.step(OFFICER, filed.id, "gegrond", " ")
    decided = await upheld_or_not(house, filed, "ongegrond")
    assert (decided.status, decided.suspends, decided.answer) == ("ongegrond", False, WHY)
    assert await codes(house) == []
    sealed, _ = await house.decided(NAME)
    await house.released(sealed)
    with pytest.raises(NotNow):
        await door.step(ANNA_HERSELF, filed.id, "intrekken", "")
    with pytest.raises(NoSuchThing):
        await door.file(DESK, OBJECTION)
    talk = await house.consent.frontdesk.begin(DESK, Opening(reason="stoppen", check="paspoort", channel="balie"))
    await house.consent.frontdesk.meet(DESK, talk.id, Meeting(resident=ANNA))
    again = await door.file(DESK, OBJECTION)
    assert again.id != filed.id and await codes(house) == ["bezwaar"]
    assert (await door.step(ANNA_HERSELF, again.id, "intrekken", "")).status == "ingetrokken"
    assert await codes(house) == []
    assert await house.kinds() == [
        "bezwaar", "verzoek-stap", "bezwaar-ongegrond", "verstrekking", "balie-gesprek", "bezwaar",
        "bezwaar-ingetrokken",
    ]  # fmt: skip


async def test_an_objection_that_is_upheld_stays(house: House) -> None:
    await house.ready(activity(elements=OUR_TASK))
    filed = await house.consent.rights.file(ANNA_HERSELF, OBJECTION)
    decided = await upheld_or_not(house, filed, "gegrond")
    assert (decided.status, decided.suspends, decided.answer) == ("gegrond", True, WHY)
    assert await codes(house) == ["bezwaar"]
    for step in ("ongegrond", "intrekken"):
        with pytest.raises(NotNow):
            await house.consent.rights.step(OFFICER if step == "ongegrond" else ANNA_HERSELF, filed.id, step, WHY)
    assert (await house.consent.rights.file(ANNA_HERSELF, OBJECTION)).id == filed.id
    sealed, _ = await house.decided(NAME, of=BERT)
    assert sealed.told == (), "it is Anna's alone"


async def test_what_must_by_law_or_was_chosen_knows_no_objection(house: House) -> None:
    await house.ready()
    with pytest.raises(NotNow, match="geen bezwaar"):
        await house.consent.rights.file(ANNA_HERSELF, OBJECTION)
    unknown = OBJECTION.model_copy(update={"activity": "onbekend"})
    for wrong, who in ((unknown, ANNA_HERSELF), (OBJECTION, BERT_HIMSELF), (OBJECTION, LOKET)):
        with pytest.raises(NoSuchThing):
            await house.consent.rights.file(who, wrong)
    assert await house.kinds() == []


async def test_a_weighty_ground_lets_a_use_go_on_until_the_resident_is_right(house: House) -> None:
    await house.ready()
    why = {"nl": "Iemand kan gevaar lopen.", "en": "Somebody may be in danger."}
    weighty = activity(elements=OUR_TASK, doorBijBezwaar=why)
    await house.consent.registering.put_in_force(STAFF, weighty, {}, agreed=True)
    before, _ = await house.decided(NAME)
    filed = await house.consent.rights.file(ANNA_HERSELF, OBJECTION)
    assert (filed.status, filed.suspends) == ("ingediend", False)
    with pytest.raises(Overtaken):
        await house.released(before)
    sealed, _ = await house.decided(NAME)
    assert (sealed.told, sealed.about.despite, before.about.despite) == ((), why["nl"], ""), "each line says so"
    await house.released(sealed)
    other, _ = await house.decided(NAME, of=BERT)
    assert other.about.despite == ""
    locking = Claim(resident=ANNA, kind="beperking", activity="regeling", text="x", ground="bezwaar")
    with pytest.raises(NotNow):
        await house.consent.rights.file(ANNA_HERSELF, locking)
    assert (await upheld_or_not(house, filed, "gegrond")).suspends
    assert await codes(house) == ["bezwaar"]


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
async def test_an_objection_that_died_suspends_only_with_its_line(house: House, moment: str) -> None:
    await house.ready(activity(elements=OUR_TASK))
    before, _ = await house.decided(NAME)
    dying = await house.second(Interrupted(house.log, moment, "bezwaar"))
    with pytest.raises(LogUnavailable):
        await dying.rights.file(ANNA_HERSELF, OBJECTION)
    if moment == AFTER:
        with pytest.raises(Overtaken):
            await house.released(before)
    await house.consent.finish(TENANT)
    assert await codes(house) == (["bezwaar"] if moment == AFTER else [])
    known = await house.consent.rights.filed(ANNA_HERSELF)
    assert [one.status for one in known] == (["ingediend"] if moment == AFTER else [])
    house.clock.forward(minutes=11)
    await house.consent.finish(TENANT)
    assert (await house.consent.rights.file(ANNA_HERSELF, OBJECTION)).suspends
    assert (await house.kinds())[-1] == "bezwaar"


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
async def test_what_lifts_is_finished_by_the_sweeper_and_lifts_nothing_before(house: House, moment: str) -> None:
    await house.ready(activity(elements=OUR_TASK))
    filed = await house.consent.rights.file(ANNA_HERSELF, OBJECTION)
    dying = await house.second(Interrupted(house.log, moment, "bezwaar-ingetrokken"))
    with pytest.raises(LogUnavailable):
        await dying.rights.step(ANNA_HERSELF, filed.id, "intrekken", "")
    assert await codes(house) == ["bezwaar"]
    (waits,) = await house.consent.rights.filed(ANNA_HERSELF)
    assert waits.pending and waits.status == "ingediend"
    house.clock.forward(seconds=6)
    await house.consent.finish(TENANT)
    (one,) = await house.consent.rights.filed(OFFICER)
    assert (one.status, one.pending) == ("ingetrokken", False) and await codes(house) == []


async def test_a_decision_that_died_is_finished_by_whoever_follows(house: House) -> None:
    await house.ready(activity(elements=OUR_TASK))
    filed = await house.consent.rights.file(ANNA_HERSELF, OBJECTION)
    dying = await house.second(Interrupted(house.log, AFTER, "bezwaar-gegrond"))
    await dying.rights.step(OFFICER, filed.id, "in-behandeling", "")
    with pytest.raises(LogUnavailable):
        await dying.rights.step(OFFICER, filed.id, "gegrond", WHY)
    (waits,) = await house.consent.rights.filed(ANNA_HERSELF)
    assert (waits.status, waits.answer) == ("in-behandeling", ""), "no letter without its line"
    await house.consent.finish(TENANT)
    (one,) = await house.consent.rights.filed(ANNA_HERSELF)
    assert (one.status, one.answer, one.suspends) == ("gegrond", WHY, True) and one.decided_at


async def test_a_request_has_a_term_that_may_be_longer_and_a_letter(house: House) -> None:
    await house.ready()
    door = house.consent.rights
    wanted = Claim(resident=ANNA, kind="inzage", text="Wat heeft u van mij?")
    filed = await door.file(ANNA_HERSELF, wanted)
    assert filed.due_at == due(filed.filed_at, 0) and not filed.suspends
    longer = await door.step(OFFICER, filed.id, "verlengen", "Het is veel.")
    assert (longer.extended, longer.due_at) == ("Het is veel.", due(filed.filed_at, 1))
    decided = await upheld_or_not(house, filed, "gegrond")
    assert (decided.status, decided.answer) == ("gegrond", WHY) and decided.decided_at
    other = await door.file(BERT_HIMSELF, wanted.model_copy(update={"resident": BERT}))
    assert [one.id for one in await door.filed(ANNA_HERSELF)] == [filed.id]
    assert [one.id for one in await door.filed(OFFICER)] == [other.id, filed.id], "what waits comes first"
    with pytest.raises(NoAccess):
        await door.filed(LOKET)
    with pytest.raises(BadInput):
        await door.file(ANNA_HERSELF, wanted.model_copy(update={"text": "Ik ben 999993653"}))
    assert await house.kinds() == ["verzoek", *["verzoek-stap"] * 3]


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
async def test_the_words_of_a_request_that_died_are_kept_and_filed_by_the_round(house: House, moment: str) -> None:
    await house.ready()
    wanted = Claim(resident=ANNA, kind="inzage", text="Wat heeft u van mij?")
    dying = await house.second(Interrupted(house.log, moment, "verzoek"))
    with pytest.raises(LogUnavailable):
        await dying.rights.file(ANNA_HERSELF, wanted)
    assert await house.consent.rights.filed(ANNA_HERSELF) == [], "nothing shows before its line"
    house.clock.forward(seconds=6)
    await house.consent.finish(TENANT)
    (one,) = await house.consent.rights.filed(ANNA_HERSELF)
    assert (one.status, one.text) == ("ingediend", wanted.text) and one.position
    assert await house.kinds() == ["verzoek"]
    assert (await house.consent.rights.file(ANNA_HERSELF, wanted)).id == one.id, "one of a kind at a time"


async def test_what_was_filed_again_after_a_failure_is_one_request_with_the_last_words(house: House) -> None:
    await house.ready()
    wanted = Claim(resident=ANNA, kind="inzage", text="Wat heeft u van mij?")
    dying = await house.second(Interrupted(house.log, AFTER, "verzoek"))
    with pytest.raises(LogUnavailable):
        await dying.rights.file(ANNA_HERSELF, wanted)
    filed = await house.consent.rights.file(ANNA_HERSELF, wanted.model_copy(update={"text": "Alles, graag."}))
    assert [(one.id, one.text) for one in await house.consent.rights.filed(ANNA_HERSELF)] == [
        (filed.id, "Alles, graag.")
    ]
    assert await house.kinds() == ["verzoek"]


async def test_an_objection_upheld_in_the_gap_stays_upheld_whatever_step_came_after(house: House) -> None:
    """Another instance wrote the decision and died before its row; this one had written another step over it."""
    await house.ready(activity(elements=OUR_TASK))
    door = house.consent.rights
    filed = await door.file(ANNA_HERSELF, OBJECTION)
    await door.step(OFFICER, filed.id, "in-behandeling", "")
    dying = await house.second(Interrupted(house.log, AFTER, "bezwaar-gegrond"))
    with pytest.raises(LogUnavailable):
        await dying.rights.step(OFFICER, filed.id, "gegrond", WHY)
    with pytest.raises(Overtaken):
        await door.step(OFFICER, filed.id, "ongegrond", "Toch niet.")
    (waits,) = await door.filed(ANNA_HERSELF)
    assert (waits.status, waits.answer) == ("in-behandeling", ""), "a letter of no decision is shown to nobody"
    await house.consent.finish(TENANT)
    (one,) = await door.filed(ANNA_HERSELF)
    assert (one.status, one.answer, one.suspends) == ("gegrond", "", True) and await codes(house) == ["bezwaar"]


async def test_what_lifts_and_lapsed_can_be_asked_again(house: House) -> None:
    await house.ready(activity(elements=OUR_TASK))
    filed = await house.consent.rights.file(ANNA_HERSELF, OBJECTION)
    await house.consent.rights.step(OFFICER, filed.id, "in-behandeling", "")
    dying = await house.second(Interrupted(house.log, BEFORE, "bezwaar-ongegrond"))
    with pytest.raises(LogUnavailable):
        await dying.rights.step(OFFICER, filed.id, "ongegrond", WHY)
    (waits,) = await house.consent.rights.filed(ANNA_HERSELF)
    assert waits.pending and waits.answer == "", "nobody decided yet"
    house.clock.forward(minutes=11)
    await house.consent.finish(TENANT)
    (lapsed,) = await house.consent.rights.filed(ANNA_HERSELF)
    assert (lapsed.status, lapsed.pending, lapsed.answer) == ("in-behandeling", False, "")
    decided = await house.consent.rights.step(OFFICER, filed.id, "ongegrond", WHY)
    assert (decided.status, decided.answer) == ("ongegrond", WHY) and await codes(house) == []


async def test_an_objection_that_was_removed_or_altered_lets_nothing_through(house: House) -> None:
    await house.ready(activity(elements=OUR_TASK))
    filed = await house.consent.rights.file(ANNA_HERSELF, OBJECTION)
    async with house.database().writing(TENANT) as connection:
        await connection.execute(update(rights).values(status="gegrond"))
    with pytest.raises(RegisterUnavailable):
        await house.consent.rights.step(ANNA_HERSELF, filed.id, "intrekken", "")
    async with house.database().writing(TENANT) as connection:
        await connection.execute(rights.delete())
    assert await codes(house) == ["bezwaar"], "it does not rest on the request"
    async with house.database().writing(TENANT) as connection:
        await connection.execute(subject_state.delete())
    sealed, _ = await house.decided(NAME)
    with pytest.raises(Overtaken):
        await house.released(sealed)


class Forgetful:
    """A log that lost its newest lines, or all."""

    def __init__(self, log: Audit, since: Position) -> None:
        self._log, self._since = log, since

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    async def line(self, caller: Caller, place: Position) -> Line:
        if not place < self._since:
            raise NoSuchLine("weg")
        return await self._log.line(caller, place)


@pytest.mark.parametrize("how", ["its line is lost", "it was given in the gap"])
async def test_what_lifted_an_objection_in_a_gap_lifts_nothing_any_more(house: House, how: str) -> None:
    await house.ready(activity(elements=OUR_TASK))
    door = house.consent.rights
    theirs = await door.file(BERT_HIMSELF, OBJECTION.model_copy(update={"resident": BERT}))
    kept = await upheld_or_not(house, theirs, "ongegrond")
    filed = await upheld_or_not(house, await door.file(ANNA_HERSELF, OBJECTION), "ongegrond")
    assert await codes(house) == []
    place = Position.parse(filed.position)
    lost = how == "its line is lost"
    log, gap = (Forgetful(house.log, place), ("merk", None)) if lost else (house.log, ("merk", place))
    retelling = Retelling(house.consent.register, log)
    caller = room_of(TENANT, "consent")
    assert await retelling.revoked(caller, gap, {}) == 1
    assert await retelling.revoked(caller, gap, {}) == 0, "done again, it is done"
    assert await codes(house) == ["bezwaar"]
    mine, theirs = [next(one for one in await door.filed(OFFICER) if one.id == each.id) for each in (filed, kept)]
    assert (mine.status, mine.suspends, mine.answer) == ("ingediend", True, "")
    assert (theirs.status, theirs.suspends, theirs.answer) == ("ongegrond", False, WHY), "it was lifted before"
    assert (await upheld_or_not(house, mine, "ongegrond")).status == "ongegrond"
    assert await codes(house) == []
    sealed, _ = await house.decided(NAME)
    await house.released(sealed)
