"""A file that a process owner sends as a source: judged whole, kept sealed, read as any other source."""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assembly.demo.register import LOAN_DESK, STORY, TENANT, activities
from audit.contract import Audit, Entry, Ground, LogUnavailable, Verdict
from connectors.declared.loading import read_file
from connectors.uploads.columns import Column, Wrong
from connectors.uploads.reading import Sheets
from consent.contract import UsedElement
from kernel.caller import Caller
from kernel.errors import BadInput
from tests.connectors.test_declared import EXAMPLES
from tests.connectors.test_declared_desk import WHY
from tests.four_rooms import DESK_WORKER, R1, SECRET, STAFF, FourRooms
from tests.patience import PATIENCE
from tests.vault.test_permit import Maker
from vault.contract import Bsn, Values

pytestmark = pytest.mark.anyio
PLACE, ELEMENT = "/verstrekking/v1/bronbestanden?bron=parkeren", "parkeren.vergunning"
CSV = {"content-type": "text/csv"}
HEAD = "bsn;zone;geldig tot\n"
A, B = R1.reveal(), SECRET.reveal()
SHIPPED = read_file(EXAMPLES / "parkeren.toml")


def sheets() -> Sheets:
    assert SHIPPED.csv is not None
    return Sheets(SHIPPED.csv, SHIPPED.elements)


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}{A};C-12;2027-12-31\n",
        f"\ufeff{HEAD}{A};C-12;31-12-2027",
        f"Geldig Tot,BSN ,zone\r\n2027-12-31,{A},C-12\r\n\r\n",
        f'{HEAD}{A};"C-12";"2027-12-31"\n',
    ],
)
def test_a_file_as_it_comes_out_of_a_spreadsheet_is_read(text: str) -> None:
    assert sheets().read(text.encode()) == {Bsn(A): {"zone": "C-12", "tot": "2027-12-31"}}


FAULTS = {
    f"{HEAD}{A};C-12;2027-12-31\n{A};C-13;2027-12-31\n": [("/3/bsn", "dubbel")],
    f"{HEAD}123456789;C-12;2027-12-31\n{B};;morgen\n": [
        ("/2/bsn", "bsn"),
        ("/3/zone", "leeg"),
        ("/3/geldig tot", "geen-datum"),
    ],
    f"{HEAD}{A};C-12\n{B};C-12;2027-12-31;meer\n": [("/2", "kolommen"), ("/3", "kolommen")],
    f"{HEAD}{A};{'x' * 11};2027-12-31\n": [("/2/zone", "te-lang")],
    f"{HEAD}{A};\u202ex;2027-12-31\n": [("/2/zone", "teken")],
    f"{A};C-12;2027-12-31\n": [("/1/1", "kop")],
    "bsn;zone\n": [("/1", "kop")],
    "bsn;zone;zone;geldig tot\n": [("/1/3", "kop")],
    HEAD: [("/2", "te-weinig")],
    "": [("/1", "kop")],
    f'{HEAD}{A};"C-12;2027-12-31\n': [("/2", "geen-csv")],
    f"{HEAD}{A};C\x00;2027-12-31\n": [("/2/zone", "teken")],
}


@pytest.mark.parametrize("text", FAULTS, ids=range(len(FAULTS)))
def test_what_is_wrong_is_told_by_line_and_column_and_never_by_what_stands_there(text: str) -> None:
    with pytest.raises(BadInput) as wrong:
        sheets().read(text.encode())
    told = wrong.value.members["fouten"]
    assert [(one["veld"], one["code"]) for one in told] == FAULTS[text]
    assert not any(
        cell in str(told) + str(wrong.value) for cell in (A, B, "123456789", "C-1", "2027", "morgen", "x" * 11)
    )


