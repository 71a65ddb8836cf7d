"""Who got a value that is corrected now hears of it, reads its own part, and the resident sees who that was."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from assembly.demo.register import CIVIL_AFFAIRS, LOAN_DESK, STORY, TENANT, activities
from audit.contract import NOBODY, Line, LogUnavailable
from connectors.correcting.api import correction_intern
from connectors.correcting.client import CorrectionsClient
from connectors.correcting.contract import Doubt, NoSuchNotice, Said, StepPassed
from connectors.correcting.keeping import Heard
from connectors.correcting.service import CorrectionDesk
from connectors.correcting.tables import corrections
from connectors.correcting.telling import Telling
from connectors.removals.contract import Removal
from connectors.removals.service import RemovalDesk
from consent.activity import Application, Case, Party, Secrecy
from consent.contract import RegisterUnavailable
from consent.contract import ResidentRef as ConsentResident
from consent.events.contract import Announcement
from consent.events.tables import events
from kernel.caller import Caller
from kernel.clock import millis
from kernel.errors import BadInput, NoAccess
from kernel.http.client import RoomLine
from kernel.http.rooms import RoomKey
from tests.consent.house import WEB_SEED
from tests.four_rooms import BY_LAW, DESK_WORKER, POINT, R1, SECRET, STAFF, FourRooms
from vault.contract import Bsn

pytestmark = pytest.mark.anyio
REGISTRY = Caller(tenant=TENANT, organisation=CIVIL_AFFAIRS, application="bz-app", kind="mens", user="mw-1")
HIDDEN = "onderzoek"


def position(release: Any) -> str:
    return str(release.line.proof.split("/")[-2])


async def looked_after(house: FourRooms) -> FourRooms:
    """Civil affairs keeps the BRP, and may ask for the story's data too; and for an activity that is withheld."""
    house.desk_settings |= {"brp_corrections": {"owner": CIVIL_AFFAIRS}}
    story = next(one for one in activities() if one.slug == STORY)
    secrecy = Secrecy(class_="vertrouwelijk", until=millis(house.now + timedelta(days=90)), law="Wpg artikel 28")
    law = tuple(one for one in story.elements if one.class_ == "A")
    for slug, more in ((STORY, {}), (HIDDEN, {"secrecy": secrecy, "keep_lines": 40})):
        party = (*story.parties, Party(recipient=CIVIL_AFFAIRS)) if slug == STORY else (Party(recipient=CIVIL_AFFAIRS),)
        said = {"slug": slug, "number": 0, "elements": law, "frequency": None, "parties": party, **more}
        await house.register.publish(STAFF, story.model_copy(update=said))
    jwk = '{{"keys":[{{"kty":"EC","crv":"P-256","kid":"k1","alg":"ES256","x":"{}","y":"{}"}}]}}'.format(*POINT)
    await house.register.add_client(
        STAFF, CIVIL_AFFAIRS, Application(client_id="bz-app", name="bz", kind="mens", jwks=jwk)
    )
    resident = ConsentResident.model_validate((await house.resident()).model_dump())
    for case, slug in (("Z-8", STORY), ("Z-9", HIDDEN)):
        said = {"zaak": case, "ontvanger": CIVIL_AFFAIRS, "inwoner": resident, "verwerkingsactiviteit": slug}
        await house.register.open_case(STAFF, Case.model_validate(said))
    await house.wire()
    return house


async def as_registry(house: FourRooms, slug: str, case: str) -> str:
    house.who = REGISTRY
    place = position(await house.release("brp.adres", verwerkingsactiviteit=slug, zaak=case, gebruiker="mw-1"))
    house.who = DESK_WORKER
    return place


def desk_of(house: FourRooms) -> CorrectionDesk:
    assert isinstance(house.desk.corrections, CorrectionDesk)
    return house.desk.corrections


def telling(house: FourRooms) -> Telling:
    return desk_of(house).forwarding.telling


