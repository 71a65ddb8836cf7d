"""`regie audit escrow`: three files, a line, and the way of a case to its custodians; and what everybody may know."""

import asyncio
import json
import os
import sqlite3
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from assembly.custody import Wanted, _read, found_escrow, open_sealed
from assembly.founding import found
from assembly.settings import HouseSettings, TenantSettings
from audit.bands import BANDS, Remembered, band, yearly
from audit.covert import escrow_id, escrowed
from audit.escrow import BESIDE, FILE_BYTES, FRAME, LINES_MAX, OpenedFile, SealedLine, Share, fits, in_a_file
from audit.permit import Position
from kernel.clock import millis
from kernel.errors import BadInput, Problem
from kernel.settings import SettingsWrong
from tests.audit.logs import DESK, NOON, TENANT, Place, Ticking, fence, receipt, release
from tests.four_rooms import SHARES

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture
def settings(tmp_path: Path) -> HouseSettings:
    gemeente = TenantSettings(id=TENANT, name="Gemeente", public_url="https://regie.example")
    return HouseSettings(mode="test", data=tmp_path / "data", tenants=(gemeente,))


async def nobody_has_a_part_of_a_key_that_no_line_names(settings: HouseSettings, folder: Path) -> None:
    said: list[str] = []
    with sqlite3.connect(settings.data / "audit.db") as database:
        database.execute("CREATE TRIGGER full BEFORE INSERT ON lines BEGIN SELECT RAISE(ABORT, 'vol'); END")
        with pytest.raises(Problem):
            await found_escrow(settings, TENANT, folder, said.append)
        assert (os.listdir(folder), said) == ([], [])
        database.execute("DROP TRIGGER full")
    database.close()


async def test_a_key_is_handed_out_in_three_files_and_two_open_what_was_sealed(
    settings: HouseSettings, tmp_path: Path
) -> None:
    said: list[str] = []
    await found(settings)
    folder, tenant = tmp_path / "shares", settings.tenants[0].id
    await nobody_has_a_part_of_a_key_that_no_line_names(settings, folder)
    await found_escrow(settings, tenant, folder, said.append)
    size = newest(settings)
    files = sorted(folder.iterdir())
    assert [oct(file.stat().st_mode)[-3:] for file in files] == ["600"] * 3
    shares = [_read(file, Share) for file in files]
    public = bytes.fromhex(shares[0].public)
    assert shares[0].public in said[1] and all(one.share not in "".join(said) for one in shares)
    with pytest.raises(SettingsWrong):
        await found_escrow(settings, tenant, folder, said.append)
    assert newest(settings) == size, "what cannot be handed out is no line"
    sealed = json.dumps(
        {"tenant": tenant, "lines": [{"place": {"term": "2026h2", "index": 3}, "event_id": "ab" * 16,
                                      "key": escrow_id(public), "sealed": _sealed(public, tenant)}]}
    )  # fmt: skip
    (tmp_path / "sealed.json").write_text(sealed)
    open_sealed(tmp_path / "sealed.json", files[:2], tmp_path / "opened.json", said.append)
    (line,) = OpenedFile.model_validate_json((tmp_path / "opened.json").read_text()).lines
    assert (line.place, line.body) == (Position(term="2026h2", index=3), "dGVrc3Q=")
    with pytest.raises(SettingsWrong):
        open_sealed(tmp_path / "sealed.json", files[1:], tmp_path / "opened.json", said.append)
    with pytest.raises(BadInput):
        open_sealed(tmp_path / "sealed.json", files[:1], tmp_path / "other.json", said.append)
    for wrong in ("{}", "[]", sealed.replace("2026h2", "x"), "\x00"):
        (tmp_path / "wrong.json").write_text(wrong)
        with pytest.raises(SettingsWrong):
            open_sealed(tmp_path / "wrong.json", files[:2], tmp_path / "other.json", said.append)
    with (tmp_path / "large.json").open("wb") as large:
        large.truncate(FILE_BYTES + 1)
    with pytest.raises(SettingsWrong, match="groter dan 64 MiB"):
        open_sealed(tmp_path / "large.json", files[:2], tmp_path / "other.json", said.append)
    assert LINES_MAX * 6_000 < FILE_BYTES


def test_a_file_holds_what_may_be_read_again_and_no_more() -> None:
    small = SealedLine(place=Position(term="2026h2", index=10**15 - 1), event_id="ab" * 16, key="ab" * 16, sealed="")
    assert len(small.model_dump_json()) < BESIDE and len(in_a_file("x" * 200, ()).model_dump_json()) < FRAME
    large = small.model_copy(update={"sealed": "A" * 200_000})
    many = FILE_BYTES // 200_000 + 1
    assert fits([large] * (many - 1)) and not fits([large] * many) and not fits([small] * (LINES_MAX + 1))
    assert len(in_a_file(TENANT, [large] * (many - 1)).lines) == many - 1
    assert len(in_a_file(TENANT, [large] * 2 * many).lines) == many - 1
    assert len(in_a_file(TENANT, [small] * (LINES_MAX + 1)).lines) == LINES_MAX


def test_a_case_is_named_by_two_words_or_by_one_line_of_it() -> None:
    assert Wanted("r1", "Z-9").place is None
    assert Wanted(line="2026h2-7").place == Position(term="2026h2", index=7)
    for wrong in (Wanted(), Wanted("r1"), Wanted(case="Z-9"), Wanted("r1", "Z-9", "2026h2-7"), Wanted(line="7")):
        with pytest.raises(SettingsWrong):
            _ = wrong.place


def newest(settings: HouseSettings) -> int:
    """Lines that there are."""
    with sqlite3.connect(settings.data / "audit.db") as database:
        (size,) = database.execute("SELECT count(*) FROM lines").fetchone()
    database.close()
    return int(size)


def _sealed(public: bytes, tenant: str) -> str:
    return b64encode(escrowed(public, bytes(32) + b"tekst", tenant, "ab" * 16)).decode()


def test_bands_leave_no_number_out() -> None:
    assert [band(count) for count in (0, 1, 9, 10, 49, 50, 99, 100, 499, 500, 10_000)] == [
        "0", "1-9", "1-9", "10-49", "10-49", "50-99", "50-99", "100-499", "100-499", "500 of meer", "500 of meer"
    ]  # fmt: skip
    assert [least for least, _ in BANDS] == sorted((least for least, _ in BANDS), reverse=True)


async def test_only_years_that_are_over_are_told(tmp_path: Path) -> None:
    clock = Ticking()
    url = f"sqlite+aiosqlite:///{tmp_path}/audit.db"
    place = Place(url, tmp_path, clock=clock, escrow={TENANT: SHARES[0].public})
    async with place.opened() as (service, _):
        door, log = service.door("connectors"), service.desk(DESK).log
        hidden: dict[str, Any] = {"covert": "ja", "case": "Z-1", "withheld_until": millis(NOON) + 1}
        for more in ({}, hidden, hidden):
            receipt((await door.record(DESK, [release({fence(): 0}, **more)]))[0])
        assert await yearly(log) == [], "this year is not over"
        clock.now = NOON.replace(year=2028)
        assert await yearly(log) == [(2027, "0"), (2026, "1-9")]
        known = Remembered()
        assert await asyncio.gather(*[known.yearly(log) for _ in range(5)]) == [await yearly(log)] * 5
        clock.now = NOON.replace(year=2029)
        assert (await known.yearly(log))[0] == (2028, "0"), "another year: another answer"
