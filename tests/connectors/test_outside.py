"""A register may be slow, cut off, lying or gone: the right answer or a clear refusal, within its time."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from purgatory.domain.model import Context, OpenedState
from sqlalchemy import make_url

from connectors.contract import NOTHING, SourceDown
from connectors.declared.declaration import Question
from connectors.declared.filling import filled
from connectors.declared.sql import sealed
from connectors.outside.addresses import LOOPBACK, may_call, networks
from connectors.outside.asking import Ask, Asker, _read_once, same_host
from connectors.outside.data import Bounds, Unreadable, read_json
from connectors.outside.failing import SourceFailed
from connectors.outside.guarding import Breaker, Guarded, Limits, Narrow, Patient, guarded
from connectors.outside.opening import Certificates, open_outside
from connectors.outside.pinned import NotListed, Pinned, spelled
from connectors.person import read_answer
from kernel.http.client import open_client
from kernel.settings import SettingsWrong
from tests.connectors.faulty import ANSWERS, GOOD, Faulty, faulty
from tests.patience import PATIENCE
from vault.contract import Bsn, Values

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
HERE = networks(LOOPBACK)
SECONDS = 0.6
QUESTION = Ask("POST", "/personen", body=b"{}", alike=True)
WHY = {
    "cut": "afgebroken",
    "nothing": "afgebroken",
    "garbage": "afgebroken",
    "long headers": "afgebroken",
    "huge": "te-groot",
    "endless chunks": "afgebroken",
    "wrong type": "soort",
    "no type": "soort",
    "packed": "soort",
    "no json": "onleesbaar",
    "no number": "onleesbaar",
    "said twice": "onleesbaar",
    "deep": "onleesbaar",
    "control": "onleesbaar",
    "half a pair": "onleesbaar",
    "moved": "status",
    "broken": "status",
    "later": "status",
    "no access": "toegang",
}
SHAPES = {"list", "other shape", "somebody more"}  # JSON, and no answer of the BRP


@pytest.fixture
async def register() -> AsyncIterator[Faulty]:
    async with faulty() as one:
        yield one


async def ask(register: Faulty, ask: Ask = QUESTION, listed: Sequence[Any] = HERE, **more: Any) -> Any:
    url = f"{more.pop('scheme', 'http')}://{more.pop('host', '127.0.0.1')}:{register.port}"
    async with open_outside(url, listed, more.pop("seconds", PATIENCE), **more) as http:
        return await Asker(http, url, 256 << 10).ask(ask)


def test_every_answer_has_its_verdict() -> None:
    assert set(WHY) | SHAPES | {"good"} == set(ANSWERS)


async def test_the_right_answer_is_read(register: Faulty) -> None:
    assert await ask(register) == GOOD


@pytest.mark.parametrize("fault", WHY)
async def test_every_wrong_answer_is_a_refusal_that_says_why(register: Faulty, fault: str) -> None:
    register.does = fault
    with pytest.raises(SourceFailed) as failed:
        await ask(register)
    assert failed.value.why == WHY[fault]
    assert register.asked == 1, "what may have arrived is not asked again"
    assert failed.value.__cause__ is None and "personen" not in str(failed.value)


@pytest.mark.parametrize("fault", sorted(SHAPES))
async def test_what_is_no_answer_of_the_register_gives_nothing(register: Faulty, fault: str) -> None:
    register.does = fault
    with pytest.raises(Unreadable):
        read_answer(await ask(register), {"brp.naam": ("naam.voornamen",)}, 1)


@pytest.mark.parametrize("fault", ["silent", "dripping"])
async def test_nothing_hangs_longer_than_its_time(register: Faulty, fault: str) -> None:
    register.does = fault

    class Slow:
        async def fetch(self, *_: Any) -> Values:
            await ask(register)
            return Values()

    with pytest.raises((TimeoutError, SourceFailed)):
        await asyncio.wait_for(fetch(Guarded(Slow(), Patient(SECONDS))), PATIENCE)


async def test_a_question_that_may_be_repeated_is_and_another_is_not() -> None:
    async with faulty() as register:
        register.does = "broken"  # a fault of the register itself is not mended by asking again
        with pytest.raises(SourceFailed):
            await ask(register, Ask("GET", "/x", repeatable=True))
        assert register.asked == 1
        register.does = "cut"
        with pytest.raises(SourceFailed):
            await ask(register, Ask("GET", "/x", repeatable=True))
        assert register.asked == 4
        register.does = "later"  # a day is longer than we wait
        with pytest.raises(SourceFailed):
            await ask(register, Ask("GET", "/x", repeatable=True))
        assert register.asked == 5


async def test_a_register_that_is_gone_is_tried_again_and_then_refused(register: Faulty) -> None:
    register.port = 1
    with pytest.raises(SourceFailed) as failed:
        await ask(register)
    assert failed.value.why == "niet-bereikbaar"


def certificate(folder: Path, name: str) -> Path:
    """A key and a certificate that signs itself, of this name."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
    built = built.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    file = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.touch(0o600)
    file.write_bytes(private + built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return file


@pytest.mark.parametrize(
    ("name", "known", "good"), [("localhost", True, True), ("localhost", False, False), ("elsewhere", True, False)]
)
async def test_a_certificate_counts_when_it_is_of_the_name_and_of_a_known_authority(
    tmp_path: Path, name: str, known: bool, good: bool
) -> None:
    file = certificate(tmp_path, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    async with faulty(context) as register:
        certificates = Certificates(authority=file if known else None)
        asking = ask(register, scheme="https", host="localhost", certificates=certificates)
        if good:
            assert await asking == GOOD
        else:
            with pytest.raises(SourceFailed):
                await asking
            assert register.bodies == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_of_ours_that_others_can_reach_is_refused_with_what_to_do(tmp_path: Path, mode: int) -> None:
    """What opens TLS took it, as no other key file is taken."""
    file = certificate(tmp_path, "localhost")
    file.chmod(mode)
    with pytest.raises(SettingsWrong, match=f"chmod 600 {file}"):
        open_outside("https://localhost:1", (), 1, Certificates(own=file))


@pytest.mark.parametrize(
    ("address", "listed", "may"),
    [
        ("93.184.216.34", (), True),
        ("2606:2800:220:1::1", (), True),
        ("127.0.0.1", (), False),
        ("127.0.0.1", LOOPBACK, True),
        ("10.1.2.3", (), False),
        ("10.1.2.3", ("10.1.2.0/24",), True),
        ("10.1.3.3", ("10.1.2.0/24",), False),
        ("172.16.0.1", (), False),
        ("192.168.1.1", (), False),
        ("169.254.169.254", (), False),  # where clouds keep their credentials
        ("100.64.0.1", (), False),
        ("0.0.0.0", (), False),  # noqa: S104 - not bound to
        ("224.0.0.1", (), False),
        ("255.255.255.255", (), False),
        ("::", (), False),
        ("::1", (), False),
        ("fe80::1%eth0", (), False),
        ("fd00::1", (), False),
        ("::ffff:127.0.0.1", (), False),
        ("::ffff:10.1.2.3", ("10.1.2.0/24",), True),
        ("::ffff:169.254.169.254", (), False),
        ("64:ff9b::7f00:1", (), False),
        ("64:ff9b::5db8:d822", (), True),
        ("::127.0.0.1", (), False),
        ("2002:7f00:1::", (), False),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", (), False),
        ("localhost", (), False),
        ("", (), False),
        ("0x7f.1", (), False),
    ],
)
def test_only_public_and_listed_addresses_are_called(address: str, listed: Sequence[str], may: bool) -> None:
    assert may_call(address, networks(listed)) is may
    listed_itself = may and bool(listed)
    assert may_call(address, networks(listed), tls=False) is listed_itself, "in the clear only where a setting says so"


class Answering(httpx2.AsyncBaseTransport):
    """Remembers where it was sent."""

    def __init__(self) -> None:
        self.called: list[httpx2.Request] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.called.append(request)
        return httpx2.Response(200, json={})


def pinned(url: str, *answers: Sequence[str]) -> tuple[httpx2.AsyncClient, Answering, list[str]]:
    inner, asked = Answering(), list[str]()
    left = list(answers)

    async def resolver(host: str, _: int) -> Sequence[str]:
        asked.append(host)
        return left.pop(0)

    return httpx2.AsyncClient(transport=Pinned(inner, url, (), resolver)), inner, asked


async def test_an_address_is_remembered_where_nothing_in_it_can_be_about_anybody() -> None:
    client, inner, _ = pinned("https://bron.example", ["93.184.216.34"])
    asker = Asker(client, "https://bron.example", 1_000)
    _read_once.cache_clear()
    spelled.cache_clear()
    key = {"adres": ("0363200000218908",)}
    plain, filled_in = Question(method="GET", path="/x"), Question(method="GET", path="/adressen/{adres}")
    asks = [filled(one, key, Bsn("999993653")) for one in (plain, filled_in)]
    kept, called = [], []
    for ask in (QUESTION, replace(QUESTION, query={"wie": "iemand"}), *filter(None, asks)):
        before = _read_once.cache_info().currsize, spelled.cache_info().currsize
        await asker.ask(ask)
        kept.append((_read_once.cache_info().currsize - before[0], spelled.cache_info().currsize - before[1]))
        called.append(str(inner.called[-1].url))
    assert called[1:] == [f"https://93.184.216.34/{one}" for one in
                          ("personen?wie=iemand", "x", "adressen/0363200000218908")]  # fmt: skip
    assert kept == [(1, 1), (0, 0), (1, 1), (0, 0)]


async def test_a_source_gets_nothing_that_an_answer_about_somebody_else_set() -> None:
    async def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(200, json={}, headers={"set-cookie": "over=iemand"})

    asked: list[httpx2.Request] = []
    asker = Asker(open_client("", timeout_seconds=1, transport=httpx2.MockTransport(answer)), "https://bron.example", 9)
    for _ in range(2):
        await asker.ask(QUESTION)
    assert [(one.headers.get("cookie"), one.headers["user-agent"]) for one in asked] == [(None, "regie")] * 2
    assert all(one.extensions["timeout"]["read"] == 1 and "traceparent" in one.headers for one in asked)


async def test_a_header_of_ours_that_is_declared_otherwise_is_sent_once() -> None:
    async def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(200, json={})

    asked: list[httpx2.Request] = []
    asker = Asker(open_client("", timeout_seconds=1, transport=httpx2.MockTransport(answer)), "https://bron.example", 9)
    declared = {"User-Agent": "gemeente", "Accept": "application/hal+json", "Accept-Encoding": "identity"}
    await asker.ask(replace(QUESTION, headers=declared))
    sent = [(name.decode(), value.decode()) for name, value in asked[0].headers.raw]
    assert [one for one in sent if one[0].lower() in {"user-agent", "accept", "accept-encoding"}] == [*declared.items()]


async def test_a_name_is_resolved_once_and_called_where_it_was_judged() -> None:
    client, inner, asked = pinned("https://bron.example", ["93.184.216.34"], ["127.0.0.1"])
    for _ in range(2):
        await client.get("https://bron.example/x")
    (first, second) = inner.called
    assert asked == ["bron.example"] and first.url.host == second.url.host == "93.184.216.34"
    assert first.headers["host"] == "bron.example" and first.extensions["sni_hostname"] == "bron.example"


@pytest.mark.parametrize(
    "url", ["https://other.example/", "http://bron.example/", "https://bron.example:8443/", "https://93.184.216.34/"]
)
async def test_no_other_host_port_or_scheme_is_called(url: str) -> None:
    client, inner, _ = pinned("https://bron.example", ["93.184.216.34"])
    with pytest.raises(NotListed):
        await client.get(url)
    assert inner.called == []


@pytest.mark.parametrize("found", [["10.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::ffff:127.0.0.1"], []])
async def test_a_name_that_leads_inside_is_not_called(found: Sequence[str]) -> None:
    client, inner, _ = pinned("https://bron.example", found)
    with pytest.raises(NotListed):
        await client.get("https://bron.example/")
    assert inner.called == []


@pytest.mark.parametrize(
    ("address", "mode"),
    [
        ("postgresql+psycopg://u:p@db.example/x", "require"),
        ("postgresql+psycopg://u:p@db.example/x?sslmode=verify-full", "verify-full"),
        ("postgresql+psycopg://u:p@db.example/x?sslmode=disable", "disable"),
        ("postgresql+psycopg://u:p@/x?host=a.example,b.example", "require"),
        ("postgresql+psycopg://u:p@/x?hostaddr=10.1.2.3", "require"),
        ("postgresql+psycopg://u:p@localhost/x?hostaddr=10.1.2.3", "require"),
        ("postgresql+psycopg://u:p@db.example/x?hostaddr=127.0.0.1", None),
        ("postgresql+psycopg://u:p@/x?service=koppeling", None),
        ("postgresql+psycopg://u:p@/x?host=/var/run/postgresql", None),
        ("postgresql+psycopg://u:p@127.0.0.1/x", None),
        ("sqlite+aiosqlite:///x.db", None),
    ],
)
def test_a_database_elsewhere_is_not_asked_in_the_clear_by_silence(
    address: str, mode: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sealed(make_url(address)).query.get("sslmode") == mode
    monkeypatch.setenv("PGSSLMODE", "verify-full")  # which ours would weaken
    assert sealed(make_url(address)).query.get("sslmode") in (None, "verify-full", "disable")


async def test_nothing_crosses_the_internet_in_the_clear() -> None:
    client, inner, _ = pinned("http://bron.example", ["93.184.216.34"])
    with pytest.raises(NotListed):
        await client.get("http://bron.example/")
    assert inner.called == []


class Scripted:
    """A source that does what it is told, and counts."""

    def __init__(self, *script: Exception | Values) -> None:
        self.script, self.asked = list(script), 0

    async def fetch(self, *_: Any) -> Values:
        self.asked += 1
        await asyncio.sleep(0)
        one = self.script.pop(0) if self.script else Values()
        if isinstance(one, Exception):
            raise one
        return one


async def fetch(source: Any) -> Values:
    found: Values = await source.fetch(None, None, Bsn("999993653"), NOTHING)
    return found


async def test_a_source_that_keeps_failing_is_left_alone_and_tried_again() -> None:
    source = Scripted(*[SourceFailed("status", 500)] * 3, TimeoutError())
    breaker = Breaker(Patient(PATIENCE), Context("x", 3, 60))

    def rested() -> None:
        """The minute is over."""
        over = OpenedState("x")
        over.opened_at -= 61
        breaker.circuit.set_state(over)

    chain = Guarded(source, breaker)
    for _ in range(3):
        with pytest.raises(SourceDown):
            await fetch(chain)
    for _ in range(5):
        with pytest.raises(SourceDown):
            await fetch(chain)
    assert source.asked == 3
    rested()
    with pytest.raises(TimeoutError):
        await fetch(chain)
    with pytest.raises(SourceDown):
        await fetch(chain)
    rested()
    assert await fetch(chain) == Values()
    assert (source.asked, breaker.circuit.state) == (5, "closed")


async def test_our_own_fault_is_not_held_against_a_source() -> None:
    source = Scripted(*[SourceFailed("vraag", 400), SourceFailed("toegang", 401)] * 5)
    chain = Guarded(source, Breaker(Patient(PATIENCE), Context("x", 2, 60)))
    for _ in range(10):
        with pytest.raises(SourceFailed):
            await fetch(chain)


async def test_only_a_few_are_let_in_and_who_would_only_wait_is_turned_away() -> None:
    inside, most = 0, 0

    class Slow:
        async def fetch(self, *_: Any) -> Values:
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.02)
            inside -= 1
            return Values()

    chain = Guarded(Slow(), Narrow(Patient(PATIENCE), 2, 3))
    answers = await asyncio.gather(*(fetch(chain) for _ in range(10)), return_exceptions=True)
    assert most == 2
    assert sum(isinstance(one, SourceDown) for one in answers) == 5


async def test_the_chain_gives_what_the_source_gives() -> None:
    assert await fetch(guarded("x", Scripted(), Limits())) == Values()


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    with suppress(Unreadable):
        read_json(raw, Bounds())


@pytest.mark.parametrize("raw", [b"[1e999]", b"9007199254740993", b"1" * 5000, b'"\xff"', b'"\\u202e"', b"[[[[[1]]]]]"])
def test_what_readers_would_not_agree_on_is_not_read(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        read_json(raw, Bounds(depth=4))


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://a.example/zaken/v1/zaken/1", "/zaken/1"),
        ("https://a.example/zaken/v1", ""),
        ("https://b.example/zaken/v1/zaken/1", ""),
        ("http://a.example/zaken/v1/zaken/1", ""),
        ("https://a.example@b.example/zaken/v1/zaken/1", ""),
        ("https://a.example/zaken/v1/zaken/1?bsn=1", ""),
        ("https://a.example/zaken/v11/zaken/1", ""),
    ],
)
def test_an_address_that_a_register_gives_is_followed_on_its_own_host_only(url: str, path: str) -> None:
    assert same_host("https://a.example/zaken/v1", url) == path
