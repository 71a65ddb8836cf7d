"""Many residents in one question: each answered as if asked about alone, counted, and in nobody's way."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx2
import pytest

from audit.contract import Count, Entry, LogUnavailable, Verdict
from consent.activity import Case
from consent.bulk.allowance import Allowance
from consent.bulk.answering import AnswerMany
from consent.bulk.api import _ANSWER, _EXAMPLE, Many
from consent.bulk.component import UPLOADS
from consent.bulk.reading import ELEMENTS_MOST, MOST, read_many
from consent.bulk.turns import Turns
from consent.contract import Question, RegisterUnavailable, ResidentRef
from consent.explained import EnrolAt
from kernel.caller import Caller, room_of
from kernel.errors import BadInput, TooManyRequests
from kernel.gather import MOST as GATHERED
from kernel.http.limits import UPLOAD_PARTS
from tests.consent.house import (
    ANNA,
    ANNA_HERSELF,
    ANSWER,
    BERT,
    LOKET,
    NAME,
    PLAN,
    STAFF,
    TENANT,
    House,
    activity,
    element,
    name_of,
    no,
    opened_house,
    stop,
    yes,
)
from tests.patience import PATIENCE
from tests.serving import app_of

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
ANNAS, BERTS, CARLAS, DAANS, EVAS, NOBODY = (
    "999993653", "999990019", "999992806", "999991048", "999994268", "999990299",
)  # fmt: skip
EVERYBODY = (ANNAS, BERTS, NOBODY, CARLAS, DAANS, EVAS)
COUNTED = 40  # residents a day, in this house


def somebody(sign: str) -> ResidentRef:
    return ResidentRef(id=sign * 32, subject=sign * 31 + "0", fence=sign * 31 + "1")


class Door:
    """The public root, with a caller by name."""

    def __init__(self, http: httpx2.AsyncClient, house: House) -> None:
        self.http, self.house = http, house

    async def many(self, listed: Sequence[dict[str, Any]], who: str = "loket", **change: Any) -> httpx2.Response:
        body = {"verwerkingsactiviteit": "regeling", "gegevenselementen": [NAME, PLAN], "inwoners": list(listed)}
        return await self.http.post("/toestemming/v1/bulktoetsingen", json=body | change, headers={"x-who": who})

    async def one(self, whom: dict[str, Any], **change: Any) -> dict[str, Any]:
        case = {"zaak": whom["zaak"]} if "zaak" in whom else {}
        named = {name: value for name, value in whom.items() if name != "zaak"}
        body = {"verwerkingsactiviteit": "regeling", "gegevenselementen": [NAME, PLAN], "inwoner": named}
        answer = await self.http.post(
            "/toestemming/v1/toetsingen", json=body | case | change, headers={"x-who": "loket"}
        )
        told: dict[str, Any] = answer.json()
        assert answer.status_code == 200, told
        return told

    async def kinds(self, subject: str) -> list[str]:
        found = await self.house.log.lines(room_of(TENANT, "consent"), subject, None, 200)
        return [line.event.kind for line in reversed(found.lines)]


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    urls = (f"sqlite+aiosqlite:///{tmp_path}/audit.db", f"sqlite+aiosqlite:///{tmp_path}/consent.db")
    async with opened_house(tmp_path, urls, asked_most=COUNTED) as house:
        transport = httpx2.ASGITransport(app=app_of(house.component.doors(), house.component.uploads))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost:8000") as http:
            rare = activity("zelden", frequentie={"keer": 1, "per": "maand"})
            told_first = activity("eerst", zaak="verplicht", vooraf=14)
            await house.ready(activity(), activity("keuze", {PLAN: "C", ANSWER: "C"}), rare, told_first)
            yield Door(http, house)


async def mixed(house: House) -> None:
    """Anna said yes, Bert no, Carla stopped, Daan became secret, Eva did not answer; nobody knows the sixth."""
    for bsn, sign in ((CARLAS, "1"), (DAANS, "2"), (EVAS, "3")):
        house.people.known[bsn] = somebody(sign)
    carla, daan = house.people.known[CARLAS], house.people.known[DAANS]
    await house.given(PLAN)
    refused = await house.request(PLAN, of=BERT)
    await house.consent.choose(ANNA_HERSELF.model_copy(update={"user": BERT.id}), refused.id, no())
    stopped, herself = await house.request(PLAN, of=carla), ANNA_HERSELF.model_copy(update={"user": carla.id})
    await house.consent.choose(herself, stopped.id, yes())
    await house.consent.choose(herself, stopped.id, stop())
    await house.consent.flag(STAFF, daan, ("geheimhouding",))
    await house.request(PLAN, of=house.people.known[EVAS])


def as_alone(told: dict[str, Any], nr: int) -> list[dict[str, Any]]:
    """What a single answer would have said of this resident's elements, from that about many."""
    why = {one["code"]: one for one in told["redenen"]}
    nos = {one["gegevenselement"]: one for one in told["antwoorden"][nr].get("geweigerd", ())}
    found = []
    for asked in told["gegevenselementen"]:
        no = nos.get(asked["gegevenselement"])
        more = {name: why[no["code"]][name] for name in ("code", "reden", "volgendeStap")} if no else {}
        own = {"volgendeStap": no["volgendeStap"]} if no and "volgendeStap" in no else {}
        found.append(asked | {"mag": no is None} | more | own)
    return found


