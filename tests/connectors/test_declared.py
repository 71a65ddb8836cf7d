"""Each declared source against a register that keeps to its published interface, or a real database."""

import base64
import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from assembly.demo.register import TENANT
from audit.contract import Permit
from connectors.contract import NOTHING, SourceDown
from connectors.declared.answering import values_of
from connectors.declared.checking import check
from connectors.declared.declaration import Credential, Declaration, Key, Question, read
from connectors.declared.filling import filled, keys_of, parameters
from connectors.declared.loading import BYTES_MOST, FILES_MOST, Surroundings, placed, read_file, read_folder
from connectors.declared.paths import path
from connectors.declared.sql import SqlSource, open_engine
from connectors.outside.data import Unreadable
from connectors.outside.failing import SourceFailed
from kernel.clock import millis
from kernel.settings import SettingsWrong
from tests.connectors.published import Published, published
from tests.four_rooms import DESK_WORKER, NOON, FourRooms
from tests.vault.test_permit import Maker
from vault.contract import Bsn, Value, Values

pytestmark = pytest.mark.anyio
EXAMPLES = Path(__file__).parents[2] / "connectors" / "declared" / "examples"
BSN, UUID = "999993653", "5a1f2a9e-1c11-4d5e-9c0b-0a52b7f0a001"
SECRET = "a-secret-of-at-least-thirty-two-bytes"
HERE = ("127.0.0.0/8", "::1/128")


def value(element: str, said: Any) -> Value:
    return Value(element=element, value=said, source="x", as_of=1, origin="bron")


def example(name: str, folder: Path, **more: Any) -> Declaration:
    """As it is shipped, with another address and a secret of this test."""
    file = folder / f"{name}-secret"
    file.write_text(more.pop("secret", SECRET))
    file.chmod(0o600)
    declared = read_file(EXAMPLES / f"{name}.toml")
    credential = Credential.model_validate({**declared.credential.model_dump(), "file": file})
    return Declaration.model_validate({**declared.model_dump(), "credential": credential, **more})


@pytest.fixture
def permit(empty: FourRooms) -> Callable[..., Any]:
    maker = Maker(empty, "f" * 32, "a" * 32)

    async def made(source: str, *elements: str) -> Permit:
        allowed = [{"element": one, "bron": source, "invoer": [[source, one]], "hekken": []} for one in elements]
        return await maker.permit(maker.decision(toegestaan=allowed, hekken=[["a" * 32, 0, "inwoner"]]))

    return made


async def ask(rooms: FourRooms, declared: Declaration, permit: Permit, known: Mapping[str, Value] = NOTHING) -> Values:
    async with AsyncExitStack() as outside:
        source = placed(declared, Surroundings(rooms.trusted, rooms.clock, outside)).source
        return await source.fetch(DESK_WORKER, permit, Bsn(BSN), known)


ZAKEN = Published("zgw/zaken-api-1.5.1.yaml", None, root="/zaken/api/v1")
DOCUMENTS = Published("zgw/documenten-api-1.4.2.yaml", None, root="/documenten/api/v1")
OBJECTS = Published("objects/objects-api-v2.yaml", None, root="/api/v2")
PARTIES = Published("open-klant/klantinteracties.yaml", None, root="/klantinteracties/api/v1")
WOZ = Published("registers/woz-bevragen.yaml", None, kind="application/hal+json")


def page(of: list[Any]) -> dict[str, Any]:
    return {"count": len(of), "next": None, "previous": None, "results": of}


def zaak(**more: Any) -> Any:
    link = f"https://documenten.example/documenten/api/v1/enkelvoudiginformatieobjecten/{UUID}"
    return ZAKEN.example("Zaak", identificatie="ZAAK-1", omschrijving="Aanvraag", startdatum="2026-01-01") | {
        "einddatum": None,
        "_expand": {"zaakinformatieobjecten": [ZAKEN.example("ZaakInformatieObject", informatieobject=link)]},
        **more,
    }


def document_(**more: Any) -> Any:
    said = {"identificatie": "DOC-1", "titel": "Brief", "creatiedatum": "2026-01-01", "formaat": "application/pdf"}
    return DOCUMENTS.example("EnkelvoudigInformatieObject", **said, vertrouwelijkheidaanduiding="openbaar") | more


