"""Beyond choices, on the real register and log: uses, and what is asked for somebody; ends, two who act, crashes."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from audit.contract import Entry, Event, FenceAt, LogUnavailable, Position, record_one
from consent.contract import Claim, NoSuchThing, NotNow
from consent.decision import Decision
from consent.mandates.contract import Ground
from consent.mandates.rules import MINUTE
from consent.rights.relocking import Relocking
from consent.rights.retelling import Retelling
from consent.rights.tables import rights
from kernel.caller import Caller, room_of
from kernel.canonical import read_canonical
from kernel.clock import millis
from kernel.crypto import sha256
from kernel.errors import BadInput, Problem
from kernel.ids import random_id
from tests.consent.house import ANNA, ANNA_HERSELF, BERT, LOKET, NAME, PLAN, TENANT, House, activity
from tests.consent.test_appointments import MONEY, appointed
from tests.consent.test_consent_faults import AFTER, BEFORE, Interrupted
from tests.consent.test_mandates import CEES, SIXTEEN, accepted, held, parent, reason

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("house", ["sqlite"], indirect=True)]
BERT_HIMSELF = ANNA_HERSELF.model_copy(update={"user": BERT.id})
TASK = activity("taak", {NAME: "B"})
LAW = activity("wet", {NAME: "A"})
OFFICER = Caller(tenant=TENANT, kind="medewerker", user="fg-1", roles=("fg",))
ROOM = Caller(tenant=TENANT, kind="kamer")


async def used(house: House, *elements: str, slug: str = "regeling") -> None:
    """Data went out: the line, as the desk writes it."""
    sealed, decision = await house.decided(*elements, activity=slug)
    said = Decision.model_validate(read_canonical(sealed.decision))
    classes = tuple((one, {NAME: "A"}.get(one, "C")) for one in elements)
    event = Event(id=random_id(), kind="verstrekking", subject=said.betrokkene, activity=slug, version=str(said.versie),
                  class_=classes[0][1], classes=classes, elements=elements, recipient="loket", case="Z-geheim",
                  decision=sha256(sealed.decision.encode()).hex(), decided_at=said.beslist,
                  valid_until=said.geldigTot)  # fmt: skip
    requires = tuple(FenceAt(fence=fence, epoch=epoch) for fence, epoch, _ in decision.hekken)
    await record_one(house.audit.door("connectors"), LOKET, Entry(event=event, requires=requires))


def claim(kind: str = "bezwaar", slug: str | None = "taak", **more: object) -> Claim:
    return Claim.model_validate({"resident": ANNA, "kind": kind, "activity": slug, "text": "Om deze reden", **more})


async def test_each_look_at_uses_is_a_line_and_shows_what_may_be_seen(house: House) -> None:
    await house.ready(activity(), LAW)
    await house.given(PLAN)
    await used(house, NAME, PLAN)
    await used(house, NAME, slug="wet")
    mandate, door = await accepted(house), house.consent.mandates
    (seen,) = (await door.uses(BERT_HIMSELF, held(mandate), 0)).lines
    assert seen.event.elements == (NAME, PLAN) and "Z-geheim" not in seen.model_dump_json()
    (seen,) = (await door.uses(CEES, parent(house), 0)).lines
    assert seen.event.elements == (PLAN,)
    found = (await house.log.lines(room_of(TENANT, "consent"), ANNA.subject, None, 2)).lines
    assert [(one.event.kind, one.event.on_behalf, one.event.details.get("wat")) for one in found] == [
        ("namens-gekeken", "ouder", "gebruik"), ("namens-gekeken", "machtiging", "gebruik")
    ]  # fmt: skip
    assert found[1].event.details["machtiging"] == mandate.id
    house.clock.forward(minutes=2)
    assert (await door.uses(BERT_HIMSELF, held(mandate), millis(house.clock()))).lines == ()
    await house.consent.mandates.end(ANNA_HERSELF, mandate.id)
    assert await reason(door.uses(BERT_HIMSELF, held(mandate), 0)) == "voorbij"
    assert await reason(door.uses(CEES, parent(house, checked_at=millis(house.clock()) - MINUTE - 1), 0)) == "nakijken"
    house.clock.now = SIXTEEN
    assert await reason(door.uses(CEES, parent(house), 0)) == "voorbij"


async def test_where_the_log_cannot_write_a_look_nothing_is_shown(house: House) -> None:
    await house.ready()
    mandate = await accepted(house)
    broken = await house.second(Interrupted(house.log, BEFORE, "namens-gekeken"))
    with pytest.raises(LogUnavailable):
        await broken.mandates.uses(BERT_HIMSELF, held(mandate), 0)


async def test_of_whom_is_secret_even_who_was_chosen_learns_no_use_and_asks_nothing(house: House) -> None:
    await house.ready(activity(), TASK)
    mandate, door = await accepted(house), house.consent.mandates
    await house.consent.flag(ROOM, ANNA, ["geheimhouding"])
    for act in (door.uses(BERT_HIMSELF, held(mandate), 0), door.reach(BERT_HIMSELF, held(mandate)),
                door.file(BERT_HIMSELF, held(mandate), claim(slug="regeling"))):  # fmt: skip
        assert await reason(act) == "buiten"
    assert await door.choices(BERT_HIMSELF, held(mandate)) == [], "their choices the resident showed them"


async def test_a_parent_objects_for_a_child_who_sees_who_did_and_takes_it_back(house: House) -> None:
    await house.ready(activity(), TASK)
    door, own = house.consent.mandates, house.consent.rights
    filed = await door.file(BERT_HIMSELF, parent(house), claim())
    assert (filed.filed_as, filed.suspends, filed.status) == ("ouder", True, "ingediend")
    _, decision = await house.decided(NAME, activity="taak")
    assert dict(decision.geweigerd) == {NAME: "bezwaar"}
    line = (await house.log.lines(room_of(TENANT, "consent"), ANNA.subject, None, 1)).lines[0].event
    assert (line.kind, line.on_behalf, line.actor) == ("bezwaar", "ouder", "")
    assert "staatStilOp" not in line.details
    (seen,) = await own.filed(ANNA_HERSELF)
    assert (seen.id, seen.filed_as) == (filed.id, "ouder")
    assert [one.filed_as for one in await own.filed(OFFICER)] == ["ouder"], "who answers knows who reads the answer"
    with pytest.raises(NoSuchThing):  # what stops something, nobody else takes back
        await door.withdraw(BERT_HIMSELF, parent(house), filed.id)
    assert not (await own.step(ANNA_HERSELF, filed.id, "intrekken", "")).suspends
    (seen,) = (await door.reach(BERT_HIMSELF, parent(house))).asked
    assert seen.status == "ingetrokken"


async def test_of_two_parents_who_stops_wins_and_neither_reads_the_others_words(house: House) -> None:
    await house.ready(activity(), TASK)
    door = house.consent.mandates
    await door.file(BERT_HIMSELF, parent(house), claim(text="woorden van Bert"))
    with pytest.raises(NotNow) as refused:
        await door.file(CEES, parent(house), claim())
    assert "woorden" not in str(refused.value) and "Iemand anders vroeg dit al" in str(refused.value)
    seen = await door.reach(CEES, parent(house))
    assert (seen.asked, seen.asks) == ((), True) and set(seen.activities) == {"regeling", "taak"}
    both = [await door.file(who, parent(house), claim("inzage", text=who.user)) for who in (BERT_HIMSELF, CEES)]
    assert both[0].id != both[1].id
    again = await door.file(CEES, parent(house), claim("inzage", text="nog een keer"))
    assert again == both[1], "their own is the same"
    for who, other in ((BERT_HIMSELF, both[1]), (CEES, both[0])):
        with pytest.raises(NoSuchThing):
            await door.withdraw(who, parent(house), other.id)
    assert (await door.withdraw(CEES, parent(house), both[1].id)).status == "ingetrokken"
    line = (await house.log.lines(room_of(TENANT, "consent"), ANNA.subject, None, 1)).lines[0].event
    assert (line.kind, line.on_behalf, line.details["stap"]) == ("verzoek-stap", "ouder", "intrekken")
    mine = await house.consent.rights.file(ANNA_HERSELF, claim(text="van haarzelf"))
    assert mine.filed_as == "ouder", "the same objection stands"


async def test_a_residents_own_request_is_not_told_to_who_asks_the_same(house: House) -> None:
    await house.ready(activity(), TASK)
    door = house.consent.mandates
    await house.consent.rights.file(ANNA_HERSELF, claim(text="van haarzelf"))
    with pytest.raises(NotNow):
        await door.file(BERT_HIMSELF, parent(house), claim())
    lock = claim("beperking", aanleiding="juistheid")
    await house.consent.rights.file(ANNA_HERSELF, lock)
    with pytest.raises(NotNow):
        await door.file(BERT_HIMSELF, parent(house), lock)
    assert (await door.reach(BERT_HIMSELF, parent(house))).asked == ()


async def test_nobody_asks_outside_their_reach(house: House) -> None:
    hidden = activity("hulp", {NAME: "B"}, hulpAanKind=True)
    await house.ready(MONEY, TASK, hidden)
    door, court = house.consent.mandates, await appointed(house)
    await door.file(BERT_HIMSELF, parent(house), claim())
    seen = await door.reach(BERT_HIMSELF, court)
    assert (seen.activities, seen.asked) == (("regeling",), ()), "what they asked as a parent is not about money"
    everything = claim("beperking", None, aanleiding="juistheid")
    for wanted in (claim(), claim(slug="hulp"), everything, claim("inzage", None), claim(slug="onbekend"),
                   claim(slug="regeling").model_copy(update={"resident": BERT})):  # fmt: skip
        assert await reason(door.file(BERT_HIMSELF, court, wanted)) == "buiten"
    assert await reason(door.file(CEES, parent(house), claim(slug="hulp"))) == "buiten"
    assert await reason(door.file(CEES, court, claim(slug="regeling"))) == "buiten"
    with pytest.raises(BadInput):
        await door.file(BERT_HIMSELF, court, claim("inzage", "regeling", text="mijn nummer is 999993653"))
    locked = await door.file(BERT_HIMSELF, court, claim("beperking", "regeling", aanleiding="juistheid"))
    assert (locked.suspends, locked.filed_as) == (True, "bewindvoerder")
    line = (await house.log.lines(room_of(TENANT, "consent"), ANNA.subject, None, 1)).lines[0].event
    assert line.details["grond"].startswith("beschikking van")
    other = Ground(relation="bewindvoerder", mandate=court.mandate,
                   resident=ANNA.model_copy(update={"subject": BERT.subject}))  # fmt: skip
    assert await reason(door.uses(BERT_HIMSELF, other, 0)) == "buiten", "somebody else's series"


async def test_an_executor_sees_and_asks_nothing(house: House) -> None:
    await house.ready(MONEY)
    until = millis(house.clock() + timedelta(days=300))
    estate = await appointed(house, relation="executeur", matters=("nalatenschap",), until=until)
    door = house.consent.mandates
    assert await reason(door.uses(BERT_HIMSELF, estate, 0)) == "voorbij", "not while they live"
    await used(house, NAME)
    await house.consent.flag(ROOM, ANNA, ["overleden"])
    assert [one.event.elements for one in (await door.uses(BERT_HIMSELF, estate, 0)).lines] == [(NAME,)]
    assert not (await door.reach(BERT_HIMSELF, estate)).asks
    for kind in ("bezwaar", "inzage", "wissing"):
        assert await reason(door.file(BERT_HIMSELF, estate, claim(kind, "regeling"))) == "alleen-zien"


@pytest.mark.parametrize("when", [BEFORE, AFTER])
async def test_what_crashed_is_filed_once_and_stays_of_who_filed_it(house: House, when: str) -> None:
    await house.ready(activity(), TASK)
    broken = await house.second(Interrupted(house.log, when, "bezwaar"))
    with pytest.raises(LogUnavailable):
        await broken.mandates.file(BERT_HIMSELF, parent(house), claim(text="woorden van Bert"))
    mine = await house.consent.rights.file(ANNA_HERSELF, claim(text="woorden van Anna"))
    assert mine.suspends and (mine.filed_as, mine.text) == ("ouder", "woorden van Bert")
    (seen,) = (await house.consent.mandates.reach(BERT_HIMSELF, parent(house))).asked
    assert seen.text == "woorden van Bert", "a resident's words are not told to who was first"
    assert (await house.kinds()).count("bezwaar") == 1


@pytest.mark.parametrize("kind", ["bezwaar", "beperking"])
async def test_who_hears_that_it_was_asked_already_may_rest_on_it(house: House, kind: str) -> None:
    """The first one's line was never written, and their draft lapsed: then nobody had stopped anything."""
    await house.ready(activity(), TASK)
    asked = claim(kind, **({"aanleiding": "juistheid"} if kind == "beperking" else {}))
    broken = await house.second(Interrupted(house.log, BEFORE, kind))
    with pytest.raises(LogUnavailable):
        await broken.mandates.file(BERT_HIMSELF, parent(house), asked)
    with pytest.raises(NotNow):
        await house.consent.mandates.file(CEES, parent(house), asked)
    house.clock.forward(minutes=11)
    await house.consent.finish(TENANT)
    _, decision = await house.decided(NAME, activity="taak")
    assert dict(decision.geweigerd) == {NAME: kind}
    assert (await house.kinds()).count(kind) == 1
    (seen,) = await house.consent.rights.filed(ANNA_HERSELF)
    assert (seen.suspends, seen.filed_as) == (True, "ouder")


