"""The BRP stand-in answers as the published API says, refuses as its scenarios say, and gives nothing unasked for."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from assembly.demo.brp.app import brp_app
from assembly.demo.brp.loader import Persons, own_residents, read_persons
from assembly.demo.brp.paths import WHOLE
from tests.assembly.cast import own_roles
from tests.assembly.published import OPENAPI, PERSONS, REFERENCE, answer_schema

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

OWN = own_residents()
CAST = own_roles()
R1 = CAST["R1"]
EVERYTHING = [path for path in WHOLE if "." not in path and not path.endswith("Binnenland")]
FIELD_SETS = [
    EVERYTHING,
    ["naam.volledigeNaam", "verblijfplaats.verblijfadres.postcode", "geboorte.datum"],
    ["leeftijd", "adresseringBinnenland", "verblijfplaatsBinnenland", "gezag"],
    ["partners.burgerservicenummer", "ouders.naam.voornamen", "kinderen.geboorte.datum.jaar", "nationaliteiten.type"],
]


def numbers_where(found: str) -> list[str]:
    """Residents of ours in whose record this word stands."""
    return [number for number, gba in OWN.items() if found in str(gba)]


class Brp:
    """A client of one stand-in; `now` may be moved."""

    def __init__(self, persons: Persons) -> None:
        self.now = datetime(2026, 9, 1, 9, tzinfo=UTC)
        self.app = brp_app(persons, lambda: self.now)
        self.http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.app), base_url="http://brp.test")

    async def ask(self, body: object, **headers: str) -> httpx2.Response:
        return await self.http.post("/personen", json=body, headers=headers)

    async def people(self, numbers: list[str], fields: list[str]) -> list[dict[str, Any]]:
        answer = await self.ask(query(numbers, fields))
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["personen"]
        return found

    async def person(self, number: str, *fields: str) -> dict[str, Any]:
        (found,) = await self.people([number], list(fields))
        return found


def query(numbers: object, fields: object, **more: object) -> dict[str, object]:
    return {"type": "RaadpleegMetBurgerservicenummer", "burgerservicenummer": numbers, "fields": fields, **more}


@pytest.fixture
async def brp() -> AsyncIterator[Brp]:
    brp = Brp(OWN)
    async with brp.http:
        yield brp


needs_openapi = pytest.mark.skipif(not OPENAPI.exists(), reason="the published OpenAPI is not here")


@needs_openapi
@pytest.mark.parametrize("fields", FIELD_SETS, ids=["everything", "parts", "aliases", "relatives"])
async def test_every_answer_about_our_residents_fits_the_published_api(brp: Brp, fields: list[str]) -> None:
    schema = answer_schema()
    for number in OWN:
        schema.validate((await brp.ask(query([number], fields))).json())


@needs_openapi
async def test_answers_about_a_hundred_official_persons_fit_the_published_api() -> None:
    official = read_persons(PERSONS)
    brp, schema = Brp(official), answer_schema()
    sample = sorted(official)[:: len(official) // 100][:100]
    async with brp.http:
        for turn in range(0, 100, 20):
            for fields in FIELD_SETS:
                answer = await brp.ask(query(sample[turn : turn + 20], fields))
                assert len(answer.json()["personen"]) == 20
                schema.validate(answer.json())


@needs_openapi
async def test_an_answer_with_a_false_kind_or_an_unknown_name_would_not_have_fitted(brp: Brp) -> None:
    answer = (await brp.ask(query([R1], EVERYTHING))).json()
    schema = answer_schema()
    for broken in ({"geboorte": {"datum": {"type": "Datum", "langFormaat": "1 mei 2001"}}}, {"bsn": R1}):
        with pytest.raises(ValueError, match=r"not valid|Unevaluated"):
            schema.validate({**answer, "personen": [broken]})


@needs_openapi
def test_the_paths_are_those_of_the_published_list_without_parts_of_authority() -> None:
    listed = (REFERENCE / "fields-Persoon.csv").read_text("utf-8").split()[1:]
    assert set(WHOLE) == {path for path in listed if not path.startswith("gezag.")}


NOT_THERE, NOT_ALLOWED = "Parameter bevat een niet bestaande veldnaam.", "Parameter bevat een niet toegestane veldnaam."
PATTERN = r"Waarde voldoet niet aan patroon ^[a-zA-Z0-9\._]{1,200}$."


@pytest.mark.parametrize(
    ("fields", "name", "code", "reason"),
    [
        (None, "fields", "required", "Parameter is verplicht."),
        ([], "fields", "minItems", "Array bevat minder dan 1 items."),
        ("burgerservicenummer,geslacht", "fields", "array", "Parameter is geen array."),
        (["leeftijd"] * 131, "fields", "maxItems", "Array bevat meer dan 130 items."),
        (["a*nummer"], "fields[0]", "pattern", PATTERN),
        ([""], "fields[0]", "pattern", PATTERN),
        (["leeftijd\n"], "fields[0]", "pattern", PATTERN),
        (["x" * 201], "fields[0]", "pattern", PATTERN),
        ([7], "fields[0]", "pattern", PATTERN),
        (["anummer"], "fields[0]", "fields", NOT_THERE),
        (["burgerservicenummer", "naam.bestaatNiet"], "fields[1]", "fields", NOT_THERE),
        (["adresseringBinnenland.land"], "fields[0]", "fields", NOT_THERE),
        (["verblijfplaatsBinnenland.verblijfadres.regel1"], "fields[0]", "fields", NOT_THERE),
        (["geheimhoudingPersoonsgegevens"], "fields[0]", "fields", NOT_ALLOWED),
        (["opschortingBijhouding.reden.omschrijving"], "fields[0]", "fields", NOT_ALLOWED),
        (["rni.deelnemer.code"], "fields[0]", "fields", NOT_ALLOWED),
        (["verificatie"], "fields[0]", "fields", NOT_ALLOWED),
        (["inOnderzoek.datumIngangOnderzoekGemeente.langFormaat"], "fields[0]", "fields", NOT_ALLOWED),
        (["partners.aangaanHuwelijkPartnerschap.inOnderzoek.datum"], "fields[0]", "fields", NOT_ALLOWED),
        (["verblijfplaats.indicatieVastgesteldVerblijftNietOpAdres"], "fields[0]", "fields", NOT_ALLOWED),
        (["gezag.minderjarige"], "fields[0]", "fields", NOT_ALLOWED),
    ],
)
async def test_wrong_fields_are_refused_in_the_words_of_the_brp(
    brp: Brp, fields: object, name: str, code: str, reason: str
) -> None:
    answer = await brp.ask(query([R1], fields))
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "https://datatracker.ietf.org/doc/html/rfc7231#section-6.5.1",
        "title": "Een of meerdere parameters zijn niet correct.",
        "status": 400,
        "detail": f"De foutieve parameter(s) zijn: {name}.",
        "code": "paramsValidation",
        "instance": "/personen",
        "invalidParams": [{"name": name, "code": code, "reason": reason}],
    }
    assert not brp.app.state.requests


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"fields": ["leeftijd"]}, {"type": "required"}),
        (query(None, ["leeftijd"]), {"burgerservicenummer": "required"}),
        (query([], ["leeftijd"]), {"burgerservicenummer": "minItems"}),
        (query(R1, ["leeftijd"]), {"burgerservicenummer": "array"}),
        (query([R1] * 21, ["leeftijd"]), {"burgerservicenummer": "maxItems"}),
        (
            query(["1" * 8, R1, "1" * 10, "٣" * 9], ["leeftijd"]),
            {f"burgerservicenummer[{at}]": "pattern" for at in (0, 2, 3)},
        ),
        (query([R1], ["leeftijd"], gemeenteVanInschrijving="123"), {"gemeenteVanInschrijving": "pattern"}),
        (query([R1], ["leeftijd"], voornamen="Noor"), {"voornamen": "unknownParam"}),
        (query([R1], ["leeftijd"]) | {"type": "ZoekMetPostcodeEnHuisnummer"}, {"type": "value"}),
        (query([], []), {"burgerservicenummer": "minItems", "fields": "minItems"}),
    ],
)
async def test_each_wrong_parameter_is_named_once(brp: Brp, body: object, wrong: dict[str, str]) -> None:
    answer = await brp.ask(body)
    assert answer.status_code == 400
    assert {one["name"]: one["code"] for one in answer.json()["invalidParams"]} == wrong
    assert R1 not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "content", "headers", "status"),
    [
        ("POST", "/personen", b"{", {}, 400),
        ("POST", "/personen", b"[" * 50_000, {}, 400),
        ("POST", "/personen", b"[]", {}, 400),
        ("POST", "/personen", b"\xff", {}, 400),
        ("POST", "/personen", b"{}", {"Accept": "application/xml"}, 406),
        ("POST", "/personen", b" " * 70_000, {}, 413),
        ("POST", "/personen", b"{}", {"Content-Type": "text/plain"}, 415),
        ("GET", "/personen", b"", {}, 405),
        ("POST", "/elders", b"{}", {}, 404),
    ],
)
async def test_what_is_not_a_question_gets_a_problem(
    brp: Brp, method: str, path: str, content: bytes, headers: dict[str, str], status: int
) -> None:
    headers = {"Content-Type": "application/json", **headers}
    answer = await brp.http.request(method, path, content=content, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["status"] == status


async def test_only_what_was_asked_is_delivered(brp: Brp) -> None:
    assert await brp.person(R1, "naam.voornamen") == {"naam": {"voornamen": "Noor Willemijn"}}
    assert await brp.person(R1, "burgerservicenummer", "leeftijd") == {"burgerservicenummer": R1, "leeftijd": 41}


@pytest.mark.parametrize("path", ["geboorte.datum", "geboorte.datum.jaar", "geboorte.datum.langFormaat"])
async def test_a_part_of_a_date_gives_the_whole_date(brp: Brp, path: str) -> None:
    whole = {"type": "Datum", "datum": "1985-03-14", "langFormaat": "14 maart 1985"}
    assert await brp.person(R1, path) == {"geboorte": {"datum": whole}}


async def test_a_part_of_a_code_table_gives_the_whole_row(brp: Brp) -> None:
    row = {"code": "9901", "omschrijving": "Spaarnewoude"}
    assert await brp.person(R1, "gemeenteVanInschrijving.code") == {"gemeenteVanInschrijving": row}


async def test_a_wide_path_swallows_a_narrow_one_in_any_order(brp: Brp) -> None:
    name = await brp.person(R1, "naam")
    assert await brp.person(R1, "naam.voornamen", "naam") == await brp.person(R1, "naam", "naam.voornamen") == name


async def test_an_unknown_number_is_absent_and_a_repeated_one_answered_once(brp: Brp) -> None:
    found = await brp.people(["999999990", CAST["R2"], R1, CAST["R2"]], ["burgerservicenummer"])
    assert [one["burgerservicenummer"] for one in found] == [CAST["R2"], R1]


async def test_who_lives_elsewhere_is_absent_when_a_municipality_is_asked(brp: Brp) -> None:
    answer = await brp.ask(query(list(OWN)[:20], ["gemeenteVanInschrijving"], gemeenteVanInschrijving="9902"))
    assert [one["gemeenteVanInschrijving"]["omschrijving"] for one in answer.json()["personen"]] == ["Zandvaart"]


async def test_secrecy_comes_unasked_whatever_its_indication(brp: Brp) -> None:
    secret = {number: gba["geheimhoudingPersoonsgegevens"] for number, gba in OWN.items() if "geheim" in str(gba)}
    assert set(secret.values()) == set("1234567")
    for number in secret:
        assert (await brp.person(number, "aNummer"))["geheimhoudingPersoonsgegevens"] is True
    assert "geheimhoudingPersoonsgegevens" not in await brp.person(R1, "aNummer")


async def test_doubt_travels_with_the_doubted_value_and_with_no_other(brp: Brp) -> None:
    (number,) = numbers_where("081100")
    place = (await brp.person(number, "verblijfplaats.verblijfadres.postcode"))["verblijfplaats"]
    since = {"type": "Datum", "datum": "2026-05-12", "langFormaat": "12 mei 2026"}
    assert place["verblijfadres"]["inOnderzoek"] == {"postcode": True, "datumIngangOnderzoek": since}
    assert place["inOnderzoek"] == {"type": True, "datumIngangOnderzoek": since}, "the type follows from the street"
    assert set(await brp.person(number, "naam.geslachtsnaam")) == {"naam"}
    assert "inOnderzoek" not in str(await brp.person(number, "gemeenteVanInschrijving", "leeftijd", "naam"))
    lines = (await brp.person(number, "adressering.adresregel1", "adressering.aanhef"))["adressering"]["inOnderzoek"]
    assert lines == {"adresregel1": True, "datumIngangOnderzoekVerblijfplaats": since}


async def test_a_finding_that_somebody_left_comes_unasked_with_the_address(brp: Brp) -> None:
    (number,) = numbers_where("089999")
    found = await brp.person(number, "verblijfplaats.verblijfadres.postcode", "adressering.adresregel1")
    assert found["verblijfplaats"]["indicatieVastgesteldVerblijftNietOpAdres"] is True
    assert found["adressering"]["indicatieVastgesteldVerblijftNietOpAdres"] is True
    assert "inOnderzoek" not in str(found), "a finding, no longer an investigation"


async def test_a_place_abroad_hides_behind_the_alias(brp: Brp) -> None:
    (number,) = numbers_where("Rue des Bateliers")
    open_ = await brp.person(number, "verblijfplaats.verblijfadres", "adressering")
    assert open_["verblijfplaats"]["type"] == "VerblijfplaatsBuitenland"
    assert open_["verblijfplaats"]["verblijfadres"]["land"]["omschrijving"] == "België"
    hidden = await brp.person(number, "verblijfplaatsBinnenland.verblijfadres", "adresseringBinnenland")
    assert set(hidden["adressering"]) == {"aanhef", "aanschrijfwijze", "gebruikInLopendeTekst"}
    assert "verblijfplaats" not in hidden
    assert hidden["opschortingBijhouding"]["reden"] == {"code": "E", "omschrijving": "emigratie"}
    at_home = await brp.person(R1, "verblijfplaatsBinnenland.verblijfadres.postcode")
    assert at_home == {"verblijfplaats": {"type": "Adres", "verblijfadres": {"postcode": "2099AC"}}}


async def test_every_kind_of_place_is_told_apart(brp: Brp) -> None:
    people = [await brp.person(number, "verblijfplaats") for number in OWN]
    kinds = {one["verblijfplaats"]["type"] for one in people}
    assert kinds == {"Adres", "Locatie", "VerblijfplaatsBuitenland", "VerblijfplaatsOnbekend"}


async def test_the_dead_have_no_age_and_say_so_unasked(brp: Brp) -> None:
    for number in numbers_where("'overlijden': {"):
        found = await brp.person(number, "leeftijd", "overlijden.datum")
        assert "leeftijd" not in found
        assert found["opschortingBijhouding"]["reden"]["code"] == "O"
        assert found["overlijden"]["datum"]["type"] == "Datum"


async def test_a_birthday_begins_at_midnight_in_the_netherlands(brp: Brp) -> None:
    (number,) = [number for number, gba in OWN.items() if gba["geboorte"]["datum"] == "20081205"]
    brp.now = datetime(2026, 12, 4, 22, 59, tzinfo=UTC)
    assert (await brp.person(number, "leeftijd"))["leeftijd"] == 17
    brp.now = datetime(2026, 12, 4, 23, 0, tzinfo=UTC)
    assert (await brp.person(number, "leeftijd"))["leeftijd"] == 18


async def test_joint_custody_names_both_parents_under_the_new_name(brp: Brp) -> None:
    (relation,) = (await brp.person(CAST["R6"], "gezag"))["gezag"]
    assert relation["type"] == "GezamenlijkOuderlijkGezag"
    assert {one["burgerservicenummer"] for one in relation["ouders"]} == {CAST["R7"], CAST["R8"]}
    assert relation["minderjarige"]["leeftijd"] == 15
    assert all(one["naam"]["volledigeNaam"] for one in relation["ouders"])


async def test_an_old_source_gets_the_new_names_and_the_demanded_explanation() -> None:
    gezag = [
        {"type": "TweehoofdigOuderlijkGezag", "ouders": [{"burgerservicenummer": R1}, {}]},
        {"type": "GezagNietTeBepalen"},
        {"type": "GezamenlijkGezag", "ouder": {"burgerservicenummer": R1}, "derde": None},
    ]
    child = {"burgerservicenummer": "999990007", "geboorte": {"datum": "20200101"}, "gezag": gezag}
    brp = Brp({R1: OWN[R1], "999990007": child})
    async with brp.http:
        joint, unclear, with_other = (await brp.person("999990007", "gezag"))["gezag"]
    assert joint["type"] == "GezamenlijkOuderlijkGezag"
    assert joint["ouders"][1] == {"naam": {}}
    assert unclear["toelichting"]
    assert unclear["minderjarige"]["burgerservicenummer"] == "999990007"
    assert with_other["derde"] == {"type": "OnbekendeDerde"}


async def test_a_list_made_by_mistake_is_never_given() -> None:
    mistake = dict(OWN[R1], opschortingBijhouding={"reden": {"code": "F", "omschrijving": "fout"}})
    brp = Brp({R1: mistake})
    async with brp.http:
        assert await brp.people([R1], ["leeftijd"]) == []


async def test_rni_comes_with_the_category_it_is_about() -> None:
    rni = [
        {"deelnemer": {"code": "0101"}, "categorie": "Persoon"},
        {"deelnemer": {"code": "0101"}, "categorie": "Overlijden"},
    ]
    brp = Brp({R1: dict(OWN[R1], rni=rni, verificatie={"datum": "20260101", "omschrijving": "eigen verzoek"})})
    async with brp.http:
        assert [one["categorie"] for one in (await brp.person(R1, "leeftijd"))["rni"]] == ["Persoon"]
        place = await brp.person(R1, "verblijfplaats.datumVan")
    assert "rni" not in place
    assert place["verificatie"]["omschrijving"] == "eigen verzoek"


async def test_it_remembers_how_it_was_asked_and_no_number(brp: Brp) -> None:
    await brp.ask(query([R1, CAST["R2"]], ["leeftijd"]), **{"X-Doelbinding": "proef", "X-Gebruiker": "BurgerZelf"})
    (asked,) = brp.app.state.requests
    assert (asked.numbers, asked.fields) == (2, ("leeftijd",))
    assert (asked.headers["x-doelbinding"], asked.headers["x-gebruiker"]) == ("proef", "BurgerZelf")
    assert R1 not in repr(asked)
