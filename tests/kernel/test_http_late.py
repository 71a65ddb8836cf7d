"""Routes that nobody asked for are not made."""

import httpx2
import pytest
from fastapi import APIRouter

from kernel.http.app import make_app
from kernel.http.health import StartGate
from kernel.http.late import Late

pytestmark = pytest.mark.anyio


async def test_routes_within_are_made_once_by_the_first_who_asks_below_their_path() -> None:
    made = list[str]()

    def make() -> tuple[APIRouter, ...]:
        made.append("now")
        router = APIRouter(prefix="/intern/v1/kamer")

        @router.get("/{id}")
        async def one(id: str) -> dict[str, str]:
            return {"id": id}

        return (router,)

    gate = StartGate()
    gate.open()
    app = make_app("test", gate)
    app.router.routes.append(Late("/intern/v1", make))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://x") as http:
        for path in ("/intern/v1", "/intern/v10/kamer/1", "/elders"):
            assert (await http.get(path)).status_code == 404
        assert made == []
        assert [(await http.get("/intern/v1/kamer/7")).json() for _ in range(2)] == [{"id": "7"}] * 2
        for method, path, status in (("GET", "/intern/v1/niets", 404), ("POST", "/intern/v1/kamer/7", 405)):
            answer = await http.request(method, path)
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert made == ["now"]
