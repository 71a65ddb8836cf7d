"""The GovStack Consent API on the register: every operation, who may come, and what only a resident can do."""

import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from audit.contract import LogUnavailable
from consent.activity import Application
from consent.api import Behind
from consent.component import _check_tables
from consent.contract import ConsentRequest, NoSuchThing, NotByNumber
from consent.events.address import Webhook
from consent.govstack.agreements import Agreements
from consent.govstack.api import govstack_routes
from consent.govstack.door import Opened
from consent.govstack.file import Unreadable
from consent.govstack.importing import Importer
from consent.govstack.individuals import Individuals
from consent.govstack.messages import IndividualIn
from consent.govstack.stored import Objects
from consent.persons import Persons
from consent.rows import Rows
from consent.settings import ConsentSettings
from consent.tokens.server import roots_of
from kernel.caller import Caller, room_of
from kernel.settings import SettingsWrong
from tests.consent.govstack_published import answer_schema, operations
from tests.consent.house import (
    ANNA,
    ANNA_HERSELF,
    LOKET,
    PARTY,
    PLAN,
    STAFF,
    TENANT,
    TENANTS,
    House,
    activity,
    no,
    opened_house,
    stop,
    yes,
)  # fmt: skip
from tests.consent.test_consent_faults import BEFORE, Interrupted
from tests.serving import opened

pytestmark = pytest.mark.anyio
BSN, OTHER = "999993653", "999990019"
NOWHERE = "0197d2f0-0000-7000-8000-000000000000"
WHO = {"X-ConsentBB-IndividualId": "anna"}
WHY = {"X-Regie-Reden": "steekproef"}
POLICY = {"id": "privacy", "name": "Privacyverklaring", "version": "1.0", "url": "https://stad.example/privacy"}
AGREEMENT = {"id": "nieuw", "version": "1", "purpose": "Nieuw", "lawfulBasis": "consent", "dpia": "", "policy": POLICY}
HERSELF = {"id": "anna", "externalId": BSN, "externalIdType": "bsn"}
SIGNED = {"consentRecord": {"id": "", "optIn": True}, "signature": {"id": "", "signature": "x"}}
ASK, DRAFT = "/service/individual/record/data-agreement/{a}/", "/service/individual/record/consent-record/draft/"
RECORD, RECORDS = "/service/individual/record/consent-record/{r}/", "/service/individual/record/consent-record/"


@dataclass(frozen=True)
class Step:
    """One call. {a}: an agreement in force; {r}: a consent record of it."""

    operation: str
    verb: str
    path: str
    status: int = 200
    body: Any = None
    params: dict[str, str] | None = None
    headers: dict[str, str] | None = None


def step(operation: str, verb: str, path: str, status: int = 200, body: Any = None, **more: Any) -> Step:
    return Step(operation, verb, path, status, body, **more)


