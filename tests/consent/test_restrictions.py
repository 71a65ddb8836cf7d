"""Restriction (AVG 18): what stands still, from when, what goes on, how it ends; and a crash between any two steps."""

import json
from datetime import timedelta

import pytest

from audit.contract import Entry, Event, LogUnavailable, Overtaken, Position, record_one
from consent.contract import Claim, NoSuchThing, NotNow, RightsRequest
from consent.locks import ALL, held, locked_by, meant, standing, unlocked, unmeant
from consent.rights.relocking import Relocking
from consent.rights.rules import NOTICE_MS, may, may_lift
from kernel.caller import room_of
from kernel.errors import BadInput
from kernel.ids import random_id
from tests.consent.house import ANNA, ANNA_HERSELF, LOKET, NAME, PLAN, TENANT, House, activity
from tests.consent.test_consent_faults import AFTER, BEFORE, Interrupted
from tests.consent.test_rights import BERT_HIMSELF, OBJECTION, OFFICER, OUR_TASK, WHY

pytestmark = pytest.mark.anyio
WRONG = Claim(resident=ANNA, kind="beperking", activity="regeling", text="Dit klopt niet.", ground="juistheid")
EVERYTHING = WRONG.model_copy(update={"activity": None})
UNLAWFUL = EVERYTHING.model_copy(update={"ground": "onrechtmatig"})


async def codes(house: House, *elements: str, slug: str = "regeling") -> dict[str, str]:
    _, decision = await house.decided(*(elements or (NAME, PLAN)), activity=slug)
    return dict(decision.geweigerd)


async def taken(house: House, filed: RightsRequest, step: str, text: str = WHY) -> RightsRequest:
    return await house.consent.rights.step(OFFICER, filed.id, step, text)  # type: ignore[arg-type]  # a step


async def test_a_doubt_about_what_is_right_stops_at_once_and_ends_only_after_a_notice(house: House) -> None:
    await house.ready(activity(), activity("ander", elements={NAME: "A"}))
    await house.given(PLAN)
    before, _ = await house.decided(NAME)
    door = house.consent.rights
    filed = await door.file(ANNA_HERSELF, WRONG)
    assert (filed.status, filed.suspends, filed.ground, filed.lifts_at) == ("ingediend", True, "juistheid", 0)
    assert (await door.file(ANNA_HERSELF, WRONG)).id == filed.id, "the same once more"
    with pytest.raises(Overtaken):
        await house.released(before)
    assert await codes(house) == {NAME: "beperking"}, "what was chosen goes on (18(2))"
    assert await codes(house, NAME, slug="ander") == {}, "only within its scope"
    sealed, _ = await house.decided(PLAN)
    await house.released(sealed)
    for wrong in (LOKET, BERT_HIMSELF):
        with pytest.raises(NoSuchThing):
            await door.step(wrong, filed.id, "intrekken", "")
    await taken(house, filed, "in-behandeling")
    with pytest.raises(NotNow, match="eerst"):
        await taken(house, filed, "ongegrond")
    told = await taken(house, filed, "aankondigen", "Het klopt toch.")
    assert (told.notice, told.answer, told.suspends) == ("Het klopt toch.", "", True)
    house.clock.forward(milliseconds=NOTICE_MS - 1_000)
    with pytest.raises(NotNow, match="week"):
        await taken(house, filed, "ongegrond")
    house.clock.forward(hours=1)
    ended = await taken(house, filed, "ongegrond")
    assert (ended.status, ended.suspends, ended.answer) == ("ongegrond", False, WHY)
    assert await codes(house) == {}
    sealed, _ = await house.decided(NAME)
    await house.released(sealed)
    assert (await door.file(ANNA_HERSELF, WRONG)).id != filed.id, "and it may be asked again"
    assert await codes(house) == {NAME: "beperking"}
    kinds = [one for one in await house.kinds() if one.startswith(("beperking", "verzoek"))]
    assert kinds == ["beperking", "verzoek-stap", "verzoek-stap", "beperking-opgeheven", "beperking"]


async def test_a_request_that_only_waits_does_not_swallow_one_that_stops_at_once(house: House) -> None:
    await house.ready()
    door = house.consent.rights
    waiting = await door.file(ANNA_HERSELF, WRONG.model_copy(update={"ground": "onrechtmatig"}))
    assert not waiting.suspends and await codes(house, NAME) == {}
    filed = await door.file(ANNA_HERSELF, WRONG)
    assert filed.id != waiting.id and filed.suspends and await codes(house, NAME) == {NAME: "beperking"}
    await taken(house, waiting, "in-behandeling")
    assert (await taken(house, waiting, "gegrond")).suspends
    stand = {one.id for one in await door.filed(ANNA_HERSELF) if one.suspends}
    assert stand == {filed.id, waiting.id}, "the older one does not take over what the newer one locked"
    await door.step(ANNA_HERSELF, waiting.id, "intrekken", "")
    assert await codes(house, NAME) == {NAME: "beperking"}, "what she doubts is not decided yet"
    await door.step(ANNA_HERSELF, filed.id, "intrekken", "")
    assert await codes(house, NAME) == {}


