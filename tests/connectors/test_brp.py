"""The BRP source against the stand-in, which answers as the published interface says."""

import json
import re
from typing import Any

import httpx2
import pytest

from assembly.demo.brp.app import brp_app
from assembly.demo.brp.loader import own_residents
from audit.contract import NotPermitted, Trust
from connectors.around import HOUSE
from connectors.brp import ANSWER_BYTES, BrpSource
from connectors.gateway import Gateway
from connectors.outside.addresses import LOOPBACK, networks
from connectors.outside.asking import Asker
from connectors.outside.data import Unreadable
from connectors.outside.opening import open_outside
from connectors.person import read_answer
from connectors.settings import ConnectorsSettings
from kernel.settings import SettingsWrong
from tests.connectors.published import REFERENCE, Published, published
from tests.four_rooms import DESK_WORKER, FourRooms, nobody_hides
from tests.patience import PATIENCE
from tests.vault.test_permit import Maker
from vault.contract import Bsn, Values

pytestmark = pytest.mark.anyio
OWN = own_residents()
BIRTH, NAME, ADDRESS = (
    ("geboorte.datum",),
    ("naam.voornamen", "naam.geslachtsnaam"),
    ("verblijfplaats.verblijfadres.woonplaats",),
)
ABOUT_OTHERS = ("brp.partner", "brp.kinderen", "brp.ouders", "brp.gezag")
EVERYTHING = ("brp.naam", "brp.adres", "brp.geboortedatum", "brp.nationaliteit", "brp.gemeente")


def who(found: str) -> Bsn:
    return Bsn(next(number for number, gba in OWN.items() if found in str(gba)))


@pytest.fixture
async def ask(empty: FourRooms) -> Any:
    maker = Maker(empty, "f" * 32, "a" * 32)
    http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=brp_app(OWN, empty.clock)))
    empty.stack.push_async_callback(http.aclose)
    gateway = Gateway(purposes={"*": "BRPACT-Totaal"}, oin="0" * 20, user_name="")
    source = BrpSource(
        Asker(http, "http://brp.test", ANSWER_BYTES),
        gateway,
        empty.trusted,
        empty.clock,
        lambda _: {"x-api-key": "sleutel"},
        PATIENCE,
        hiding=nobody_hides,
    )

    async def ask(bsn: Bsn, *elements: str) -> Values:
        allowed = [{"element": one, "bron": "brp", "invoer": [["brp", one]], "hekken": []} for one in elements]
        permit = await maker.permit(maker.decision(toegestaan=allowed, hekken=[["a" * 32, 0, "inwoner"]]))
        return await source.fetch(DESK_WORKER, permit, bsn)

    return ask


async def test_only_permitted_inputs_come_back(ask: Any) -> None:
    found = await ask(Bsn("999993653"), "brp.naam")
    (name,) = found.values
    assert set(name.value) <= {"voornamen", "voorvoegsel", "geslachtsnaam", "volledigeNaam"}
    assert name.source == "brp"
    assert await ask(Bsn("999993653"), "inkomen.brutoPerMaand") == Values()


async def test_everything_of_everybody_can_be_read(ask: Any) -> None:
    for number in OWN:
        found = await ask(Bsn(number), *EVERYTHING)
        assert all(value.value for value in found.values)
    assert {one.element for one in (await ask(Bsn("999993653"), *EVERYTHING)).values} == set(EVERYTHING)


async def test_people_around_a_resident_are_looked_up_and_told_without_numbers(ask: Any, empty: FourRooms) -> None:
    told = {number: await ask(Bsn(number), *ABOUT_OTHERS) for number in OWN}
    elements = {value.element for found in told.values() for value in found.values}
    assert elements == set(ABOUT_OTHERS)
    assert not re.search(r"[0-9]{9}", str([value.value for found in told.values() for value in found.values]))
    secret = {number for number, gba in OWN.items() if "geheimhoudingPersoonsgegevens" in str(gba)}
    withheld = 0
    for number, gba in OWN.items():
        for element, group in (("brp.partner", "partners"), ("brp.kinderen", "kinderen"), ("brp.ouders", "ouders")):
            if secret & set(re.findall("[0-9]{9}", str(gba.get(group)))):
                withheld += 1
                assert element not in [value.element for value in told[number].values]
    assert withheld