async def corrected(house: FourRooms, line: str, since: str | None = None, days: int = 1, bsn: Bsn = R1) -> None:
    """Doubted and answered a day later."""
    said = {"inwoner": {"bsn": bsn}, "gegevenselement": "brp.adres", "logregel": line, "reden": "De post komt terug."}
    report = await desk_of(house).file(DESK_WORKER, Doubt.model_validate({**said, "gebruiker": "mw-4821"}))
    house.now += timedelta(days=days)
    words = {"status": "gecorrigeerd", "toelichting": "Aangepast.", "onjuistSinds": since}
    await desk_of(house).answered(REGISTRY, report.id, Said.model_validate(words))
    await house.desk.lines.finished()


async def told(house: FourRooms) -> dict[str, str]:
    """Whose event names what to read."""
    async with house.register.database.snapshot(TENANT) as reading:
        kind = events.c.type == "gegeven.gecorrigeerd"
        found = (await reading.execute(select(events.c.recipient, events.c.subject).where(kind))).all()
    assert len({who for who, _ in found}) == len(found)
    return {str(who): str(what) for who, what in found}


async def passed_on(house: FourRooms, bsn: Bsn = R1) -> list[Line]:
    return [line for line in await house.lines(bsn) if line.event.details.get("stap") == "doorgegeven"]


async def test_each_recipient_hears_it_and_reads_its_own_lines_and_the_resident_who_that_was(both: FourRooms) -> None:
    house = await looked_after(both)
    await house.case()
    first, second = position(await house.release(*BY_LAW)), position(await house.release("brp.adres"))
    await house.release("brp.naam")
    theirs = await as_registry(house, STORY, "Z-8")
    await corrected(house, second)
    await telling(house).round(TENANT)
    await telling(house).round(TENANT)  # once is enough
    known, desk = await told(house), desk_of(house)
    assert set(known) == {LOAN_DESK, CIVIL_AFFAIRS}
    notice = await desk.notice(DESK_WORKER, known[LOAN_DESK])
    assert [(one.release, one.elements) for one in notice.had] == [(second, ("brp.adres",)), (first, ("brp.adres",))]
    assert [one.release for one in (await desk.notice(REGISTRY, known[CIVIL_AFFAIRS])).had] == [theirs]
    narrow = DESK_WORKER.model_copy(update={"scope": ("oefening",)})
    for who, what in ((DESK_WORKER, known[CIVIL_AFFAIRS]), (narrow, known[LOAN_DESK]), (DESK_WORKER, "0" * 32)):
        with pytest.raises(NoSuchNotice):
            await desk.notice(who, what)
    mine = house.self_of(await house.resident())
    assert {one.recipient for one in await desk.passed(mine)} == set(known)
    assert {one.event.recipient for one in await passed_on(house)} == set(known)
    assert len(await passed_on(house)) == 2
    async with house.http() as http:
        answer = await http.get(f"/verstrekking/v1/correcties/{known[LOAN_DESK]}")
    assert answer.status_code == 200 and R1.reveal() not in answer.text
    assert answer.json()["verstrekkingen"][0] == {
        "verstrekking": second, "verwerkingsactiviteit": STORY, "gegevenselementen": ["brp.adres"],
    }  # fmt: skip
    house.now += timedelta(days=366)
    await desk.notices.forget_old(TENANT)
    with pytest.raises(NoSuchNotice):
        await desk.notice(DESK_WORKER, known[LOAN_DESK])


async def test_the_portal_asks_who_was_told_from_elsewhere(house: FourRooms) -> None:
    await looked_after(house)
    await house.case()
    await corrected(house, position(await house.release("brp.adres")))
    await telling(house).round(TENANT)
    desk, mine = desk_of(house), house.self_of(await house.resident())

    async def theirs_is_the_page() -> Caller:
        return mine

    app = FastAPI()
    app.include_router(correction_intern(desk, theirs_is_the_page))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://desk") as http:
        line = RoomLine(http, RoomKey("web", WEB_SEED, house.clock), "connectors")
        assert [one.recipient for one in await CorrectionsClient(line).passed(mine)] == [LOAN_DESK]


