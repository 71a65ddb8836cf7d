"""What leaves an app: problems, headers, trace, and an operations line without what was asked."""

import io
import json
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace

import httpx2
import pytest
from fastapi import APIRouter
from starlette.responses import HTMLResponse

from kernel.errors import BadInput, NeighbourUnavailable, NotFound, NotLoggedIn, Problem, TooManyRequests
from kernel.http.app import make_app
from kernel.http.client import open_client
from kernel.http.edge import route_template
from kernel.http.health import StartGate
from kernel.http.problems import raise_for_problem
from kernel.http.trace import current_trace, read_traceparent
from kernel.logs import set_up_logs
from kernel.message import Message, Short
from tests.patience import PATIENCE

pytestmark = pytest.mark.anyio
NUMBER = "999993653"  # a published test number
INCOMING = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"


class Thing(Message):
    aantal: int
    naam: Short


class Busy(Problem):
    code, status, title = "test-bezet", 409, "Bezet"


ROUTER = APIRouter()


@ROUTER.post("/dingen/v1/dingen")
async def make(thing: Thing) -> Thing:
    return thing


@ROUTER.get("/dingen/v1/dingen/{name}")
async def get(name: str) -> dict[str, str]:
    errors: dict[str, Exception] = {
        "bezet": Busy("Even wachten.", volgendeStap="/later"),
        "druk": TooManyRequests(wachtSeconden=7),
        "wie": NotLoggedIn(),
        "stuk": RuntimeError(f"row of {NUMBER} is broken"),
        "weg": NeighbourUnavailable("Even niet."),
    }
    if name in errors:
        raise errors[name]
    if name == "vorm":
        Thing.model_validate({"aantal": NUMBER + "x", "naam": "n"})
    trace = current_trace()
    return {"trace": trace.trace_id, "parent": trace.parent_span_id}


@ROUTER.get("/bladzijde")
async def page() -> HTMLResponse:
    return HTMLResponse("<p>x", headers={"Content-Security-Policy": "default-src 'none'", "Cache-Control": "max-age=5"})


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    set_up_logs(stream)
    yield stream
    set_up_logs()


@pytest.fixture
async def http(written: io.StringIO) -> AsyncIterator[httpx2.AsyncClient]:
    gate = StartGate()
    gate.open()
    app = make_app("Test", gate, type_base="https://gemeente.example")
    app.include_router(ROUTER)
    async with open_client("http://test", timeout_seconds=PATIENCE, transport=httpx2.ASGITransport(app)) as client:
        yield client


