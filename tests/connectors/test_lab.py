"""Sets of rows for a data lab: who is in one, what a row says, and what becomes of it."""

import asyncio
import json
from datetime import date, timedelta
from typing import Any

import pytest

from assembly.demo.register import LOAN_DESK, TENANT
from audit.contract import Line
from connectors.bulk.jobs import JobRows
from connectors.bulk.keys import JobKeys
from connectors.bulk.rows import BulkRows
from connectors.contract import NotReleased, Release, Released
from connectors.correcting.contract import Doubt
from connectors.lab.contract import NoSuchSet
from connectors.lab.rowing import Lab, coarsened, project_key, row_of, too_few
from connectors.lab.stored import LabRows
from connectors.tables import keys
from consent.contract import LabField
from consent.counting import faults
from consent.dpv import DPV
from kernel.caller import Caller
from kernel.crypto import Keyring
from kernel.errors import BadInput, NoAccess
from kernel.sql import Database
from kernel.sql.key_rows import KeyRows
from tests.connectors.bulk_house import BULK, ROBOT, Reader, ended, ready
from tests.connectors.counting.town import SLUG, WARD, Town, bsn, counting, numbers
from tests.four_rooms import STAFF, FourRooms
from tests.patience import PATIENCE

pytestmark = pytest.mark.anyio
SETS = "/verstrekking/v1/gegevenssets"
TODAY = date(2026, 9, 1)
RESEARCH, FRAUD, OTHER_PURPOSE = (
    DPV + name for name in ("AcademicResearch", "FraudPreventionAndDetection", "Marketing")
)
FIELDS: list[dict[str, Any]] = [
    {"naam": "wijk", "indeling": "waarde", **WARD},
    {"naam": "geboortejaar", "gegevenselement": "bevolking.geboortedatum", "indeling": "jaar"},
]
SET: dict[str, Any] = {
    "naam": "lab",
    "velden": FIELDS,
    "vernietigenNaDagen": 30,
    "dpvDoelen": [RESEARCH],
    "onverenigbareDoelen": [FRAUD],
}
OF_LAB: dict[str, Any] = {"statistiek": {"tabellen": [], "gegevenssets": [SET], "drempel": 15}}


def field(by: str, **more: Any) -> LabField:
    return LabField.model_validate({"naam": "f", "gegevenselement": "x.y", "indeling": by, **more})


@pytest.mark.parametrize(
    ("how", "value", "said"),
    [
        (field("jaar"), "1980-05-17", "1980"),
        (field("jaar"), {"type": "JaarDatum", "jaar": 1980}, "1980"),
        (field("jaar"), {"type": "DatumOnbekend"}, None),
        (field("jaar"), "17 mei", None),
        (field("postcode4"), {"postcode": "1234AB", "huisnummer": 1}, "1234"),
        (field("postcode4"), "0999AB", None),
        (field("postcode4"), {"land": "BE"}, None),
        (field("waarde", groepen=["Noord"]), "Kerkstraat 1", "overig"),  # what was not named beforehand stays here
        (field("waarde", groepen=["Noord"]), None, None),
        (field("klasse", grenzen=[1_000]), "1500.00", "1000+"),
        (field("leeftijd", grenzen=[18, 65]), "1980-05-17", "18-64"),
    ],
)
def test_a_field_says_a_class_and_never_the_value(how: LabField, value: Any, said: str | None) -> None:
    assert coarsened([how], {"x.y": value}, TODAY) == (None if said is None else {"f": said})


def given(value: str = "Noord", **more: Any) -> Release:
    one = Released(value=value, source="bevolking", as_of="2026-09-01T00:00:00Z", origin="bron")
    line = {"logboek": "x", "index": 1, "bewijs": "/x"}
    said: dict[str, Any] = {
        "id": "r",
        "gegevens": {"x.y": one},
        "geweigerd": (),
        "nietGeleverd": (),
        "logregel": line,
        **more,
    }
    return Release.model_validate(said)


