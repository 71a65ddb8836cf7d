"""A decision weighed again a year later: the facts of its day, not of today."""

from typing import Any

import pytest
from sqlalchemy import delete, update

from audit.contract import Event, Position
from consent.contract import Question, RegisterUnavailable, ResidentRef
from consent.deciding import MOST
from consent.explained import Explained
from consent.known import Facts
from consent.replaying import NotReplayable, Replayed, Replaying
from consent.rules import Weighed
from consent.tables import history
from kernel.caller import room_of
from kernel.canonical import canonical
from kernel.errors import BadInput
from tests.consent.house import ANNA, ANNA_HERSELF, LOKET, NAME, PLAN, STAFF, TENANT, House, activity, stop
from tests.statements import said_to

pytestmark = pytest.mark.anyio
OFTEN = {"keer": 2, "per": "jaar"}


async def asked(house: House, *elements: str) -> Position:
    question = Question(resident=ANNA, activity="regeling", elements=elements or (NAME, PLAN))
    (explained,) = await house.consent.explain(LOKET, [question])
    assert isinstance(explained, Explained)
    return explained.receipt.position


async def event_at(house: House, position: Position) -> Event:
    return (await house.log.line(room_of(TENANT, "consent"), position)).event


async def replayed(house: House, position: Position, **how: Any) -> Replayed:
    line = await event_at(house, position)
    return await Replaying(house.consent.following._register, **how).replay(TENANT, line)


async def a_year_passes(house: House, consent_id: str) -> None:
    """Everything that a decision could have stood on becomes something else."""
    await house.consent.flag(LOKET, ANNA, ("geheimhouding",))
    await house.consent.choose(ANNA_HERSELF, consent_id, stop())
    await house.consent.publish(STAFF, activity(elements={NAME: "B", PLAN: "C"}))
    await house.consent.suspend(STAFF, "loket")
    house.clock.forward(days=366)
    await house.consent.finish(TENANT)


async def test_after_a_year_in_which_everything_changed_the_same_is_decided(house: House) -> None:
    await house.ready(activity(frequentie=OFTEN))
    before = await asked(house)
    consent_id = await house.given(PLAN)
    sealed, _ = await house.decided(NAME, PLAN)
    await house.released(sealed)
    after = await asked(house)
    await a_year_passes(house, consent_id)
    for position, allowed in ((before, [NAME]), (after, [NAME, PLAN])):
        again = await replayed(house, position)
        assert again.same, again
        assert [one.element for one in again.decision.toegestaan] == allowed
    assert ("geteld", "regeling", "1") in again.decision.feiten
    now = await replayed(house, await asked(house))
    assert now.same and not now.decision.toegestaan, "and what is decided today is another matter"


async def test_a_decision_is_written_as_its_model_would_write_it(house: House) -> None:
    await house.ready()
    await house.given(PLAN)
    for case in ("", "Z-1"):
        sealed, decision = await house.decided(NAME, PLAN, "brp.nationaliteit", of=ANNA, case=case)
        absent = {
            name
            for name in ("zaak", "namens", "tabel", "verzameling", "noodtoegang", "geteld")
            if not getattr(decision, name)
        }
        said = decision.model_dump(exclude=absent)
        for one in said["toegestaan"]:  # of a version that looks at the present only
            del one["terug"], one["eerder"]
        assert canonical(said) == sealed.decision


async def test_ten_thousand_residents_are_one_question_and_one_more_is_refused(house: House) -> None:
    await house.ready()
    await house.given(PLAN)
    others = [ResidentRef(id=f"{n:032x}", subject=f"{n:032x}", fence=f"{n:032x}") for n in range(MOST - 1)]
    asked = [Question(resident=one, activity="regeling", elements=(PLAN,)) for one in (ANNA, *others)]
    said = said_to(house.consent.database)
    sealed = await house.consent.decide(LOKET, asked)
    assert 5 <= len(said) <= 7 and len(sealed) == MOST
    assert [not one.told for one in sealed] == [True, *[False] * (MOST - 1)]
    with pytest.raises(BadInput):
        await house.consent.decide(LOKET, [*asked, asked[0]])


async def test_other_rules_are_shown_as_a_difference(house: House) -> None:
    def strict(question: Question, facts: Facts, at: int) -> Weighed:
        return Weighed(
            refused=tuple((name, "beperking", "beperking") for name in question.elements), fences=facts.fences
        )

    await house.ready()
    again = await replayed(house, await asked(house, NAME), rules=strict)
    assert not again.same
    ((what, then, now),) = again.differences
    assert what == NAME and then.startswith("mag: brp") and now == "mag niet: beperking"


async def test_a_fact_that_is_no_longer_kept_is_named_and_never_guessed(house: House) -> None:
    await house.ready()
    consent_id = await house.given(PLAN)
    position = await asked(house)
    await a_year_passes(house, consent_id)
    async with house.database().writing(TENANT) as connection:
        await connection.execute(delete(history).where(history.c.kind == "consents"))
    again = await replayed(house, position)
    assert not again.same and [fact.split()[0] for fact in again.missing] == ["consents"]


async def test_a_fact_that_was_altered_since_is_found(house: House) -> None:
    await house.ready()
    consent_id = await house.given(PLAN)
    position = await asked(house)
    await a_year_passes(house, consent_id)
    async with house.database().writing(TENANT) as connection:
        await connection.execute(update(history).values(document="{}"))
    with pytest.raises(RegisterUnavailable):
        await replayed(house, position)


async def test_a_line_without_its_decision_or_with_another_is_no_evidence(house: House) -> None:
    await house.ready()
    line = await event_at(house, await asked(house, NAME))
    other = await event_at(house, await asked(house, NAME))
    replaying = Replaying(house.consent.following._register)
    for change in ({"sealed": ""}, {"sealed": other.sealed}, {"seal": other.seal}, {"decision": other.decision}):
        with pytest.raises(NotReplayable):
            await replaying.replay(TENANT, line.model_copy(update=change))
