"""Every operation of every public root, asked as five roles what its document lets them ask: none breaks, every answer
is as described, and who may not is given nothing (trust.md section 7, "API").

REGIE_ASKED: how many questions per operation, each as every role; `make faults` takes sixty. Half of them are as the
document has it; in the other half what names somebody or something names one that is there.
"""

import os
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks

from assembly.clients import NewClient, add_client
from assembly.demo.recipient import Application
from assembly.demo.register import BY_LAW, LOAN_DESK, STORY
from kernel.caller import room_of
from tests.house import DESK, HERE, OFFICER, R1, TRAINER, House, Plan
from tests.journeys.test_openapi import described

Case = schemathesis.Case[Any]
pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.faults]
ASKED = int(os.environ.get("REGIE_ASKED", "2"))
# whoever asks brings their own token: it makes up none
WITHOUT_TOKENS = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})
ROOTS = ("verstrekking", "toestemming", "logboek", "access", "govstack")
CHECKS = [
    not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
    checks.response_schema_conformance,
]  # fmt: skip
NOBODY, CLERK, TRAINERS, OFFICE, OWNER = ROLES = ("niemand", "medewerker", "zonder-bsn", "fg", "beheer")
ASKING = {CLERK, TRAINERS, OFFICE}
PUBLIC = (
    r"GET /verstrekking/(gegevenselementen|statistieken/openbaar(/.*)?)",
    r"GET /toestemming/verwerkingsactiviteiten(/.*)?",
    r"GET /toestemming/(ontvangers|statuslijsten)/.*", r"GET /logboek/(sleutels|heimelijk|checkpoint|\{term\}/.*)",
    r"GET /logboek/logregels/.*",  # without a token the leaf alone
)  # fmt: skip
# Who may, of what anybody may not; the first that fits.
MAY: tuple[tuple[str, set[str]], ...] = (
    (r"\w+ /govstack/.*", {OWNER}),
    (r"POST /toestemming/verwerkingsactiviteiten(/.*)?", {OWNER}),
    (r"\w+ /toestemming/(ontvangers|wijzigingen)(/.*)?", {OWNER}),
    (r"\w+ /toestemming/(bezwaren|beperkingen|avg-verzoeken).*", set()),  # residents and the FG, at the portal
    (r"POST /logboek/verwerkingsacties", set()),  # who reports its own uses
    (r"\w+ /logboek/.*", {OFFICE}),
    (r".*", ASKING),
)
NAMED = {
    "bsn": R1, "verwerkingsactiviteit": STORY, "gegevenselementen": list(BY_LAW), "gegevenselement": BY_LAW[0],
    "gebruiker": "mw-4821", "zaak": "Z-1", "slug": STORY, "nummer": 1, "term": "2026h2", "ontvanger": LOAN_DESK,
}  # fmt: skip


@pytest.fixture(scope="module")
def plan(founded_on_files: Any) -> Plan:
    """Together, on SQLite, with the API of GovStack: what is asked here is the same in all wirings."""
    return Plan(founded_on_files, False, None, {"REGIE_CONSENT_GOVSTACK": f'["{HERE}"]'})


async def applications(house: House) -> dict[str, Application]:
    """Who asks, by role."""
    staff, new = room_of(HERE, "assembly"), NewClient("beheer-app", "Beheer", "automatisch", ("beheer", "govstack"))
    if new.client_id not in house.clients[HERE]:
        house.clients[HERE][new.client_id] = await add_client(house.register, staff, LOAN_DESK, new, house.url())
    found = {CLERK: DESK, TRAINERS: TRAINER, OFFICE: OFFICER, OWNER: new.client_id}
    for client in found.values():
        entry = house.clients[HERE][client]
        entry["resources"] = {root: f"{house.url()}/{root}/v1" for root in ROOTS}
    return {role: house.application(client) for role, client in found.items()}


async def place_of(application: Application, root: str) -> str:
    """The root for which it gets a token: this one, or another where it may have none, which is worth nothing here."""
    for place in (root, "toestemming"):
        try:
            await application.token(place)
        except httpx2.HTTPStatusError:
            continue
        return place
    raise AssertionError("an application without any token")


def questions(operation: Any) -> list[Case]:
    """As its document allows them, the same each time."""
    found: list[Case] = []
    quiet = settings(
        max_examples=ASKED, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip

    @quiet
    @given(operation.as_strategy())
    def keep(case: Case) -> None:
        found.append(case)

    keep()
    for case in found[1::2]:
        case.body, case.path_parameters = likely(case.body), likely(case.path_parameters)
    return found


def likely(said: Any, name: str = "") -> Any:
    """The same about somebody and something that is there."""
    if name in NAMED:
        return NAMED[name]
    if isinstance(said, dict):
        return {key: likely(value, key) for key, value in said.items()}
    return [likely(one) for one in said] if isinstance(said, list) else said


def may(operation: str) -> set[str]:
    """The roles that may be given something."""
    if any(re.fullmatch(one, operation) for one in PUBLIC):
        return {*ROLES}
    return next(who for one, who in MAY if re.fullmatch(one, operation))


async def asked(house: House, case: Case, bearer: str) -> httpx2.Response:
    """Over HTTP, as it is written."""
    said = case.as_transport_kwargs(base_url=str(case.operation.schema.raw_schema["servers"][0]["url"]))
    headers = {name: str(value) for name, value in (said.get("headers") or {}).items()}
    headers |= {"authorization": f"Bearer {bearer}"} if bearer else {}
    body = {name: said[name] for name in ("json", "params") if said.get(name) is not None}
    content = said.get("data")
    if isinstance(content, str | bytes):
        body["content"] = content
    return await house.http.request(said["method"], said["url"], headers=headers, **body)


def wrong(case: Case, answer: httpx2.Response, role: str, operation: str) -> Iterator[str]:
    """Why it is not as described, or was given to somebody who may not."""
    told = f"{operation} as {role} with {case.body!r:.300}: {answer.status_code} {answer.text[:200]}"
    try:
        case.validate_response(answer, checks=CHECKS)
    except FailureGroup as group:
        yield from (f"{told}: {failure}" for failure in group.exceptions)
    # what cannot be read, or is not there, may be told before who it is that asks for it; to nobody not even that
    closed = (401,) if role == NOBODY else (400, 401, 403, 404)
    if role not in may(operation) and answer.status_code not in closed:
        yield told


@pytest.mark.parametrize("root", ROOTS)
async def test_five_roles_ask_everything(house: House, root: str) -> None:
    schema = schemathesis.openapi.from_dict(await described(house, root), config=WITHOUT_TOKENS)
    who, given_to, faults = await applications(house), set[str](), list[str]()
    places = {role: await place_of(one, root) for role, one in who.items()}
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        name = f"{operation.method.upper()} /{root}{operation.path.removeprefix('/v1')}"
        for case in questions(operation):
            for role in ROLES:
                bearer = await who[role].token(places[role]) if role in who else ""
                answer = await asked(house, case, bearer)
                faults += wrong(case, answer, role, name)
                given_to |= {role} if answer.status_code < 300 else set()
    assert not faults, "\n".join(faults[:20])
    assert given_to, "and somebody is given something"
