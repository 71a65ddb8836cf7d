"""A log and its witnesses, three real processes: what a quorum lets through, what stops without, and who is caught."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import Response
from nacl.signing import SigningKey

from audit.component import signer_of
from audit.contract import LogUnavailable, Overtaken, Receipt, Unwitnessed
from audit.cosigned import Cosigned, Keeping, cosigned_in
from audit.cosigning import BEHIND, FORKED
from audit.event import Entry
from audit.service import AuditService
from audit.signer import SignedHead
from audit.status import UNSEEN, Around, status_of
from audit.witness.client import SECONDS
from audit.witness.submitted import submitted
from audit.witnessed import APART_S, CLOCK_OFF, LIMIT_MAX, NOT_YET, TOO_OLD, Witnessed
from audit.witnesses import witnesses_of
from kernel.clock import millis, utc_now
from kernel.crypto import verify
from kernel.crypto.file_keys import FileKeyProvider
from kernel.http.server import serve
from kernel.proof.checkpoint import open_checkpoint
from kernel.proof.note import COSIGNATURE, cosignature_line, parse_vkey, vkey
from kernel.proof.policy import Policy
from kernel.proof.tlogproof import TlogProof
from kernel.settings import SettingsWrong
from kernel.sql import Database
from tests.audit.logs import DESK, TENANT, Place, act, fence, receipt, release
from tests.audit.observers import Observer, Three
from tests.audit.test_metrics import number
from tests.patience import until

pytestmark = [pytest.mark.anyio, pytest.mark.faults]


@dataclass
class Shifted:
    """The clock of this machine, and how far a test moved it."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


@dataclass
class Town:
    """A log with its witnesses."""

    place: Place
    clock: Shifted
    witnesses: Three
    vkey: str = ""

    @property
    def origin(self) -> str:
        return parse_vkey(self.vkey).name

    @property
    def policy(self) -> Policy:
        return Policy.parse(self.witnesses.policy().read_bytes())

    def a_release(self) -> Entry:
        return release({fence(): 0}, self.clock())

    async def round(self, service: AuditService) -> None:
        """One more along the witnesses, now."""
        settings = self.place.settings()
        witnesses = witnesses_of(settings)
        try:
            await witnesses.rounds(service.desks, self.clock)[TENANT].round()
        finally:
            await witnesses.close()

    async def permits(self, service: AuditService) -> bool:
        try:
            (verdict,) = await service.door("connectors").record(DESK, [self.a_release()])
        except Unwitnessed:
            return False
        assert isinstance(verdict, Receipt)
        return True


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """Founded without a policy, as everywhere; then the witnesses learn its key, and it learns theirs."""
    clock, three = Shifted(), Three(Path(tempfile.mkdtemp(prefix="rw")))
    place = Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path, clock=clock)
    made = Town(place, clock, three)
    async with place.opened() as (service, _):
        (made.vkey,) = service.vkeys.values()
    try:
        three.found(made.vkey)
        three.start()
        place.policy = three.policy(made.vkey)
        yield made
    finally:
        three.close()


async def test_a_quorum_is_under_the_checkpoint_and_under_proofs(town: Town) -> None:
    log_key = parse_vkey(town.vkey)
    async with town.place.opened() as (service, component):
        door = service.door("connectors")
        first = receipt((await door.record(DESK, [town.a_release()]))[0]).position
        await town.round(service)
        note = await door.checkpoint(DESK)
        assert open_checkpoint(note, [log_key], verify).size == 1
        assert note.count("\N{EM DASH}") == 4
        seen = cosigned_in(note, town.policy)
        assert seen and abs(seen.at - utc_now().timestamp()) < 30
        assert TlogProof.parse(await door.proof(DESK, first)).checkpoint == note
        newer = receipt((await door.record(DESK, [town.a_release()]))[0]).position
        covering = TlogProof.parse(await door.proof(DESK, newer)).checkpoint
        assert open_checkpoint(covering, [log_key], verify).size == 2, "a line that no witness saw yet has its proof"
        assert component.metrics and component.warning
        told = component.metrics()
        assert number(told, "regie_log_cosigned_lines") == 1
        assert 0 <= number(told, "regie_log_cosignature_age_seconds") < 30
        assert number(told, "regie_log_permits_stopped") == 0
        assert component.warning() == ""
    assert [one.remembers(town.origin).size for one in town.witnesses.all] == [1, 1, 1]
    kept = Keeping(town.place.settings().signer, town.policy).kept(town.origin)
    assert kept and kept.head.size == 1