WALK = (
    step("configPolicyCreate", "POST", "/config/policy/", body={"policy": POLICY}),
    step("configPolicyCreate", "POST", "/config/policy/", 409, {"policy": POLICY}),
    step("configPolicyUpdate", "PUT", "/config/policy/privacy/", body={"policy": POLICY | {"version": "2"}}),
    step("configPolicyUpdate", "PUT", "/config/policy/register/", 403, {"policy": POLICY | {"id": "register"}}),
    step("configPolicyRead", "GET", "/config/policy/privacy/", params={"revisionId": "privacy.1"}),
    step("configPolicyRead", "GET", "/config/policy/privacy/", 404, params={"revisionId": "privacy.3"}),
    step("configPolicyRevisionsList", "GET", "/config/policy/privacy/revisions/"),
    step("configPolicyList", "GET", "/config/policies/"),
    step("servicePolicyRead", "GET", "/service/policy/register/"),
    step("configDataAgreementCreate", "POST", "/config/data-agreement/", body={"dataAgreement": AGREEMENT}),
    step("configPolicyDelete", "DELETE", "/config/policy/privacy/", 409),
    step("configDataAgreementUpdate", "PUT", "/config/data-agreement/nieuw/",
         body={"dataAgreement": AGREEMENT | {"version": "2"}}),
    step("configDataAgreementUpdate", "PUT", "/config/data-agreement/regeling/", 403,
         {"dataAgreement": AGREEMENT | {"id": "regeling"}}),
    step("configDataAgreementRead", "GET", "/config/data-agreement/{a}/"),
    step("configDataAgreementList", "GET", "/config/data-agreements/"),
    step("serviceDataAgreementRead", "GET", "/service/data-agreement/{a}/"),
    step("serviceVerificationDataAgreementList", "GET", "/service/verification/data-agreements/"),
    step("auditDataAgreementList", "GET", "/audit/data-agreements/"),
    step("auditDataAgreementRead", "GET", "/audit/data-agreement/{a}/"),
    step("configIndividualCreate", "POST", "/config/individual/", body={"individual": {"id": "bert"}}),
    step("serviceIndividualCreate", "POST", "/service/individual/", body={"individual": {"id": "leeg"}}),
    step("serviceIndividualUpdate", "PUT", "/service/individual/bert/", body={"individual": HERSELF | {"id": "bert"}}),
    step("configIndividualRead", "GET", "/config/individual/anna/"),
    step("serviceIndividualRead", "GET", "/service/individual/anna/"),
    step("configIndividualList", "GET", "/config/individuals/"),
    step("serviceIndividualList", "GET", "/service/individuals/", params={"limit": "1", "offset": "1"}),
    step("configWebhookCreate", "POST", "/config/webhook/", 403, {"webhook": {}}),
    step("configWebhookRead", "GET", "/config/webhook/eigen/"),
    step("configWebhookUpdate", "PUT", "/config/webhook/eigen/", 403, {"webhook": {}}),
    step("configWebhookDelete", "DELETE", "/config/webhook/eigen/", 403),
    step("configWebhookList", "GET", "/config/webhooks/"),
    step("serviceIndividualConsentRecordDraftCreate", "POST", DRAFT,
         params={"individualId": "anna", "dataAgreementId": "regeling"}),
    step("serviceIndividualConsentRecordCreate", "POST", ASK, params={"individualId": "anna"}),
    step("serviceIndividualConsentRecordCreate", "POST", ASK, 409,
         params={"individualId": "anna", "revisionId": "regeling.9"}),
    step("serviceIndividualConsentRecordCreate", "POST", ASK, 409, params={"individualId": "leeg"}),
    step("serviceIndividualConsentRecordSignatureCreate", "POST", RECORDS, 403, SIGNED),
    step("serviceIndividualConsentRecordUpdate", "PUT", RECORD, 403, {"consentRecord": {"id": "", "optIn": False}}),
    step("serviceIndividualConsentRecordUpdate", "PUT", RECORD, body={"consentRecord": {"id": "", "optIn": True}}),
    step("serviceIndividualSignatureCreate", "POST", RECORD + "signature/", 403, {"signature": {}}),
    step("serviceIndividualSignatureUpdate", "PUT", RECORD + "signature/", 403, {"signature": {}}),
    step("serviceIndividualConsentRecordList", "GET", RECORDS, headers=WHO),
    step("serviceIndividualConsentRecordRead", "GET", ASK, headers=WHO),
    step("serviceIndividualDataAgreementConsentRecordList", "GET", ASK + "all/", headers=WHO),
    step("serviceIndividualConsentRecordDeleteAll", "DELETE", "/service/individual/record/", 409, headers=WHO),
    step("serviceVerificationConsentRecordList", "GET", "/service/verification/consent-records/"),
    step("serviceVerificationConsentRecordRead", "GET", "/service/verification/consent-record/{r}/"),
    step("auditConsentRecordList", "GET", "/audit/consent-records/", headers=WHY),
    step("auditConsentRecordList", "GET", "/audit/consent-records/", 400),
    step("auditConsentRecordRead", "GET", "/audit/consent-record/{r}/", headers=WHY),
    step("auditConsentRecordRead", "GET", f"/audit/consent-record/{NOWHERE}/", 404, headers=WHY),
    step("configDataAgreementDelete", "DELETE", "/config/data-agreement/regeling/", 409),
    step("configDataAgreementDelete", "DELETE", "/config/data-agreement/nieuw/"),
    step("configDataAgreementRead", "GET", "/config/data-agreement/nieuw/", 404),
    step("configPolicyDelete", "DELETE", "/config/policy/privacy/"),
)  # fmt: skip