async def test_what_would_be_unlawful_stops_when_the_fg_agrees_and_its_resident_ends_it(house: House) -> None:
    await house.ready(activity(), activity("ander", elements={NAME: "A"}))
    door = house.consent.rights
    filed = await door.file(ANNA_HERSELF, UNLAWFUL)
    assert (filed.status, filed.suspends) == ("ingediend", False) and await codes(house, NAME) == {}
    await taken(house, filed, "in-behandeling")
    assert (await taken(house, filed, "gegrond")).suspends
    for slug in ("regeling", "ander"):
        assert await codes(house, NAME, slug=slug) == {NAME: "beperking"}
    narrower = await door.file(ANNA_HERSELF, WRONG)
    assert (await door.step(ANNA_HERSELF, filed.id, "intrekken", "")).status == "ingetrokken"
    assert await codes(house, NAME, slug="ander") == {}
    assert await codes(house, NAME) == {NAME: "beperking"}, "the other one stands by itself"
    await taken(house, narrower, "in-behandeling")
    upheld = await taken(house, narrower, "gegrond", "U heeft gelijk.")
    with pytest.raises(NotNow):
        await taken(house, narrower, "opheffen", "")
    await taken(house, narrower, "aankondigen", "Het is nu verbeterd.")
    house.clock.forward(days=8)
    ended = await taken(house, narrower, "opheffen", "")
    assert (upheld.suspends, ended.suspends, ended.status, ended.answer) == (True, False, "gegrond", "U heeft gelijk.")
    assert await codes(house, NAME) == {}
    refused = await door.file(ANNA_HERSELF, UNLAWFUL)
    await taken(house, refused, "in-behandeling")
    assert (await taken(house, refused, "ongegrond")).status == "ongegrond", "what never stood needs no notice"


async def test_what_cannot_be_asked_is_said_so(house: House) -> None:
    await house.ready(activity(elements=OUR_TASK), activity("keuze", elements={PLAN: "C"}))
    door = house.consent.rights
    with pytest.raises(BadInput):
        await door.file(ANNA_HERSELF, WRONG.model_copy(update={"ground": None}))
    with pytest.raises(NoSuchThing):
        await door.file(ANNA_HERSELF, WRONG.model_copy(update={"activity": "onbekend"}))
    with pytest.raises(NotNow, match="kiest u zelf"):
        await door.file(ANNA_HERSELF, WRONG.model_copy(update={"activity": "keuze"}))
    weighed = WRONG.model_copy(update={"ground": "bezwaar"})
    with pytest.raises(NotNow, match="niet eens"):
        await door.file(ANNA_HERSELF, weighed)
    assert await house.kinds() == []
    objection = await door.file(ANNA_HERSELF, OBJECTION)
    assert (await door.file(ANNA_HERSELF, weighed)).suspends
    for step in ("aankondigen", "opheffen"):
        with pytest.raises(NotNow):
            await taken(house, objection, step)
    assert await codes(house, NAME) == {NAME: "beperking"}


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
async def test_a_restriction_that_died_locks_its_own_scope_and_only_with_its_line(house: House, moment: str) -> None:
    await house.ready(activity(), activity("ander", elements={NAME: "A"}))
    dying = await house.second(Interrupted(house.log, moment, "beperking"))
    with pytest.raises(LogUnavailable):
        await dying.rights.file(ANNA_HERSELF, WRONG)
    await house.consent.rights.file(ANNA_HERSELF, WRONG.model_copy(update={"activity": "ander"}))
    assert await codes(house, NAME, slug="ander") == {NAME: "beperking"}
    assert await codes(house, NAME) == ({NAME: "beperking"} if moment == AFTER else {})
    house.clock.forward(minutes=11)
    await house.consent.finish(TENANT)
    there = {one.activity: one.status for one in await house.consent.rights.filed(ANNA_HERSELF)}
    assert there == ({"regeling": "ingediend"} if moment == AFTER else {}) | {"ander": "ingediend"}
    assert (await house.consent.rights.file(ANNA_HERSELF, WRONG)).suspends
    assert await codes(house, NAME) == {NAME: "beperking"}


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
async def test_what_ends_one_is_finished_by_the_round_and_not_past_a_newer_one(house: House, moment: str) -> None:
    await house.ready(activity(), activity("ander", elements={NAME: "A"}))
    door = house.consent.rights
    filed = await door.file(ANNA_HERSELF, WRONG)
    dying = await house.second(Interrupted(house.log, moment, "beperking-opgeheven"))
    with pytest.raises(LogUnavailable):
        await dying.rights.step(ANNA_HERSELF, filed.id, "intrekken", "")
    await door.file(ANNA_HERSELF, WRONG.model_copy(update={"activity": "ander"}))
    house.clock.forward(seconds=6)
    await house.consent.finish(TENANT)
    assert await codes(house, NAME) == ({} if moment == AFTER else {NAME: "beperking"}), "overtaken: say it again"
    if moment == BEFORE:
        await door.step(ANNA_HERSELF, filed.id, "intrekken", "")
    assert await codes(house, NAME) == {} and await codes(house, NAME, slug="ander") == {NAME: "beperking"}


