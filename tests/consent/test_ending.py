"""An activity that is stopped: by one person, at once, for everybody; who starts it again asks everybody again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import pytest

from audit.contract import Audit, Entry, Kind, Overtaken, Verdict, record_one
from consent.contract import CannotPublish, Gone, NoSuchThing, NotAgain, NotNow, Search
from consent.drafts.contract import NeverStops
from consent.lines import event, restriction
from consent.owning import LASTING
from consent.tables import activities, drafts
from kernel.caller import Caller, room_of
from kernel.clock import millis
from kernel.errors import BadInput, NoAccess
from kernel.ids import random_id
from tests.consent.house import ANNA, ANNA_HERSELF, ANSWER, LOKET, NAME, PLAN, STAFF, TENANT, House, activity, no
from tests.consent.test_drafts import KEEPER, OFFICER, ONE, TWO
from tests.consent.test_life_cycle import choose

pytestmark = pytest.mark.anyio
WHY = "De rechter vond dit niet goed."
NARROWER = activity(maximalePeriode=28)


class Before:
    """The log, for one instance: the first time that it writes a line of a kind, something else comes first."""

    def __init__(self, audit: Audit, kind: Kind, first: Callable[[], Awaitable[object]]) -> None:
        self._audit, self._kind, self._first = audit, kind, [first]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._audit, name)

    async def record(self, caller: Caller, entries: Sequence[Entry]) -> list[Verdict]:
        if self._first and entries[0].event.kind == self._kind:
            await self._first.pop()()
        return await self._audit.record(caller, entries)


@pytest.mark.parametrize("who", (ONE, OFFICER), ids=("eigenaar", "fg"))
async def test_one_person_ends_an_activity_and_nothing_is_given_under_it_any_more(house: House, who: Caller) -> None:
    await house.ready()
    given, asked = await house.given(PLAN), (await house.request(ANSWER)).id
    sealed, before = await house.decided(PLAN)
    assert before.toegestaan
    receipt = await house.consent.drafts.end(who, "regeling", WHY)
    said = (await house.audit.desk(STAFF).reader.line(receipt.position)).event
    assert (said.kind, said.actor, said.activity, said.details) == (
        "activiteit-beeindigd", who.user, "regeling", {"reden": WHY}
    )  # fmt: skip
    with pytest.raises(Overtaken):
        await house.released(sealed)
    _, after = await house.decided(PLAN)
    assert [code for _, code in after.geweigerd] == ["activiteit-niet-actief"]
    assert (await house.consent.choice(ANNA_HERSELF, given)).consent.state == "ongeldig"
    assert {one.state for one in await house.consent.choices(ANNA_HERSELF)} == {"ongeldig"}, "nothing waits for her"
    with pytest.raises(NoSuchThing):
        await house.request(PLAN)
    for consent, answer in ((asked, "ja"), (given, "vernieuw")):
        with pytest.raises(Gone):
            await choose(house, consent, answer)
    assert await choose(house, given, "stop") == "ingetrokken", "nobody is held to what was stopped"
    assert [one.ended for one in await house.consent.history(STAFF, "regeling")] == [True]
    with pytest.raises(NotNow):
        await house.consent.drafts.end(who, "regeling", WHY)


async def test_what_was_stopped_and_starts_again_asks_everybody_again(house: House) -> None:
    await house.ready()
    given = await house.given(PLAN)
    await house.consent.drafts.end(ONE, "regeling", WHY)
    saved = await house.consent.drafts.save(ONE, activity())
    assert (saved.against, saved.asks_anew) == (0, False)
    await house.consent.drafts.step(ONE, "regeling", "voorstellen", saved.digest)
    await house.consent.drafts.step(TWO, "regeling", "publiceren", saved.digest)
    (again,) = await house.consent.activities(STAFF)
    assert (again.number, again.consents_since) == (2, 2)
    assert (await house.consent.choice(ANNA_HERSELF, given)).consent.state == "ongeldig"
    assert [code for _, code in (await house.decided(PLAN))[1].geweigerd] == ["geen-toestemming"]


async def test_a_question_that_was_open_when_its_purpose_stopped_bars_nobody(house: House) -> None:
    await house.ready(activity(nietOpnieuwVragen=180))
    silent = (await house.request(PLAN)).id
    house.clock.forward(days=40)
    open_one = (await house.request(ANSWER)).id
    house.clock.forward(days=2)
    stopped = millis(house.clock())
    await house.consent.drafts.end(ONE, "regeling", WHY)
    house.clock.forward(days=40)
    saved = await house.consent.drafts.save(ONE, activity(nietOpnieuwVragen=180))
    assert saved.again
    await house.consent.drafts.step(ONE, "regeling", "voorstellen", saved.digest)
    await house.consent.drafts.step(TWO, "regeling", "publiceren", saved.digest)
    seen = {one.id: (one.state, one.ended_at) for one in await house.consent.choices(ANNA_HERSELF)}
    assert seen[open_one] == ("ongeldig", stopped), "she did not choose too late: nobody could choose"
    assert (await house.consent.choice(ANNA_HERSELF, open_one)).consent.state == "ongeldig"
    assert (await house.consent.requested(LOKET, open_one)).state == "ongeldig"
    assert (await house.request(ANSWER)).state == "gevraagd"
    assert seen[silent][0] == "vervallen"
    with pytest.raises(NotAgain):
        await house.request(PLAN)


async def test_of_a_question_that_was_overtaken_its_recipient_reads_no_no_from_silence(house: House) -> None:
    await house.ready(activity(nietOpnieuwVragen=180))
    silent, refused = (await house.request(PLAN)).id, (await house.request(ANSWER)).id
    await house.consent.choose(ANNA_HERSELF, refused, no())
    house.clock.forward(days=2)
    await house.consent.drafts.end(ONE, "regeling", WHY)
    house.clock.forward(days=40)
    same = {"id": "", "elements": ()}
    one, other = [(await house.consent.requested(LOKET, each)).model_copy(update=same) for each in (silent, refused)]
    assert one == other and one.state == "ongeldig"
    listed = await house.consent.found(LOKET, Search(resident=ANNA, activity="regeling"))
    assert {each.state for each in listed} == {"ongeldig"}
    assert (await house.consent.choice(ANNA_HERSELF, refused)).consent.state == "geweigerd", "what she said is hers"


async def test_a_version_each_month_asks_nobody_again_and_again(house: House) -> None:
    """Two owners who publish the same again before a question runs out had the silence of everybody forgiven."""
    await house.ready(activity(nietOpnieuwVragen=180))
    asked = []
    for number in range(4):
        if number:
            house.clock.forward(days=27)
            await house.consent.publish(
                STAFF, activity(nietOpnieuwVragen=180, bewaartermijn={"nl": f"{number}", "en": "x"})
            )
        try:
            asked.append((await house.request(PLAN)).version)
        except NotAgain:
            asked.append("niet")
    assert asked == ["1", "2", "niet", "niet"], "once more, for nobody could answer the first to its last day"


async def test_an_owner_stops_what_is_of_their_own_department_and_hears_who_may_else(house: House) -> None:
    await house.ready()
    for roles in (("proceseigenaar",), ("proceseigenaar", "afdeling:ander"), ("balie", "afdeling:loket")):
        with pytest.raises(NoAccess) as refused:
            await house.consent.drafts.end(ONE.model_copy(update={"roles": roles}), "regeling", WHY)
    assert refused.value.detail == "Dit is voor de eigenaar van het doel."
    with pytest.raises(NoAccess, match=r"van loket\. Stoppen kan wie daar eigenaar is, de FG"):
        await house.consent.drafts.end(ONE.model_copy(update={"roles": ("proceseigenaar",)}), "regeling", WHY)
    assert [one.slug for one in await house.consent.activities(STAFF)] == ["regeling"]


async def test_what_the_house_lives_on_is_stopped_by_nobody(house: House) -> None:
    await house.ready()
    await house.consent.publish(STAFF, activity("regie-inzage", {NAME: "A"}))
    for slug in LASTING:
        for who in (ONE, OFFICER):
            with pytest.raises(NeverStops):
                await house.consent.drafts.end(who, slug, WHY)
    assert "regie-inzage" in {one.slug for one in await house.consent.activities(STAFF)}


async def test_what_was_stopped_is_listed_until_it_begins_again(house: House) -> None:
    await house.ready()
    await house.consent.publish(STAFF, NARROWER)
    assert await house.consent.drafts.stopped(STAFF) == []
    receipt = await house.consent.drafts.end(ONE, "regeling", WHY)
    (one,) = await house.consent.drafts.stopped(STAFF)
    assert (one.version.number, one.ended, one.ended_by) == (2, True, str(receipt.position))
    saved = await house.consent.drafts.save(ONE, one.version)
    await house.consent.drafts.step(ONE, "regeling", "voorstellen", saved.digest)
    await house.consent.drafts.step(TWO, "regeling", "publiceren", saved.digest)
    assert await house.consent.drafts.stopped(STAFF) == []


async def test_a_yes_that_stood_still_is_over_too_when_its_activity_is_stopped(house: House) -> None:
    await house.ready()
    given = await house.given(PLAN)
    await choose(house, given, "pauze")
    await house.consent.drafts.end(ONE, "regeling", WHY)
    assert (await house.consent.choice(ANNA_HERSELF, given)).consent.state == "ongeldig", "nothing goes on from here"
    assert (await house.consent.requested(LOKET, given)).state == "ongeldig"
    assert await choose(house, given, "stop") == "ingetrokken"


async def test_nobody_starts_it_again_alone_with_what_was_proposed_before(house: House) -> None:
    await house.ready()
    saved = await house.consent.drafts.save(ONE, NARROWER)
    await house.consent.drafts.step(ONE, "regeling", "voorstellen", saved.digest)
    await house.consent.drafts.step(OFFICER, "regeling", "akkoord", saved.digest)
    await house.consent.drafts.end(OFFICER, "regeling", WHY)
    with pytest.raises(NotNow):
        await house.consent.drafts.step(TWO, "regeling", "publiceren", saved.digest)
    there = await house.consent.drafts.one(TWO, "regeling")
    assert (there.stage, there.agreed, there.digest) == ("concept", False, saved.digest), "what they wrote stays"
    await house.consent.drafts.step(ONE, "regeling", "voorstellen", saved.digest)
    with pytest.raises(NotNow):
        await house.consent.drafts.end(OFFICER, "regeling", WHY)
    await house.consent.drafts.step(TWO, "regeling", "publiceren", saved.digest)
    assert [one.number for one in await house.consent.activities(STAFF)] == [2]


async def test_a_stop_takes_no_bounds_away(house: House) -> None:
    by_law, used = {NAME: "A"}, {"bewaarDagen": 30, "frequentie": {"keer": 2, "per": "jaar"}}
    await house.ready(activity("regeling", by_law, sjabloon="parkeervergunning", **used))
    await house.consent.drafts.end(ONE, "regeling", WHY)
    saved = await house.consent.drafts.save(ONE, activity("regeling", by_law, **used))
    assert [one.place for one in saved.wrong] == ["/sjabloon"]
    await house.consent.drafts.step(ONE, "regeling", "voorstellen", saved.digest)
    with pytest.raises(CannotPublish):
        await house.consent.drafts.step(TWO, "regeling", "publiceren", saved.digest)


async def test_what_was_forged_beside_it_keeps_nobody_from_stopping_it(house: House) -> None:
    await house.ready()
    await house.consent.publish(STAFF, NARROWER)
    await house.consent.drafts.save(ONE, NARROWER)
    async with house.database().writing(TENANT) as connection:
        await connection.execute(drafts.update().values(proposer="een-ander"))
        await connection.execute(activities.update().where(activities.c.number == 1).values(position=""))
    await house.consent.drafts.end(OFFICER, "regeling", WHY)
    assert await house.consent.activities(STAFF) == []


async def test_who_may_not_end_an_activity_leaves_it_as_it_is(house: House) -> None:
    await house.ready()
    desk = Caller(tenant=TENANT, kind="medewerker", user="balie-1", roles=("balie",))
    for who in (ANNA_HERSELF, LOKET, KEEPER, desk):
        with pytest.raises(NoAccess):
            await house.consent.drafts.end(who, "regeling", WHY)
    with pytest.raises(NoSuchThing):
        await house.consent.drafts.end(ONE, "bestaat-niet", WHY)
    for reason in ("Om 999993653.", "Om 9999.93.653."):
        with pytest.raises(BadInput):
            await house.consent.drafts.end(ONE, "regeling", reason)
    assert [one.slug for one in await house.consent.activities(STAFF)] == ["regeling"]


async def test_a_version_that_comes_into_force_while_somebody_stops_it_is_stopped_as_well(house: House) -> None:
    await house.ready()

    async def publish() -> None:
        await house.consent.publish(STAFF, NARROWER)

    late = await house.second(cast("Audit", Before(house.log, "activiteit-beeindigd", publish)))
    await late.drafts.end(ONE, "regeling", WHY)
    assert await house.consent.activities(STAFF) == [], "who stopped it was told that it stopped"


async def test_what_was_stopped_before_the_next_version_has_its_line_never_gets_one(house: House) -> None:
    await house.ready()
    await house.given(PLAN)

    async def stop() -> None:  # by who read the register before the new version waited there
        async with house.consent.register.reading(TENANT) as rows:
            row = await rows.one(activities, slug="regeling", number=1)
        said = event("activiteit-beeindigd", random_id(), "systeem", activity="regeling", version="1")
        assert row
        await record_one(house.log, room_of(TENANT, "consent"), restriction(said, row["fence"]))

    late = await house.second(cast("Audit", Before(house.log, "activiteit-gepubliceerd", stop)))
    with pytest.raises(NotNow):
        await late.publish(STAFF, NARROWER)
    await house.consent.following.follow(TENANT)
    assert await house.consent.activities(STAFF) == []


async def test_who_stops_it_twice_at_one_moment_leaves_one_line(house: House) -> None:
    await house.ready()
    ends = (house.consent.drafts.end(ONE, "regeling", why) for why in (WHY, WHY, "Anders gezegd."))
    done = await asyncio.gather(*ends, return_exceptions=True)
    assert {type(one).__name__ for one in done} <= {"Receipt", "NotNow"}, done
    lines = (await house.audit.desk(STAFF).reader.lines("systeem", None, 50)).lines
    assert [line.event.kind for line in lines].count("activiteit-beeindigd") == 1


async def test_loading_a_file_again_starts_nothing_that_was_stopped(house: House) -> None:
    await house.ready()
    await house.consent.drafts.end(ONE, "regeling", WHY)
    for version in (activity(), NARROWER):
        with pytest.raises(NotNow):
            await house.consent.publish(STAFF, version)
    assert await house.consent.activities(STAFF) == []