def application_of(name: str, *roles: str) -> Application:
    (known,) = PARTY.applications
    return known.model_copy(update={"client_id": name, "roles": roles})


class Door:
    """The way in, as the application of the desk."""

    def __init__(self, http: httpx2.AsyncClient, house: House) -> None:
        self._http, self.house = http, house

    async def call(self, verb: str, path: str, status: int = 200, **more: Any) -> Any:
        answer = await self._http.request(verb, f"/govstack/v1{path}", **more)
        assert answer.status_code == status, (verb, path, answer.text)
        assert BSN not in answer.text and OTHER not in answer.text
        if status >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["detail"], path
        return answer.json()


@asynccontextmanager
async def at_door(house: House, on: tuple[str, ...] = (TENANT,)) -> AsyncIterator[Door]:
    async def caller(request: Any) -> Any:
        return LOKET.model_copy(update={"application": request.headers.get("x-who", LOKET.application)})

    webhooks = {f"{TENANT}/loket": Webhook(url="https://loket.example/gebeurtenissen")}
    behind = Behind(house.consent, Persons(house.consent, house.people), TENANTS, caller)
    app = opened()
    app.mount("/govstack/v1", govstack_routes(Opened.of(behind, house.log, on, webhooks, house.clock)))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://localhost:8000") as http:
        yield Door(http, house)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    urls = (f"sqlite+aiosqlite:///{tmp_path}/audit.db", f"sqlite+aiosqlite:///{tmp_path}/consent.db")
    async with opened_house(tmp_path, urls) as opened:
        may = application_of("loket-app", "verstrekking", "toestemming", "govstack", "beheer")
        await opened.consent.admit(STAFF, PARTY.model_copy(update={"applications": (may,)}))
        await opened.consent.publish(STAFF, activity())
        yield opened


def test_the_walk_knows_every_operation() -> None:
    walked = {(one.operation, one.verb) for one in WALK}
    assert len(walked) == 42
    for name, verb, path in operations():
        assert (name, verb) in walked, path


def test_a_token_for_it_opens_no_other_door() -> None:
    assert roots_of("https://stad.example", application_of("x", "govstack")) == {
        "https://stad.example/govstack/v1": {"govstack"}
    }


def test_it_is_not_switched_on_for_a_municipality_that_is_not_there() -> None:
    settings = ConsentSettings(database="sqlite+aiosqlite://", mode="test", govstack=("gm0000",))
    with pytest.raises(SettingsWrong, match="gm0000"):
        _check_tables(settings, TENANTS)


async def test_every_operation_answers_as_published_or_says_why_not(house: House) -> None:
    async with at_door(house) as door:
        await door.call("POST", "/service/individual/", json={"individual": HERSELF})
        asked = await door.call("POST", ASK.format(a="regeling"), params={"individualId": "anna"})
        record = asked["consentRecord"]
        assert (record["state"], record["optIn"], record["individual"]["id"]) == ("unsigned", False, "anna")
        await house.consent.choose(ANNA_HERSELF, record["id"], yes())
        for one in WALK:
            path = one.path.format(a="regeling", r=record["id"])
            body = {"json": one.body} if one.body is not None else {}
            told = await door.call(one.verb, path, one.status, params=one.params, headers=one.headers, **body)
            if one.status == 200:
                answer_schema(one.operation).validate(told)


