"""Crashes between two steps, rows that were altered, removed or set back, and how much a decision may cost."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Table, delete, insert, select, text, update

from audit.contract import Audit, Entry, LogUnavailable, OutcomeUnknown, Overtaken, Receipt, Verdict
from consent import alarms
from consent.activity import Case
from consent.contract import Claim, NotNow, Question, RegisterUnavailable
from consent.rights.tables import rights
from consent.tables import applications, consents, followed, recipients, subject_state
from kernel.caller import Caller, room_of
from kernel.errors import Problem
from tests.consent.house import (
    ANNA,
    ANNA_HERSELF,
    BERT,
    LOKET,
    NAME,
    PLAN,
    STAFF,
    TENANT,
    House,
    activity,
    no,
    stop,
    yes,
)
from tests.statements import said_to

pytestmark = pytest.mark.anyio
AFTER, BEFORE = "after", "before"


class Interrupted:
    """A log whose answer is lost once: before the line is written, or after."""

    def __init__(self, log: Audit, when: str, kind: str, said: type[Problem] = LogUnavailable) -> None:
        self._log, self._when, self._kind, self._said = log, when, kind, said

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    async def record(self, caller: Caller, entries: Sequence[Entry]) -> list[Verdict]:
        meant = self._kind in {entry.event.kind for entry in entries}
        if meant and self._when == BEFORE:
            raise self._said()
        verdicts = await self._log.record(caller, entries)
        if meant:
            self._kind = ""
            raise self._said()
        return verdicts


async def touch(house: House, table: Table, **values: object) -> None:
    async with house.database().writing(TENANT) as connection:
        await connection.execute(update(table).values(**values))


@pytest.mark.parametrize("when", [BEFORE, AFTER])
async def test_who_does_not_know_whether_a_choice_is_recorded_does_nothing_and_may_repeat_it(
    house: House, when: str
) -> None:
    await house.ready()
    asked = await house.request()
    for choice, kind in ((yes(), "toestemming-gegeven"), (stop(), "toestemming-ingetrokken")):
        (before,) = await house.consent.choices(ANNA_HERSELF)
        doubting = await house.second(Interrupted(house.log, when, kind, OutcomeUnknown))
        with pytest.raises(OutcomeUnknown) as unknown:
            await doubting.choose(ANNA_HERSELF, asked.id, choice)
        assert unknown.value.status == 503
        (after,) = await house.consent.choices(ANNA_HERSELF)
        assert after.state == before.state
        await house.consent.choose(ANNA_HERSELF, asked.id, choice)
    assert (await house.kinds())[1:] == ["toestemming-gegeven", "toestemming-ingetrokken"]


async def test_a_yes_that_died_before_its_line_permits_nothing_and_is_finished(house: House) -> None:
    await house.ready()
    asked = await house.request()
    dying = await house.second(Interrupted(house.log, BEFORE, "toestemming-gegeven"))
    with pytest.raises(LogUnavailable):
        await dying.choose(ANNA_HERSELF, asked.id, yes())
    (seen,) = await house.consent.choices(ANNA_HERSELF)
    assert (seen.state, seen.pending) == ("gevraagd", True)
    _, decision = await house.decided(PLAN)
    assert decision.toegestaan == ()
    house.clock.forward(seconds=6)
    await house.consent.finish(TENANT)
    assert [one.state for one in await house.consent.choices(ANNA_HERSELF)] == ["gegeven"]


async def test_a_forged_row_that_waits_is_an_alarm_each_time_and_holds_up_no_other(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await house.ready()
    asked = await house.request()
    dying = await house.second(Interrupted(house.log, BEFORE, "toestemming-gegeven"))
    with pytest.raises(LogUnavailable):
        await dying.choose(ANNA_HERSELF, asked.id, yes())
    async with house.database().writing(TENANT) as connection:
        (real,) = (await connection.execute(select(consents))).mappings().all()
        # before hers in the same table, and in one that is looked at before that
        await connection.execute(insert(consents).values(**{**real, "id": "0", "pending_at": 1}))
    await touch(house, applications, pending_at=1)
    house.clock.forward(seconds=6)
    for _ in range(2):
        caplog.clear()
        await house.consent.finish(TENANT)
        alarms = [one.getMessage() for one in caplog.records if one.levelname == "CRITICAL"]
        assert all(any(table in one for one in alarms) for table in ("'consents'", "'applications'")), alarms
    async with house.database().snapshot(TENANT) as connection:
        found = (await connection.execute(select(consents.c.id, consents.c.status, consents.c.pending_at))).all()
    assert sorted(found) == [("0", real["status"], 1), (asked.id, "gegeven", 0)]
    assert (await house.kinds()).count("toestemming-gegeven") == 1


async def test_a_forged_consent_keeps_nobody_elses_end_from_being_known(house: House) -> None:
    await house.ready()
    given, other = await house.given(PLAN), await house.request(of=BERT)
    await house.consent.choose(ANNA_HERSELF, given, stop())
    async with house.database().snapshot(TENANT) as connection:
        fences = {one: fence for one, fence in await connection.execute(select(consents.c.id, consents.c.fence))}
    async with house.database().writing(TENANT) as connection:
        await connection.execute(update(consents).where(consents.c.id == other.id).values(recipient="ander"))
    ended, unknown = await house.consent.under(room_of(TENANT, "connectors"), [fences[given], fences[other.id]])
    assert ended.ended_at and not unknown.ended_at


async def test_a_forged_row_that_copies_a_fence_stops_nobody_from_following(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await house.ready(activity(elements={NAME: "B", PLAN: "C"}))
    given, told = await house.given(PLAN), alarms.text()
    objection = Claim(resident=ANNA, kind="bezwaar", activity="regeling", text="Ik wil dit niet.")
    before, _ = await house.decided(PLAN)
    objected = await house.consent.rights.file(ANNA_HERSELF, objection)
    await house.consent.flag(STAFF, BERT, ["geheimhouding"])
    await house.consent.choose(ANNA_HERSELF, given, stop())
    async with house.database().writing(TENANT) as connection:
        for table, key in ((consents, "id"), (rights, "id"), (subject_state, "resident")):
            for real in (await connection.execute(select(table))).mappings().all():
                await connection.execute(insert(table).values(**{**real, key: f"0-{real[key]}"}))
        await connection.execute(update(consents).where(consents.c.id == given).values(status="gevraagd"))
        await connection.execute(delete(followed))  # so that every move is applied once more, whatever wrote its row
    caplog.clear()
    await house.consent.finish(TENANT)
    named = " ".join(one.getMessage() for one in caplog.records if one.levelname == "CRITICAL")
    assert all(table in named for table in ("'consents'", "'rights'", "'subject_state'")), named
    assert alarms.text() != told
    assert await house.consent.following.known(TENANT), "and what comes later is followed by everybody else"
    with pytest.raises(RegisterUnavailable):  # hers, as it was altered
        await house.consent.choices(ANNA_HERSELF)
    await touch(house, consents, status="ingetrokken")
    await house.consent.rights.step(ANNA_HERSELF, objected.id, "intrekken", "")
    with pytest.raises(Overtaken):
        await house.released(before)
    _, decision = await house.decided(NAME, of=BERT)
    assert [one.element for one in decision.toegestaan] == [NAME], "secrecy is for the desk to weigh"


async def test_a_yes_that_died_after_its_line_is_one_line_when_finished(house: House) -> None:
    await house.ready()
    asked = await house.request()
    dying = await house.second(Interrupted(house.log, AFTER, "toestemming-gegeven"))
    with pytest.raises(LogUnavailable):
        await dying.choose(ANNA_HERSELF, asked.id, yes())
    house.clock.forward(minutes=11)
    await house.consent.finish(TENANT)
    assert [one.state for one in await house.consent.choices(ANNA_HERSELF)] == ["gegeven"]
    assert await house.kinds() == ["toestemming-gevraagd", "toestemming-gegeven"]


async def test_a_yes_without_its_line_lapses_after_ten_minutes(house: House) -> None:
    await house.ready()
    asked = await house.request()
    dying = await house.second(Interrupted(house.log, BEFORE, "toestemming-gegeven"))
    with pytest.raises(LogUnavailable):
        await dying.choose(ANNA_HERSELF, asked.id, yes())
    house.clock.forward(minutes=11)
    await house.consent.finish(TENANT)
    assert [one.state for one in await house.consent.choices(ANNA_HERSELF)] == ["vervallen"]
    assert await house.kinds() == ["toestemming-gevraagd", "vervallen"]


async def test_a_no_beats_a_yes_that_waits_in_another_tab(house: House) -> None:
    await house.ready()
    asked = await house.request()
    dying = await house.second(Interrupted(house.log, BEFORE, "toestemming-gegeven"))
    with pytest.raises(LogUnavailable):
        await dying.choose(ANNA_HERSELF, asked.id, yes())
    await house.consent.choose(ANNA_HERSELF, asked.id, no())
    house.clock.forward(seconds=6)
    await house.consent.finish(TENANT)
    assert [one.state for one in await house.consent.choices(ANNA_HERSELF)] == ["geweigerd"]
    with pytest.raises(NotNow):
        await house.consent.choose(ANNA_HERSELF, asked.id, yes())


async def test_a_stop_that_died_after_its_line_stands_and_the_row_follows(house: House) -> None:
    await house.ready()
    consent_id = await house.given()
    sealed, _ = await house.decided(PLAN)
    dying = await house.second(Interrupted(house.log, AFTER, "toestemming-ingetrokken"))
    with pytest.raises(LogUnavailable):
        await dying.choose(ANNA_HERSELF, consent_id, stop())
    with pytest.raises(Overtaken) as overtaken:
        await house.released(sealed)
    _, anew = await house.decided(PLAN, not_before=overtaken.value.position)
    assert anew.geweigerd == ((PLAN, "toestemming-ingetrokken"),)
    again = await house.consent.choose(ANNA_HERSELF, consent_id, stop("7" * 64))
    assert again.consent.position == str(again.receipt.position)
    assert (await house.kinds()).count("toestemming-ingetrokken") == 1


async def test_a_row_that_was_altered_refuses_the_whole_decision(house: House) -> None:
    await house.ready()
    asked = await house.request()
    await touch(house, consents, status="gegeven", valid_until=0)
    with pytest.raises(RegisterUnavailable):
        await house.decided(PLAN)
    with pytest.raises(RegisterUnavailable):
        await house.consent.choice(ANNA_HERSELF, asked.id)


async def test_a_recipient_that_was_altered_gets_no_token_and_no_decision(house: House) -> None:
    await house.ready()
    await house.consent.suspend(STAFF, "loket")
    await touch(house, recipients, status="toegelaten")
    with pytest.raises(RegisterUnavailable):
        await house.consent.clients.client_of(TENANT, "loket-app")
    with pytest.raises(RegisterUnavailable):
        await house.decided(NAME)


async def test_a_row_set_back_as_a_whole_is_overtaken_at_its_line(house: House) -> None:
    await house.ready()
    consent_id = await house.given()
    async with house.database().snapshot(TENANT) as connection:
        before = dict((await connection.execute(select(consents))).mappings().one())
    await house.consent.choose(ANNA_HERSELF, consent_id, stop())
    await touch(house, consents, **before)
    sealed, decision = await house.decided(PLAN)
    assert [one.element for one in decision.toegestaan] == [PLAN]
    with pytest.raises(Overtaken):
        await house.released(sealed)


async def test_flags_that_were_removed_are_missed_at_the_line(house: House) -> None:
    await house.ready()
    first = await house.consent.flag(room_of(TENANT, "connectors"), ANNA, ["geheimhouding"])
    assert first == await house.consent.flag(room_of(TENANT, "connectors"), ANNA, ["geheimhouding"])
    sealed, _ = await house.decided(NAME)
    assert sealed.about.secret
    async with house.database().writing(TENANT) as connection:
        await connection.execute(subject_state.delete())
    sealed, _ = await house.decided(NAME)
    with pytest.raises(Overtaken):
        await house.released(sealed)


async def test_a_flag_that_died_after_its_line_is_finished_by_whoever_decides_next(house: House) -> None:
    await house.ready()
    before, _ = await house.decided(NAME)
    dying = await house.second(Interrupted(house.log, AFTER, "vlag"))
    with pytest.raises(LogUnavailable):
        await dying.flag(room_of(TENANT, "connectors"), ANNA, ["geheimhouding"])
    with pytest.raises(Overtaken) as overtaken:
        await house.released(before)
    sealed, _ = await house.decided(NAME, not_before=overtaken.value.position)
    assert sealed.about.secret
    await house.released(sealed)


async def test_a_case_that_closed_is_overtaken_and_then_refused(house: House) -> None:
    await house.ready(activity(zaak="verplicht", frequentie={"keer": 1, "per": "zaak"}))
    case = Case(reference="Z-1", recipient="loket", resident=ANNA, activity="regeling")
    first = await house.consent.open_case(LOKET, case)
    assert (await house.consent.open_case(LOKET, case)).position == first.position
    sealed, _ = await house.decided(NAME, case="Z-1")
    other, _ = await house.decided(NAME, case="Z-1", of=BERT)
    assert [one.code for one in other.told] == ["zaak-vereist"]
    await house.consent.close_case(LOKET, "loket", "Z-1")
    with pytest.raises(Overtaken):
        await house.released(sealed)
    _, decision = await house.decided(NAME, case="Z-1")
    assert decision.geweigerd == ((NAME, "zaak-vereist"),)


async def test_releases_are_counted_and_refusals_are_not(house: House) -> None:
    await house.ready(activity(frequentie={"keer": 1, "per": "maand"}))
    sealed, _ = await house.decided(NAME)
    assert isinstance(await house.released(sealed), Receipt)
    refused, decision = await house.decided(NAME)
    assert decision.geweigerd == ((NAME, "te-vaak"),)
    assert refused.told[0].next_step == "Wacht tot 1 oktober 2026."
    house.clock.forward(days=31)
    _, later = await house.decided(NAME)
    assert later.geweigerd == ()


@pytest.mark.parametrize("many", [1, 40])
async def test_a_decision_costs_the_same_number_of_statements_however_many_are_asked(house: House, many: int) -> None:
    await house.ready()
    ready = await house.second()
    seen = said_to(ready.database)
    question = Question(resident=ANNA, activity="regeling", elements=(NAME, PLAN))
    assert len(await ready.decide(LOKET, [question] * many)) == many
    reads = [statement for statement in seen if "FROM" in statement and "keys" not in statement.split("FROM")[1][:20]]
    assert len(reads) == 5, "six with a case"
    assert not [statement for statement in seen if statement.startswith(("INSERT", "UPDATE", "DELETE"))]


async def test_a_stolen_table_does_not_hold_what_a_resident_wrote(house: House) -> None:
    await house.ready()
    asked = await house.request()
    lines = await house.log.lines(room_of(TENANT, "consent"), ANNA.subject)
    question = await house.consent.ask(ANNA_HERSELF, ANNA, lines.lines[0].position, "Waarom wilt u mijn plattegrond?")
    assert (question.asked_at, question.due_at) == (asked.requested_at, asked.requested_at + 7 * 86_400_000)
    async with house.database().snapshot(TENANT) as connection:
        schema = "consent." if house.database().postgres else ""
        stored = (await connection.execute(text(f"SELECT * FROM {schema}questions"))).all()  # noqa: S608 - our own name
    assert "plattegrond" not in repr(stored)
    officer = Caller(tenant=TENANT, kind="medewerker", user="fg-1", roles=("fg",))
    answered = await house.consent.answer(officer, question.id, "Omdat het nodig was.")
    assert await house.consent.asked(ANNA_HERSELF) == [answered]
    with pytest.raises(NotNow):
        await house.consent.answer(officer, question.id, "Nog iets.")
    assert (await house.kinds())[-2:] == ["vraag", "vraag-beantwoord"]
