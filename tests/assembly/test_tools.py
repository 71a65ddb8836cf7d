"""What the command line does in a whole house: keys turned, clients registered."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from assembly.building import Builder, World
from assembly.clients import NewClient
from assembly.demo.register import LOAN_DESK, TENANT, activities, recipients
from assembly.founding import found
from assembly.govstack import load
from assembly.house import House, assemble
from assembly.party_verbs import key_ended, moment_of, suspended
from assembly.reconciling import person_of
from assembly.settings import ROOMS, HouseSettings, Login, TenantSettings
from assembly.tools import load_register, register_client, rotate_keys
from connectors.settings import ConnectorsSettings
from consent.contract import NoSuchThing
from consent.govstack.tables import objects
from kernel.caller import Caller, room_of
from kernel.crypto import KeyUnavailable
from kernel.crypto.file_keys import FileKeyProvider
from kernel.settings import SettingsWrong
from vault.contract import Bsn, Deposit
from web.settings import WebSettings

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
STAFF = room_of(TENANT, "assembly")
SOMEBODY = Bsn("999993653")


@pytest.fixture
async def settings(tmp_path: Path) -> HouseSettings:
    made = HouseSettings(
        mode="test",
        data=tmp_path / "data",
        tenants=(TenantSettings(id=TENANT, name="Gemeente", public_url="http://localhost:8000"),),
        login=Login(issuer="http://localhost:8000/idp"),
    )
    await found(made)
    return made


@asynccontextmanager
async def opened(settings: HouseSettings) -> AsyncIterator[House]:
    house = await assemble(settings)
    async with house.app.router.lifespan_context(house.app):
        yield house


async def lived_in(house: House) -> Caller:
    """A register, and a resident who keeps something."""
    register, vault = house.consent("assembly"), house.vault("assembly")
    for recipient in recipients():
        await register.admit(STAFF, recipient)
    for version in activities():
        await register.publish(STAFF, version)
    (resident,) = await vault.enrol(STAFF, (SOMEBODY,))
    caller = Caller(tenant=TENANT, kind="inwoner", user=resident.id)
    await vault.open_vault(caller, resident)
    await vault.keep(caller, resident, (Deposit(element="inkomen.brutoPerMaand", value="1.00"),))
    return caller


async def test_after_turning_every_key_nothing_needs_the_old_ones(settings: HouseSettings) -> None:
    async with opened(settings) as house:
        caller = await lived_in(house)
    told: list[str] = []
    await rotate_keys(settings, ROOMS, told.append)
    assert len(told) == len(ROOMS)
    assert all("versie 2" in sentence and " 0 sleutels" not in sentence for sentence in told), told
    provider = FileKeyProvider(settings.folder.keys)
    for room in ROOMS:
        await provider.destroy(f"regie/{TENANT}/{room}", 1)
    async with opened(settings) as house:  # which checks every room's keys before it opens
        (resident,) = await house.vault("web").identify(caller, (SOMEBODY,))
        assert resident.id == caller.user
        assert await house.vault("web").opened(caller, resident)
        kinds = [line.event.kind for line in (await house.audit("web").lines(caller, resident.subject)).lines]
        assert kinds == ["kluis-bewaard", "kluis-geopend"]
        turned = [line.event.details["kamer"] for line in (await house.audit("web").lines(STAFF, "systeem")).lines[:5]]
        assert sorted(turned) == sorted(ROOMS)


async def test_a_client_gets_its_key_once_and_only_for_a_known_recipient(settings: HouseSettings) -> None:
    async with opened(settings) as house:
        await lived_in(house)
    new = NewClient("proef", "Proef", "automatisch")
    entry = await register_client(settings, "", LOAN_DESK, new)
    assert entry["privateJwk"]["d"]
    assert entry["privateJwk"]["d"].encode() not in b"".join(path.read_bytes() for path in files(settings.data))
    assert (await key_ended(settings, "", ("proef", entry["privateJwk"]["kid"]), moment_of(""))).position.term
    assert (await suspended(settings, "", "proef")).position.term
    for wrong in ("morgen", "2026-12-31T23:59:00"):
        with pytest.raises(SettingsWrong, match="--at"):
            moment_of(wrong)
    with pytest.raises(NoSuchThing):
        await register_client(settings, "", "niemand", new)
    with pytest.raises(SettingsWrong, match="--tenant"):
        await register_client(settings, "gm0000", LOAN_DESK, new)


async def test_a_second_municipality_is_founded_beside_the_first_and_never_twice(settings: HouseSettings) -> None:
    before = settings.folder.read_anchors()
    with pytest.raises(SettingsWrong, match="al een Regie"):
        await found(settings)
    other = TenantSettings(id="gm9902", name="Zandvaart", public_url="http://127.0.0.1:8000")
    both = settings.model_copy(update={"tenants": (*settings.tenants, other)})
    await found(both)
    after = both.folder.read_anchors()
    assert set(after["registers"]) == {TENANT, "gm9902"}
    assert all(after[kind].items() >= before[kind].items() for kind in before)
    async with opened(both):
        pass


async def test_a_lost_key_of_a_founded_municipality_is_not_made_anew(settings: HouseSettings) -> None:
    key = settings.folder.keys / "regie" / TENANT / "vault" / "1.key"
    key.unlink()
    other = TenantSettings(id="gm9902", name="Zandvaart", public_url="http://127.0.0.1:8000")
    with pytest.raises(KeyUnavailable):
        await found(settings.model_copy(update={"tenants": (*settings.tenants, other)}))
    assert not key.exists()


async def test_a_register_comes_from_a_file_with_every_fault_told(settings: HouseSettings) -> None:
    path, told = settings.data / "register.json", list[str]()
    content = {
        "ontvangers": [one.model_dump(mode="json") for one in recipients()],
        "verwerkingsactiviteiten": [one.model_dump(mode="json") for one in activities()],
    }
    path.write_text(json.dumps(content))
    await load_register(settings, "", path, told.append)
    await load_register(settings, "", path, told.append)
    assert told.count("verwerkingsactiviteit oefening, versie 1") == 2
    owner = Caller(tenant=TENANT, kind="medewerker", user="eigenaar", roles=("proceseigenaar", "afdeling:oefenpartij"))
    async with opened(settings) as house:
        await house.consent("web").drafts.end(owner, "oefening", "Om een rechter.")
    await load_register(settings, "", path, told.append)
    assert told.count("verwerkingsactiviteit oefening, versie 1") == 2, "what somebody stopped is not begun by a file"
    assert [one for one in told if "oefening is gestopt" in one]
    content["ontvangers"][0]["oin"] = "1"
    path.write_text(json.dumps(content | {"anders": 1}))
    with pytest.raises(SettingsWrong) as wrong:
        await load_register(settings, "", path, told.append)
    assert len(wrong.value.sentences) == 2


async def test_a_file_of_govstack_is_loaded_whole_or_not_at_all(settings: HouseSettings) -> None:
    path = settings.data / "govstack.json"
    policy = {"id": "privacy", "name": "Privacy", "version": "1", "url": "https://stad.example/privacy"}
    agreement = {
        "id": "regeling",
        "version": "1",
        "purpose": "x",
        "lawfulBasis": "consent",
        "dpia": "",
        "policy": policy,
    }
    person = {"id": "een", "externalId": "999993653", "externalIdType": "bsn"}
    nobody = {"id": "twee", "externalId": "123456789"}
    path.write_text(json.dumps({"dataAgreements": [agreement], "individuals": [person, nobody]}))
    with pytest.raises(SettingsWrong, match="individuals/1/externalId"):
        await load(settings, "", path)
    path.write_text(json.dumps({"dataAgreements": [agreement], "individuals": [person]}))
    told = [await load(settings, "", path) for _ in range(2)]
    path.unlink()  # the file itself holds a number: whoever made it takes it away
    assert set(told) == {"1 beleidsteksten, 1 overeenkomsten en 1 individuen staan in het register."}
    async with opened(settings) as house:
        assert house.register is not None
        async with house.register.register.reading(TENANT) as rows:
            found = {row["id"]: row for row in await rows.find(objects)}
    assert set(found) == {"privacy", "regeling", "een"} and found["een"]["resident"]
    assert all(row["revision"] == 0 and "999993653" not in str(row) for row in found.values())


async def test_rooms_read_their_own_settings_and_know_no_others(settings: HouseSettings) -> None:
    environ = {"REGIE_CONNECTORS_SOURCE_SECONDS": "1.5", "REGIE_VAULT_KEY_MINUTES": "0"}
    told = Builder(settings, World(environ=environ)).told("connectors", ConnectorsSettings)
    assert (told.source_seconds, told.mode) == (1.5, "test")
    with pytest.raises(SettingsWrong, match="REGIE_WEB_PHONES"):
        Builder(settings, World(environ={"REGIE_WEB_PHONES": "x"})).told("web", WebSettings)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(("name", "reason"), [("a", "de schijf was stuk"), ("A. de Vries", "stuk"), ("  ", " " * 20)])
def test_who_says_too_little_about_a_lost_log_is_told_what_to_say(name: str, reason: str) -> None:
    with pytest.raises(SettingsWrong, match="--name"):
        person_of(name, reason)