def at_home(body: Any) -> Any:
    """A register as it is published: the resident in full, and by address four people of whom little is said."""
    home = {"type": "Adres", "functieAdres": {"code": "W"}, "adresseerbaarObjectIdentificatie": "9901010000000001"}
    if body["type"] == "RaadpleegMetBurgerservicenummer":
        return {"type": body["type"], "personen": [{"verblijfplaats": home}]}
    living = ("999993653", "999995261", "999998614", "999995649")
    return {"type": body["type"], "personen": [{"burgerservicenummer": one} for one in living]}


async def test_who_lives_at_an_address_is_counted_as_published(empty: FourRooms) -> None:
    register = Published("brp/openapi.yaml", at_home, root="/haalcentraal/api/brp")
    maker = Maker(empty, "f" * 32, "a" * 32)
    allowed = [{"element": HOUSE, "bron": "brp", "invoer": [["brp", HOUSE]], "hekken": []}]
    permit = await maker.permit(maker.decision(toegestaan=allowed, hekken=[["a" * 32, 0, "inwoner"]]))
    async with published(register) as url, open_outside(url, networks(LOOPBACK), PATIENCE) as http:
        gateway = Gateway.model_validate({"supplier": "centric", "oin": "0" * 20, "purposes": {"*": "AFN1"}})
        source = BrpSource(
            Asker(http, url, ANSWER_BYTES), gateway, empty.trusted, empty.clock, seconds=PATIENCE, hiding=nobody_hides
        )
        (value,) = (await source.fetch(DESK_WORKER, permit, Bsn("999993653"))).values
    assert (value.value, register.faults, len(register.seen)) == (4, [], 2)
    sent = register.headers[0]
    assert (sent["x-request-afnemerscode"], sent["x-request-user"]) == ("AFN1", "mw-4821")
    assert "x-doelbinding" not in sent and "999993653" not in str([register.headers, register.seen])


def test_each_gateway_has_the_names_that_are_known_of_it() -> None:
    file = REFERENCE / "brp" / "gateway-headers.json"
    if not file.exists():
        pytest.skip("the reference is not here")
    known = json.loads(file.read_text())["suppliers"]
    for supplier, told in (("iconnect", "iConnect (PinkRoccade)"), ("centric", "Centric / eServices")):
        gateway = Gateway.model_validate({"supplier": supplier})
        names = {said for name, said in gateway.model_dump().items() if name.endswith("_name") and said}
        assert names == {one.lower() for one in known[told]}
    assert not any(said for name, said in Gateway.off().model_dump().items() if name.endswith("_name"))


async def test_an_unknown_person_is_nothing(ask: Any) -> None:
    assert await ask(Bsn("111222333"), *EVERYTHING) == Values()


async def test_secrecy_and_death_are_told_unasked(ask: Any) -> None:
    assert (await ask(Bsn("999993690"), "brp.naam")).flags == ("geheimhouding",)
    assert "overleden" in (await ask(who("'overlijden'"), "brp.naam")).flags
    assert (await ask(Bsn("999993653"), "brp.naam")).flags == ()


async def test_without_a_permit_nothing_is_asked(ask: Any, empty: FourRooms) -> None:
    empty.trust = Trust(logs={}, registers={})
    with pytest.raises(NotPermitted):
        await ask(Bsn("999993653"), "brp.naam")


def person(**members: Any) -> dict[str, Any]:
    return {"type": "RaadpleegMetBurgerservicenummer", "personen": [members]}