@pytest.mark.parametrize("purpose", ["regeling", "keuze", "zelden", "eerst", "bestaat-niet"])
async def test_about_each_of_many_is_told_what_asking_alone_tells(door: Door, purpose: str) -> None:
    await mixed(door.house)
    if purpose == "zelden":  # one of them was asked about already this month
        sealed, _ = await door.house.decided(NAME, activity=purpose)
        await door.house.released(sealed)
    asked: dict[str, Any] = {"verwerkingsactiviteit": purpose, "gegevenselementen": [PLAN, NAME, ANSWER]}
    listed: list[dict[str, Any]] = [{"bsn": bsn} for bsn in EVERYBODY]
    if purpose == "eerst":  # a case of hers is told today; another names hers, and the rest has none
        case = Case(reference="Z-1", recipient="loket", resident=ANNA, activity=purpose)
        await door.house.consent.open_case(LOKET, case)
        listed[0]["zaak"] = listed[1]["zaak"] = "Z-1"
    answer = await door.many(listed, **asked)
    told = answer.json()
    assert answer.status_code == 200 and [one["nr"] for one in told["antwoorden"]] == list(range(6))
    assert not any(bsn in answer.text for bsn in EVERYBODY)
    for nr, whom in enumerate(listed):
        alone = await door.one(whom, **asked)
        assert as_alone(told, nr) == alone["gegevenselementen"], nr
        assert (told["verwerkingsactiviteit"], told.get("versie"), told["getoetstOp"]) == (
            alone["verwerkingsactiviteit"], alone.get("versie"), alone["getoetstOp"],
        )  # fmt: skip
        assert set(told["antwoorden"][nr]["logregel"]) == set(alone["logregel"])
    days = {
        "zelden": ("te-vaak", "Wacht tot 1 oktober 2026."),
        "eerst": ("vooraf-informeren", "Wacht tot 15 september 2026."),
    }
    if purpose in days:
        code, step = days[purpose]
        own = {"gegevenselement": NAME, "code": code, "volgendeStap": step}
        assert own in told["antwoorden"][0]["geweigerd"]
        assert {why["code"]: why["inwoners"] for why in told["redenen"]}[code] == 1
    outcomes = [one["uitkomst"] for one in told["antwoorden"]]
    assert told["aantal"] == 6 and [told[name] for name in ("mag", "deels", "magNiet")] == [
        outcomes.count(name) for name in ("mag", "deels", "magNiet")
    ]
    for why in told["redenen"]:
        nos = [one.get("geweigerd", ()) for one in told["antwoorden"]]
        assert why["inwoners"] == sum(any(no["code"] == why["code"] for no in each) for each in nos)


async def test_who_has_no_ground_reads_the_same_of_somebody_secret_and_of_nobody(door: Door) -> None:
    await mixed(door.house)
    told = (await door.many([{"bsn": bsn} for bsn in (DAANS, NOBODY, EVAS)], verwerkingsactiviteit="keuze",
                            gegevenselementen=[PLAN])).json()  # fmt: skip
    answers = [{k: v for k, v in one.items() if k not in ("nr", "id", "logregel")} for one in told["antwoorden"]]
    assert answers == [answers[0]] * 3 and [why["code"] for why in told["redenen"]] == ["geen-toestemming"]
    assert NOBODY not in door.house.people.known, "a refusal enrols nobody"