async def test_a_problem_leaves_with_its_type_members_and_instance(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/dingen/v1/dingen/bezet")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body.pop("instance").startswith("urn:uuid:")
    assert body == {
        "type": "https://gemeente.example/fouten/test-bezet",
        "title": "Bezet",
        "status": 409,
        "detail": "Even wachten.",
        "code": "test-bezet",
        "volgendeStap": "/later",
    }


async def test_a_problem_arrives_as_the_same_problem(http: httpx2.AsyncClient) -> None:
    with pytest.raises(Busy) as caught:
        raise_for_problem(await http.get("/dingen/v1/dingen/bezet"))
    assert caught.value.same_as(Busy("Even wachten.", volgendeStap="/later"))


@pytest.mark.parametrize(
    ("status", "content", "kind"),
    [
        (500, b"oops", "text/plain"),
        (502, b"{", "application/problem+json"),
        (502, b"[1]", "application/problem+json"),
        (502, b'{"code": 1, "detail": ""}', "application/problem+json"),
        (502, b'{"code": "test-bezet", "detail": "", "self": 1}', "application/problem+json"),
        (307, b"", "text/plain"),
    ],
)
async def test_what_is_no_problem_of_ours_is_a_neighbour_that_is_away(status: int, content: bytes, kind: str) -> None:
    with pytest.raises(NeighbourUnavailable):
        raise_for_problem(httpx2.Response(status, content=content, headers={"content-type": kind}))


@pytest.mark.parametrize(("name", "error"), [("stuk", "RuntimeError"), ("vorm", "ValidationError")])
async def test_an_unknown_error_leaves_nothing_of_itself(
    name: str, error: str, http: httpx2.AsyncClient, written: io.StringIO
) -> None:
    """Also one of pydantic about a document of our own: the request was fine, and its faults are not its sender's."""
    answer = await http.get(f"/dingen/v1/dingen/{name}")
    assert answer.status_code == 500
    assert answer.json()["code"] == "interne-fout"
    assert "broken" not in answer.text + written.getvalue()
    assert "fouten" not in answer.json()
    assert NUMBER not in answer.text + written.getvalue()
    failed = json.loads(written.getvalue().splitlines()[0])
    assert failed["error"] == error
    assert answer.json()["instance"] == f"urn:uuid:{failed['instance']}"
    assert any(place.startswith(__file__) for place in failed["at"])


async def test_all_faults_are_told_at_once_without_what_was_sent(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/dingen/v1/dingen", json={"aantal": f"x{NUMBER}", NUMBER: 1, "anders": 2})
    assert answer.status_code == 400
    fouten = {(fout["veld"], fout["code"]) for fout in answer.json()["fouten"]}
    assert fouten == {("/aantal", "verkeerd-soort"), ("/naam", "ontbreekt"), ("", "onbekend-veld")}
    assert NUMBER not in answer.text and "anders" not in answer.text


@pytest.mark.parametrize("body", [b"{", b'{"aantal": 1', b"\xff\xfe{\0", b'"\xc3"', b"1" * 5000, b""])
async def test_ill_formed_json_is_bad_input(http: httpx2.AsyncClient, body: bytes) -> None:
    answer = await http.post("/dingen/v1/dingen", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["code"] == BadInput.code
    assert answer.json()["fouten"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/niets", 404, "niet-gevonden"),
        ("GET", "/dingen/v1/dingen/x/", 404, "niet-gevonden"),
        ("DELETE", "/dingen/v1/dingen", 405, "methode-niet-toegestaan"),
        ("GET", "/docs", 404, "niet-gevonden"),
        ("GET", "/openapi.json", 404, "niet-gevonden"),
    ],
)
async def test_what_the_framework_refuses_is_a_problem(
    http: httpx2.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await http.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_answers_that_ask_for_patience_say_how_long(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/dingen/v1/dingen/druk")).headers["retry-after"] == "7"
    assert (await http.get("/dingen/v1/dingen/weg")).headers["retry-after"] == "5"
    assert (await http.get("/dingen/v1/dingen/wie")).headers["www-authenticate"] == 'Bearer, DPoP algs="ES256"'


@pytest.mark.parametrize("path", ["/dingen/v1/dingen/goed", "/dingen/v1/dingen/stuk", "/dingen/v1/niets"])
async def test_every_answer_has_its_headers(http: httpx2.AsyncClient, path: str) -> None:
    headers = (await http.get(path)).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["content-security-policy"] == "frame-ancestors 'none'"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["strict-transport-security"].startswith("max-age=")
    assert headers["api-version"] == "1.0.0"


async def test_a_page_keeps_its_own_policy(http: httpx2.AsyncClient) -> None:
    headers = (await http.get("/bladzijde")).headers
    assert headers["content-security-policy"] == "default-src 'none'"
    assert headers["cache-control"] == "max-age=5"
    assert "api-version" not in headers


async def test_the_incoming_trace_goes_on(http: httpx2.AsyncClient, written: io.StringIO) -> None:
    http.event_hooks = {"request": []}  # a caller from outside
    seen = (await http.get("/dingen/v1/dingen/goed", headers={"traceparent": INCOMING})).json()
    assert seen == {"trace": INCOMING[3:35], "parent": INCOMING[36:52]}
    assert json.loads(written.getvalue())["trace"] == INCOMING[3:35]


async def test_a_client_sends_the_trace_it_is_in(http: httpx2.AsyncClient) -> None:
    ours = current_trace()
    seen = (await http.get("/dingen/v1/dingen/goed")).json()
    assert seen == {"trace": ours.trace_id, "parent": ours.span_id}


@pytest.mark.parametrize(
    "header",
    [None, "", "x", INCOMING + "-x", "ff" + INCOMING[2:], INCOMING.upper(), f"00-{'0' * 32}-{'1' * 16}-00"],
)
def test_an_ill_formed_trace_is_replaced(header: str | None) -> None:
    trace = read_traceparent(header)
    assert (len(trace.trace_id), len(trace.span_id), trace.parent_span_id) == (32, 16, "")
    assert trace.trace_id != INCOMING[3:35]


@pytest.mark.parametrize(
    ("flags", "state", "goes_on"),
    [
        ("00", (), {}),
        ("01", ("a=1", " b@sys=x y"), {"tracestate": "a=1,b@sys=x y"}),
        ("ff", ("a=1,,b=2",), {"tracestate": "a=1,b=2"}),
        ("01", ("a=1,a=2",), {}),
        ("01", ("A=1",), {}),
        ("01", ("a=",), {}),
        ("01", (",".join(f"k{number}=1" for number in range(33)),), {}),
        ("01", ("a=" + "x" * 256, "b=" + "x" * 256), {}),
    ],
)
def test_what_others_say_along_a_trace_goes_on_and_unknown_flags_do_not(
    flags: str, state: tuple[str, ...], goes_on: dict[str, str]
) -> None:
    trace = read_traceparent(INCOMING[:53] + flags, state)
    assert (
        trace.headers()
        == {"traceparent": f"00-{INCOMING[3:35]}-{trace.span_id}-{'00' if flags == '00' else '01'}"} | goes_on
    )
    assert read_traceparent("x", state).state == "", "without a parent it says nothing"


async def test_the_operations_line_holds_the_template_and_never_the_path(
    http: httpx2.AsyncClient, written: io.StringIO
) -> None:
    await http.get("/dingen/v1/dingen/geheim-woord?q=nog-een-woord")
    await http.get("/nergens/geheim-woord")
    first, second = [json.loads(line) for line in written.getvalue().splitlines()]
    assert (first["route"], first["status"], first["method"]) == ("/dingen/v1/dingen/{name}", 200, "GET")
    assert second["route"] == "(geen)"
    assert "woord" not in written.getvalue()


def test_the_template_names_the_root_that_an_api_is_mounted_at() -> None:
    """`/{id}` in the operations log was a resident's consent, a line or a release: nobody could tell."""
    within, root = SimpleNamespace(path="/dingen/{name}"), SimpleNamespace(path="/dingen/v1")
    assert route_template({"route": within, "root_path": "/dingen/v1"}) == "/dingen/v1/dingen/{name}"
    assert route_template({"route": root, "root_path": "/dingen/v1"}) == "/dingen/v1", "nothing there"
    assert route_template({"root_path": ""}) == "(geen)"


def test_two_codes_never_mean_two_things() -> None:
    assert Problem.revive("niet-gevonden", "", {}).same_as(NotFound())
