"""Correction reports: who may doubt what, what the resident sees, who looks at it, and what a crash leaves."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI, Request

from assembly.demo.register import CIVIL_AFFAIRS, LOAN_DESK, TENANT
from audit.contract import Audit, Entry, LogUnavailable, Misfit
from connectors.contract import NotReleased
from connectors.correcting.contract import (
    ONCE,
    Doubt,
    NobodyCorrects,
    NoSuchReport,
    NothingNew,
    Report,
    Said,
    StepPassed,
)
from connectors.correcting.rules import Ended, something_new, touched
from connectors.correcting.service import CorrectionDesk
from kernel.caller import Caller
from kernel.errors import BadInput
from kernel.ids import random_id
from tests.four_rooms import BY_LAW, DESK_WORKER, R1, SECRET, STRANGER, FourRooms
from vault.contract import Bsn

pytestmark = pytest.mark.anyio
REGISTRY = Caller(tenant=TENANT, organisation="burgerzaken", application="burgerzaken-app", kind="mens", user="mw-1")
LIST = {"owner": "burgerzaken"}


class Registry:
    """The other side: remembers by its own key, answers what a test puts in `status`."""

    def __init__(self) -> None:
        self.app, self.got, self.status, self.down = FastAPI(), dict[str, Any](), "ontvangen", False
        self.times = 0

        @self.app.post("/corr/terugmeldingen", status_code=201)
        async def told(request: Request) -> dict[str, str | None]:
            self.times += 1
            said = await request.json()
            assert request.headers["idempotency-key"] == said["id"]
            if self.down:
                raise ConnectionError
            self.got[said["id"]] = said
            return {"status": self.status, "toelichting": None}  # as our own answers say it

        @self.app.get("/corr/terugmeldingen/{id}")
        async def asked(id: str) -> dict[str, str]:
            return {"status": self.status, "toelichting": f"Bezocht.\u200b {R1.reveal()} woont er niet."}

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        inner = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        return await inner.handle_async_request(request)


def doubt(line: str, bsn: Bsn = R1, **more: Any) -> Doubt:
    said = {"inwoner": {"bsn": bsn}, "gegevenselement": "brp.adres", "logregel": line, "reden": "De post komt terug."}
    return Doubt.model_validate({**said, "gebruiker": "mw-4821", **more})


def said(status: str, words: str | None = None) -> Said:
    return Said.model_validate({"status": status, "toelichting": words})


async def opened(house: FourRooms, **settings: Any) -> str:
    """The line of a release to the loan desk, in a house where this looks after the BRP."""
    house.desk_settings |= {"brp_corrections": settings or LIST}
    await house.wire()
    return position(await house.release(*BY_LAW))


def position(release: Any) -> str:
    return str(release.line.proof.split("/")[-2])


async def file(house: FourRooms, doubted: Doubt, who: Caller = DESK_WORKER) -> Report:
    assert house.desk.corrections
    return await house.desk.corrections.file(who, doubted)


async def kinds(house: FourRooms) -> list[str]:
    return [line.event.kind + line.event.details.get("stap", "") for line in reversed(await house.lines())]


def test_what_is_made_of_a_doubted_value_is_doubted_too() -> None:
    assert {"brp.geboortedatum", "brp.leeftijd.isMeerderjarig"} <= touched("brp.geboortedatum")
    assert touched("brp.leeftijd.isMeerderjarig") >= touched("brp.geboortedatum")
    assert "brp.adres" not in touched("brp.geboortedatum") and touched("x.y") == {"x.y"}


async def test_a_doubt_is_a_line_a_mark_and_a_task_until_it_is_answered(both: FourRooms) -> None:
    house, line = both, await opened(both)
    desk = house.desk.corrections
    assert desk
    report = await file(house, doubt(line, juist="Dorpsstraat 2"))
    assert (report.status, report.source, report.reporter, report.forwarded) == ("ontvangen", "brp", LOAN_DESK, False)
    assert (await file(house, doubt(line, reden="Nogmaals."))).id == report.id  # one open report of a value
    marked = await house.release(*BY_LAW)
    assert {name: one.under_investigation for name, one in marked.values.items()} == {
        "brp.naam": False, "brp.adres": True, "brp.leeftijd.isMeerderjarig": False,
    }  # fmt: skip
    # the resident reads it at once, the source's owner sees a task without anybody in it
    mine = house.self_of(await house.resident())
    assert [one.reason for one in await desk.filed(mine)] == ["De post komt terug."]
    assert [one.id for one in await desk.tasks(REGISTRY)] == [report.id]
    whole = await desk.opened(REGISTRY, report.id)
    assert (whole.bsn, whole.expected, whole.reporter) == (R1.reveal(), "Dorpsstraat 2", "ontvanger")
    assert "mw-4821" not in whole.model_dump_json()
    await desk.answered(REGISTRY, report.id, said("in-onderzoek"))
    with pytest.raises(BadInput):
        await desk.answered(REGISTRY, report.id, said("geen-wijziging"))
    ended = await desk.answered(REGISTRY, report.id, said("gecorrigeerd", "Adres aangepast."))
    assert (ended.status, ended.answer) == ("gecorrigeerd", "Adres aangepast.")
    house.now = house.now.replace(minute=1)
    assert not (anew := await house.release(*BY_LAW)).values["brp.adres"].under_investigation
    with pytest.raises(NoSuchReport):  # it is nobody's task any more, and its number is gone
        await desk.opened(REGISTRY, report.id)
    assert (await file(house, doubt(position(anew), reden="Verhuisd."))).id != report.id
    assert [kind for kind in await kinds(house) if kind.startswith("terug")] == [
        "terugmelding", "terugmelding-stapingezien", "terugmelding-stapin-onderzoek", "terugmelding-stapgecorrigeerd",
        "terugmelding",
    ]  # fmt: skip
    words = str([one.event for one in await house.lines()])
    assert not [one for one in ("post komt", "Adres aangepast", "Dorpsstraat") if one in words]


def test_a_doubt_is_renewed_with_something_new_and_not_for_ever() -> None:
    one, other = Ended(1_000, ("De post komt terug.", "")), Ended(2_000, ("Verhuisd.", "Kerkweg 1"))
    assert something_new([], 0, ("", "")) and something_new([one], 1_001, ("Verhuisd.", ""))
    assert not something_new([one], 1_000, ("Verhuisd.", ""))  # given before the answer
    assert not something_new([one, other], 3_000, ("de post  komt terug", ""))
    assert not something_new([one, other], 1_500, ("Nieuw.", ""))
    assert something_new([one, other], 3_000, ("Verhuisd.", "Kerkweg 2"))
    assert not something_new([one, other, Ended(3_000, ("x", ""))], 4_000, ("Nieuw.", ""))


async def test_a_doubt_that_nobody_answers_ends_with_a_line_and_its_mark_with_it(house: FourRooms) -> None:
    line, desk = await opened(house, owner="burgerzaken", days=10), house.desk.corrections
    assert isinstance(desk, CorrectionDesk)
    silent, looked = await file(house, doubt(line)), await file(house, doubt(line, gegevenselement="brp.naam"))
    assert {one.until[:10] for one in await desk.tasks(REGISTRY)} == {f"{house.now + timedelta(days=10):%Y-%m-%d}"}
    house.now += timedelta(days=9)
    await desk.forwarding.lapse(TENANT)
    seen = [one for one in await desk.rows.overdue(TENANT, {"brp": 0}) if one.row["id"] == looked.id]
    await desk.answered(REGISTRY, looked.id, said("in-onderzoek", "Wij gaan langs."))
    with pytest.raises(StepPassed):  # they spoke between the look and the end
        await desk.writing.step(TENANT, seen[0], "burgerzaken", Said.model_construct(status="verlopen", words=""))
    house.now += timedelta(days=1)
    await desk.forwarding.lapse(TENANT)
    await desk.forwarding.lapse(TENANT)
    states = {one.element: (one.status, one.answer) for one in await desk.filed(DESK_WORKER)}
    assert states == {"brp.adres": ("verlopen", None), "brp.naam": ("in-onderzoek", "Wij gaan langs.")}
    house.now += timedelta(seconds=1)
    marked = await house.release(*BY_LAW)
    assert [marked.values[name].under_investigation for name in ("brp.adres", "brp.naam")] == [False, True]
    # it comes back neither about the value of before, nor for what was said before
    for more in ((line, "Iets anders."), (position(marked), "DE POST: komt terug!")):
        with pytest.raises(NothingNew):
            await file(house, doubt(more[0], reden=more[1]))
    assert not (await house.release(*BY_LAW)).values["brp.adres"].under_investigation
    with pytest.raises(StepPassed):  # too late, and its number is gone
        await desk.answered(REGISTRY, silent.id, said("gecorrigeerd", "Toch."))
    assert [one.id for one in await desk.tasks(REGISTRY)] == [looked.id]
    house.now += timedelta(days=9)  # who looks has the whole term again, and no more
    await desk.forwarding.lapse(TENANT)
    assert {one.status for one in await desk.filed(DESK_WORKER)} == {"verlopen"}
    told = [one.event for one in await house.lines() if one.event.details.get("stap") == "verlopen"]
    assert [(one.recipient, one.elements) for one in told] == [
        ("burgerzaken", ("brp.naam",)), ("burgerzaken", ("brp.adres",)),
    ]  # fmt: skip


async def test_a_part_of_a_value_does_not_bring_back_a_doubt_that_ended(house: FourRooms) -> None:
    line, desk = await opened(house, owner="burgerzaken", days=10), house.desk.corrections
    assert isinstance(desk, CorrectionDesk)
    await file(house, doubt(line, gegevenselement="brp.leeftijd.isMeerderjarig"))
    house.now += timedelta(days=10)
    await desk.forwarding.lapse(TENANT)
    (ended,) = await desk.rows.listed(TENANT)
    assert ended.row["status"] == "verlopen"
    later, words = desk.rows.now + 1, replace(ended.content, reason="De akte zegt wat anders.")
    for element, given_at, content, taken in (
        ("brp.geboortedatum", 0, words, False),  # given before the doubt ended
        ("brp.geboortedatum", later, ended.content, False),  # in the same words
        ("brp.adres", 0, ended.content, True),
        ("brp.geboortedatum", later, words, True),
    ):
        same = {name: ended.row[name] for name in ("reporter", "client", "resident", "subject", "source", "way")}
        row = {**same, "id": random_id(), "slot": random_id(), "element": element, "entry": ""}
        placing = desk.rows.place(TENANT, row, content, ONCE, given_at)
        if taken:
            await placing
        else:
            with pytest.raises(NothingNew):
                await placing


async def test_nobody_learns_whether_a_number_exists_or_whose_a_line_is(house: FourRooms) -> None:
    first = await house.release(*BY_LAW)
    with pytest.raises(NobodyCorrects):
        await file(house, doubt(position(first)))
    line = await opened(house)
    elsewhere = DESK_WORKER.model_copy(update={"organisation": CIVIL_AFFAIRS, "application": "burgerzaken-app"})
    narrow = DESK_WORKER.model_copy(update={"scope": ("oefening",)})
    wrong = [
        (DESK_WORKER, doubt(line, STRANGER)),  # nobody
        (DESK_WORKER, doubt(line, SECRET)),  # somebody else
        (DESK_WORKER, doubt(line.rpartition("-")[0] + "-999999")),  # no such line
        (DESK_WORKER, doubt(line, gegevenselement="brp.nationaliteit")),  # not in it
        (DESK_WORKER, doubt(line, gegevenselement="x.onbekend")),
        (elsewhere, doubt(line)),  # another's
        (narrow, doubt(line)),  # of an activity that this token is not for
        (house.self_of(await house.resident(SECRET)), doubt(line)),  # a resident about another
    ]
    answers = []
    for who, doubted in wrong:
        with pytest.raises(NotReleased) as refused:
            await file(house, doubted, who)
        answers.append((refused.value.code, refused.value.detail, refused.value.members["volgendeStap"]))
    assert len(set(answers)) == 1 and answers[0][0] == "buiten-doel"
    named = doubt(line, gegevenselement=f"x.{R1.reveal()}")  # what is refused stands in a line
    for bad in (doubt(line, reden=f"Het is {R1.reveal()}"), doubt(line, juist="123.456.782"), named):
        with pytest.raises(BadInput) as fault:
            await file(house, bad)
        assert R1.reveal() not in str(fault.value.members)
    assert [kind for kind in await kinds(house) if "weigering" in kind]  # and each is a line


class Silent:
    """The log, that does not write what it is told not to."""

    def __init__(self, audit: Audit) -> None:
        self._audit, self.refuses, self.misfits = audit, "", ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._audit, name)

    async def record(self, caller: Caller, entries: list[Entry]) -> Any:
        if any(entry.event.kind == self.refuses for entry in entries):
            raise LogUnavailable("stil")
        if any(self.misfits in entry.event.elements for entry in entries):
            return [Misfit("Dit past niet.") for _ in entries]
        return await self._audit.record(caller, entries)


async def test_what_the_log_did_not_take_is_taken_up_once(house: FourRooms) -> None:
    line = await opened(house)
    log: Any = Silent(house.audit.door("connectors"))
    await house.wire(audit=log)
    desk = house.desk.corrections
    assert desk and hasattr(desk, "forwarding")
    log.refuses = "terugmelding"
    with pytest.raises(LogUnavailable):
        await file(house, doubt(line))
    assert not await desk.filed(DESK_WORKER) and not await desk.tasks(REGISTRY)
    assert not (await house.release("brp.adres")).values["brp.adres"].under_investigation
    log.refuses = ""
    house.now = house.now.replace(minute=1)
    await desk.forwarding.round(TENANT)
    await desk.forwarding.round(TENANT)
    (report,) = await desk.filed(DESK_WORKER)
    assert (await file(house, doubt(line))).id == report.id
    log.refuses = "terugmelding-stap"
    with pytest.raises(LogUnavailable):
        await desk.answered(REGISTRY, report.id, said("geen-wijziging", "Klopt."))
    assert [one.answer for one in await desk.filed(DESK_WORKER)] == [None]  # no word of it before its line
    with pytest.raises(StepPassed):
        await desk.answered(REGISTRY, report.id, said("gecorrigeerd", "Toch."))
    log.refuses = ""
    house.now = house.now.replace(minute=2)
    await desk.forwarding.round(TENANT)
    assert [(one.status, one.answer) for one in await desk.filed(DESK_WORKER)] == [("geen-wijziging", "Klopt.")]
    assert (await kinds(house)).count("terugmelding") == 1


async def test_a_report_reaches_an_owner_with_an_address_once_whatever_fails(house: FourRooms) -> None:
    registry = Registry()
    brp = httpx2.ASGITransport(app=house.brp)

    class Either(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            to = registry if request.url.path.startswith("/corr") else brp.handle_async_request
            return await to(request)

    house.desk_settings |= {"brp_corrections": {"owner": "burgerzaken", "url": "http://registry.test/corr"}}
    await house.wire(transport=Either())
    line, registry.down = position(await house.release(*BY_LAW)), True
    desk: Any = house.desk.corrections
    report = await file(house, doubt(line))
    await desk.forwarding.round(TENANT)
    assert registry.times and not registry.got and not (await desk.report(DESK_WORKER, report.id)).forwarded
    registry.down, house.now = False, house.now.replace(minute=5)
    await desk.forwarding.round(TENANT)
    await desk.forwarding.round(TENANT)
    assert [(one["inwoner"], one["melder"]) for one in registry.got.values()] == [({"bsn": R1.reveal()}, "ontvanger")]
    assert "mw-4821" not in json.dumps(registry.got)
    assert (await desk.report(DESK_WORKER, report.id)).forwarded
    registry.status, house.now = "geen-wijziging", house.now.replace(hour=14)
    await desk.forwarding.round(TENANT)
    ended = await desk.report(DESK_WORKER, report.id)
    assert (ended.status, ended.answer) == ("geen-wijziging", "Bezocht. ••• woont er niet.")
    assert [kind for kind in await kinds(house) if kind.startswith("terug")] == [
        "terugmelding", "terugmelding-stapdoorgestuurd", "terugmelding-stapgeen-wijziging",
    ]  # fmt: skip


async def test_over_http_each_fault_has_its_place_and_another_sees_nothing(house: FourRooms) -> None:
    line = await opened(house)
    asked = {"inwoner": {"bsn": R1.reveal()}, "gegevenselement": "brp.adres", "logregel": line, "gebruiker": "mw-1"}
    async with house.http() as http:
        bad = await http.post("/verstrekking/v1/terugmeldingen", json={**asked, "reden": " "})
        assert bad.status_code == 400 and [one["veld"] for one in bad.json()["fouten"]] == ["/reden"]
        made = await http.post("/verstrekking/v1/terugmeldingen", json={**asked, "reden": "Twijfel."})
        assert made.status_code == 201, made.text
        place = f"/verstrekking/v1/terugmeldingen/{made.json()['id']}"
        assert (await http.get(place)).json()["status"] == "ontvangen"
        assert (await http.get("/verstrekking/v1/terugmeldtaken")).json() == {"terugmeldingen": []}
        house.who = REGISTRY
        assert (await http.get(place)).status_code == 404
        work = f"/verstrekking/v1/terugmeldtaken/{made.json()['id']}"
        whole = await http.post(f"{work}/inzages", json={"gebruiker": "mw-1"})
        assert whole.json()["bsn"] == R1.reveal()
        done = await http.post(
            f"{work}/antwoorden", json={"status": "gecorrigeerd", "toelichting": "Ja.", "gebruiker": "mw-1"}
        )
        assert (done.status_code, done.json()["status"]) == (201, "gecorrigeerd")
        # the answer was lost on the way: the same again reads the same, something else changes nothing
        said_again = {"status": "gecorrigeerd", "toelichting": "Ja.", "gebruiker": "mw-1"}
        again = await http.post(f"{work}/antwoorden", json=said_again)
        assert (again.status_code, again.json()) == (201, done.json())
        for other in ({"status": "geen-wijziging"}, {"toelichting": "Nee."}, {"status": "in-onderzoek"}):
            passed = await http.post(f"{work}/antwoorden", json=said_again | other)
            assert (passed.status_code, passed.json()["code"]) == (409, "terugmelding-verder")
        assert (await http.post(f"{work}/inzages", json={"gebruiker": "mw-1"})).status_code == 404
        assert (await kinds(house)).count("terugmelding-stapgecorrigeerd") == 1


async def test_a_report_that_cannot_be_written_or_went_to_another_owner_holds_up_no_other(house: FourRooms) -> None:
    line = await opened(house)
    log: Any = Silent(house.audit.door("connectors"))
    await house.wire(audit=log)
    desk: Any = house.desk.corrections
    log.refuses = "terugmelding"
    for element in ("brp.adres", "brp.naam"):
        with pytest.raises(LogUnavailable):
            await file(house, doubt(line, gegevenselement=element))
    log.refuses, log.misfits = "", "brp.adres"
    house.now = house.now.replace(minute=1)
    await desk.forwarding.round(TENANT)
    assert [one.element for one in await desk.filed(DESK_WORKER)] == ["brp.naam"]