def test_no_text_and_too_many_lines_are_refused() -> None:
    for raw, code in (("bsn".encode("utf-16"), "geen-tekst"), (b"\xff\xfe", "geen-tekst")):
        with pytest.raises(BadInput) as wrong:
            sheets().read(raw)
        assert wrong.value.members["fouten"][0]["code"] == code
    assert SHIPPED.csv is not None
    few = Sheets(SHIPPED.csv.model_copy(update={"rows": 1}), SHIPPED.elements)
    with pytest.raises(BadInput) as wrong:
        few.read(f"{HEAD}{A};C;2027-12-31\n{B};C;2027-12-31\n".encode())
    assert wrong.value.members["fouten"][0]["code"] == "te-veel"
    many = HEAD + "x;;\n" * 500
    with pytest.raises(BadInput) as wrong:
        sheets().read(many.encode())
    assert len(wrong.value.members["fouten"]) == 100


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: (HEAD + text).encode("utf-8", "ignore")))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    try:
        found = sheets().read(raw)
    except BadInput as wrong:
        assert wrong.members["fouten"]
    else:
        assert found


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ({}, "=HYPERLINK(1)", "=HYPERLINK(1)"),
        ({}, "  ", None),
        ({"choices": ("a", "b")}, "b", "b"),
        ({"choices": ("a", "b")}, "c", "onbekende-keuze"),
        ({"kind": "whole", "least": 0, "most": 9}, " 7", 7),
        ({"kind": "whole", "least": 0, "most": 9}, "10", "buiten-grenzen"),
        ({"kind": "whole"}, "1.000", "geen-getal"),
        ({"kind": "whole"}, "\u0661", "geen-getal"),
        ({"kind": "amount"}, "12,5", "12.50"),
        ({"kind": "amount"}, "-0,07", "-0.07"),
        ({"kind": "amount"}, "-05.5", "-5.50"),
        ({"kind": "amount"}, "1.234,56", "geen-bedrag"),
        ({"kind": "day"}, "29-02-2024", "2024-02-29"),
        ({"kind": "day"}, "2023-02-29", "geen-datum"),
        ({"kind": "day"}, "1/2/2024", "geen-datum"),
        ({"kind": "yes-no"}, "Ja", True),
        ({"kind": "yes-no"}, "0", False),
        ({"kind": "yes-no"}, "misschien", "geen-ja-of-nee"),
        ({"required": True}, " ", "leeg"),
    ],
)
def test_a_cell_becomes_a_value_in_one_way_or_none(column: dict[str, Any], cell: str, value: Any) -> None:
    made = Column.model_validate({"heading": "x", **column})
    try:
        assert made.value(cell) == value
    except Wrong as wrong:
        assert str(wrong) == value


def file_of(*rows: tuple[str, str]) -> bytes:
    return (HEAD + "".join(f"{bsn};{zone};2027-12-31\n" for bsn, zone in rows)).encode()


@pytest.fixture
async def owned(house: FourRooms, tmp_path: Path) -> FourRooms:
    """The desk may ask about permits, and its own organisation sends them."""
    (story,) = [one for one in activities() if one.slug == STORY]
    law = {"grondslag": "6(1)(c)", "wet": "Gemeentewet 225", "verstrekkingsgrond": "Gemeentewet 225"}
    permit = UsedElement.model_validate({"gegevenselement": ELEMENT, "reden": WHY, "klasse": "A", **law})
    await house.register.publish(
        STAFF, story.model_copy(update={"elements": (*story.elements, permit), "frequency": None})
    )
    file = tmp_path / "sources" / TENANT / "parkeren.toml"
    file.parent.mkdir(parents=True)
    file.write_text((EXAMPLES / "parkeren.toml").read_text().replace("parkeerbeheer", LOAN_DESK))
    house.desk_settings = {"bulk_workers": 0, "sources": tmp_path / "sources"}
    await house.wire()
    return house


@pytest.fixture
def disk(owned: FourRooms) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(owned.urls["connectors"].partition(":///")[2])) as file:
        yield file