async def test_what_ended_a_restriction_in_a_gap_ends_nothing_any_more(house: House) -> None:
    await house.ready(activity(), activity("ander", elements={NAME: "A"}))
    door, caller = house.consent.rights, room_of(TENANT, "consent")
    other = await door.file(ANNA_HERSELF, WRONG.model_copy(update={"activity": "ander"}))
    await door.step(ANNA_HERSELF, other.id, "intrekken", "")
    never = await door.file(ANNA_HERSELF, UNLAWFUL)
    await taken(house, never, "in-behandeling")
    await taken(house, never, "ongegrond")
    filed = await door.file(ANNA_HERSELF, WRONG)
    ended = await door.step(ANNA_HERSELF, filed.id, "intrekken", "")
    relocking = Relocking(house.consent.register, house.log, house.consent.following)
    gap = ("merk", Position.parse(ended.position))
    assert await relocking.revoked(caller, gap, {}) == 1, "the other one ended before it, and one never stood"
    assert await relocking.revoked(caller, gap, {}) == 0, "done again, it is done"
    assert await codes(house, NAME) == {NAME: "beperking"} and await codes(house, NAME, slug="ander") == {}
    again = next(one for one in await door.filed(ANNA_HERSELF) if one.id == filed.id)
    assert (again.status, again.suspends) == ("ingediend", True)
    await door.step(ANNA_HERSELF, filed.id, "intrekken", "")
    assert await codes(house, NAME) == {}


async def test_a_line_that_nobody_here_knows_locks_everything(house: House) -> None:
    await house.ready()
    await house.given(PLAN)
    await house.consent.rights.file(ANNA_HERSELF, EVERYTHING)
    async with house.consent.register.reading(TENANT) as rows:
        fence = rows.keys.restriction(ANNA.id)
    said = Event(id=random_id(), kind="beperking", subject=ANNA.subject)
    await record_one(house.log, room_of(TENANT, "consent"), Entry(event=said, advances=(fence,)))
    await house.consent.finish(TENANT)
    assert await codes(house, NAME, PLAN) == {NAME: "beperking", PLAN: "beperking"}


def test_locks_by_themselves() -> None:
    said = meant({}, "a" * 32, ALL, "r1", "ingediend")
    text, act = locked_by(json.loads(said), "a" * 32, 3)
    known = json.loads(text)
    assert act and act["request"] == "r1" and held(known, "wat-dan-ook") and known["locks"] == {}
    assert held(json.loads(unlocked(known, ALL, "r1", 2)), "x"), "a permit of before it ends nothing"
    assert not held(json.loads(unlocked(known, ALL, "r1", 3)), "x") and not held({}, "x")
    both = json.loads(locked_by(json.loads(meant(known, "c" * 32, ALL, "r2", "gegrond")), "c" * 32, 4)[0])
    for one, other in (("r1", "r2"), ("r2", "r1")):
        left = json.loads(unlocked(both, ALL, one, 4))
        assert held(left, "x") and standing({"document": json.dumps(left)}, ALL) == {other}
        assert not held(json.loads(unlocked(left, ALL, other, 4)), "x")
    old = {"restrictions": {ALL: {"epoch": 3, "open": True, "request": "r0"}, "y": {"epoch": 1, "open": False}}}
    assert held(old, "x") and not held(json.loads(unlocked(old, ALL, "r0", 3)), "y"), "a row of before"
    assert locked_by(known, "b" * 32, 4)[1] is None
    assert json.loads(unmeant(json.loads(said), "a" * 32))["locks"] == {}


def test_only_a_restriction_is_announced_and_ended() -> None:
    may("gegrond", "opheffen", 0, 0, 0, "beperking")
    may("gegrond", "intrekken", 0, 0, 0, "beperking")
    for kind, status in (("bezwaar", "gegrond"), ("inzage", "in-behandeling"), ("beperking", "ingediend")):
        with pytest.raises(NotNow):
            may(status, "opheffen", 0, 0, 0, kind)
    may_lift("intrekken", 0, 0)
    may_lift("ongegrond", 1, 1 + NOTICE_MS)
    for announced, at in ((0, NOTICE_MS), (1, NOTICE_MS)):
        with pytest.raises(NotNow):
            may_lift("ongegrond", announced, at)
    assert timedelta(milliseconds=NOTICE_MS).days == 7