@pytest.mark.parametrize("kind", ["bezwaar", "beperking"])
async def test_what_is_told_again_after_a_gap_still_says_who_asked(house: House, kind: str) -> None:
    await house.ready(activity(), TASK)
    asked = claim(kind, **({"aanleiding": "juistheid"} if kind == "beperking" else {}))
    filed = await house.consent.mandates.file(BERT_HIMSELF, parent(house), asked)
    ended = await house.consent.rights.step(ANNA_HERSELF, filed.id, "intrekken", "")
    register, gap = house.consent.register, ("merk", Position.parse(ended.position))
    locks, objections = Relocking(register, house.log, house.consent.following), Retelling(register, house.log)
    again = locks if kind == "beperking" else objections
    assert await again.revoked(room_of(TENANT, "consent"), gap, {}) == 1
    line = (await house.log.lines(ROOM, ANNA.subject, None, 1)).lines[0].event
    assert (line.kind, line.on_behalf) == (kind, "ouder"), "or the resident reads that they did it themselves"


async def test_who_writes_the_table_makes_nobody_elses_request_theirs(house: House) -> None:
    await house.ready(activity(), TASK)
    await house.consent.rights.file(ANNA_HERSELF, claim())
    async with house.database().writing(TENANT) as connection:
        await connection.execute(update(rights).values(filed_as="ouder", filed_by="x"))
    with pytest.raises(Problem) as forged:
        await house.consent.rights.filed(ANNA_HERSELF)
    assert forged.value.status == 503