def doubted(body: Any, paths: tuple[str, ...]) -> bool:
    (value,) = read_answer(body, {"x.y": paths}, 1).values
    return value.under_investigation


def test_an_investigation_marks_what_it_is_about_and_nothing_else() -> None:
    name = {"voornamen": "Jan", "geslachtsnaam": "Vis", "inOnderzoek": {"geslachtsnaam": True}}
    assert doubted(person(naam=name), NAME)
    assert not doubted(person(naam=name), ("naam.voornamen",))
    birth = {"datum": {"type": "Datum", "datum": "1980-01-01"}, "inOnderzoek": {"datum": True}}
    assert doubted(person(geboorte=birth), BIRTH)
    place = {"verblijfadres": {"woonplaats": "Y", "inOnderzoek": {"woonplaats": True}}}
    assert doubted(person(verblijfplaats=place), ADDRESS)
    listed = [
        {"nationaliteit": {"code": "1"}},
        {"nationaliteit": {"code": "2"}, "inOnderzoek": {"nationaliteit": True}},
    ]
    assert doubted(person(nationaliteiten=listed), ("nationaliteiten.nationaliteit",))


def test_what_comes_unasked_does_not_pass() -> None:
    body = person(naam={"voornamen": "Jan", "adellijkeTitel": "x", "inOnderzoek": {}}, burgerservicenummer="999993653")
    (value,) = read_answer(body, {"brp.naam": NAME}, 1).values
    assert value.value == {"voornamen": "Jan"}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"personen": {}},
        {"personen": [1]},
        {"personen": [{}, {}]},
        person(naam={"voornamen": "x" * 2_000}),
        person(naam={"voornamen": ["x"] * 200}),
        person(naam={"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {}}}}}}}}}),
    ],
)
def test_an_answer_of_another_shape_is_not_read(body: Any) -> None:
    with pytest.raises(Unreadable):
        read_answer(body, {"brp.naam": NAME}, 1)


@pytest.mark.parametrize(
    "url", ["https://u:geheim@brp.example", "https://:geheim@brp.example", "https://brp.example/?q"]
)
def test_only_a_plain_address_is_a_setting(url: str) -> None:
    with pytest.raises(SettingsWrong) as wrong:
        ConnectorsSettings.read({"REGIE_CONNECTORS_DATABASE": "sqlite://", "REGIE_CONNECTORS_BRP_URL": url})
    assert "REGIE_CONNECTORS_BRP_URL" in str(wrong.value) and "geheim" not in str(wrong.value)


def test_settings_and_sources_do_not_print_their_secrets() -> None:
    url = "postgresql+asyncpg://regie:geheim@localhost/regie"
    settings = ConnectorsSettings(mode="test", database=url, brp_url="https://brp.example/", brp_api_key=b"geheim")  # type: ignore[arg-type]  # pydantic reads bytes
    assert settings.brp_url == "https://brp.example" and "geheim" not in repr(settings) + str(settings)


@pytest.mark.parametrize(
    "named",
    [
        {"brp_gateway": {"oin": "0" * 20}},
        {"brp_gateway": {"afnemer": "0" * 20}},
        {"brp_api_key": b"geheim"},
        {"brp_corrections": {"owner": "burgerzaken", "url": "https://terugmelden.example"}},
    ],
)
def test_several_municipalities_do_not_ask_under_the_name_of_one(named: dict[str, Any]) -> None:
    said = {"database": "sqlite://", "brp_url": "https://brp.example", **named}
    settings = ConnectorsSettings.model_validate(said)
    settings.demand_one_name(["gm1"])
    with pytest.raises(SettingsWrong, match="gm1, gm2"):
        settings.demand_one_name(["gm1", "gm2"])
    ConnectorsSettings.model_validate({**said, "mode": "demo"}).demand_one_name(["gm1", "gm2"])
    ConnectorsSettings.model_validate({"database": "sqlite://", "brp_url": said["brp_url"]}).demand_one_name(
        ["gm1", "gm2"]
    )
