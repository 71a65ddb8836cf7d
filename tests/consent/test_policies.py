"""A plain table of policies in a tenant of its own, as conformance suites of others ask it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from consent.api import Behind
from consent.authzen.api import access_routes
from consent.authzen.messages import Evaluation
from consent.authzen.policies import NoPolicies, decide, read
from consent.authzen.stored import NotHere, Table
from consent.persons import Persons
from kernel.errors import NotLoggedIn
from kernel.http.app import make_app
from kernel.http.health import StartGate
from tests.consent.house import TENANT, TENANTS, House, opened_house

pytestmark = pytest.mark.anyio
RICK, MORTY = {"type": "user", "id": "rick"}, {"type": "user", "id": "morty"}
POLICIES = json.dumps({"policies": [
    {"subject": RICK, "action": {"name": "can_read_todos"}, "resource": {"type": "todo"}, "decision": True},
    {"subject": MORTY, "action": {"name": "can_update_todo"},
     "resource": {"type": "todo", "properties": {"ownerID": "morty"}}, "decision": True},
    {"action": {"name": "can_read_user"}, "resource": {"type": "user", "id": "*"}, "decision": True},
]})  # fmt: skip


def asked(subject: dict[str, Any], action: str, **resource: Any) -> dict[str, Any]:
    return {"subject": subject, "action": {"name": action}, "resource": {"type": "todo", "id": "1"} | resource}


CASES = [
    (asked(RICK, "can_read_todos"), True),
    (asked(MORTY, "can_read_todos"), False),
    (asked(MORTY, "can_update_todo", properties={"ownerID": "morty"}), True),
    (asked(MORTY, "can_update_todo", properties={"ownerID": "rick"}), False),
    (asked(MORTY, "can_update_todo"), False),
    (asked(MORTY, "can_read_user", type="user", id="whoever"), True),
    (asked(RICK, "can_drop_tables"), False),
]


@pytest.mark.parametrize(("question", "may"), CASES)
def test_the_first_row_that_fits_decides_and_none_is_no(question: dict[str, Any], may: bool) -> None:
    assert decide(read(POLICIES).policies, Evaluation.model_validate(question)) is may


@pytest.mark.parametrize(
    "text", ["", "[]", '{"policies": []}', '{"policies": [{"decision": "yes"}]}', '{"policies": [{}]}', "{" * 5_000]
)
def test_a_file_that_is_no_table_is_refused_with_a_place(text: str) -> None:
    with pytest.raises(NoPolicies):
        read(text)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    urls = (f"sqlite+aiosqlite:///{tmp_path}/audit.db", f"sqlite+aiosqlite:///{tmp_path}/consent.db")
    async with opened_house(tmp_path, urls) as opened:
        yield opened


def table(house: House, tenant: str = TENANT) -> Table:
    register = house.consent.following._register
    return Table(register, tenant)


async def test_the_table_answers_without_a_token_at_its_own_host_only(house: House) -> None:
    await table(house).load(POLICIES)

    async def nobody() -> Any:
        raise NotLoggedIn()

    for tenant, status in ((TENANT, 200), ("", 401)):
        gate = StartGate()
        gate.open()
        app = make_app("table", gate)
        behind = Behind(house.consent, Persons(house.consent, house.people), TENANTS, lambda request: nobody())
        app.include_router(access_routes(behind, table(house, tenant)), prefix="/access/v1")
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost:8000") as http:
            for question, may in CASES:
                answer = await http.post("/access/v1/evaluation", json=question)
                assert answer.status_code == status
                assert status != 200 or answer.json()["decision"] is may
            several = {"evaluations": [question for question, _ in CASES]}
            answer = await http.post("/access/v1/evaluations", json=several)
            if status == 200:
                assert [one["decision"] for one in answer.json()["evaluations"]] == [may for _, may in CASES]


async def test_loading_again_replaces_and_a_tenant_with_a_register_takes_none(house: House) -> None:
    assert await table(house).load(POLICIES) == 3
    assert await table(house).load('{"policies": [{"decision": true}]}') == 1
    (verdict,) = await table(house).answer([Evaluation.model_validate(asked(RICK, "anything"))])
    assert verdict.decision
    with pytest.raises(NotHere):
        await table(house, "").load(POLICIES)
    await house.ready()
    with pytest.raises(NotHere):
        await table(house).load(POLICIES)