def permit_object(bsn: str | None = BSN) -> Any:
    data = {"nummer": "P-1", "geldigTot": "2027-01-01", "kenteken": "XX-00-XX"} | ({} if bsn is None else {"bsn": bsn})
    record = OBJECTS.example("ObjectRecord", data=data)
    return OBJECTS.example("Object", record=record)


HOMES = {
    "_embedded": {
        "wozObjecten": [{"identificatie": "1", "waarden": [{"vastgesteldeWaarde": 9, "waardepeildatum": "2025-01-01"}]}]
    }
}
BAG = {"oppervlakte": 83, "gebruiksdoelen": ["woonfunctie"], "oorspronkelijkBouwjaar": ["1991"], "postcode": "1234AB"}
KVK = {"naam": "Dagobert", "sbiActiviteiten": [{"sbiCode": "4781", "sbiOmschrijving": "Markthandel"}], "rsin": "1"}
CASES: dict[str, tuple[Published, Any, dict[str, Any], dict[str, Any]]] = {
    "woz": (WOZ, HOMES, {"brp.verblijfsobject": "0" * 16}, {"woz.waarde": [{"waarde": 9, "peildatum": "2025-01-01"}]}),
    "bag": (
        Published("", None, kind="application/hal+json"),
        BAG,
        {"brp.nummeraanduiding": "0" * 16},
        {"bag.woning": {"oppervlakte": 83, "gebruiksdoelen": ["woonfunctie"], "bouwjaar": ["1991"]}},
    ),
    "kvk": (
        Published("", None),
        KVK,
        {"kluis.onderneming.kvkNummer": "69599084"},
        {"kvk.bedrijf": {"naam": "Dagobert", "activiteiten": ["Markthandel"]}},
    ),
    "zaken": (
        ZAKEN,
        page([zaak(), zaak(identificatie="ZAAK-2", einddatum="2026-02-01")]),
        {},
        {
            "zaken.lopend": [
                {
                    "identificatie": "ZAAK-1",
                    "omschrijving": "Aanvraag",
                    "startdatum": "2026-01-01",
                    "einddatum": None,
                }
            ]
        },
    ),
    "documenten": (
        DOCUMENTS,
        page([document_(), document_(titel="Geheim", vertrouwelijkheidaanduiding="zeer_geheim")]),
        {"zaken.documenten": [f"https://d.example/enkelvoudiginformatieobjecten/{UUID}"]},
        {
            "documenten.lijst": [
                {
                    "identificatie": "DOC-1",
                    "titel": "Brief",
                    "creatiedatum": "2026-01-01",
                    "formaat": "application/pdf",
                }
            ]
        },
    ),
    "objecten": (
        OBJECTS,
        page([permit_object()]),
        {},
        {"objecten.parkeervergunning": [{"nummer": "P-1", "geldigTot": "2027-01-01"}]},
    ),
    "klanten": (
        PARTIES,
        PARTIES.example("ExpandPartij", voorkeurstaal="nld", indicatieGeheimhouding=False),
        {"koppeling.partij": UUID},
        {"klanten.voorkeurstaal": "nld"},
    ),
}


async def test_each_shipped_source_asks_as_published_and_gives_its_element_only(
    empty: FourRooms, permit: Any, tmp_path: Path
) -> None:
    for name, (register, answer, known, expected) in CASES.items():
        fresh = Published(register.name, answer, kind=register.kind, root=register.root)
        async with published(fresh) as url:
            declared = example(name, tmp_path, url=url, networks=HERE)
            keys = {element: value(element, said) for element, said in known.items()}
            found = await ask(empty, declared, allowed := await permit(name, *expected), keys)
            assert {said.element: said.value for said in found.values} == expected
            assert fresh.faults == [], name
            assert len(fresh.seen) == 1 and BSN not in fresh.seen[0] + json.dumps(dict(fresh.headers[0])), name
            assert says_who(name, fresh.headers[0]), name
            if name == "bag":
                fresh.status = 404
                assert await ask(empty, declared, allowed, keys) == Values(), "who is not there is nothing"
            for status in (403,) if name in ("bag", "kvk", "klanten") else (403, 404):
                fresh.status = status  # a list that is searched is there, or the address is wrong
                with pytest.raises(SourceDown):
                    await ask(empty, declared, allowed, keys)