async def test_only_the_resident_makes_a_request_a_consent(house: House) -> None:
    async with at_door(house) as door:
        await door.call("POST", "/service/individual/", json={"individual": HERSELF})
        asked = await door.call("POST", ASK.format(a="regeling"), params={"individualId": "anna"})
        one = asked["consentRecord"]["id"]
        read = f"/service/verification/consent-record/{one}/"
        await door.call("PUT", RECORD.format(r=one), 403, json={"consentRecord": {"id": one, "optIn": True}})
        assert (await door.call("GET", read))["consentRecord"]["optIn"] is False
        kinds = ["zoeking", "toestemming-gevraagd"]
        assert await house.kinds() == kinds, "no act of an application became a line of a choice"
        await house.consent.choose(ANNA_HERSELF, one, yes())
        given = (await door.call("GET", read))["consentRecord"]
        assert (given["state"], given["optIn"]) == ("signed", True)
        assert given["signature"]["signature"].count("~") > 1 and given["signature"]["objectReference"] == one
        assert given["dataAgreementRevisionHash"] == asked["revision"]["serializedHash"]
        await house.consent.choose(ANNA_HERSELF, one, stop())
        assert (await door.call("GET", read))["consentRecord"]["optIn"] is False


async def test_looking_into_records_leaves_a_line_with_the_reason(house: House) -> None:
    async with at_door(house) as door:
        await door.call("POST", "/service/individual/", json={"individual": HERSELF})
        await door.call("POST", ASK.format(a="regeling"), params={"individualId": "anna"})
        await door.call("GET", "/audit/consent-records/", 400, headers={"X-Regie-Reden": f"over {BSN}"})
        (found,) = (await door.call("GET", "/audit/consent-records/", headers=WHY))["consentRecords"]
        assert found["individual"] == {"id": "anna", "externalIdType": "bsn"}
        lines = (await house.log.lines(room_of(TENANT, "consent"), ANNA.subject, None, 10)).lines
        assert (lines[0].event.kind, lines[0].event.details) == ("zoeking", {"reden": "steekproef"})


async def test_a_request_for_nobody_is_of_no_individual_until_a_yes(house: House) -> None:
    async with at_door(house) as door:
        await door.call("POST", "/service/individual/", json={"individual": {"id": "los"}})
        await door.call("POST", "/service/individual/", json={"individual": HERSELF})
        wanted = ConsentRequest(resident=None, activity="regeling", elements=(PLAN,))
        asked = await house.consent.request(LOKET, wanted)

        async def told() -> list[Any]:
            one = await door.call("GET", f"/service/verification/consent-record/{asked.id}/")
            (listed,) = (await door.call("GET", "/audit/consent-records/", headers=WHY))["consentRecords"]
            return [found.get("individual") for found in (one["consentRecord"], listed)]

        assert await told() == [None, None]
        await house.consent.take_up(ANNA_HERSELF, asked.id, ANNA)
        await house.consent.choose(ANNA_HERSELF, asked.id, no())
        assert await told() == [None, None], "a no says nothing of who said it"


async def test_a_wider_version_is_a_revision_that_an_old_record_does_not_fit(house: House) -> None:
    async with at_door(house) as door:
        first = (await door.call("GET", "/config/data-agreement/regeling/"))["revision"]
        await house.consent.publish(STAFF, activity(maximalePeriode=70))
        await house.consent.publish(STAFF, activity(maximalePeriode=28))
        told = await door.call("GET", "/config/data-agreement/regeling/")
        assert (told["revision"]["id"], told["dataAgreement"]["compatibleWithVersion"]["version"]) == (
            "regeling.3",
            "2",
        )
        snapshot = json.loads(told["revision"]["serializedSnapshot"])["objectData"]
        assert snapshot["verschillen"] == [{"veld": "/maximalePeriode", "gevolg": "smaller"}]
        assert told["revision"]["predecessorHash"] != first["serializedHash"]


