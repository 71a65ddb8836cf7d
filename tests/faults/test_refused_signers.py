"""A disk that is full or fails at one write of a signer, a witness or a mirror: what it answered it remembers, and
started again it goes on from there. As `test_refused`."""

import asyncio
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import select

from audit import slots, tables
from audit.nodes import consistency_proof
from audit.service import AuditService
from audit.settings import MirrorOf
from audit.signer import Elsewhere, Fork, LogSigner
from audit.signing.remote import RemoteSigner
from audit.witness.cosigner import Cosigner, Shelf
from audit.witness.founding import found_mirror, found_witness, known_logs
from audit.witness.mirror import Mirror
from audit.witness.mirroring import following
from audit.witness.settings import WitnessSettings
from audit.witness.submitted import body_of
from kernel.clock import utc_now
from kernel.crypto import KeyUnavailable
from kernel.crypto.private_files import read_private
from kernel.http.app import make_app
from kernel.http.client import open_client
from kernel.http.health import StartGate
from kernel.http.rooms import RoomKey
from kernel.http.server import serve
from kernel.proof.hashes import EMPTY_ROOT
from kernel.proof.tree import Edge, Growth
from tests.audit.logs import DESK, TENANT, Place, act
from tests.faults import refused
from tests.faults.refusing import ALL, SHARDS, Call, Refusal, Traced, chosen, demand_tried, traced
from tests.patience import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.slow]
SOME = 3
ORIGIN = "regie.example/gm9901/2026h2"
NAME = "witness.example/w1"
STEPS = 4
FOLLOWS = 2.0  # seconds: who is not there by then is looked at as it is


@pytest.fixture
def short() -> Iterator[Path]:
    """The name of a socket has to be."""
    made = Path(tempfile.mkdtemp(prefix="rr"))
    yield made
    shutil.rmtree(made)


def waited(so: Callable[[], bool], process: Traced, seconds: float) -> None:
    """Until it is so, or the process is gone, or too long."""
    end = time.monotonic() + seconds
    while not so() and process.process.is_alive() and time.monotonic() < end:
        time.sleep(0.02)


def founded(remote: RemoteSigner) -> bool:
    with suppress(KeyUnavailable, FileNotFoundError, slots.StateLost):
        remote.found()
        return True
    return False


def listening(witness: Traced, told: Path) -> str:
    """Its port, "" when it did not start."""
    waited(told.exists, witness, PATIENCE)
    return told.read_text() if told.exists() else ""


def signed(folder: Path, signer: Traced) -> list[Growth]:
    """Steps to which it put its name, until it is gone."""
    remote, edge, given = RemoteSigner(folder / "door" / "s", ORIGIN), Edge(), []
    # one that was refused while it was founded may live and say no for ever: after that it is asked a little longer
    waited(lambda: signer.refused() or founded(remote), signer, PATIENCE)
    waited(lambda: founded(remote), signer, FOLLOWS)
    for _ in range(STEPS if signer.process.is_alive() else 0):
        step = refused.grown(edge, 3)
        with suppress(KeyUnavailable, FileNotFoundError, slots.StateLost):
            if not isinstance(remote.sign(step.size, step.root(), edge.size, step.consistency()), Elsewhere):
                given.append(step)
                edge = step.edge
    return given


def demand_remembered(kept: Path, given: list[Growth]) -> None:
    """It goes on from what it said, or from one step further; and never beside it."""
    signer = LogSigner(kept, ORIGIN)
    signer.found()
    known, last = signer.remembered(), given[-1].edge if given else Edge()
    further = refused.grown(last, 3).edge
    stands = {edge.size: edge for edge in (last, further)}[known.size]
    assert known.root == stands.root()
    step = refused.grown(stands, 3)
    head = signer.sign(step.size, step.root(), stands.size, step.consistency())
    assert not isinstance(head, Elsewhere) and head.size == step.size
    with pytest.raises(Fork):
        signer.sign(step.size, EMPTY_ROOT, stands.size, step.consistency())


@pytest.mark.parametrize("shard", range(SHARDS if ALL else 1))
def test_a_signer_that_cannot_write_remembers_what_it_signed(short: Path, shard: int) -> None:
    ends = Counter[str]()

    def asked(name: str, refusal: Refusal | None) -> list[Call]:
        folder = short / name
        folder.mkdir(mode=0o700)
        heard, socket = short / f"{name}.strace", folder / "door" / "s"
        with traced(folder, heard, refusal, refused.sign, folder / "kept", socket) as signer:
            given = signed(folder, signer)
            signer.process.kill()
            status = signer.gone()
        ends[f"{refusal.error} {status}" if signer.refused() and refusal else "did not come there"] += 1
        assert refusal or len(given) == STEPS
        demand_remembered(folder / "kept", given)
        return signer.seen()

    calls = asked("whole", None)
    assert {"pwrite64", "fdatasync", "rename"} <= {call.call for call in calls}
    ends.clear()
    for at, refusal in enumerate(chosen(calls, SOME, shard)):
        try:
            asked(f"s{at}", refusal)
        except Exception as error:
            raise AssertionError(f"{refusal}: {error!r}") from error
    demand_tried(ends)