def says_who(name: str, sent: Mapping[str, str]) -> bool:
    """Whether the credential is there as this source wants it."""
    if name not in ("zaken", "documenten"):
        return SECRET in "".join(sent.values())
    head, claims, _ = sent["authorization"].removeprefix("Bearer ").split(".")
    kind = json.loads(base64.urlsafe_b64decode(head + "=="))
    return bool(
        kind == {"typ": "JWT", "alg": "HS256"}
        and json.loads(base64.urlsafe_b64decode(claims + "=="))["client_id"] == "regie"
    )


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case[2]])
@pytest.mark.parametrize("said", [None, "", "../../x", "1?bsn=1", 5, ["x"], {"a": 1}])
def test_without_a_good_key_nothing_is_asked(name: str, said: Any) -> None:
    declared = read_file(EXAMPLES / f"{name}.toml")
    element = next(iter(CASES[name][2]))
    assert keys_of(declared.keys, {element: value(element, said)} if said is not None else {}) is None
    assert keys_of(declared.keys, {element: value(element, CASES[name][2][element])})


@pytest.mark.parametrize(
    ("form", "said", "there"),
    [
        ("word", "P-12", True),
        ("word", BSN, False),
        ("word", f"P-{BSN}", False),
        ("word", ["P-12", f"x{BSN}x"], False),
        ("uuid", f"5a1f2a9e-1c11-4d5e-9c0b-abc{BSN}", True),
    ],
)
def test_a_key_that_may_be_a_number_of_somebody_stands_in_no_address(form: str, said: Any, there: bool) -> None:
    key = Key.model_validate({"element": "koppeling.partij", "form": form})
    assert (keys_of({"party": key}, {"koppeling.partij": value("koppeling.partij", said)}) is not None) == there


def read_as(name: str, answer: Any) -> Values:
    """As the shipped declaration reads it."""
    return values_of(read_file(EXAMPLES / f"{name}.toml"), list(CASES[name][3]), answer, Bsn(BSN), NOON)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("zaken", {**page([zaak()]), "next": "https://zaken.example/zaken/api/v1/zaken/_zoek?page=2"}),
        ("objecten", page([permit_object(), permit_object("999990019")])),  # somebody else's
        ("objecten", page([permit_object("")])),
        ("objecten", page([permit_object(), permit_object(None)])),  # one of them is of nobody
        ("objecten", page([permit_object(None)])),
        ("woz", {"_embedded": {"wozObjecten": [{}, {}]}}),  # which of the two is it?
    ],
)
def test_an_answer_that_is_not_quite_what_was_declared_gives_nothing(name: str, answer: Any) -> None:
    assert read_as(name, CASES[name][1]).values
    with pytest.raises(Unreadable):
        read_as(name, answer)


@pytest.mark.parametrize("about", ["results[].record.data.bsn", "results[].record.bsn", "whose"])
def test_an_answer_that_does_not_say_whom_it_is_about_is_about_nobody(about: str) -> None:
    shipped = read_file(EXAMPLES / "objecten.toml")
    assert shipped.question is not None
    declared = shipped.model_copy(update={"question": shipped.question.model_copy(update={"about": about})})
    for answer in (page([permit_object(None)]), page([])):
        assert values_of(declared, list(CASES["objecten"][3]), answer, Bsn(BSN), NOON) == Values()


@pytest.mark.parametrize("said", ["2020-01-01", None, "gisteren", "absent"])
def test_what_should_say_how_old_it_is_and_does_not_is_not_of_today(said: Any) -> None:
    row = {"regeling": "bijstand", "sinds": "2020-01-01", "bijgewerkt": said}
    if said == "absent":
        del row["bijgewerkt"]
    declared = read_file(EXAMPLES / "bijstand.toml").model_copy(update={"fresh_days": 0})
    found = values_of(declared, ["bijstand.uitkering"], row, Bsn(BSN), NOON).values
    assert [one.as_of for one in found] == ([millis(datetime(2020, 1, 1, tzinfo=UTC))] if said == "2020-01-01" else [])


