"""`regie audit` on a founded house: what it says and with which status it ends."""

import asyncio
import json
import sqlite3
from contextlib import nullcontext
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner, Result

from assembly.building import World
from assembly.cli import app
from assembly.demo.register import TENANT
from assembly.founding import found
from assembly.house import House, assemble
from assembly.settings import HouseSettings, TenantSettings
from audit.contract import Entry, Event, LogUnavailable, record_one
from kernel.caller import room_of
from kernel.ids import random_id
from kernel.proof.note import parse_vkey
from kernel.settings import SettingsWrong
from tests.set_back import copied

pytestmark = pytest.mark.slow
SPOIL = "UPDATE series SET n = n + 1"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HouseSettings:
    tenant = TenantSettings(id=TENANT, name="Gemeente", public_url="http://localhost:8000")
    monkeypatch.setenv("REGIE_HOUSE_MODE", "test")
    monkeypatch.setenv("REGIE_HOUSE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("REGIE_HOUSE_TENANTS", json.dumps([tenant.model_dump(mode="json")]))
    return HouseSettings(mode="test", data=tmp_path / "data", tenants=(tenant,))


async def lived_in(settings: HouseSettings) -> str:
    """A line in the log; answers its newest checkpoint."""
    await found(settings)
    house = await assemble(settings, ("audit", "consent", "vault"))
    async with house.app.router.lifespan_context(house.app):
        assert "/metrics" not in {getattr(route, "path", "") for route in house.app.routes}, "it has a door of its own"
        caller = room_of(TENANT, "consent")
        await record_one(house.audit("consent"), caller, Entry(event=Event(id=random_id(), kind="weigering")))
        return await house.audit("consent").checkpoint(caller)


def regie(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["audit", *arguments])


def spoil(settings: HouseSettings, statement: str) -> None:
    with sqlite3.connect(settings.data / "audit.db") as file:
        file.execute(statement)
    file.close()


def test_a_house_without_a_log_cannot_be_judged(settings: HouseSettings) -> None:
    assert regie("fsck").exit_code == 2
    assert regie("status").exit_code == 2


def test_fsck_and_status_end_as_they_find_it(settings: HouseSettings, tmp_path: Path) -> None:
    note = asyncio.run(lived_in(settings))
    all_is_well(tmp_path, note)
    what_is_wrong(settings, tmp_path, note)


def all_is_well(tmp_path: Path, note: str) -> None:
    (tmp_path / "kept.txt").write_text(note)
    for arguments in ((), ("--without-keys",), ("--checkpoint", str(tmp_path / "kept.txt"))):
        done = regie("fsck", *arguments)
        assert (done.exit_code, TENANT in done.output, "klopt" in done.output) == (0, True, True), done.output
    assert regie("status").exit_code == 0
    (one,) = json.loads(regie("status", "--json").output)
    assert (one["tenant"], one["healthy"], one["sealed"], one["signed"]) == (TENANT, True, "", one["size"])
    assert one["keys"] and one["under_way"] == 0


def what_is_wrong(settings: HouseSettings, tmp_path: Path, note: str) -> None:
    (tmp_path / "other.txt").write_text(note.replace("/20", "/19"))
    assert regie("fsck", "--checkpoint", str(tmp_path / "other.txt")).exit_code == 2, "not signed by this log"
    assert regie("fsck", "--tenant", "gm0000").exit_code == 2
    spoil(settings, SPOIL)
    done = regie("fsck")
    assert (done.exit_code, "audit.series" in done.output) == (1, True), done.output
    spoil(settings, "UPDATE head SET size = size - 1")
    done = regie("status")
    assert (done.exit_code, "VERZEGELD" in done.output) == (1, True), done.output
    for key in (settings.folder.keys).rglob("*"):
        if key.is_file():
            key.unlink()
    assert regie("fsck").exit_code == 2
    assert regie("fsck", "--without-keys").exit_code == 1, "hashes need no key"


def test_a_turn_at_once_is_told_trusted_and_fits(settings: HouseSettings, tmp_path: Path) -> None:
    note = asyncio.run(lived_in(settings))
    (tmp_path / "kept.txt").write_text(note)
    (old,) = settings.folder.read_anchors()["logs"]
    done = CliRunner().invoke(app, ["audit", "turn", "--reason", "sleutel gestolen", "--stolen"])
    assert (done.exit_code, old in done.output) == (0, True), done.output
    anchors = settings.folder.read_anchors()
    (new,) = anchors["logs"]
    assert new > old and list(anchors["stolen"]) == [old]
    done = regie("fsck", "--checkpoint", str(tmp_path / "kept.txt"))
    assert done.exit_code == 0, done.output
    (one,) = json.loads(regie("status", "--json").output)
    assert (one["tenant"], one["origin"], one["size"], one["healthy"]) == (TENANT, new, 1, True)
    assert CliRunner().invoke(app, ["audit", "turn", "--reason", " "]).exit_code == 1


def test_the_next_key_is_told_once_and_begins_the_next_term(settings: HouseSettings) -> None:
    asyncio.run(lived_in(settings))
    told = regie("next-key").output.strip()
    assert told == regie("next-key").output.strip()
    key = parse_vkey(told)
    assert key.name not in settings.folder.read_anchors()["logs"], "nobody trusts it yet"
    assert regie("status").exit_code == regie("fsck").exit_code == 0
    done = regie("turn", "--reason", "afgesproken met de getuigen")
    assert done.exit_code == 0, done.output
    assert settings.folder.read_anchors()["logs"][key.name] == key.public_key.hex()


async def another_line(settings: HouseSettings, tenant: str = TENANT) -> None:
    house = await assemble(settings, ("audit", "consent", "vault"))
    async with house.app.router.lifespan_context(house.app):
        entry = Entry(event=Event(id=random_id(), kind="weigering"))
        await record_one(house.audit("consent"), room_of(tenant, "consent"), entry)


async def served_while_sealed(settings: HouseSettings) -> None:
    """Who serves it stays, and says why to whoever watches; nobody else is answered. A command ends."""
    rooms = ("audit", "consent", "vault")
    for told in (World(), World(stays=True)):
        house = await assemble(settings, rooms, told)
        with nullcontext() if told.stays else pytest.raises(SettingsWrong, match="ouder dan wat de ondertekenaar"):
            async with house.app.router.lifespan_context(house.app), asking(house) as http:
                ready, shut = await http.get("/readyz"), await http.get("/logboek/v1/sleutels")
                assert (await http.get("/livez")).status_code == 200
                assert (ready.status_code, shut.status_code, shut.json()["code"]) == (503, 503, "verzegeld")
                assert "ouder dan wat de ondertekenaar" in ready.json()["onderdelen"]["audit"]
                assert "gestopt voor onderzoek" in shut.json()["detail"]


def asking(house: House, url: str = "http://localhost:8000") -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=house.app), base_url=url)