async def test_of_a_use_that_is_withheld_its_recipient_hears_and_its_resident_does_not(house: FourRooms) -> None:
    await looked_after(house)
    await house.case()
    line = position(await house.release("brp.adres"))
    hidden = await as_registry(house, HIDDEN, "Z-9")
    await corrected(house, line)
    await telling(house).round(TENANT)
    known, desk = await told(house), desk_of(house)
    assert [one.release for one in (await desk.notice(REGISTRY, known[CIVIL_AFFAIRS])).had] == [hidden]
    mine = house.self_of(await house.resident())
    assert [one.recipient for one in await desk.passed(mine)] == [LOAN_DESK]
    assert [one.event.recipient for one in await passed_on(house)] == [LOAN_DESK]
    house.now += timedelta(days=90)
    assert {one.recipient for one in await desk.passed(mine)} == {LOAN_DESK, CIVIL_AFFAIRS}


async def test_who_says_that_it_is_gone_or_had_it_before_it_was_wrong_is_not_told(house: FourRooms) -> None:
    await looked_after(house)
    await house.case()
    early = await as_registry(house, STORY, "Z-8")
    house.now += timedelta(days=2)
    gone, line = position(await house.release(*BY_LAW)), position(await house.release("brp.adres"))
    said = {"verstrekkingen": [gone], "verwijderdOp": house.now.date().isoformat()}
    assert isinstance(house.desk.removals, RemovalDesk)
    await house.desk.lines.finished()
    await house.desk.removals.confirm(DESK_WORKER, Removal.model_validate(said))
    with pytest.raises(BadInput):
        await corrected(house, line, since="2031-01-01")
    await corrected(house, line, since=(house.now - timedelta(days=2)).date().isoformat(), days=0)
    await telling(house).round(TENANT)
    known = await told(house)
    assert set(known) == {LOAN_DESK} and early
    assert [one.release for one in (await desk_of(house).notice(DESK_WORKER, known[LOAN_DESK])).had] == [line]


async def test_whatever_is_away_meanwhile_it_is_told_once(house: FourRooms) -> None:
    """The log that refuses, and the register that does not hear it."""
    await looked_after(house)
    await house.case()
    await corrected(house, position(await house.release(*BY_LAW)))
    made = telling(house)

    class Away:
        def __getattr__(self, name: str) -> Any:
            raise RegisterUnavailable if name == "announcements" else LogUnavailable

    anything: Any = Away()
    for broken in (Telling(anything, made.registers, made.reports, made.notices),
                   Telling(made.audit, anything, made.reports, made.notices)):  # fmt: skip
        await broken.round(TENANT)
        await made.round(TENANT)  # somebody has it in hand
        assert not await told(house)
        house.now += timedelta(minutes=2)
    await made.round(TENANT)
    assert set(await told(house)) == {LOAN_DESK} and len(await passed_on(house)) == 1


async def test_a_report_that_is_not_ours_holds_up_no_other(house: FourRooms) -> None:
    await looked_after(house)
    await house.case()
    await house.case("Z-2", SECRET)
    for bsn, case in ((R1, "Z-1"), (SECRET, "Z-2")):
        await corrected(house, position(await house.release("brp.adres", bsn=bsn, zaak=case)), days=0, bsn=bsn)
    rows = telling(house).reports._rows
    async with rows.writing(TENANT) as tx:
        theirs = corrections.c.resident == (await house.resident()).id
        await tx.connection.execute(update(corrections).where(theirs).values(filed_at=1))
    await telling(house).round(TENANT)
    assert [len(await passed_on(house, bsn)) for bsn in (R1, SECRET)] == [0, 1]


async def test_only_a_room_makes_recipients_hear(house: FourRooms) -> None:
    with pytest.raises(NoAccess):
        await house.register.announcements.corrected(DESK_WORKER, [Announcement(id="0" * 32, recipient=LOAN_DESK)])