@pytest.mark.parametrize("said", [False, 0, True, "nee", None, [], {}, 1, [False], [False, None], "absent"])
def test_only_a_plain_no_of_the_source_is_not_secret(said: Any) -> None:
    answer = {**CASES["klanten"][1], "indicatieGeheimhouding": said}
    if said == "absent":
        del answer["indicatieGeheimhouding"]
    plain = said in ([False], False)
    assert read_as("klanten", answer).flags == (() if plain else ("geheimhouding",))


@pytest.mark.parametrize(
    ("secrecy", "results", "secret"),
    [
        ("results[].[geheim]", [{"geheim": False}, {"geheim": False}], False),
        ("results[].[geheim]", [{"geheim": False}, {}], True),
        ("results[].geheim", [{}], True),
        ("results[].geheim", [], False),  # no data, so nothing was left out
    ],
)
def test_secrecy_of_a_list_is_told_of_each(secrecy: str, results: list[Any], secret: bool) -> None:
    declared = read(
        GOOD | {"secrecy": secrecy, "elements": {"objecten.parkeervergunning": "results[].{nummer: nummer}"}}
    )
    answer: Any = {"results": [{"nummer": "P-1", **one} for one in results]}
    found = values_of(declared, ["objecten.parkeervergunning"], answer, Bsn(BSN), NOON)
    assert (bool(found.values), found.flags) == (bool(results), ("geheimhouding",) if secret else ())


SEVERAL = {"party": ("a", "b")}


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"x": ["{party}"]}, {"x": ["a", "b"]}),
        ({"x": "{party}"}, None),
        ({"x": [{"y": "is {party}"}]}, None),
        ({"x": ["{party}", "c"]}, None),
        ({"x": ["{bsn}"], "y": "is {bsn}"}, {"x": [BSN], "y": f"is {BSN}"}),
    ],
)
def test_of_several_values_none_is_chosen(body: Any, sent: Any) -> None:
    asked = filled(Question(path="/x", body=body), SEVERAL, Bsn(BSN))
    assert (json.loads(asked.body) if asked else None) == sent
    assert filled(Question(path="/x/{party}", body={}), SEVERAL, Bsn(BSN)) is None
    assert parameters(SEVERAL, Bsn(BSN)) is None
    assert parameters({"party": ("a",)}, Bsn(BSN)) == {"party": "a", "bsn": BSN}


@pytest.fixture
def benefits() -> Iterator[tuple[str, sqlite3.Connection]]:
    """Another system's database, in memory: its address, and a connection that may write."""
    name = f"file:{uuid4().hex}?mode=memory&cache=shared"
    with closing(sqlite3.connect(name, uri=True, isolation_level=None)) as database:
        database.execute("CREATE TABLE uitkering_nu (bsn TEXT, regeling TEXT, sinds TEXT, bijgewerkt TEXT)")
        rows = [(BSN, "Participatiewet", "2025-02-01", "2026-09-01"), ("999990019", "IOAW", "2020-01-01", "2026-09-01")]
        database.executemany("INSERT INTO uitkering_nu VALUES (?, ?, ?, ?)", rows)
        yield f"sqlite+aiosqlite:///{name}&uri=true", database


async def test_a_table_is_read_for_one_resident_while_it_is_fresh(
    empty: FourRooms, permit: Any, tmp_path: Path, benefits: tuple[str, sqlite3.Connection]
) -> None:
    address, database = benefits
    declared = example("bijstand", tmp_path, secret=address)
    allowed = await permit("bijstand", "bijstand.uitkering")
    (found,) = (await ask(empty, declared, allowed)).values
    assert found.value == {"regeling": "Participatiewet", "sinds": "2025-02-01"}
    stale = Declaration.model_validate({**declared.model_dump(), "sql": declared.sql.replace("bijgewerkt", "sinds")})
    assert await ask(empty, stale, allowed) == Values(), "nothing is known of its age"
    database.execute("UPDATE uitkering_nu SET bijgewerkt = '2026-08-01'")
    assert await ask(empty, declared, allowed) == Values()