@dataclass
class Followed:
    """A log that is served, and the folder of a witness that keeps its lines. edges: of the log, after each line."""

    service: AuditService
    settings: WitnessSettings
    url: str
    edges: list[Edge] = field(default_factory=lambda: [Edge()])
    stands: int = 0
    answered: int = 0

    @property
    def origin(self) -> str:
        return self.service.desk(DESK).log.origin

    @property
    def shelf(self) -> Shelf:
        return Shelf(self.settings.folder)

    async def write(self, count: int) -> bytes:
        """Lines; the request to cosign them."""
        await self.service.door("connectors").record(DESK, [act("weigering") for _ in range(count)])
        log = self.service.desk(DESK).log
        assert log.signed
        async with log.database.snapshot(TENANT) as reading:
            proof = await consistency_proof(reading, (TENANT, log.term), self.stands, log.signed.size)
            rows = select(tables.lines.c.leaf_hash).order_by(tables.lines.c.idx).offset(len(self.edges) - 1)
            for row in (await reading.execute(rows)).all():
                self.edges.append(Growth(self.edges[-1], [bytes(row[0])]).edge)
        return body_of(self.stands, proof, log.signed.note)

    async def ask(self, http: httpx2.AsyncClient, body: bytes) -> None:
        """Its word, or the size at which it stands, or neither."""
        with suppress(httpx2.TransportError):
            answer = await http.post("/add-checkpoint", content=body)
            assert answer.status_code in (200, 409, 503), answer.text
            if answer.status_code == 200:
                self.stands = self.answered = len(self.edges) - 1
            elif answer.status_code == 409:
                self.stands = int(answer.text)

    async def live(self, witness: Traced, told: Path, follows: float) -> None:
        """Heads to cosign and lines to keep, until it is gone. follows: seconds in which it must have kept them."""
        port = await asyncio.to_thread(listening, witness, told)
        if not port:
            return
        async with open_client(f"http://127.0.0.1:{port}", timeout_seconds=PATIENCE) as http:
            for _ in range(STEPS):
                for _ in range(2):  # who was told where it stands asks once more
                    await self.ask(http, await self.write(1))
                await asyncio.to_thread(waited, lambda: self.kept() >= self.stands, witness, follows)

    def kept(self) -> int:
        return Mirror(self.shelf.mirror).checked(self.origin).size

    async def demand_sound(self) -> None:
        """It remembers what it said, what it kept is the log's, and it goes on from there."""
        known, mirror = slots.glance(self.shelf.state(self.origin)), Mirror(self.shelf.mirror)
        assert known.size >= self.answered and known.root == self.edges[known.size].root()
        kept = mirror.checked(self.origin)
        assert kept == self.edges[kept.size], "these are not the lines of the log"
        cosigner = Cosigner(self.settings.folder, NAME, known_logs(self.settings.logs), utc_now)
        assert cosigner.check() == ""
        self.stands = known.size
        assert cosigner.add(await self.write(1)).status == 200
        async with open_client(self.url, timeout_seconds=PATIENCE) as http:
            key = RoomKey(NAME, read_private(self.shelf.mirror_seed, 32))
            assert await following(self.shelf, http, self.origin, key).round() == len(self.edges) - 1
        assert mirror.checked(self.origin) == self.edges[-1]


@asynccontextmanager
async def followed(folder: Path) -> AsyncIterator[Followed]:
    """A witness was founded for this log, and let in."""
    kept, log, logs = folder / "kept", folder / "log", folder / "logs"
    place = Place(refused.log_url(log), log, clock=utc_now)
    async with place.opened() as (service, _):
        (vkey,) = service.vkeys.values()
    logs.write_text(f"log {vkey}\nquorum none\n")
    found_witness(kept, NAME, known_logs(logs))
    place.mirrors = (MirrorOf(name=NAME, tenant=TENANT, key=found_mirror(kept, NAME)),)
    async with AsyncExitStack() as stack:
        service, component = await stack.enter_async_context(place.opened())
        gate = StartGate()
        gate.open()
        app = make_app("Regie", gate)
        for router in component.doors().plain:
            app.include_router(router)
        there = await stack.enter_async_context(serve(app))
        logs.write_text(f"log {vkey} {there.url}\nquorum none\n")
        settings = WitnessSettings(mode="test", folder=kept, name=NAME, logs=logs, port=0, mirror_seconds=0.05)
        yield Followed(service, settings, there.url)


@pytest.mark.parametrize("shard", range(SHARDS if ALL else 1))
async def test_a_witness_that_cannot_write_remembers_what_it_cosigned_and_keeps_no_other_lines(
    tmp_path: Path, shard: int
) -> None:
    ends = Counter[str]()

    async def asked(name: str, refusal: Refusal | None) -> list[Call]:
        folder, told, heard = tmp_path / name, tmp_path / f"{name}.told", tmp_path / f"{name}.strace"
        (folder / "log").mkdir(parents=True)
        async with followed(folder) as one, AsyncExitStack() as stack:
            holding = traced(folder / "kept", heard, refusal, refused.cosign, one.settings, told)
            witness = await asyncio.to_thread(holding.__enter__)
            stack.push_async_callback(asyncio.to_thread, holding.__exit__, None, None, None)
            await one.live(witness, told, FOLLOWS if refusal else PATIENCE)
            witness.process.kill()
            status = await asyncio.to_thread(witness.gone)
            await stack.aclose()
            ends[f"{refusal.error} {status}" if witness.refused() and refusal else "did not come there"] += 1
            assert refusal or (one.answered and one.kept() == one.answered)
            await one.demand_sound()
        return witness.seen()

    calls = await asked("whole", None)
    files = {call.file for call in calls}
    assert "mirror.db-wal" in files and any(file.endswith(".state") for file in files)
    ends.clear()
    for at, refusal in enumerate(chosen(calls, SOME, shard)):
        try:
            await asked(f"w{at}", refusal)
        except Exception as error:
            raise AssertionError(f"{refusal}: {error!r}") from error
    demand_tried(ends)