async def test_a_line_that_is_withheld_does_not_appear_beside_the_correction(house: FourRooms) -> None:
    """A resident sees the number of what is withheld: one right behind the correction would say what it was about."""
    await looked_after(house)
    await house.case()
    line = position(await house.release("brp.adres"))
    await as_registry(house, HIDDEN, "Z-9")
    subject = (await house.resident()).subject
    seen = house.audit.door("web")
    before = [one.position for one in (await seen.lines(STAFF, subject)).lines if one.withheld]
    await corrected(house, line)
    await telling(house).round(TENANT)
    assert set(await told(house)) == {LOAN_DESK, CIVIL_AFFAIRS}
    assert [one.position for one in (await seen.lines(STAFF, subject)).lines if one.withheld] == before
    house.now += timedelta(days=90)
    assert {one.event.recipient for one in await passed_on(house)} == {LOAN_DESK}
    of_nobody = (await seen.lines(STAFF, NOBODY)).lines
    assert [one.event.recipient for one in of_nobody if one.event.details.get("stap") == "doorgegeven"] == [
        CIVIL_AFFAIRS
    ]


async def test_a_day_in_the_future_that_a_register_names_is_no_day(house: FourRooms) -> None:
    """What people say here is looked at as they say it; what an owner's interface says, was not."""
    await looked_after(house)
    await house.case()
    said = {
        "inwoner": {"bsn": R1},
        "gegevenselement": "brp.adres",
        "reden": "De post komt terug.",
        "gebruiker": "mw-4821",
    }
    line, desk = position(await house.release("brp.adres")), desk_of(house)
    report = await desk.file(DESK_WORKER, Doubt.model_validate({**said, "logregel": line}))
    heard = Heard.model_validate({"status": "gecorrigeerd", "toelichting": "Aangepast.", "onjuistSinds": "2031-01-01"})
    await desk.forwarding._heard(TENANT, await desk.rows.one(TENANT, report.id), heard)
    await telling(house).round(TENANT)
    assert set(await told(house)) == {LOAN_DESK}


async def test_another_day_is_another_answer(house: FourRooms) -> None:
    """Who is told hangs on it: a keeper who names it too late must not read that it was taken."""
    await looked_after(house)
    await house.case()
    line = position(await house.release("brp.adres"))
    day = house.now.date().isoformat()
    await corrected(house, line, since=day)
    desk = desk_of(house)
    (report,) = await desk.filed(DESK_WORKER)
    words = {"status": "gecorrigeerd", "toelichting": "Aangepast."}
    again = Said.model_validate({**words, "onjuistSinds": day})
    assert (await desk.answered(REGISTRY, report.id, again)).status == "gecorrigeerd"
    for other in (None, (house.now - timedelta(days=9)).date().isoformat()):
        with pytest.raises(StepPassed):
            await desk.answered(REGISTRY, report.id, Said.model_validate({**words, "onjuistSinds": other}))


async def test_a_report_on_which_we_break_holds_up_no_other(house: FourRooms) -> None:
    await looked_after(house)
    await house.case()
    await house.case("Z-2", SECRET)
    for bsn, case in ((R1, "Z-1"), (SECRET, "Z-2")):
        await corrected(house, position(await house.release("brp.adres", bsn=bsn, zaak=case)), days=0, bsn=bsn)
    made, asked = telling(house), list[str]()

    class Breaks:
        def __getattr__(self, verb: str) -> Any:
            return getattr(made.audit, verb)

        async def lines(self, caller: Caller, subject: str, *more: Any) -> Any:
            asked.append(subject)
            if len(asked) == 1:
                raise TypeError(subject)
            return await made.audit.lines(caller, subject, *more)

    anything: Any = Breaks()
    await Telling(anything, made.registers, made.reports, made.notices).round(TENANT)
    assert len(asked) == 2 and set(await told(house)) == {LOAN_DESK}
