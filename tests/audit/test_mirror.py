"""A mirror keeps the lines of another log as ciphertext, once they hash to the head that it cosigned, byte for byte."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from audit import tables
from audit.copied import AUDIENCE, PAGE, PATH, Copied, Copies
from audit.copying import content_place, copy_place, opened_rest
from audit.nodes import consistency_proof
from audit.service import AuditService
from audit.settings import AuditSettings, MirrorOf
from audit.witness.cosigner import Cosigner, Shelf
from audit.witness.following import CannotFollow, Following
from audit.witness.founding import found_mirror, found_witness
from audit.witness.mirror import Mirror
from audit.witness.mirroring import following
from audit.witness.process import found, witnessing
from audit.witness.settings import WitnessSettings
from audit.witness.submitted import body_of
from kernel.caller import room_of
from kernel.clock import utc_now
from kernel.crypto import CannotOpen, unseal
from kernel.crypto.private_files import read_private
from kernel.http.app import make_app
from kernel.http.client import open_client
from kernel.http.health import StartGate
from kernel.http.rooms import RoomKey
from kernel.http.server import serve
from kernel.proof.note import parse_vkey, vkey
from kernel.proof.policy import Known
from kernel.settings import SettingsWrong
from tests.audit.logs import DESK, OTHER, TENANT, Place, act
from tests.patience import PATIENCE, until

pytestmark = pytest.mark.anyio
NAME = "witness.example/w1"


@dataclass
class Both:
    """A log that is served, and the mirror of one witness."""

    service: AuditService
    cosigner: Cosigner
    shelf: Shelf
    url: str
    key: RoomKey
    stands: int = 0
    clients: list[httpx2.AsyncClient] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return self.service.desk(DESK).log.origin

    @property
    def mirror(self) -> Mirror:
        return Mirror(self.shelf.mirror)

    async def write(self, count: int) -> None:
        """Lines, and the word of the witness under them."""
        for at in range(0, count, 100):
            entries = [act("weigering", subject=f"inwoner-{n % 7}") for n in range(min(100, count - at))]
            await self.service.door("connectors").record(DESK, entries)
        await self.cosign()

    async def cosign(self) -> None:
        log = self.service.desk(DESK).log
        assert log.signed
        async with log.database.snapshot(TENANT) as reading:
            proof = await consistency_proof(reading, (TENANT, log.term), self.stands, log.signed.size)
        assert self.cosigner.add(body_of(self.stands, proof, log.signed.note)).status == 200
        self.stands = log.signed.size

    def follower(self, transport: httpx2.AsyncBaseTransport | None = None, key: RoomKey | None = None) -> Following:
        http = open_client(self.url, timeout_seconds=PATIENCE, transport=transport)
        self.clients.append(http)
        return following(self.shelf, http, self.origin, key or self.key)

    async def rows(self) -> list[dict[str, Any]]:
        async with self.service.desk(DESK).log.database.snapshot(TENANT) as reading:
            query = select(tables.lines).order_by(tables.lines.c.idx)
            return [dict(row) for row in (await reading.execute(query)).mappings()]


@pytest.fixture
async def both(tmp_path: Path) -> AsyncIterator[Both]:
    folder = tmp_path / "witness"
    place = Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path, clock=utc_now)
    async with place.opened() as (service, _):
        (vkey,) = service.vkeys.values()
    logs = [Known(parse_vkey(vkey))]
    found_witness(folder, NAME, logs)
    place.mirrors = (MirrorOf(name=NAME, tenant=TENANT, key=found_mirror(folder, NAME)),)
    shelf = Shelf(folder)
    async with AsyncExitStack() as stack:
        service, component = await stack.enter_async_context(place.opened())
        gate = StartGate()
        gate.open()
        app = make_app("Regie", gate)
        for router in component.doors().plain:
            app.include_router(router)
        there = await stack.enter_async_context(serve(app))
        key = RoomKey(NAME, read_private(shelf.mirror_seed, 32))
        made = Both(service, Cosigner(folder, NAME, logs, utc_now), shelf, there.url, key)
        yield made
        for http in made.clients:
            await http.aclose()


async def test_every_line_is_kept_byte_for_byte_and_nothing_of_it_can_be_read(both: Both) -> None:
    await both.write(2 * PAGE + 3)
    assert await both.follower().round() == 2 * PAGE + 3
    rows, kept = await both.rows(), list(both.mirror.entries(both.origin, 0, 1 << 40))
    assert both.mirror.checked(both.origin).root() == both.service.desk(DESK).log.memory.edge.root()
    assert len(rows) == len(kept)
    acts = (await both.service.desk(DESK).log.keys()).act(both.service.desk(DESK).log.term)
    async with both.service.desk(DESK).log.database.snapshot(TENANT) as reading:
        query = select(tables.keys).where(tables.keys.c.purpose == "A")
        keys = {(row["owner"], row["version"]): row for row in (await reading.execute(query)).mappings()}
    for row, one in zip(rows, kept, strict=True):
        assert (one.index, one.event_id) == (row["idx"], row["event_id"])
        assert (one.leaf, one.act, one.body) == (row["leaf"], row["act"], row["body"])
        rest = dict(opened_rest(acts, copy_place(TENANT, row["term"], row["event_id"]), one.rest))
        key = keys[row["subject"], row["year"]]
        assert rest.pop("key") == {"wrapped": key["wrapped"].hex(), "kek_version": str(key["kek_version"])}
        content = bytes.fromhex(rest.pop("content"))
        with pytest.raises(CannotOpen):  # the key of acts outlives what the line said
            unseal(acts, copy_place(TENANT, row["term"], row["event_id"]), content)
        owner = (row["subject"], row["year"])
        body = (await both.service.desk(DESK).log.keychain.bodies([owner]))[owner]
        assert unseal(body, content_place(TENANT, owner[0], row["event_id"], owner[1]), content) == row["content"]
        assert rest == {name: str(row[name]) for name in ("subject", "n", "logged_at", "year")}
        assert both.service.desk(DESK).log.memory.size > one.index and one.leaf_hash() == row["leaf_hash"]
    stored = both.shelf.mirror.read_bytes()
    assert all(word not in stored for word in (b"weigering", b"inwoner-1", b"bewaarTot"))


async def test_it_goes_on_where_it_was(both: Both) -> None:
    await both.write(5)
    assert await both.follower().round() == 5
    await both.write(3)
    assert await both.follower().round() == 8
    assert await both.follower().round() == 8
    await both.service.door("connectors").record(DESK, [act("weigering")])
    assert await both.follower().round() == 8, "what it did not cosign it does not keep"


class Changing(httpx2.AsyncBaseTransport):
    """The log's answers, changed on their way."""

    def __init__(self, change: Any, page: int = 0) -> None:
        self._inner, self._change, self._page, self.asked = httpx2.AsyncHTTPTransport(), change, page, 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._inner.handle_async_request(request)
        content = await answer.aread()
        self.asked += 1
        if self.asked > self._page:
            lines = list(Copies.model_validate_json(content).lines)
            content = Copies.model_construct(lines=tuple(self._change(lines))).model_dump_json().encode()
        return httpx2.Response(answer.status_code, content=content)

    async def aclose(self) -> None:
        await self._inner.aclose()