async def test_a_file_from_its_owner_to_a_release_and_to_its_end(owned: FourRooms, disk: sqlite3.Connection) -> None:
    async with owned.http() as http:
        await nobody_elses(owned, http)
        owned.who = DESK_WORKER.model_copy(update={"scope": (*DESK_WORKER.scope, "verstrekking:bronhouder")})
        assert (await http.get(PLACE)).json()["versie"] == 0
        assert code_of(await owned.release(ELEMENT, "brp.naam")) == "bron-niet-bereikbaar"
        sent = await http.post(PLACE, content=file_of((A, "C-12"), (B, "=1+1")), headers=CSV)
        assert (sent.status_code, sent.json()["versie"], sent.json()["regels"]) == (201, 1, 2), sent.text
        assert sent.json()["bewaardTot"] == "2026-11-30T12:00:00Z"
        assert (await owned.release(ELEMENT, "brp.naam")).values[ELEMENT].value == {"zone": "C-12", "tot": "2027-12-31"}
        assert values_on(disk, A, B, "C-12", "2027-12-31"), "sealed, and under a name that says nothing"
        # one fault, and what counts stays
        wrong = await http.post(PLACE, content=file_of((A, "C-13"), (A, "C-14")), headers=CSV)
        assert (wrong.status_code, wrong.json()["fouten"][0]["veld"]) == (400, "/3/bsn") and A not in wrong.text
        assert (await owned.release(ELEMENT, "brp.naam")).values[ELEMENT].value == {"zone": "C-12", "tot": "2027-12-31"}
        # the next one is whole: who is not in it is not known any more, and of the one before nothing opens
        again = await http.post(PLACE, content=file_of((B, "C-15")), headers=CSV)
        assert again.json()["versie"] == 2
        assert code_of(await owned.release(ELEMENT, "brp.naam")) == "niet-bekend"
        states = disk.execute("SELECT version, state, length(wrapped) > 0 FROM uploads ORDER BY version").fetchall()
        assert states == [(1, 3, 0), (2, 2, 1)]
        assert disk.execute("SELECT count(*) FROM upload_rows").fetchone() == (1,)
        await http.post(PLACE, content=file_of((A, "C-16")), headers=CSV)
        disk.execute("UPDATE upload_rows SET sealed = substr(sealed, 1, length(sealed) - 1) || x'00'")
        disk.commit()
        assert code_of(await owned.release(ELEMENT, "brp.naam")) == "bron-niet-bereikbaar"
        await broken_off(owned, http)
        await each_their_own(owned, http)
        await until_over(owned, http, disk)
    steps = [one.event.details for one in await lines_of(owned)]
    assert [(one["stap"], one["versie"]) for one in steps] == [
        ("overgenomen", "1"), ("overgenomen", "2"), ("overgenomen", "3"), ("overgenomen", "4"), ("overgenomen", "5"),
        ("verwijderd", "5"),
    ]  # fmt: skip
    assert {one["bron"] for one in steps} == {"parkeren"} and not any(A in str(one) or B in str(one) for one in steps)


async def test_what_stands_in_a_file_is_as_old_as_the_file(owned: FourRooms) -> None:
    owned.who = DESK_WORKER.model_copy(update={"scope": (*DESK_WORKER.scope, "verstrekking:bronhouder")})
    async with owned.http() as http:
        sent = await http.post(PLACE, content=file_of((A, "C-12")), headers=CSV)
    owned.now += timedelta(days=2)
    released = (await owned.release(ELEMENT, "brp.naam")).values
    assert released[ELEMENT].as_of == sent.json()["overgenomenOp"] < released["brp.naam"].as_of


async def nobody_elses(owned: FourRooms, http: Any) -> None:
    """Without the role, of another organisation, or of a source that takes none: one answer."""
    role = (*DESK_WORKER.scope, "verstrekking:bronhouder")
    for who in (DESK_WORKER, DESK_WORKER.model_copy(update={"scope": role, "organisation": "anders"})):
        owned.who = who
        for method in ("GET", "POST", "DELETE"):
            told = await http.request(
                method, PLACE, headers=CSV, content=file_of((A, "C")) if method == "POST" else b""
            )
            assert (told.status_code, told.json()["code"]) == (404, "bron-onbekend")
    owned.who = DESK_WORKER.model_copy(update={"scope": role})
    other = await http.get(PLACE.replace("parkeren", "brp"))
    assert (other.status_code, other.json()["code"]) == (404, "bron-onbekend")
    assert (await http.post(PLACE, json={"bsn": A})).status_code == 400
    owned.who = DESK_WORKER