async def test_who_may_not_come_is_refused_and_an_agreement_without_activity_asks_nobody(house: House) -> None:
    async with at_door(house, on=()) as door:
        await door.call("GET", "/config/policies/", 404)
    async with at_door(house) as door:
        await door.call("POST", "/service/individual/", json={"individual": HERSELF})
        await door.call("POST", "/config/data-agreement/", 400, json={"dataAgreement": AGREEMENT})
        bare = {name: said for name, said in AGREEMENT.items() if name != "policy"}
        await door.call("POST", "/config/data-agreement/", json={"dataAgreement": bare})
        told = await door.call("POST", ASK.format(a="nieuw"), 409, params={"individualId": "anna"})
        assert told["code"] == "nog-geen-doel"
        other = HERSELF | {"externalId": OTHER}
        await door.call("PUT", "/service/individual/anna/", 400, json={"individual": other})
        await door.call("POST", "/service/individual/", 400, json={"individual": {"id": BSN}})
        await door.call("POST", "/service/individual/", 400, json={"individual": {"id": "x", "externalId": "1"}})
        reader = application_of("lezer", "govstack")
        await house.consent.add_client(STAFF, "loket", reader)
        await house.consent.add_client(STAFF, "loket", application_of("ander", "verstrekking"))
        as_reader, as_other = ({"x-who": name} for name in ("lezer", "ander"))
        await door.call("GET", "/config/policies/", headers=as_reader)
        await door.call("POST", "/config/policy/", 403, json={"policy": POLICY}, headers=as_reader)
        await door.call("GET", "/config/policies/", 403, headers=as_other)
        await house.consent.suspend(STAFF, "loket")
        await door.call("GET", "/config/policies/", 403)


FILE = {
    "policies": [POLICY],
    "dataAgreements": [AGREEMENT, AGREEMENT | {"id": "regeling"}],
    "individuals": [HERSELF, {"id": "leeg"}],
}


async def test_a_file_is_loaded_with_its_ids_and_twice_is_the_same(house: House) -> None:
    objects = Objects(house.consent.register, house.log, house.clock)
    importer = Importer(objects, house.people)
    for _ in range(2):
        await importer.load(STAFF, json.dumps(FILE))
    async with at_door(house) as door:
        listed = (await door.call("GET", "/config/data-agreements/"))["dataAgreement"]
        assert [(one["id"], one["active"], one["policy"]["id"]) for one in listed] == [
            ("nieuw", False, "privacy"), ("regeling", True, "privacy"),
        ]  # fmt: skip
        assert (await door.call("GET", "/config/policy/privacy/"))["revision"]["id"] == "privacy.1"
        asked = await door.call("POST", ASK.format(a="regeling"), params={"individualId": "anna"})
        assert asked["consentRecord"]["state"] == "unsigned"
    lines = (await house.audit.desk(STAFF).reader.lines("systeem", None, 50)).lines
    kept = [line.event.details["id"] for line in lines if line.event.details.get("stap", "").startswith("govstack")]
    assert sorted(kept) == ["anna", "leeg", "nieuw", "privacy", "regeling"], "a line each, and none for the second time"