def with_first(**changed: Any) -> Any:
    return lambda lines: [lines[0].model_copy(update=changed), *lines[1:]]


CHANGES = {
    "another act": with_first(act=b"x" * 200),
    "another body": with_first(body=b"x" * 200),
    "another leaf": with_first(leaf=b"RGL\x01" + bytes(96)),
    "no leaf": with_first(leaf=b""),
    "two in the other order": lambda lines: [lines[1], lines[0], *lines[2:]],
    "one left out": lambda lines: lines[1:],
    "one twice": lambda lines: [lines[0], *lines],
    "nothing": lambda _: [],
}


@pytest.mark.parametrize("name", CHANGES)
async def test_what_is_not_under_the_head_is_not_kept(both: Both, name: str) -> None:
    await both.write(4)
    with pytest.raises(CannotFollow):
        await both.follower(Changing(CHANGES[name])).round()
    assert both.mirror.checked(both.origin).size == 0
    assert await both.follower().round() == 4


def of_another_log(lines: list[Copied]) -> list[Copied]:
    """Whole lines, each fitting its own leaf: only the tree can tell."""
    return [one.model_copy(update={"leaf": other.leaf, "act": other.act, "body": other.body})
            for one, other in zip(lines, reversed(lines), strict=True)]  # fmt: skip


async def test_lines_of_another_log_are_found_at_the_head_and_dropped(both: Both) -> None:
    await both.write(4)
    await both.follower().round()
    await both.write(PAGE + 2)
    with pytest.raises(CannotFollow, match="do not hash"):
        await both.follower(Changing(of_another_log)).round()
    assert both.mirror.checked(both.origin).size == both.mirror.fetched(both.origin).size == 4
    assert await both.follower().round() == PAGE + 6


async def test_a_round_that_was_broken_off_goes_on_and_counts_only_when_it_is_whole(both: Both) -> None:
    await both.write(PAGE + 9)
    with pytest.raises(CannotFollow):
        await both.follower(Changing(CHANGES["nothing"], page=1)).round()
    assert both.mirror.checked(both.origin).size == 0
    assert both.mirror.fetched(both.origin).size == PAGE
    rest = Changing(lambda lines: lines)
    assert await both.follower(rest).round() == PAGE + 9
    assert rest.asked == 1, "what was there was not fetched again"


