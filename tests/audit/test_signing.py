"""The signer in its own process: what it refuses, what its death leaves, and that a log beside it never forks."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from audit.component import build_audit
from audit.contract import LogUnavailable, OutcomeUnknown, Overtaken, Receipt
from audit.event import FenceAt
from audit.service import AuditService
from audit.settings import AuditSettings
from audit.signer import Elsewhere, Fork, Known, SignedHead
from audit.signing.dialogue import LINE_MAX, Told
from audit.signing.remote import RemoteSigner
from audit.slots import StateLost
from kernel.component import Tenant
from kernel.crypto import KeyUnavailable, verify
from kernel.crypto.file_keys import FileKeyProvider
from kernel.proof.checkpoint import open_checkpoint
from kernel.proof.hashes import EMPTY_ROOT
from kernel.proof.note import VerifierKey
from kernel.proof.tree import Edge, Growth
from tests.audit.logs import DESK, TENANT, Place, act, fence, receipt, release
from tests.patience import PATIENCE
from tests.postgres import Postgres

pytestmark = [pytest.mark.anyio, pytest.mark.faults]
ROOT = Path(__file__).parents[2]
ORIGIN = "regie.example/gm9901/2026h2"
FIRST = Growth(Edge(), [bytes([number]) * 32 for number in range(5)])
SECOND = Growth(FIRST.edge, [bytes([number]) * 32 for number in range(5, 9)])
POINTS = ["signer.asked", "audit.slot", "audit.slot.kept", "signer.signed"]


@dataclass
class Signing:
    """The real process, in folders of its own; the name of a socket has to be short."""

    folder: Path
    running: subprocess.Popen[str] | None = None
    more: dict[str, str] = field(default_factory=dict)

    @property
    def socket(self) -> Path:
        return self.folder / "door" / "s"

    @property
    def state(self) -> Path:
        (found,) = (self.folder / "kept").glob("*.state")
        return found

    def start(self, failpoint: str = "") -> None:
        told = {"MODE": "test", "FOLDER": str(self.folder / "kept"), "SOCKET": str(self.socket), **self.more}
        environment = os.environ | {f"REGIE_SIGNER_{name}": value for name, value in told.items()}
        command = [sys.executable, "regie_main.py", "serve", "signer"]
        self.running = subprocess.Popen(
            command, cwd=ROOT, env=environment | {"REGIE_FAILPOINT": failpoint}, stderr=subprocess.PIPE, text=True
        )
        assert self.running.stderr
        for line in self.running.stderr:
            if "signer_listens" in line:
                return
        raise AssertionError("it did not start")

    def kill(self) -> None:
        if self.running:
            self.running.kill()
            self.gone()

    def gone(self) -> int:
        """How it ended, once it did."""
        assert self.running and self.running.stderr
        ended = self.running.wait(PATIENCE)
        self.running.stderr.close()
        self.running = None
        return ended

    def said(self, line: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX) as talk:
            talk.settimeout(PATIENCE)
            talk.connect(str(self.socket))
            talk.sendall(line)
            talk.shutdown(socket.SHUT_WR)
            with talk.makefile("rb") as answer:
                return answer.read()


@pytest.fixture
def signing() -> Iterator[Signing]:
    made = Signing(Path(tempfile.mkdtemp(prefix="rs")))
    made.start()
    yield made
    made.kill()
    shutil.rmtree(made.folder)


@pytest.fixture
def remote(signing: Signing) -> RemoteSigner:
    made = RemoteSigner(signing.socket, ORIGIN)
    made.found()
    return made


@pytest.fixture
def place(signing: Signing, tmp_path: Path) -> Place:
    return Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path, socket=signing.socket)


def signed(remote: RemoteSigner, growth: Growth) -> SignedHead | Elsewhere:
    return remote.sign(growth.size, growth.root(), growth.old.size, growth.consistency())


async def head_of(service: AuditService) -> tuple[int, bytes]:
    log = service.desk(DESK).log
    note = await service.door("web").checkpoint(DESK)
    head = open_checkpoint(note, [VerifierKey(log.origin, log.signer.public_key)], verify)
    return head.size, head.root


def test_it_signs_what_continues_and_nothing_else(remote: RemoteSigner) -> None:
    head = signed(remote, FIRST)
    assert isinstance(head, SignedHead)
    assert open_checkpoint(head.note, [VerifierKey(ORIGIN, remote.public_key)], verify).size == 5
    for size, root, old, proof in (
        (5, EMPTY_ROOT, 0, ()),  # another root at the same size
        (9, SECOND.root(), 5, ()),  # no proof
        (9, EMPTY_ROOT, 5, SECOND.consistency()),  # a proof of something else
        (9, SECOND.root(), 5, SECOND.consistency()[:-1]),
    ):
        with pytest.raises(Fork):
            remote.sign(size, root, old, proof)
    assert remote.sign(9, SECOND.root(), 4, SECOND.consistency()) == Elsewhere(5)
    assert remote.remembered().size == 5
    grown = signed(remote, SECOND)
    assert signed(remote, FIRST) == grown, "a smaller size is not signed again: the larger head stands for it"
    assert remote.remembered().root == SECOND.root()


def test_one_log_says_nothing_about_another(signing: Signing, remote: RemoteSigner) -> None:
    signed(remote, FIRST)
    other = RemoteSigner(signing.socket, ORIGIN.replace("gm9901", "gm9902"))
    assert remote.newest() == Known(ORIGIN, remote.remembered()) and other.newest() is None
    with pytest.raises(KeyUnavailable):
        other.open()
    with pytest.raises(FileNotFoundError):
        other.remembered()
    other.found()
    assert other.public_key != remote.public_key


BAD = [
    b"\n",
    b"{}\n",
    b"[" * 5_000 + b"\n",
    b'{"verb": "read-key", "origin": "%s"}\n' % ORIGIN.encode(),
    b'{"verb": "open", "origin": "../../etc/gm9901/2026h2"}\n',
    b'{"verb": "open", "origin": "%s", "more": 1}\n' % ORIGIN.encode(),
    b'{"verb": "sign", "origin": "%s", "size": -1}\n' % ORIGIN.encode(),
]


@pytest.mark.parametrize("line", BAD)
def test_what_cannot_be_read_is_said_to_be_so(signing: Signing, remote: RemoteSigner, line: bytes) -> None:
    assert Told.model_validate_json(signing.said(line)).status == 400
    assert remote.remembered().size == 0


@pytest.mark.parametrize("line", [b"x" * (LINE_MAX + 1) + b"\n", b'{"verb": "remem', b""])
def test_a_line_without_an_end_gets_no_answer(signing: Signing, remote: RemoteSigner, line: bytes) -> None:
    with suppress(ConnectionError):  # it hung up while we still spoke
        assert signing.said(line) == b""
    assert remote.remembered().size == 0


def test_many_at_once_who_say_nothing_keep_nobody_out_for_long(signing: Signing, remote: RemoteSigner) -> None:
    idle = [socket.socket(socket.AF_UNIX) for _ in range(40)]
    try:
        for one in idle:
            one.connect(str(signing.socket))
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                assert remote.remembered().size == 0
                return
            except KeyUnavailable:
                continue
        pytest.fail("it never answered again")
    finally:
        for one in idle:
            one.close()


def test_the_door_is_its_own_account_s_alone(signing: Signing) -> None:
    assert signing.socket.stat().st_mode & 0o777 == 0o600
    assert signing.socket.parent.stat().st_mode & 0o777 == 0o700
    signing.kill()
    signing.socket.parent.chmod(0o710)
    signing.start()
    assert signing.socket.stat().st_mode & 0o777 == 0o660
    signing.kill()
    signing.socket.parent.chmod(0o755)
    with pytest.raises(AssertionError, match="not start"):
        signing.start()
    assert signing.gone() == 1


def test_a_second_one_does_not_take_the_socket_of_the_first(signing: Signing, remote: RemoteSigner) -> None:
    second = Signing(signing.folder)
    with pytest.raises(AssertionError, match="not start"):
        second.start()
    assert second.gone() == 1
    assert remote.remembered().size == 0, "the first still answers"


def test_a_request_to_stop_is_no_crash(signing: Signing) -> None:
    assert signing.running
    signing.running.send_signal(signal.SIGTERM)
    assert signing.gone() == 0
    assert not signing.socket.exists()


def test_it_loads_no_other_room_and_no_way_to_a_database() -> None:
    command = [sys.executable, "-c", "import sys, audit.signing.process; print(*sys.modules)"]
    loaded = set(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())
    assert not {"sqlalchemy", "fastapi", "starlette", "httpx2", "consent", "vault", "connectors", "web", "assembly"} & {
        name.partition(".")[0] for name in loaded
    }
    ours = {name for name in loaded if name.startswith("audit.")}
    assert ours <= {"audit.signer", "audit.slots", "audit.terms"} | {
        name for name in ours if name.startswith("audit.signing")
    }


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
async def test_killed_anywhere_it_goes_on_without_a_fork(point: str, signing: Signing, place: Place) -> None:
    async with place.opened() as (service, _):
        door = service.door("consent")
        first = await door.record(DESK, [act("weigering")])
        before = await head_of(service)
        signing.kill()
        signing.start(f"{point}:2")
        asked, given = [], []
        for _ in range(6):
            entry = act("beperking", fence())
            asked.append(entry)
            try:
                given += await door.record(DESK, [entry])
            except (LogUnavailable, OutcomeUnknown):
                break
        assert signing.gone() == -signal.SIGKILL
        signing.start()
        again = await door.record(DESK, asked)
        assert all(isinstance(each, Receipt) for each in again)
        assert [receipt(each).leaf for each in again[: len(given)]] == [receipt(each).leaf for each in given]
        size, root = await head_of(service)
        assert size == 1 + len(asked) > before[0]
        assert (service.desk(DESK).log.signer.remembered().size, receipt(first[0]).position.index) == (size, 0)
    async with place.opened() as (service, component):
        await component.check()
        assert await head_of(service) == (size, root)


async def test_signer_gone_after_commit_leaves_lines_without_receipts_and_signs_them_later(
    signing: Signing, place: Place
) -> None:
    async with place.opened() as (service, component):
        door, entry = service.door("connectors"), act("weigering")
        await door.record(DESK, [act("weigering")])
        signing.kill()
        signing.start("signer.asked:2")  # it is asked what it remembers, then to sign
        with pytest.raises(OutcomeUnknown):
            await door.record(DESK, [entry])
        signing.gone()
        assert (await door.lines(DESK, "s1")).total == 2, "the line stands"
        with pytest.raises(LogUnavailable):
            await door.record(DESK, [act("weigering")])
        assert (await door.lines(DESK, "s1")).total == 2, "and no other comes after it"
        assert not service.desk(DESK).log.sealed
        signing.start()
        assert receipt((await door.record(DESK, [entry]))[0]).position.index == 1
        await component.check()


async def test_a_restriction_is_written_while_the_signer_is_away_and_a_permit_is_not(
    signing: Signing, place: Place
) -> None:
    """trust.md 2.1: it succeeds whenever the log can write. The receipt comes when the signer is back."""
    async with place.opened() as (service, component):
        stop, moved = act("beperking", hek := fence(), subject="s1"), fence()
        signing.kill()
        with pytest.raises(OutcomeUnknown):
            await service.door("consent").record(DESK, [stop])
        for entry in (release({hek: 0}), release({moved: 0})):
            with pytest.raises(LogUnavailable):
                await service.door("connectors").record(DESK, [entry])
        with pytest.raises(Overtaken):
            await service.door("connectors").holds(DESK, (FenceAt(fence=hek, epoch=0),))
        signing.start()
        assert receipt((await service.door("consent").record(DESK, [stop]))[0]).position.index == 0
        await component.check()


async def test_two_instances_share_one_signer(signing: Signing, place: Place, postgres: Postgres) -> None:
    place.url = postgres.create()
    async with place.opened() as (one, _), place.opened() as (two, _):
        doors = [one.door("connectors"), two.door("connectors")]
        work = [doors[number % 2].record(DESK, [act("weigering")]) for number in range(60)]
        given = [receipt(verdicts[0]) for verdicts in await asyncio.gather(*work)]
        assert {each.position.index for each in given} == set(range(60))
        assert one.desk(DESK).log.signer.remembered().size == 60


async def test_memory_that_is_gone_comes_back_only_when_its_own_process_is_told_so(
    signing: Signing, place: Place
) -> None:
    async with place.opened() as (service, _):
        await service.door("connectors").record(DESK, [act("weigering")])
    signing.state.unlink()
    async with place.opened() as (_, component):
        with pytest.raises(LogUnavailable, match="verzegeld"):
            await component.check()
    place.adopt = True
    with pytest.raises(KeyUnavailable, match="403"):
        await place.built()
    signing.kill()
    signing.more["ADOPT"] = "true"
    signing.start()
    async with place.opened() as (_, component):
        await component.check()


async def test_memory_that_is_damaged_seals_the_log(signing: Signing, place: Place) -> None:
    async with place.opened() as (service, _):
        door = service.door("connectors")
        await door.record(DESK, [act("weigering")])
        signing.state.write_bytes(bytes(1024))
        with pytest.raises(StateLost):
            service.desk(DESK).log.signer.remembered()
        with pytest.raises(LogUnavailable, match="kloppen niet"):
            await door.record(DESK, [act("weigering")])
    async with place.opened() as (_, component):
        with pytest.raises(LogUnavailable, match="verzegeld"):
            await component.check()


async def test_log_does_not_open_without_its_signer(signing: Signing, place: Place) -> None:
    signing.kill()
    with pytest.raises(KeyUnavailable, match="regie serve signer"):
        await place.built()


async def test_production_opens_with_the_signer_outside(signing: Signing, place: Place) -> None:
    service, _ = await place.built()
    settings = AuditSettings(
        mode="productie", database=place.url, signer=place.folder, signer_socket=signing.socket, keep_years=20
    )
    tenants = {TENANT: Tenant(TENANT, "Gemeente", "https://regie.example")}
    again, component = await build_audit(settings, tenants, FileKeyProvider(place.folder / "keys"))
    async with component.run():
        await component.check()
        assert again.public_keys == service.public_keys
    await service.desk(DESK).log.database.close()
    assert not list(place.folder.glob("**/*.seed")), "the key of the log is not in the folders of the log"
