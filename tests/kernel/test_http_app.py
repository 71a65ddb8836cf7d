"""An app from the outside: sealed until opened, alive and ready, described per root, served on a real port."""

import asyncio
import logging
import stat
import threading
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from kernel.http.app import make_app
from kernel.http.client import open_client
from kernel.http.health import Check, StartGate, health_router
from kernel.http.openapi import Contact, Root, public_root
from kernel.http.server import serve
from kernel.message import Message, Short
from tests.patience import PATIENCE

pytestmark = pytest.mark.anyio
CONTACT = Contact("Gemeente", "api@gemeente.example", "https://gemeente.example")


class Thing(Message):
    naam: Short


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def _fine() -> str:
    return "ok"


async def _ill() -> str:
    raise RuntimeError("host db7 refused")


def house(gate: StartGate, check: Check = _fine) -> FastAPI:
    app = make_app("Test", gate)
    for path in ("/dingen", "/zaken"):
        public_root(app, Root(path, path, "https://api.example", CONTACT), partial(things, path.strip("/")))
    intern = APIRouter(prefix="/intern/v1")
    intern.add_api_route("/verborgen", _fine, methods=["POST"])
    app.include_router(intern)
    app.include_router(health_router({"deel": check}, gate))
    return app


class Telling:
    """An app of its own, as a route takes one: the body comes back."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse((await receive())["body"].decode())(scope, receive, send)


def things(tag: str) -> APIRouter:
    router = APIRouter(tags=[tag])

    @router.post("/dingen", status_code=201, responses={409: {"description": "Bestaat al"}})
    async def make(thing: Thing) -> Thing:
        return thing

    @router.get("/dingen")
    async def all_of_them() -> list[Thing]:
        return []

    @router.get("/dingen/{ding}")
    async def one(ding: str) -> Thing:
        return Thing(naam=ding)

    return router


def reach(app: FastAPI) -> AbstractAsyncContextManager[httpx2.AsyncClient]:
    return open_client("http://test", timeout_seconds=PATIENCE, transport=httpx2.ASGITransport(app))


def _places(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {(method.upper(), path) for path, item in document["paths"].items() for method in item}


async def test_head_is_get_without_the_content_for_who_shows_nothing() -> None:
    """Whoever keeps a copy of a public list asks so whether there is a new one; a route answered 405."""
    gate = StartGate()
    gate.open()
    async with serve(house(gate)) as at, httpx2.AsyncClient(base_url=f"http://127.0.0.1:{at.port}") as http:
        for path in ("/dingen/v1/dingen", "/dingen/v1/openapi.json", "/livez", "/bestaat-niet"):
            whole, head = await http.get(path), await http.head(path)
            assert (head.status_code, head.content) == (whole.status_code, b"") and whole.content, path
            assert head.headers["content-length"] == whole.headers["content-length"], path
            assert head.headers.get("api-version") == whole.headers.get("api-version"), path
        for name in ("Authorization", "Cookie", "DPoP", "Fsc-Authorization", "Client-Cert"):
            assert (await http.head("/dingen/v1/dingen", headers={name: "x"})).status_code == 405, name
        assert (await http.head("/intern/v1/verborgen")).status_code == 405


async def test_while_sealed_only_the_probes_answer() -> None:
    gate = StartGate()
    app = house(gate)
    async with reach(app) as http:
        described = (_places(app.openapi()) | {("GET", "/dingen/v1/openapi.json"), ("GET", "/niets")}) - {
            ("GET", "/livez")
        }
        document = (await _document("/dingen"))["paths"]
        described |= {(method.upper(), f"/dingen/v1{path}") for path, item in document.items() for method in item}
        assert {("POST", "/intern/v1/verborgen"), ("GET", "/dingen/v1/dingen/{ding}")} <= described
        for method, path in described:
            answer = await http.request(method, path)
            assert (answer.status_code, answer.json()["code"]) == (503, "verzegeld"), path
            assert answer.headers["retry-after"] == "5"
        assert (await http.get("/livez")).json() == {"status": "ok"}
        assert (await http.get("/readyz")).status_code == 503
        gate.open()
        assert (await http.get("/dingen/v1/dingen")).status_code == 200
        assert (await http.get("/readyz")).json() == {"status": "ok", "onderdelen": {"start": "ok", "deel": "ok"}}
        gate.seal()
        assert (await http.get("/dingen/v1/dingen")).status_code == 503


async def test_an_ill_component_makes_us_unready_and_not_dead() -> None:
    gate = StartGate()
    gate.open()
    async with reach(house(gate, _ill)) as http:
        answer = await http.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["onderdelen"] == {"start": "ok", "deel": "Dit onderdeel antwoordt niet."}
        assert "db7" not in answer.text
        assert (await http.get("/livez")).status_code == 200


async def test_a_warning_is_told_and_makes_nothing_unready() -> None:
    gate, said = StartGate(), ["", "Zie hiernaar."]
    gate.open()
    app = make_app("Proef", gate)
    app.include_router(health_router({"deel": _fine}, gate, {"deel": lambda: said[0]}))
    async with reach(app) as http:
        well = {"status": "ok", "onderdelen": {"start": "ok", "deel": "ok"}}
        assert (await http.get("/readyz")).json() == well
        said.reverse()
        answer = await http.get("/readyz")
        assert (answer.status_code, answer.json()) == (200, well | {"waarschuwingen": {"deel": "Zie hiernaar."}})


async def _document(path: str) -> dict[str, Any]:
    gate = StartGate()
    gate.open()
    async with reach(house(gate)) as http:
        answer = await http.get(f"{path}/v1/openapi.json")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["api-version"] == "1.0.0"
    document: dict[str, Any] = answer.json()
    return document


async def test_the_routes_of_a_root_are_made_once_and_by_the_loop() -> None:
    gate, by = StartGate(), list[int]()
    gate.open()

    def make() -> APIRouter:
        by.append(threading.get_ident())
        return things("dingen")

    app = make_app("Test", gate)
    public_root(app, Root("/dingen", "Dingen", "https://api.example", CONTACT), make)
    assert by == []
    async with reach(app) as http:
        for path in ("/dingen/v1/openapi.json", "/dingen/v1/dingen", "/dingen/v1/openapi.json"):
            assert (await http.get(path)).status_code == 200
    assert by == [threading.get_ident()]


async def test_a_root_describes_itself_and_nothing_else() -> None:
    document = await _document("/dingen")
    assert document["servers"] == [{"url": "https://api.example/dingen/v1"}]
    assert document["info"]["contact"] == {"name": CONTACT.name, "email": CONTACT.email, "url": CONTACT.url}
    assert set(document["paths"]) == {"/dingen", "/dingen/{ding}"}
    assert "verborgen" not in str(document) and "zaken" not in str(document)


async def test_every_described_answer_has_its_version_and_every_refusal_is_a_problem() -> None:
    document = await _document("/zaken")
    assert "422" not in str(document) and "HTTPValidationError" not in str(document)
    for path in document["paths"].values():
        for operation in path.values():
            assert {"401", "403", "503"} <= set(operation["responses"])
            for status, response in operation["responses"].items():
                assert "API-Version" in response["headers"]
                assert status < "400" or set(response["content"]) == {"application/problem+json"}
    assert "400" in document["paths"]["/dingen"]["post"]["responses"]
    assert "400" in document["paths"]["/dingen/{ding}"]["get"]["responses"]
    assert "400" not in document["paths"]["/dingen"]["get"]["responses"]
    assert "409" in document["paths"]["/dingen"]["post"]["responses"]


async def test_two_apps_share_a_process_and_tell_their_real_ports(capfd: pytest.CaptureFixture[str]) -> None:
    gate = StartGate()
    gate.open()
    async with serve(house(gate)) as one, serve(house(gate)) as two:
        assert 0 < one.port != two.port > 0
        for address in (one, two):
            async with open_client(address.url, timeout_seconds=PATIENCE) as http:
                assert (await http.get("/dingen/v1/dingen/geheim-woord")).status_code == 200
    with pytest.raises(OSError, match=r".*"):
        await asyncio.open_connection(one.host, one.port)
    assert not logging.getLogger("uvicorn.access").hasHandlers()
    assert "geheim-woord" not in "".join(capfd.readouterr())


async def test_a_socket_file_is_ours_alone(tmp_path: Path) -> None:
    gate = StartGate()
    gate.open()
    path = tmp_path / "app.sock"
    path.touch()  # left by a crash
    async with serve(house(gate), uds=path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        async with open_client(
            "http://x", timeout_seconds=PATIENCE, transport=httpx2.AsyncHTTPTransport(uds=str(path))
        ) as http:
            assert (await http.get("/livez")).status_code == 200


async def test_rooms_open_in_order_close_in_reverse_and_a_failure_is_told_to_who_starts() -> None:
    seen: list[str] = []

    def room(name: str) -> Any:
        @asynccontextmanager
        async def opening() -> AsyncIterator[None]:
            if name == "broken":
                raise LookupError(name)
            seen.append(f"+{name}")
            yield
            seen.append(f"-{name}")

        return opening

    async with serve(make_app("Test", StartGate(), [room("a"), room("b")])):
        assert seen == ["+a", "+b"]
    assert seen == ["+a", "+b", "-b", "-a"]
    with pytest.raises(LookupError):
        async with serve(make_app("Test", StartGate(), [room("c"), room("broken")])):
            pass
    assert "+c" in seen


async def test_what_is_answered_first_is_found_by_its_whole_path_and_inside_every_ring() -> None:
    gate = StartGate()
    app = make_app("Test", gate)
    app.answer_first([Route("/druk", Telling(), methods=["POST"])])
    async with reach(app) as http:
        form = {"content-type": "application/x-www-form-urlencoded"}
        assert (await http.post("/druk", content="a=b", headers=form)).json()["code"] == "verzegeld"
        gate.open()
        answer = await http.post("/druk", content="a=b", headers=form)
        assert (answer.json(), answer.headers["x-frame-options"]) == ("a=b", "DENY")
        for path in ("/druk/", "/druk%0A", "/dru", "//druk"):
            assert (await http.post(path, content="a=b", headers=form)).status_code == 404, path
        assert (await http.get("/druk")).json()["code"] == "methode-niet-toegestaan"
        assert (await http.post("/druk", content="a", headers={"content-type": "text/plain"})).status_code == 415


async def test_a_request_under_way_is_answered_before_the_server_stops() -> None:
    gate, begun, go = StartGate(), asyncio.Event(), asyncio.Event()
    gate.open()
    app = make_app("Test", gate)

    @app.get("/traag")
    async def slow() -> str:
        begun.set()
        await go.wait()
        return "klaar"

    async with open_client("http://x", timeout_seconds=PATIENCE) as http:
        async with serve(app) as address:
            asking = asyncio.create_task(http.get(f"{address.url}/traag"))
            await asyncio.wait_for(begun.wait(), PATIENCE)
            asyncio.get_running_loop().call_later(0.2, go.set)
        assert (await asking).json() == "klaar"