async def served_beside(settings: HouseSettings, other: TenantSettings) -> None:
    """One log of two is sealed: the doors of that municipality are shut, its neighbours work, and it is told."""
    rooms = ("audit", "consent", "vault")
    command = await assemble(settings, rooms)
    with pytest.raises(SettingsWrong, match=f"{other.id}: .*ouder dan wat de ondertekenaar"):
        async with command.app.router.lifespan_context(command.app):
            pass
    house = await assemble(settings, rooms, World(stays=True))
    async with (
        house.app.router.lifespan_context(house.app),
        asking(house) as here,
        asking(house, other.public_url) as there,
    ):
        for place in ("/logboek/v1/sleutels", "/oauth/jwks", "/toestemming/v1/openapi.json", "/bestaat-niet"):
            shut = await there.get(place)
            assert (shut.status_code, shut.json()["code"]) == (503, "verzegeld"), place
            assert "gestopt voor onderzoek" in shut.json()["detail"]
        assert (await there.get("/livez")).status_code == 200
        term = (await here.head("/logboek/v1/checkpoint")).headers["location"].split("/")[3]
        public = ("/logboek/v1/sleutels", f"/logboek/v1/{term}/checkpoint", f"/logboek/v1/{term}/tile/0/000.p/1")
        for place in (*public, "/oauth/jwks", "/toestemming/v1/verwerkingsactiviteiten"):
            whole, head = await here.get(place), await here.head(place)
            assert (whole.status_code, head.status_code, head.content) == (200, 200, b""), place
            assert head.headers["content-length"] == str(len(whole.content)), place
        entry = Entry(event=Event(id=random_id(), kind="weigering"))
        await record_one(house.audit("consent"), room_of(TENANT, "consent"), entry)
        with pytest.raises(LogUnavailable):  # whoever comes by another way than its host
            await record_one(house.audit("consent"), room_of(other.id, "consent"), entry)
        for told in (await here.get("/readyz"), await there.get("/readyz")):
            assert (
                told.status_code == 200
                and f"{other.id}: De database is ouder" in told.json()["waarschuwingen"]["audit"]
            )
        log = next(one for one in house.builder.components if one.name == "audit")
        assert log.metrics is not None
        for tenant, sealed in ((TENANT, 0), (other.id, 1)):
            assert f'regie_log_sealed{{tenant="{tenant}"}} {sealed}.0' in log.metrics()


def test_a_sealed_log_shuts_the_doors_of_its_own_municipality_only(settings: HouseSettings, tmp_path: Path) -> None:
    other = TenantSettings(id="gm9902", name="Andere gemeente", public_url="http://127.0.0.1:8000")
    both = settings.model_copy(update={"tenants": (*settings.tenants, other)})
    asyncio.run(lived_in(both))
    copied(both.data / "audit.db", tmp_path / "kept.db")
    asyncio.run(another_line(both, other.id))
    copied(tmp_path / "kept.db", both.data / "audit.db")
    asyncio.run(served_beside(both, other))


def said(name: str) -> Result:
    return regie("reconcile", "--name", name, "--reason", "de schijf was stuk, dit is de laatste backup")


def test_two_persons_let_a_log_that_was_set_back_go_on(settings: HouseSettings, tmp_path: Path) -> None:
    asyncio.run(lived_in(settings))
    assert "niets te herstellen" in said("A. de Vries").output
    copied(settings.data / "audit.db", tmp_path / "kept.db")
    asyncio.run(another_line(settings))
    copied(tmp_path / "kept.db", settings.data / "audit.db")
    assert regie("status").exit_code == 1
    asyncio.run(served_while_sealed(settings))
    for name in ("A. de Vries", "a.  DE vries"):  # the same person twice is one
        done = said(name)
        assert (done.exit_code, "kwijt: de regels 1 tot en met 1" in done.output) == (0, True), done.output
        assert "Een tweede persoon" in done.output
        assert regie("status").exit_code == 1
    done = said("B. Jansen")
    assert (done.exit_code, "vrijgegeven" in done.output) == (0, True), done.output
    done = regie("fsck")
    assert (done.exit_code, "ontbreken" in done.output) == (2, True), done.output
    (one,) = json.loads(regie("status", "--json").output)
    assert one["healthy"] and "niets te herstellen" in said("A. de Vries").output
    assert not list(settings.data.glob("reconcile-*"))