async def test_a_table_that_is_too_large_is_not_read_to_its_end(tmp_path: Path) -> None:
    # row 300 cannot be computed: who reads that far meets an error
    each = "CASE WHEN i < 300 THEN i ELSE abs(-9223372036854775807 - 1) END"
    rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000) SELECT"
    for sql, limits in (
        (f"{rows} {each} AS partij FROM n WHERE :bsn <> ''", {"rows": 20}),
        (f"{rows} {each} AS i, '{'x' * 500}' AS partij FROM n WHERE :bsn <> ''", {"rows": 1_000, "bytes": 4_096}),
    ):
        declared = example("bijstand", tmp_path, sql=sql, limits=limits, dated=None, fresh_days=0, many=True)
        engine = open_engine("sqlite+aiosqlite://", 1)
        with pytest.raises(SourceFailed) as failed:
            await SqlSource.rows(engine, declared, {"bsn": BSN})
        assert failed.value.why == "te-groot"
        roomy = declared.model_copy(update={"sql": f"{rows} i FROM n WHERE i < 9 AND :bsn <> ''"})
        assert await SqlSource.rows(engine, roomy, {"bsn": BSN}) == [{"i": one} for one in range(1, 9)]
        await engine.dispose()


def test_networks_of_a_database_would_be_a_promise_that_nobody_keeps(tmp_path: Path) -> None:
    example("bijstand", tmp_path)
    with pytest.raises(ValueError, match="networks"):
        example("bijstand", tmp_path, networks=HERE)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM uitkering_nu WHERE bsn = :bsn",
        "SELECT 1; DELETE FROM uitkering_nu WHERE bsn = :bsn",
        "WITH x AS (DELETE FROM uitkering_nu RETURNING *) SELECT * FROM x WHERE bsn = :bsn",
        "SELECT * INTO other FROM uitkering_nu WHERE bsn = :bsn",
        "SELECT * FROM uitkering_nu",
        "SELECT * FROM uitkering_nu -- WHERE bsn = :bsn",
        "SELECT * FROM uitkering_nu /* WHERE bsn = :bsn */",
        "SELECT * FROM uitkering_nu WHERE 'x :bsn' <> ''",
        'SELECT regeling AS ":bsn" FROM uitkering_nu',
        "SELECT * FROM uitkering_nu WHERE $$ :bsn $$ <> ''",
        "SELECT * FROM uitkering_nu WHERE E'\\' :bsn ' <> ''",
        "SELECT * FROM uitkering_nu WHERE bsn = :bsnummer",
        "SELECT 1::bsn FROM uitkering_nu",
        "",
    ],
)
def test_sql_that_writes_or_reads_everybody_is_not_a_source(sql: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        example("bijstand", tmp_path, sql=sql)


GOOD = {
    "name": "objecten",
    "kind": "rest",
    "url": "https://objecten.example",
    "question": {"path": "/x", "body": {"bsn": "{bsn}"}},
    "elements": {"objecten.parkeervergunning": "a"},
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"question": {"path": "/x/{bsn}", "body": {}}},
        {"question": {"path": "/x", "query": {"q": "{bsn}"}, "body": {}}},
        {"question": {"path": "/x", "headers": {"q": "{bsn}"}, "body": {}}},
        {"question": {"path": "/x/{other}", "body": {}}},
        {"question": {"path": "x", "body": {}}},
        {"question": {"method": "GET", "path": "/x", "body": {}}},
        {"url": "https://user:pass@objecten.example"},
        {"url": "file:///etc/passwd"},
        {"url": "https://objecten.example/?q=1"},
        {"networks": ["nowhere"]},
        {"elements": {}},
        {"elements": {"objecten.parkeervergunning": "a["}},
        {"elements": {"objecten.parkeervergunning": "map(&a, b)"}},
        {"elements": {"objecten.parkeervergunning": ".".join("a" * 100)}},
        {"credential": {"kind": "bearer"}},
        {"fresh_days": 1},
        {"colour": "red"},
        {"limits": {"seconds": 0}},
        {"keys": {"bsn": {"element": "brp.naam", "form": "word"}}},
    ],
)
def test_a_declaration_with_a_mistake_is_refused(wrong: dict[str, Any]) -> None:
    read(GOOD)
    with pytest.raises(ValueError):
        read({**GOOD, **wrong})