async def test_rounds_come_by_themselves(town: Town) -> None:
    town.place.cosign_seconds = 0.2
    async with town.place.opened() as (service, _):
        await service.door("connectors").record(DESK, [town.a_release()])
        await until(lambda: all(one.remembers(town.origin).size for one in town.witnesses.all))


async def test_age_warns_then_stops_permits_and_never_a_restriction(town: Town) -> None:
    async with town.place.opened() as (service, component):
        assert component.warning and component.metrics
        town.witnesses.kill(1)
        await town.round(service)
        assert await town.permits(service) and component.warning() == "", "two of three"
        town.witnesses.kill(2)
        await town.round(service)
        for minutes, stopped in ((4, False), (6, False), (59, False), (61, True), (24 * 60, True)):
            town.clock.ahead = timedelta(minutes=minutes)
            assert await town.permits(service) != stopped, minutes
            assert bool(component.warning()) == (minutes > 5)
            assert number(component.metrics(), "regie_log_permits_stopped") == stopped
            await component.check()
        assert component.warning() == TOO_OLD
        hek, permit = fence(), act("toestemming-gegeven")
        permit = permit.model_copy(update={"requires": town.a_release().requires})
        verdicts = await service.door("consent").record(DESK, [act("beperking", hek), permit])
        assert [type(each) for each in verdicts] == [Receipt, Unwitnessed], "each judged by itself"
        receipt((await service.door("connectors").record(DESK, [act("weigering")]))[0])
        assert (await service.door("web").lines(DESK, "s1")).total > 4
        with pytest.raises(LogUnavailable):
            await service.door("connectors").record(DESK, [release({fence(): 0}, town.clock())])
        (overtaken,) = await service.door("connectors").record(DESK, [release({hek: 0}, town.clock())])
        assert isinstance(overtaken, Overtaken), "what stopped it is said first"
        town.witnesses.all[1].start()
        town.clock.ahead = timedelta(0)
        await town.round(service)
        assert component.warning() != TOO_OLD and not service.desk(DESK).log.sealed