async def test_each_gets_a_line_of_their_own_and_whom_the_law_reaches_is_enrolled(door: Door) -> None:
    told = (await door.many([{"bsn": ANNAS}, {"bsn": NOBODY}, {"bsn": BERTS}])).json()
    assert [one["uitkomst"] for one in told["antwoorden"]] == ["deels"] * 3
    known = [ANNA, door.house.people.known[NOBODY], BERT]
    assert [await door.kinds(one.subject) for one in known] == [["toetsing"]] * 3
    places = [one["logregel"]["index"] for one in told["antwoorden"]]
    assert len(set(places)) == 3 and all(one["logregel"]["bewijs"].endswith("/bewijs") for one in told["antwoorden"])
    again = (await door.many([{"bsn": ANNAS}])).json()
    assert again["antwoorden"][0]["uitkomst"] == "deels", "asking again is asking again"
    assert await door.kinds(ANNA.subject) == ["toetsing"] * 2


async def test_names_of_the_recipient_are_answered_as_numbers_are(door: Door) -> None:
    await mixed(door.house)
    names = [{"pseudoniem": name_of(LOKET, ANNA)}, {"pseudoniem": "a" * 32}]
    told = (await door.many(names, gegevenselementen=[NAME, PLAN])).json()
    for nr, whom in enumerate(names):
        assert as_alone(told, nr) == (await door.one(whom))["gegevenselementen"]
    assert "niemand" not in json.dumps(told)


@pytest.mark.parametrize(
    ("listed", "place", "code"),
    [
        ([], "/inwoners", "te-weinig"),
        ([{"bsn": ANNAS}, {"bsn": ANNAS}], "/inwoners/1", "dubbel"),
        ([{"bsn": ANNAS}, {"pseudoniem": "a" * 32}], "/inwoners/1", "gemengd"),
        ([{"bsn": ANNAS, "pseudoniem": "a" * 32}], "/inwoners/0", "ongeldige-waarde"),
        ([{"zaak": "Z-1"}], "/inwoners/0", "ongeldige-waarde"),
        ([{"toestemming": "x"}], "/inwoners/0", "onbekend-veld"),
        ([{"bsn": "999993654"}], "/inwoners/0/bsn", "bsn"),
        ([{"bsn": "99999365"}], "/inwoners/0/bsn", "ongeldige-waarde"),
        ([{"bsn": ANNAS, "zaak": BERTS}], "/inwoners/0/zaak", "lijkt-op-bsn"),
        ([{"bsn": f"{number:09}"} for number in range(MOST + 1)], "/inwoners", "te-veel"),
    ],
)
async def test_a_list_that_is_wrong_is_refused_whole(
    door: Door, listed: list[dict[str, Any]], place: str, code: str
) -> None:
    answer = await door.many(listed)
    assert answer.status_code == 400
    assert (place, code) in [(one["veld"], one["code"]) for one in answer.json()["fouten"]], answer.text
    assert not any(bsn in answer.text for bsn in (ANNAS, BERTS, "999993654"))
    assert await door.kinds(ANNA.subject) == []
    assert (await door.many([{"bsn": ANNAS}])).status_code == 200


async def test_a_list_comes_as_json_alone(door: Door) -> None:
    body = {"verwerkingsactiviteit": "regeling", "gegevenselementen": [NAME], "inwoners": [{"bsn": ANNAS}]}
    for media in ("text/csv", "text/plain"):  # whoever takes files looks at them itself: the edge does not
        answer = await door.http.post(
            "/toestemming/v1/bulktoetsingen",
            content=json.dumps(body),
            headers={"x-who": "loket", "content-type": media},
        )
        assert (answer.status_code, answer.json()["code"]) == (415, "verkeerd-mediatype"), media
    assert await door.kinds(ANNA.subject) == []