def written(folder: Path, name: str, text: str) -> Path:
    (folder / TENANT).mkdir(exist_ok=True)
    file = folder / TENANT / f"{name}.toml"
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("objecten", "this is no toml ["),
        ("anders", (EXAMPLES / "objecten.toml").read_text()),
        ("objecten", (EXAMPLES / "objecten.toml").read_text().replace('"objecten.parkeervergunning"', '"brp.naam"')),
        ("woz", (EXAMPLES / "woz.toml").read_text().replace("brp.verblijfsobject", "brp.nummeraanduiding")),
        ("brp", (EXAMPLES / "objecten.toml").read_text().replace('name = "objecten"', 'name = "brp"')),
        ("anders", (EXAMPLES / "brp.toml").read_text().replace('name = "brp"', 'name = "anders"')),
        ("brp", 'secrecy = "a"\n' + (EXAMPLES / "brp.toml").read_text()),
        ("objecten", (EXAMPLES / "objecten.toml").read_text().partition("[elements]")[0]),
    ],
)
def test_a_file_that_does_not_fit_stops_the_start_and_says_why(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(SettingsWrong, match=re.escape(str(written(tmp_path, name, text)))):
        read_folder(tmp_path, {TENANT: None})


def test_a_folder_holds_municipalities_that_are_known(tmp_path: Path) -> None:
    written(tmp_path, "objecten", (EXAMPLES / "objecten.toml").read_text())
    assert set(read_folder(tmp_path, {TENANT: None})[TENANT]) == {"objecten"}
    with pytest.raises(SettingsWrong):
        read_folder(tmp_path, {"gm0001": None})


def test_what_is_too_much_is_refused_and_not_cut_short(tmp_path: Path) -> None:
    shipped = (EXAMPLES / "objecten.toml").read_text()
    file = written(tmp_path, "objecten", shipped + "# cut off here: a comment\n" * (BYTES_MOST // 26))
    with pytest.raises(SettingsWrong, match="KiB"):
        read_folder(tmp_path, {TENANT: None})
    file.write_text(shipped)
    for number in range(FILES_MOST):
        written(tmp_path, f"z{number}", shipped)
    with pytest.raises(SettingsWrong, match=str(FILES_MOST)):
        read_folder(tmp_path, {TENANT: None})


def test_a_path_is_no_program() -> None:
    began = time.process_time()
    for text in ("a" * 501, "[" * 100, "@" + "[]" * 90, "sum(map(&length(@), @))", "sort_by(@, &a)", "a ||"):
        with pytest.raises(ValueError):
            path(text)
    assert time.process_time() - began < 1


async def test_a_source_is_tried_and_explained_and_nobody_is_asked_about(
    tmp_path: Path, benefits: tuple[str, sqlite3.Connection]
) -> None:
    register = Published(OBJECTS.name, page([]), root=OBJECTS.root)
    async with published(register) as url:
        told = [step async for step in check(example("objecten", tmp_path, url=url, networks=HERE))]
        assert [went for went, _ in told] == [True, True, True] and register.faults == []
        assert register.bodies[0]["data_attrs"] == "bsn__exact__999999990"  # of the range for tests
        told = [step async for step in check(example("objecten", tmp_path, url=url))]
        assert told[-1][0] is False and "networks" in told[-1][1] and len(register.seen) == 1
        register.status = 401
        told = [step async for step in check(example("objecten", tmp_path, url=url, networks=HERE))]
        assert told[-1][0] is False and "sleutel" in told[-1][1] and SECRET not in str(told)
    told = [step async for step in check(example("bijstand", tmp_path, secret=benefits[0]))]
    assert told[-1] == (True, "De database antwoordt: 0 rijen over niemand.")