BAD: list[tuple[Any, list[str]]] = [
    ("[]", ["/: "]),
    ("{", ["geen JSON"]),
    ({"policy": []}, ["/policy: "]),
    (
        {
            "policies": [POLICY, POLICY | {"name": "x"}],
            "dataAgreements": [AGREEMENT | {"lawfulBasis": "contract"}],
            "individuals": [{"id": BSN}, {"id": "a", "externalId": "12"}, {"id": ""}],
        },
        ["/dataAgreements/0/lawfulBasis", "/individuals/1/externalId", "/policies/1/id", "/individuals/0/id",
         "/individuals/2/id"],
    ),
    (
        {"policies": [POLICY], "dataAgreements": [AGREEMENT | {"policy": POLICY | {"version": "9"}}]},
        ["/dataAgreements/0/policy: "],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("given", "places"), BAD)
async def test_a_bad_file_is_refused_whole_with_all_that_is_wrong(house: House, given: Any, places: list[str]) -> None:
    objects = Objects(house.consent.register, house.log, house.clock)
    with pytest.raises(Unreadable) as refused:
        await Importer(objects, house.people).load(STAFF, given if isinstance(given, str) else json.dumps(given))
    assert all(any(place in fault for fault in refused.value.faults) for place in places), refused.value.faults
    assert BSN not in str(refused.value)
    async with at_door(house) as door:
        assert len((await door.call("GET", "/config/policies/"))["policies"]) == 1, "the register itself"
        assert (await door.call("GET", "/config/individuals/"))["individuals"] == []


async def test_an_id_is_never_moved_to_somebody_else_by_a_file(house: House) -> None:
    importer = Importer(Objects(house.consent.register, house.log, house.clock), house.people)
    await importer.load(STAFF, json.dumps(FILE))
    with pytest.raises(Unreadable, match="iemand anders"):
        await importer.load(STAFF, json.dumps({"individuals": [HERSELF | {"externalId": OTHER}, {"id": "derde"}]}))
    async with at_door(house) as door:
        await door.call("GET", "/config/individual/derde/", 404)


async def test_a_number_is_held_against_nothing_that_others_brought_and_is_kept_in_no_text(house: House) -> None:
    await Importer(Objects(house.consent.register, house.log, house.clock), house.people).load(STAFF, json.dumps(FILE))
    async with at_door(house) as door:
        for number in (BSN, OTHER):  # the right one and a guess: one answer
            told = await door.call(
                "POST", "/service/individual/", 409, json={"individual": HERSELF | {"externalId": number}}
            )
            assert told["detail"] == "Deze id is al in gebruik."
        provider = {"id": "x", "identityProviderId": BSN}
        await door.call("POST", "/service/individual/", 400, json={"individual": provider})
        await door.call("POST", "/config/policy/", 400, json={"policy": POLICY | {"id": "y", "name": f"Voor {BSN}"}})
        for _ in range(40):  # an id of ours holds digits by chance, and is no reason to refuse
            await door.call("POST", "/service/individual/", json={"individual": {"id": ""}})


async def no_numbers(caller: Caller) -> bool:
    return False


async def test_nobody_is_enrolled_before_the_line_and_a_reference_stands_in_their_own_series(house: House) -> None:
    number, given = "999990020", IndividualIn.model_validate({"id": "nieuw", "externalId": "999990020"})
    for kind in ("activiteit-concept", "zoeking"):
        dying = Objects(house.consent.register, Interrupted(house.log, BEFORE, kind), house.clock)
        with pytest.raises(LogUnavailable):
            await Individuals(dying, house.people, house.consent.may_name_by_number).create(LOKET, given)
        assert (number in house.people.known) == (kind == "zoeking")
        with pytest.raises(NoSuchThing):
            await Individuals(dying, house.people, house.consent.may_name_by_number).one(LOKET, "nieuw")
    objects = Objects(house.consent.register, house.log, house.clock)
    with pytest.raises(NotByNumber):
        await Individuals(objects, house.people, no_numbers).create(LOKET, given)
    await Individuals(objects, house.people, house.consent.may_name_by_number).create(LOKET, given)
    (line,) = (await house.log.lines(room_of(TENANT, "consent"), house.people.known[number].subject, None, 9)).lines
    assert (line.event.kind, line.event.recipient, line.event.details) == ("zoeking", "loket", {"stap": "verwijzing"})


async def test_agreements_are_listed_over_as_many_snapshots_however_many_there_are(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = Objects(house.consent.register, house.log, house.clock)
    kept = [AGREEMENT | {"id": f"nieuw-{number}"} for number in range(5)]
    await Importer(objects, house.people).load(STAFF, json.dumps({"policies": [POLICY], "dataAgreements": kept}))
    asked, reading = 0, house.consent.register.reading

    def counted(tenant: str) -> AbstractAsyncContextManager[Rows]:
        nonlocal asked
        asked += 1
        return reading(tenant)

    monkeypatch.setattr(house.consent.register, "reading", counted)
    found = await Agreements(house.consent, objects, {TENANT: ("Stad", "https://stad.example")}).listed(LOKET)
    assert [one.id for one in found] == [*(one["id"] for one in kept), "regeling"] and asked == 3