async def test_who_may_not_ask_alone_may_not_ask_about_many(door: Door) -> None:
    assert (await door.many([{"bsn": ANNAS}], "anna")).status_code == 404
    assert (await door.many([{"bsn": ANNAS}], "desk")).json()["fouten"][0]["veld"] == "/gebruiker"
    assert (await door.many([{"bsn": ANNAS}], "loket", gebruiker=ANNAS)).status_code == 400
    other = await door.many([{"bsn": ANNAS}], gegevenselementen=[NAME, f"brp.a{BERTS}"])
    assert [(one["veld"], one["code"]) for one in other.json()["fouten"]] == [("/gegevenselementen/1", "lijkt-op-bsn")]
    assert BERTS not in other.text and await door.kinds(ANNA.subject) == []
    much = await door.many([{"bsn": ANNAS}], gegevenselementen=[NAME] * 21)
    assert [(one["veld"], one["code"]) for one in much.json()["fouten"]] == [("/gegevenselementen", "te-veel")]
    told = (await door.many([{"bsn": ANNAS}], "coach")).json()
    assert [why["code"] for why in told["redenen"]] == ["ontvanger-niet-bevoegd"] and told["magNiet"] == 1


async def test_an_emergency_is_about_one(door: Door) -> None:
    glass = {"redenen": [{"code": "brand", "nl": "Er was brand.", "en": "There was a fire."}]}
    law = element(NAME, "A") | {"grondslag": "6(1)(d)"}
    await door.house.consent.publish(STAFF, activity("nood", gegevenselementen=[law], noodtoegang=glass))
    answer = await door.many([{"bsn": ANNAS}, {"bsn": BERTS}], verwerkingsactiviteit="nood", gegevenselementen=[NAME])
    assert (answer.status_code, answer.json()["fouten"][0]["veld"]) == (400, "/verwerkingsactiviteit")
    assert await door.kinds(ANNA.subject) == []