def test_a_pseudonym_is_of_one_project_and_a_secret_resident_has_no_row() -> None:
    key, who = b"k" * 32, (3, "resident-1")
    labs = [
        Lab(name="lab", fields=(field("waarde", groepen=["Noord"]),), smallest=15, project=project)
        for project in (project_key(key, "a", "x", "lab"), project_key(key, "b", "x", "lab"),
                        project_key(key, "a", "y", "lab"), project_key(b"l" * 32, "a", "x", "lab"))
    ]  # fmt: skip
    rows = [row for lab in labs if (row := row_of(lab, "job", who, given(), TODAY))]
    assert len({json.loads(row.text)["pseudoniem"] for row in rows}) == 4
    assert all(b"resident" not in row.text for row in rows)
    again, other = row_of(labs[0], "job-2", who, given(), TODAY), row_of(labs[0], "job", (4, "r-2"), given(), TODAY)
    assert again and other and json.loads(again.text)["pseudoniem"] == json.loads(rows[0].text)["pseudoniem"]
    assert other.group == rows[0].group != again.group  # alike within a set, and nothing across sets
    assert row_of(labs[0], "job", who, given(geheimhouding=True), TODAY) is None


def test_a_group_below_its_size_stays_whole_and_one_at_it_goes() -> None:
    groups = [*((nr, "15:a") for nr in range(15)), *((nr, "15:b") for nr in range(20, 34))]
    assert too_few(groups) == frozenset(range(20, 34))


def test_a_set_is_published_only_with_what_it_may_never_be_used_for() -> None:
    def wrong(**more: Any) -> set[str]:
        version = counting(statistiek={**OF_LAB["statistiek"], "gegevenssets": [{**SET, **more}]})
        return {place for place, _, _ in faults(version, 0)}

    assert wrong() == set()
    assert wrong(onverenigbareDoelen=[RESEARCH]) == {"/statistiek/gegevenssets/0/onverenigbareDoelen"}
    assert wrong(dpvDoelen=["https://w3id.org/dpv#Research"]) == {"/statistiek/gegevenssets/0/dpvDoelen"}
    assert wrong(onverenigbareDoelen=[]) == {"/statistiek/gegevenssets/0/onverenigbareDoelen"}
    raw = {"naam": "naam", "gegevenselement": "bevolking.wijk", "indeling": "waarde"}
    assert wrong(velden=[raw]) == {"/statistiek/gegevenssets/0/velden/0/groepen"}
    unknown = {**FIELDS[1], "gegevenselement": "brp.naam"}
    assert wrong(velden=[unknown]) == {"/statistiek/gegevenssets/0/velden/0"}


async def order(http: Any, **more: Any) -> Any:
    key = more.pop("key", KEY)
    said = {"verwerkingsactiviteit": SLUG, "gegevensset": "lab", "dpvDoel": RESEARCH, **more}
    return await http.post(SETS, json=said, headers={"idempotency-key": key})


KEY, OTHER = "0197d2f0-0000-4000-8000-000000000001", "0197d2f0-0000-4000-8000-000000000002"


async def lab(house: FourRooms) -> Reader:
    """Sixteen of Noord, of whom one objects; fourteen of Oost; one secret."""
    reader = await ready(house)
    rows = [{"wijk": "Noord"}] * 16 + [{"wijk": "Oost"}] * 14 + [{"wijk": "Noord", "geheim": 1}]
    town = await Town.built(house, rows, **OF_LAB)
    await town.object(0)
    house.who = Caller(tenant=TENANT, organisation=LOAN_DESK, application="bulk-app", kind="automatisch", scope=(SLUG,))
    return reader