async def test_what_was_stopped_is_written_under_the_same_id_when_they_are_back(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town.place.opened() as (service, _):
        door, before, refused = service.door("connectors"), town.a_release(), town.a_release()
        first = receipt((await door.record(DESK, [before]))[0])
        log = service.desk(DESK).log
        with monkeypatch.context() as patch:
            patch.setattr(log.witnessed, "heard", lambda _: None)  # of the round that runs by itself
            log.witnessed.clock_off = True
            with pytest.raises(Unwitnessed, match="klok"):
                await door.record(DESK, [refused])
            again = receipt((await door.record(DESK, [before]))[0])
            assert again.position == first.position, "a retry gets its receipt, whatever witnesses do"
        await town.round(service)
        assert receipt((await door.record(DESK, [refused]))[0]).position.index == 1


async def test_a_start_waits_for_no_witness_and_permits_nothing_until_a_quorum_came(town: Town) -> None:
    async with town.place.opened() as (service, _):
        assert await town.permits(service)
        await town.round(service)
    town.witnesses.kill(2)
    async with town.place.opened() as (service, component):
        assert component.warning and component.warning() == NOT_YET
        await component.check()
        assert not await town.permits(service), "an older quorum is not a fresh one"
        receipt((await service.door("consent").record(DESK, [act("beperking", fence())]))[0])
        assert cosigned_in(await service.door("web").checkpoint(DESK), town.policy), "but it is still shown"
        town.witnesses.all[0].start()
        await town.round(service)
        assert await town.permits(service)


async def copied(town: Town, folder: Path) -> Place:
    """Database, keys and signer of this moment: whoever has them all has the key of the log."""
    shutil.copytree(town.place.folder, folder)
    return Place(f"sqlite+aiosqlite:///{folder}/audit.db", folder, clock=town.clock, policy=town.place.policy)


async def test_of_two_histories_under_one_key_the_second_finds_no_quorum_and_stops(town: Town, tmp_path: Path) -> None:
    async with town.place.opened() as (service, _):
        assert await town.permits(service)
        await town.round(service)
    other = await copied(town, tmp_path / "other")
    async with other.opened() as (forked, component), town.place.opened() as (service, _):
        await town.permits(service)
        await town.round(service)
        await town.permits(forked)
        await town.permits(forked)
        town.place, ours = other, town.place
        with pytest.raises(LogUnavailable, match=FORKED):
            await town.round(forked)
        with pytest.raises(LogUnavailable, match=FORKED):
            await forked.door("consent").record(DESK, [act("beperking", fence())])
        with pytest.raises(LogUnavailable, match=FORKED):
            await component.check()
        kept = Keeping(other.settings().signer, town.policy).kept(town.origin)
        assert kept and kept.head.size == 1, "of the second history nobody cosigned anything"
        town.place = ours
        assert await town.permits(service)
        await town.round(service)
        assert not service.desk(DESK).log.sealed
    assert [one.remembers(town.origin).size for one in town.witnesses.all] == [3, 3, 3]


async def test_database_and_signer_set_back_together_are_seen_by_the_witnesses(town: Town, tmp_path: Path) -> None:
    older = await copied(town, tmp_path / "older")
    async with town.place.opened() as (service, _):
        assert await town.permits(service)
        await town.round(service)
    async with older.opened() as (_, component):
        with pytest.raises(LogUnavailable, match=BEHIND):
            await component.check()


async def test_a_kept_head_finds_a_database_and_signer_set_back_while_all_witnesses_are_away(
    town: Town, tmp_path: Path
) -> None:
    older = await copied(town, tmp_path / "older")
    async with town.place.opened() as (service, _):
        assert await town.permits(service)
        await town.round(service)
    town.witnesses.kill()
    keeping = Keeping(town.place.settings().signer, town.policy)
    shutil.copy(keeping.path(town.origin), Keeping(older.settings().signer, town.policy).path(town.origin))
    async with older.opened() as (_, component):
        with pytest.raises(LogUnavailable, match=BEHIND):
            await component.check()


# Witnesses that lie.

LIAR = SigningKey(b"l" * 32)
STRANGER = SigningKey(b"s" * 32)


def line_by(key: SigningKey, body: bytes, later: int = 0, name: str = "witness.example/w3") -> str:
    """A cosignature under the head that was asked for, some seconds from now."""
    shown = parse_vkey(vkey(name, bytes(LIAR.verify_key), COSIGNATURE))
    at = int(utc_now().timestamp()) + later
    return cosignature_line(submitted(body).text, shown, at, lambda message: bytes(key.sign(message).signature))


LIES: dict[str, Callable[[bytes], Response]] = {
    "a size that cannot be": lambda _: Response("9999999999\n", 409, headers={"content-type": "text/x.tlog.size"}),
    "a size without end": lambda _: Response("9" * 5_000, 409),
    "no size": lambda _: Response("-1\n", 409),
    "no": lambda _: Response("no", 422),
    "a fault": lambda _: Response("fault", 500),
    "elsewhere": lambda _: Response("", 307, headers={"location": "http://127.0.0.1:1/"}),
    "too much": lambda _: Response("\N{EM DASH} x AAAAAAAA\n" * 40_000),
    "no text": lambda _: Response(b"\xff\xfe"),
    "nothing": lambda _: Response(""),
    "another's word": lambda body: Response(line_by(STRANGER, body)),
    "a word of tomorrow": lambda body: Response(line_by(LIAR, body, 86_400)),
    "a word of yesterday": lambda body: Response(line_by(LIAR, body, -86_400)),
    "another key": lambda body: Response(line_by(LIAR, body, name="witness.example/w9")),
    "a second text": lambda body: Response(f"\n\nx\n\n{line_by(LIAR, body)}"),
}


@dataclass
class Liar:
    """The third witness. told: by each question a lie."""

    lie: Callable[[bytes], Response] = LIES["no"]
    asked: int = 0
    slow: float = 0.0
    heads: list[bytes] = field(default_factory=list)

    def app(self) -> FastAPI:
        made = FastAPI(openapi_url=None)

        @made.post("/add-checkpoint")
        async def add(request: Request) -> Response:
            self.asked += 1
            await asyncio.sleep(self.slow)
            return self.lie(await request.body())

        @made.get("/{named}/checkpoint")
        async def head(named: str) -> Response:
            return Response(self.heads[0] if self.heads else b"", 200)

        return made


async def test_one_witness_that_lies_changes_nothing(town: Town) -> None:
    liar = Liar()
    async with serve(liar.app()) as there:
        town.witnesses.all[2].kill()
        third = Observer(town.witnesses.folder / "w3", "witness.example/w3", port=there.port)
        third.key = vkey("witness.example/w3", bytes(LIAR.verify_key), COSIGNATURE)
        town.witnesses.all[2] = third
        town.place.policy = town.witnesses.policy(town.vkey)
        liar.heads = [b"\xff", b"no head"]
        async with town.place.opened() as (service, component):
            assert component.warning
            for name, lie in LIES.items():
                liar.lie = lie
                await town.permits(service)
                await town.round(service)
                note = await service.door("web").checkpoint(DESK)
                assert note.count("\N{EM DASH}") == 3, name
                assert cosigned_in(note, town.policy), name
                assert component.warning() == "", name
            assert liar.asked >= len(LIES)
            town.witnesses.all[0].kill()
            for name in ("another's word", "a word of tomorrow", "another key", "nothing", "no"):
                liar.lie, before = LIES[name], service.desk(DESK).log.witnessed.newest
                await town.round(service)
                assert service.desk(DESK).log.witnessed.newest == before, f"{name}: with one other that is no quorum"
            await component.check()


async def test_one_witness_that_never_answers_keeps_nobody_from_a_quorum(town: Town) -> None:
    """The words of the others were a few seconds old when the round ended, and that looked like a wrong clock."""
    liar = Liar(slow=SECONDS + APART_S - 4)
    async with serve(liar.app()) as there:
        town.witnesses.all[2].kill()
        third = Observer(town.witnesses.folder / "w3", "witness.example/w3", port=there.port)
        third.key = vkey("witness.example/w3", bytes(LIAR.verify_key), COSIGNATURE)
        town.witnesses.all[2] = third
        town.place.policy = town.witnesses.policy(town.vkey)
        async with town.place.opened() as (service, component):
            assert component.warning and component.warning() == ""
            assert await town.permits(service)
    assert liar.asked


async def test_instances_that_share_a_log_share_its_witnesses_and_do_not_accuse_each_other(town: Town) -> None:
    async with town.place.opened() as (one, _), town.place.opened() as (two, _):
        for service in (one, two, one):
            assert await town.permits(service)
            await town.round(service)
        log = two.desk(DESK).log
        assert log.signed
        older = log.signed
        witnesses = witnesses_of(town.place.settings())
        late = witnesses.rounds(two.desks, town.clock)[TENANT]
        assert await town.permits(one)
        await town.round(one)
        with log.guarded():  # two asked with the head of a moment ago, while one was there with a newer one
            assert await late._asked(witnesses.clients[0], older) is None
        await witnesses.close()
        assert not log.sealed and not one.desk(DESK).log.sealed
        await town.round(two)
        assert await town.permits(two)


async def test_status_says_how_long_ago_a_quorum_saw_the_log(town: Town) -> None:
    async with town.place.opened() as (service, _):
        await service.door("connectors").record(DESK, [act("weigering")])
        await town.round(service)
    settings, provider = town.place.settings(), FileKeyProvider(town.place.folder / "keys")
    database = Database(town.place.url, "audit")
    keeping = Keeping(settings.signer, town.policy)
    try:
        for minutes, complaint in ((0, ""), (4, ""), (6, UNSEEN)):
            now = millis(utc_now()) + minutes * 60_000
            around = Around(provider, signer_of(settings), keeping, now)
            found = await status_of(database, around, TENANT)
            assert (found.cosigned, found.complaint) == (1, complaint)
            assert found.unseen is not None and abs(found.unseen - minutes * 60_000) < 30_000
        keeping.path(town.origin).write_text("nothing")
        assert (await status_of(database, around, TENANT)).complaint == UNSEEN
        nobody = Around(provider, signer_of(settings), None, now)
        assert (await status_of(database, nobody, TENANT)).complaint == ""
    finally:
        await database.close()


async def test_clocks_that_are_not_ours_stop_permits_at_once(town: Town) -> None:
    async with town.place.opened() as (service, component):
        assert component.warning
        for seconds in (-20, 20, 86_400 * 400):
            town.clock.ahead = timedelta(seconds=seconds)
            await town.round(service)
            assert component.warning() == (CLOCK_OFF if abs(seconds) < 3600 else TOO_OLD)
            assert not await town.permits(service)
        receipt((await service.door("consent").record(DESK, [act("beperking", fence())]))[0])


def test_four_hours_are_the_end_whatever_the_setting_says() -> None:
    waited = [0.0]
    seen = Witnessed(timedelta(days=9), lambda: waited[0])
    assert seen.objection(0) == NOT_YET
    seen.heard(Cosigned(SignedHead(1, bytes(32), ""), at=1_000))
    assert seen.objection(1_000_000) == seen.warning(1_000_000) == ""
    end = 1_000_000 + LIMIT_MAX // timedelta(milliseconds=1)
    assert (seen.objection(end), seen.objection(end + 1)) == ("", TOO_OLD)
    waited[0] = LIMIT_MAX.total_seconds() + 1
    assert seen.objection(1_000_000) == TOO_OLD, "also when the wall clock stands still"
    assert Witnessed().objection(end + 1) == Witnessed().warning(end + 1) == "", "without a policy nobody waits"


@pytest.mark.parametrize("text", [
    "", "quorum none\n", "quorum w1\n", "witness w1 {0}\nquorum w1\n", "witness w1 {0} ftp://w.example\nquorum w1\n",
    "witness w1 {0} http://w.example\nquorum w1\n", "witness w1 {0} https://a@w.example\nquorum w1\n",
])  # fmt: skip
def test_a_policy_that_guards_nothing_is_refused_in_production(tmp_path: Path, text: str) -> None:
    key = vkey("witness.example/w1", bytes(LIAR.verify_key), COSIGNATURE)
    path = tmp_path / "policy"
    place = Place("sqlite+aiosqlite://", tmp_path, policy=path)
    path.write_text(text.format(key))
    with pytest.raises(SettingsWrong):
        witnesses_of(place.settings().model_copy(update={"mode": "productie"}))
    path.write_text(f"witness w1 {key} https://w.example/getuige\nquorum w1\n")
    assert witnesses_of(place.settings().model_copy(update={"mode": "productie"})).clients