async def test_so_many_residents_a_day_and_whatever_is_over_is_asked_about_nobody(door: Door) -> None:
    some = [{"bsn": bsn} for bsn in EVERYBODY]
    for _ in range(COUNTED // len(some)):
        assert (await door.many(some)).status_code == 200
    before = await door.kinds(ANNA.subject)
    answer = await door.many(some)
    assert (answer.status_code, answer.json()["code"]) == (429, "te-veel-verzoeken")
    assert int(answer.headers["retry-after"]) == answer.json()["wachtSeconden"] == 24 * 3_600
    assert await door.kinds(ANNA.subject) == before
    assert (await door.many(some[:4])).status_code == 200, "those that are left"
    assert (await door.many(some, "coach")).status_code == 200, "each application has its own"
    door.house.clock.forward(hours=24)
    assert (await door.many(some)).status_code == 200


async def test_two_processes_count_together(door: Door) -> None:
    mine, other = (Allowance(door.house.consent.register, door.house.clock, 10) for _ in range(2))
    await asyncio.gather(mine.take(LOKET, 5), other.take(LOKET, 5))
    with pytest.raises(TooManyRequests):
        await mine.take(LOKET, 1)
    with pytest.raises(BadInput):  # who would wait for ever is told now
        await mine.take(LOKET, 11)
    door.house.clock.now -= timedelta(days=400)
    await mine.take(LOKET, 10)  # a clock that was ahead shuts nobody out


async def test_nothing_is_told_when_the_log_fails_half_way(door: Door) -> None:
    class Tired:
        """A log that writes one call, and no more."""

        left = 1

        def __getattr__(self, name: str) -> Any:
            return getattr(door.house.log, name)

        async def record(self, caller: Caller, entries: Sequence[Entry]) -> list[Verdict]:
            self.left -= 1
            if self.left < 0:
                raise LogUnavailable()
            return await door.house.log.record(caller, entries)

    register = await door.house.second(Tired())
    people = [ResidentRef(id=f"{n:032x}", subject=f"{n:032x}", fence=f"{n:032x}") for n in range(101)]
    with pytest.raises(LogUnavailable):
        await register.explain(LOKET, [Question(resident=one, activity="regeling", elements=(NAME,)) for one in people])
    assert await door.kinds(people[0].subject) == ["toetsing"], "what was written says too much, never too little"
    assert await door.kinds(people[100].subject) == []


async def test_whoever_is_never_known_after_enrolling_is_decided_about_no_further(door: Door) -> None:
    nobody = ResidentRef(id="9" * 32, subject="niemand", fence="8" * 32, stand_in=True)

    async def lost(places: Sequence[int]) -> Sequence[ResidentRef]:
        return [nobody for _ in places]

    enrol: EnrolAt = lost
    asked = Question(resident=nobody, activity="regeling", elements=(NAME,), by_number=True)
    with pytest.raises(RegisterUnavailable):
        await door.house.consent.explain(LOKET, [asked], enrol)
    assert await door.kinds("niemand") == []


async def test_one_at_a_time_and_municipalities_in_a_round() -> None:
    turns, order = Turns(), list[str]()
    go = {name: asyncio.Event() for name in ("a1", "a2", "a3", "b1")}

    async def ask(name: str) -> None:
        async with turns.turn(Caller(tenant=name[0], kind="automatisch", application=name)):
            order.append(name)
            await go[name].wait()

    tasks = list[asyncio.Task[None]]()
    for name in go:
        tasks.append(asyncio.create_task(ask(name)))
        await asyncio.sleep(0)
    for _ in range(5):
        await asyncio.sleep(0)
    assert order == ["a1"], "the others wait"
    with pytest.raises(TooManyRequests):
        await ask("a2")
    for name in ("a1", "b1", "a2", "a3"):
        go[name].set()
    await asyncio.gather(*tasks)
    assert order == ["a1", "b1", "a2", "a3"], "the other municipality waits for one"


async def test_of_one_application_a_second_list_is_not_even_read() -> None:
    turns, behind = Turns(), SimpleNamespace(persons=SimpleNamespace(residents=SimpleNamespace(is_number=None)))
    many, nobody = (
        Many(cast("Any", behind), cast("Any", None), turns),
        LOKET.model_copy(update={"application": "other"}),
    )
    async with turns.turn(LOKET):
        with pytest.raises(TooManyRequests):
            await many.told(LOKET, b"no list")
    for who in (LOKET, nobody):
        with pytest.raises(BadInput):
            await many.told(who, b"no list")


async def test_who_waits_too_long_hears_so_and_leaves_the_queue() -> None:
    turns = Turns(patience=0)
    first, second = (Caller(tenant=name, kind="automatisch", application=name) for name in ("one", "two"))
    async with turns.turn(first):
        for _ in range(2):
            with pytest.raises(TooManyRequests) as late:
                await turns.turn(second).__aenter__()
            assert "grote vragen" in late.value.detail
    async with turns.turn(second):
        pass


async def test_what_else_an_application_asks_does_not_wait_behind_its_list(door: Door) -> None:
    held, go = asyncio.Event(), asyncio.Event()

    class Slow:
        """A log that takes long to count for many."""

        def __getattr__(self, name: str) -> Any:
            return getattr(door.house.log, name)

        async def count(self, caller: Caller, counts: Sequence[Count]) -> list[int]:
            if len(counts) > 1:
                held.set()
                await go.wait()
            return await door.house.log.count(caller, counts)

    register = await door.house.second(Slow())
    people = [ResidentRef(id=f"{n:032x}", subject=f"{n:032x}", fence=f"{n:032x}") for n in range(GATHERED + 1)]
    asked = [Question(resident=one, activity="zelden", elements=(NAME,)) for one in people]
    async with asyncio.timeout(PATIENCE):
        many = asyncio.create_task(register.decide(LOKET, asked))
        await held.wait()
        assert len(await register.decide(LOKET, asked[:1])) == 1 and not many.done()
        go.set()
        assert len(await many) == len(asked)


def test_the_longest_list_that_is_taken_fits_its_limits() -> None:
    listed = [
        {"pseudoniem": f"{n:032}".translate(str.maketrans("0189", "abcd")), "zaak": "z" * 64} for n in range(MOST)
    ]
    elements = ["a" * 20 + f".{'b' * 70}{n}" for n in range(ELEMENTS_MOST)]
    said = {"verwerkingsactiviteit": "v" * 60, "gegevenselementen": elements, "gebruiker": "u" * 64, "inwoners": listed}
    raw = json.dumps(said, indent=0).encode()
    assert len(raw) < UPLOADS["/toestemming/v1/bulktoetsingen"]
    assert sum(map(raw.count, (b'"', b"{", b"["))) < UPLOAD_PARTS
    _, asked = read_many(LOKET, json.dumps(said | {"gegevenselementen": [NAME]}).encode(), lambda _: True)
    assert len(asked.listed) == MOST


def test_the_example_of_an_answer_is_one() -> None:
    read = AnswerMany.model_validate(_ANSWER, by_alias=True, by_name=False)
    assert (read.count, read.allowed, read.partly, read.refused) == (len(read.answers), 1, 1, 0)
    assert read_many(LOKET, json.dumps(_EXAMPLE).encode(), lambda _: True)[1].activity == "kwijtschelding"