async def test_a_set_leaves_without_whoever_is_too_few_objects_or_is_secret(house: FourRooms) -> None:
    reader = await lab(house)
    async with house.http() as http:
        made = await order(http)
        assert made.status_code == 202, made.text
        job = made.json()["id"]
        assert (await order(http)).json()["id"] == job
        done = await ended(http, job)
        assert (done["geweigerd"], done["status"]) == (0, "klaar")  # nobody is told how many said no
        raw = (await http.get(f"{BULK}/{job}/resultaat")).text
        rows = reader.read(raw)
        assert len(rows) == 15 and {json.dumps(row["velden"]) for row in rows.values()} == {
            '{"wijk": "Noord", "geboortejaar": "1980"}'
        }
        assert len({row["pseudoniem"] for row in rows.values()}) == 15 and "inwoner" not in raw
        assert {*next(iter(rows.values()))} == {"nr", "pseudoniem", "velden"}
        # about one resident this activity gives nothing
        alone = {
            "verwerkingsactiviteit": SLUG,
            "gegevenselementen": ["bevolking.wijk"],
            "inwoner": {"bsn": "999990019"},
        }
        number = next(numbers())
        refused = await http.post("/verstrekking/v1/verstrekkingen", json={**alone, "inwoner": {"bsn": number}})
        assert (refused.status_code, refused.json()["code"]) == (403, "buiten-doel")
    lines = await house.lines(bsn(1))
    assert [line.event.kind for line in lines if line.event.activity == SLUG and line.event.elements] == [
        "verstrekking"
    ]
    assert {line.outcome for line in lines if line.event.kind == "verstrekking"} == {"geleverd"}
    assert not [line for line in await house.lines(bsn(0)) if line.event.kind == "verstrekking"]
    # nor does a doubt tell who stands in it: a row was given, and nothing of this number
    (place,) = [str(line.position) for line in lines if line.event.kind == "verstrekking"]
    doubt = {"inwoner": {"bsn": bsn(1)}, "gegevenselement": "bevolking.wijk", "logregel": place, "reden": "Wie?"}
    assert house.desk.corrections
    with pytest.raises(NotReleased):
        await house.desk.corrections.file(house.who, Doubt.model_validate(doubt))


async def test_no_number_gets_into_a_line_by_the_name_of_a_set(house: FourRooms) -> None:
    number = bsn(1).reveal()
    async with house.http() as http:
        for wrong in ({"gegevensset": number}, {"gebruiker": number}, {"verwerkingsactiviteit": f"x-{number}"}):
            refused = await order(http, **{"gebruiker": "mw-1", **wrong})
            told = [one["veld"] for one in refused.json()["fouten"]]
            assert (refused.status_code, told) == (400, [f"/{name}" for name in wrong]) and number not in refused.text