@dataclass
class Silent:
    """The log, which cannot write about files."""

    inner: Audit

    def __getattr__(self, verb: str) -> Any:
        return getattr(self.inner, verb)

    async def record(self, caller: Caller, entries: Sequence[Entry]) -> list[Verdict]:
        if any(one.event.kind.startswith("bronbestand") for one in entries):
            raise LogUnavailable("Even niet.")
        return await self.inner.record(caller, entries)


async def broken_off(owned: FourRooms, http: Any) -> None:
    """Without its line a file does not count, and none comes beside it; once the log writes again, it does."""
    await owned.wire(audit=cast(Audit, Silent(owned.audit.door("connectors"))))
    async with owned.http() as without:
        assert (await without.post(PLACE, content=file_of((A, "C-17")), headers=CSV)).status_code == 503
        assert (await without.get(PLACE)).json()["versie"] == 3
        other = await without.post(PLACE, content=file_of((B, "C-18")), headers=CSV)
        assert (other.status_code, other.json()["code"]) == (409, "bron-bezig")
    owned.now += timedelta(minutes=16)
    await owned.wire()  # who starts tidies first
    async with asyncio.timeout(PATIENCE), owned.http() as again:
        while (await again.get(PLACE)).json()["versie"] != 4:  # noqa: ASYNC110 - a task of the house does it
            await asyncio.sleep(0.05)
    assert (await owned.release(ELEMENT, "brp.naam")).values[ELEMENT].value == {"zone": "C-17", "tot": "2027-12-31"}


async def each_their_own(owned: FourRooms, http: Any) -> None:
    """Many are asked about in one statement, as bulk does: each gets their own row, and who has none gets none."""
    await http.post(PLACE, content=file_of((B, "C-19"), (A, "C-20")), headers=CSV)
    maker, bsns = Maker(owned, "f" * 32, "a" * 32), [Bsn(one) for one in (A, "999995649", B)]
    allowed = [{"element": ELEMENT, "bron": "parkeren", "invoer": [["parkeren", ELEMENT]], "hekken": []}]
    told = [maker.decision(toegestaan=allowed, hekken=[["a" * 32, 0, "inwoner"]]) for _ in bsns]
    permits = [await maker.permit(one) for one in told]
    permits[0] = permits[0].model_copy(update={"seal": permits[1].seal})  # of another decision
    shown = list(zip(permits, map(Ground.read, told), bsns, strict=True))
    sources = owned.desk.sources
    async with sources.ahead(DESK_WORKER, shown) as ahead:
        assert set(ahead) == {"parkeren"}
        found = [(await sources.fetch(DESK_WORKER, *one, ahead)).by_source["parkeren"] for one in shown]
    assert found[:2] == [None, Values()] and found[2] is not None
    assert [one.value for one in found[2].values] == [{"zone": "C-19", "tot": "2027-12-31"}]


async def until_over(owned: FourRooms, http: Any, disk: sqlite3.Connection) -> None:
    """Its term ends: it is not read from that moment, and soon not there."""
    owned.now += timedelta(days=90)
    assert (await http.get(PLACE)).json()["versie"] == 0
    await owned.wire()  # who starts tidies first
    async with asyncio.timeout(PATIENCE):
        while disk.execute("SELECT count(*) FROM upload_rows").fetchone() != (0,):  # noqa: ASYNC110 - a task of the house does it
            await asyncio.sleep(0.05)
    assert disk.execute("SELECT DISTINCT state, length(wrapped) FROM uploads").fetchall() == [(3, 0)]
    assert (await http.delete(PLACE)).status_code == 204


async def lines_of(owned: FourRooms) -> list[Any]:
    page = await owned.audit.door("connectors").lines(DESK_WORKER, "systeem")
    return [one for one in reversed(page.lines) if one.event.kind.startswith("bronbestand")]


def code_of(release: Any) -> str:
    (missing,) = release.not_delivered
    return str(missing.code)


def values_on(disk: sqlite3.Connection, *texts: str) -> bool:
    """Whether none of these stands anywhere in these tables."""
    whole = repr([disk.execute(f"SELECT * FROM {table}").fetchall() for table in ("uploads", "upload_rows")])  # noqa: S608 - our own words
    return not any(text in whole for text in texts)