async def test_only_who_is_named_gets_lines_and_only_of_its_own_municipality(both: Both) -> None:
    await both.write(1)
    path, term = f"{both.url}{PATH}", both.service.desk(DESK).log.term
    async with httpx2.AsyncClient() as http:

        async def status(token: str, place: str = "") -> int:
            headers = {"authorization": f"Bearer {token}"} if token else {}
            return (await http.get(f"{path}/{place or f'{term}/0'}", headers=headers)).status_code

        ours = room_of(TENANT, AUDIENCE)
        stranger = RoomKey(NAME, b"x" * 32)
        assert await status(both.key.mint(AUDIENCE, ours)) == 200
        assert await status("") == 401
        assert await status("x") == 401
        assert await status(stranger.mint(AUDIENCE, ours)) == 401
        assert await status(RoomKey("another", b"x" * 32).mint(AUDIENCE, ours)) == 401
        assert await status(both.key.mint("audit", ours)) == 401, "not a word for another door"
        assert await status(both.key.mint(AUDIENCE, room_of(OTHER, AUDIENCE))) == 403
        for place in (f"{term}/-1", f"{term}/x", "2026h3/0", f"{term}/99999999999999999999"):
            assert await status(both.key.mint(AUDIENCE, ours), place) == 400, place
        token = both.key.mint(AUDIENCE, ours)
        beyond = await http.get(f"{path}/{term}/1", headers={"authorization": f"Bearer {token}"})
        assert beyond.json() == {"regels": [], "sleutels": []}


async def test_the_process_of_a_witness_fetches_by_itself(both: Both, tmp_path: Path) -> None:
    (vkey,) = both.service.vkeys.values()
    (tmp_path / "logs").write_text(f"log {vkey} {both.url}\nquorum none\n")
    settings = WitnessSettings(
        mode="test", folder=both.shelf.folder, name=NAME, logs=tmp_path / "logs", port=0, mirror_seconds=0.1
    )
    await both.write(3)
    async with witnessing(settings):
        await until(lambda: both.mirror.checked(both.origin).size == 3)
    with pytest.raises(SettingsWrong, match="https"):
        async with witnessing(settings.model_copy(update={"mode": "productie"})):
            pass


def test_a_witness_that_would_not_start_is_not_founded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = vkey("log.example/gm1/2026h2", bytes(range(32)))
    (tmp_path / "logs").write_text(f"log {key} http://log.example\nquorum none\n")
    told = {"FOLDER": tmp_path / "witness", "NAME": NAME, "LOGS": tmp_path / "logs", "MIRROR_SECONDS": 60}
    for name, value in told.items():
        monkeypatch.setenv(f"REGIE_WITNESS_{name}", str(value))
    with pytest.raises(SystemExit):
        found()
    assert not (tmp_path / "witness").exists()


def test_mirrors_are_told_as_json() -> None:
    told = {"mode": "test", "database": "sqlite://", "signer": Path("x")}
    text = f'[{{"name": "{NAME}", "tenant": "{TENANT}", "key": "{"0" * 64}"}}]'
    assert AuditSettings.read({"REGIE_AUDIT_MIRRORS": text}, **told).mirrors == (
        MirrorOf(name=NAME, tenant=TENANT, key="0" * 64),
    )
    with pytest.raises(SettingsWrong, match="REGIE_AUDIT_MIRRORS"):
        AuditSettings.read({"REGIE_AUDIT_MIRRORS": text.replace("00", "xx")}, **told)


async def test_a_house_without_mirrors_has_no_such_door(tmp_path: Path) -> None:
    async with Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path).opened() as (_, component):
        assert component.doors().plain == ()


async def test_a_key_that_was_destroyed_is_not_copied(both: Both) -> None:
    await both.write(2)
    log = both.service.desk(DESK).log
    (first, second), acts = await both.rows(), (await log.keys()).act(log.term)
    gone = {name: first[name] for name in ("tenant_id", "subject", "year", "term", "idx")}
    async with log.database.writing(TENANT) as tx:  # the one is about to go, the other is gone
        await tx.execute(tables.destroyed.insert().values(**gone, at=1, done_term="", done_idx=0, mac=b""))
        await tx.execute(tables.keys.delete().where(tables.keys.c.owner == second["subject"]))
    await both.follower().round()
    for one in both.mirror.entries(both.origin, 0, 2):
        assert "key" not in opened_rest(acts, copy_place(TENANT, log.term, one.event_id), one.rest)