async def test_who_stops_while_a_set_is_counted_leaves_no_group_too_small(
    house: FourRooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, asked, of_lab = await lab(house), 0, JobRows.of_lab
    town = Town(house, house.folder / "town.db", house.folder / "sources")

    async def between(self: JobRows, tenant: str, job: str) -> bool:
        nonlocal asked
        asked += 1
        if asked == 2:  # everybody was counted, and nothing has left yet
            await town.object(1)
        return await of_lab(self, tenant, job)

    async with house.http() as http:
        job = (await order(http)).json()["id"]
        await ended(http, job)
        monkeypatch.setattr(JobRows, "of_lab", between)
        cut = await http.get(f"{BULK}/{job}/resultaat")
        assert (cut.status_code, cut.json()["code"]) == (409, "ingehaald")
        again = await http.get(f"{BULK}/{job}/resultaat")
        assert again.status_code == 200 and reader.read(again.text) == {}


async def test_a_set_is_that_of_the_version_that_was_asked_or_none(house: FourRooms) -> None:
    reader = await ready(house, bulk_workers=0)
    await Town.built(house, [{"wijk": "Noord"}] * 16, **OF_LAB)
    house.who = ROBOT.model_copy(update={"scope": (SLUG,)})
    async with house.http() as http:
        job = (await order(http)).json()["id"]
    coarser = [FIELDS[0], {**FIELDS[1], "indeling": "leeftijd", "grenzen": [18, 65]}]
    sets = [{**SET, "velden": coarser}]
    await house.register.publish(STAFF, counting(statistiek={**OF_LAB["statistiek"], "gegevenssets": sets}))
    house.desk_settings["bulk_workers"] = 2
    await house.wire(sources=house.folder / "sources")
    async with house.http() as http:
        assert (await ended(http, job))["verstrekt"] == 0
        assert reader.read((await http.get(f"{BULK}/{job}/resultaat")).text) == {}


async def test_what_was_destroyed_or_should_be_is_fetched_by_nobody(house: FourRooms) -> None:
    await lab(house)
    database, ring = Database(house.urls["connectors"], "connectors"), Keyring(house.keys)
    house.stack.push_async_callback(database.close)
    sets = LabRows(BulkRows(database, JobKeys(KeyRows(database, keys, ring), ring)), house.clock)
    async with house.http() as http:
        job = (await order(http)).json()["id"]
        await ended(http, job)
        assert (await http.get(f"{BULK}/{job}/resultaat")).status_code == 200
        await sets.mark(TENANT, job, "destroyed_at")  # and a crash
        assert (await http.get(f"{BULK}/{job}/resultaat")).status_code == 410
        assert (await http.post(f"{SETS}/{job}/vernietigingen")).status_code == 201
        assert (await http.get(f"{BULK}/{job}")).json()["status"] == "geannuleerd"
        short = {**SET, "vernietigenNaDagen": 1}
        await house.register.publish(STAFF, counting(statistiek={**OF_LAB["statistiek"], "gegevenssets": [short]}))
        job = (await order(http, key=OTHER)).json()["id"]
        await ended(http, job)
        house.now += timedelta(hours=25)
        assert (await http.get(f"{BULK}/{job}/resultaat")).status_code == 410


async def nobodys(house: FourRooms) -> list[Line]:
    """The lines that are nobody's."""
    return list((await house.audit.door("connectors").lines(house.who, "systeem")).lines)


async def of_nobody(house: FourRooms) -> list[str]:
    """Their kinds."""
    return [line.event.kind for line in await nobodys(house)]


async def test_where_nobody_lives_a_set_is_empty_and_a_table_without_groups_and_neither_is_the_other(
    house: FourRooms,
) -> None:
    reader = await ready(house)
    both = {"gegevenssets": [SET], "drempel": 15}
    town = await Town.built(house, [], statistiek=both)
    house.who = ROBOT.model_copy(update={"scope": (SLUG,)})
    async with house.http() as http:
        job = (await order(http)).json()["id"]
        done = await ended(http, job, 10)
        assert (done["status"], done["aantal"], done["behandeld"]) == ("klaar", 0, 0)
        result = await http.get(f"{BULK}/{job}/resultaat")
        assert (result.status_code, reader.read(result.text)) == (200, {})
        assert (await order(http)).json()["id"] == job
    wards = await town.table()
    assert {cell.count for cell in wards.cells} == {None} and (await town.table("per-vak")).cells == ()
    # each has a name that the register knows, and at the other's door a refusal with its line
    asked = await town.ask("lab")
    assert (asked.status_code, asked.json()["code"]) == (403, "buiten-doel"), asked.text
    assert (await nobodys(house))[0].event.refused == (("lab", "buiten-doel"),)
    async with house.http() as http:
        other = await order(http, gegevensset="per-wijk", key=OTHER)
        assert (other.status_code, other.json()["code"]) == (403, "buiten-doel"), other.text


async def test_for_fraud_nothing_is_made_and_what_was_not_destroyed_stops_the_next(house: FourRooms) -> None:
    await lab(house)
    async with house.http() as http:
        for purpose in (FRAUD, OTHER_PURPOSE):  # marked as incompatible, and not named at all
            other = await order(http, dpvDoel=purpose)
            assert (other.status_code, other.json()["code"]) == (403, "buiten-doel")
        job = (await order(http)).json()["id"]
        await ended(http, job)
        house.now += timedelta(days=31)
        await house.wire(sources=house.folder / "sources")  # whoever starts looks what is overdue
        async with asyncio.timeout(PATIENCE):
            while True:
                if "set-niet-vernietigd" in await of_nobody(house):
                    break
                await asyncio.sleep(0.05)
        kept = await http.post(SETS, json={"verwerkingsactiviteit": SLUG, "gegevensset": "lab", "dpvDoel": RESEARCH})
        assert (kept.status_code, kept.json()["code"]) == (403, "ontvanger-niet-bevoegd"), kept.text
        assert "vernietigd" in kept.json()["detail"]
        own, colleague = house.who, house.who.model_copy(update={"application": "loket-app"})
        for stranger in ({"organisation": "taaltrainers"}, {"scope": ("oefening",)}, {"scope": ()}):
            house.who = colleague.model_copy(update=stranger)
            assert (await http.get(SETS)).json() == {"gegevenssets": []}
            assert (await http.post(f"{SETS}/{job}/vernietigingen")).status_code == 404
        # who asked for it may be gone: a colleague of the same project says it, and reads no row of it
        house.who = colleague
        assert [one["id"] for one in (await http.get(SETS)).json()["gegevenssets"]] == [job]
        assert (await http.get(f"{BULK}/{job}/resultaat")).status_code == 404
        told = await http.post(f"{SETS}/{job}/vernietigingen")
        assert told.status_code == 201 and told.json()["vernietigdOp"], told.text
        house.who = own
        assert (await http.post(f"{SETS}/{job}/vernietigingen")).json() == told.json()
        again = await http.post(SETS, json={"verwerkingsactiviteit": SLUG, "gegevensset": "lab", "dpvDoel": RESEARCH})
        assert again.status_code == 202, again.text
        await ended(http, again.json()["id"])
        assert [one["vernietigdOp"] is None for one in (await http.get(SETS)).json()["gegevenssets"]] == [True, False]
    (said,) = [line.event for line in await nobodys(house) if line.event.kind == "set-vernietigd"]
    assert (said.application, said.recipient) == ("loket-app", LOAN_DESK)
    kinds = await of_nobody(house)
    assert (kinds.count("set-niet-vernietigd"), kinds.count("set-vernietigd"), kinds.count("statistiek")) == (1, 1, 2)
    await settled_by_the_fg(house, again.json()["id"])


async def settled_by_the_fg(house: FourRooms, second: str) -> None:
    """What a recipient keeps silent about: the FG says it, with how they know, once."""
    house.now += timedelta(days=31)
    fg, desk = Caller(tenant=TENANT, kind="medewerker", user="fg-1", roles=("fg",)), house.desk.removals
    assert desk
    (late,) = (await desk.overdue(fg)).sets
    assert (late.id, late.recipient) == (second, LOAN_DESK)
    for who, why, wrong in (
        (fg, " ", BadInput),
        (fg, "Zie 999993653", BadInput),
        (house.who, "Gezien", NoAccess),
    ):
        with pytest.raises(wrong):
            await desk.settle(who, late.id, why)
    await desk.settle(fg, late.id, "Verklaring gezien")
    with pytest.raises(NoSuchSet):
        await desk.settle(fg, late.id, "Verklaring gezien")
    told_by_fg = next(line.event for line in await nobodys(house) if line.event.kind == "set-vernietigd")
    assert (told_by_fg.kind, told_by_fg.application, told_by_fg.recipient) == ("set-vernietigd", "", LOAN_DESK)
    assert told_by_fg.details["reden"] == "Verklaring gezien" and not (await desk.overdue(fg)).sets
