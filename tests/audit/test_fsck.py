"""`regie audit fsck` finds every change that can be found, says where, and blames nobody for what was destroyed."""

import asyncio
from pathlib import Path

import pytest

from audit.fsck.findings import SENTENCES
from audit.fsck.outside import NO_KEY, NO_STATE, STATE_LOST, doubts
from audit.fsck.trees import Signed
from audit.permit import Position
from audit.tables import metadata
from kernel.crypto.file_keys import FileKeyProvider
from tests import set_back
from tests.audit.fsck_ground import LINES, MOVED, SPOILT, TERM, Ground, checked, copied, filled, founded
from tests.audit.logs import DESK, Place, act

pytestmark = [pytest.mark.anyio, pytest.mark.rooms]
ROW = {
    "head": "1",
    "lines": f"idx = {SPOILT}",
    "tiles": "level = 1 AND idx = 0",
    "fences": f"idx = {MOVED} AND epoch = 2",
    "moves": f"idx = {MOVED} AND epoch = 2",
    "series": "subject = 's8'",
    "under_way": f"idx = {SPOILT}",
    "outcomes": "idx = 30",
    "tags": f"rowid = (SELECT min(rowid) FROM tags WHERE idx = {SPOILT})",  # noqa: S608 - names of our own
    "labels": f"label = (SELECT label FROM lines WHERE idx = {SPOILT})",  # noqa: S608 - names of our own
    "breaches": "1",
    "keys": "purpose = 'A' AND owner = 's8'",
    "destroyed": "subject = 's7'",
}
SPOIL = {
    "TEXT": "CASE WHEN {0} = '2026h2' THEN '2026h1' ELSE 'f' || substr({0}, 2) || 'x' END",
    "BIGINT": "{0} + 1000",
    "BLOB": "CAST(substr({0}, 1, length({0}) - 1) || iif(hex(substr({0}, -1)) = '41', 'B', 'A') AS BLOB)",
}
# Which line is named first, when it is not SPOILT; None: the row has no line, it is named by its key.
FIRST = {"head": None, "tiles": 0, "fences": MOVED, "moves": MOVED, "series": 41, "outcomes": 30, "keys": None,
         "labels": None, "breaches": None, "destroyed": None}  # fmt: skip
COLUMNS = [(table.name, column.name) for table in metadata.tables.values() for column in table.columns]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return asyncio.run(founded(tmp_path_factory.mktemp("log")))


@pytest.fixture
def ground(whole: Ground, tmp_path: Path) -> Ground:
    return copied(whole, tmp_path)


async def test_a_log_that_fits_is_clean_with_and_without_keys(whole: Ground) -> None:
    for keys in (True, False):
        report = await whole.check(keys)
        assert (report.status, report.size, report.unreadable) == (0, LINES, 0), report.findings.shown
        assert (report.destroyed, report.unfinished) == (int(keys), 0)


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=str)
async def test_every_column_that_is_changed_is_named(ground: Ground, table: str, column: str) -> None:
    kind = str(metadata.tables[f"audit.{table}"].c[column].type)
    anew = "'gm9999'" if column == "tenant_id" else SPOIL[{"VARCHAR": "TEXT"}.get(kind, kind)].format(column)
    assert ground.value(f"SELECT count(*) FROM {table} WHERE {ROW[table]}") == 1  # noqa: S608 - names of our own
    ground.spoil(f"UPDATE {table} SET {column} = {anew} WHERE {ROW[table]}")  # noqa: S608 - names of our own
    report = await ground.check()
    assert report.status == 1
    blamed = {table for table, _ in report.findings.counts}
    assert table in blamed, report.findings.shown
    first = report.findings.first
    assert first
    wanted = LINES if (table, column) == ("head", "size") else FIRST.get(table, SPOILT)
    assert first.position == (None if wanted is None else Position(term=TERM, index=wanted)), report.findings.shown
    assert column == "tenant_id" or wanted is not None or first.table == table


@pytest.mark.parametrize(
    ("column", "found"),
    [
        ("lines.leaf", "lines"), ("lines.leaf_hash", "lines"), ("lines.act", "lines"), ("lines.body", "lines"),
        ("lines.idx", "lines"), ("lines.term", "lines"), ("lines.tenant_id", "lines"), ("tiles.hash", "tiles"),
        ("tiles.level", "tiles"), ("tiles.idx", "tiles"), ("tiles.term", "tiles"), ("head.root", "head"),
        ("head.edge", "head"), ("head.size", "head"), ("head.origin", "head"), ("head.last_logged_at", "head"),
    ],
)  # fmt: skip
async def test_without_keys_all_that_is_hashed_is_found(ground: Ground, column: str, found: str) -> None:
    table, _, name = column.partition(".")
    kind = str(metadata.tables[f"audit.{table}"].c[name].type)
    anew = "'gm9999'" if name == "tenant_id" else SPOIL[{"VARCHAR": "TEXT"}.get(kind, kind)].format(name)
    ground.spoil(f"UPDATE {table} SET {name} = {anew} WHERE {ROW[table]}")  # noqa: S608 - names of our own
    report = await ground.check(keys=False)
    assert report.status == 1
    assert found in {table for table, _ in report.findings.counts}


async def test_in_a_long_log_too_the_line_of_a_wrong_tag_is_named(ground: Ground) -> None:
    ground.spoil("DELETE FROM tags WHERE idx = :line", line=SPOILT)
    ground.spoil("UPDATE tags SET logged_at = logged_at + 1 WHERE idx = 200")
    report = await ground.check(buckets=8)
    assert [(wrong.what, wrong.position) for wrong in report.findings.shown] == [
        ("zoekmerk", Position(term=TERM, index=SPOILT)),
        ("zoekmerk", Position(term=TERM, index=170)),
    ]
    assert report.findings.shown[1].upto == Position(term=TERM, index=203)


@pytest.mark.parametrize("keys", [True, False])
@pytest.mark.parametrize("anew", ["body = CAST(leaf AS TEXT)", "body = 'leesbaar'", "body = 7"])
async def test_a_line_that_cannot_be_read_hides_no_other(ground: Ground, keys: bool, anew: str) -> None:
    await unreadable(ground, keys, anew)


@pytest.mark.parametrize(
    "anew", ["content = 'x'", "label = 7", "year = 'x'", "n = 1.5", "subject = CAST(x'ff' AS TEXT)"]
)
async def test_nor_does_one_of_which_a_column_beside_it_cannot_be_read(ground: Ground, anew: str) -> None:
    await unreadable(ground, True, anew)


async def unreadable(ground: Ground, keys: bool, anew: str) -> None:
    ground.spoil(f"UPDATE lines SET {anew} WHERE idx = :line", line=SPOILT)  # noqa: S608 - words of our own
    ground.spoil("DELETE FROM lines WHERE idx = :line", line=SPOILT + 2)
    report = await ground.check(keys)
    found = {(wrong.what, wrong.position) for wrong in report.findings.shown}
    assert report.findings.first
    assert report.findings.first.position == Position(term=TERM, index=SPOILT)
    assert {(what, Position(term=TERM, index=SPOILT + at)) for what, at in (("soort", 0), ("ontbreekt", 2))} <= found


@pytest.mark.parametrize("keys", [True, False])
async def test_a_deleted_line_is_named(ground: Ground, keys: bool) -> None:
    ground.spoil("DELETE FROM lines WHERE idx = :line", line=SPOILT)
    report = await ground.check(keys)
    assert report.findings.first and report.findings.first.what == "ontbreekt"
    assert report.findings.first.position == Position(term=TERM, index=SPOILT)
    assert ("lines", "boom") not in report.findings.counts, "the line is named; its stretch is not told again"


@pytest.mark.parametrize("keys", [True, False])
async def test_swapped_lines_are_found(ground: Ground, keys: bool) -> None:
    for old, new in ((SPOILT, -1), (44, SPOILT), (-1, 44)):
        ground.spoil("UPDATE lines SET idx = :new WHERE idx = :old", old=old, new=new)
    report = await ground.check(keys)
    first = report.findings.first
    assert first and first.position is not None
    assert first.position.index <= SPOILT <= (first.upto or first.position).index
    assert ("lines", "boom") in report.findings.counts


async def test_a_line_that_was_written_twice_is_found(ground: Ground) -> None:
    columns = "tenant_id, term, idx, event_id, content, subject, n, logged_at, leaf, leaf_hash, act, body, year, label"
    copy = columns.replace("idx", str(LINES)).replace("event_id", "event_id || 'x'").replace(" n,", " n + 900,")
    ground.spoil(f"INSERT INTO lines ({columns}) SELECT {copy} FROM lines WHERE idx = 7")  # noqa: S608 - our own
    report = await ground.check()
    assert report.findings.first and str(report.findings.first).startswith(f"audit.lines {TERM}-{LINES}")
    assert report.findings.counts["lines", "te-veel"] == 1


async def test_a_log_cut_short_is_found_at_its_first_missing_line(ground: Ground) -> None:
    ground.spoil("DELETE FROM lines WHERE idx >= 260")
    for keys in (True, False):
        report = await ground.check(keys)
        assert report.findings.first and report.findings.first.what == "ontbreekt"
        assert report.findings.first.position == Position(term=TERM, index=260)
        assert report.findings.first.upto == Position(term=TERM, index=LINES - 1)


async def test_a_leaf_with_its_hash_made_to_fit_is_found(ground: Ground) -> None:
    ground.spoil("UPDATE lines SET (leaf, leaf_hash, act, body) = "
                 "(SELECT leaf, leaf_hash, act, body FROM lines WHERE idx = 50) WHERE idx = 53")  # fmt: skip
    report = await ground.check(keys=False)
    first = report.findings.first
    assert first and first.what == "boom" and first.position == Position(term=TERM, index=0)
    assert (await ground.check()).findings.first.position == Position(term=TERM, index=53)  # type: ignore[union-attr]  # status is 1


async def test_a_database_set_back_is_behind_its_signer(whole: Ground, tmp_path: Path) -> None:
    place = Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path)
    old = tmp_path / "old.db"
    async with place.opened() as (service, _):
        anchor = await filled(service)
    set_back.copied(tmp_path / "audit.db", old)
    async with place.opened() as (service, _):
        await service.door("connectors").record(DESK, [act("weigering")])
    set_back.copied(old, tmp_path / "audit.db")
    ground = Ground(tmp_path, anchor)
    for keys in (True, False):
        report = await ground.check(keys)
        assert [wrong.what for wrong in report.findings.shown] == ["teruggezet"]
        assert report.findings.first and report.findings.first.position == Position(term=TERM, index=LINES)


async def test_a_key_that_somebody_removed_is_no_destroyed_key(ground: Ground) -> None:
    ground.spoil("DELETE FROM keys WHERE purpose = 'A' AND owner = 's9'")
    report = await ground.check()
    assert (report.status, report.unreadable) == (1, 3)
    assert [str(wrong) for wrong in report.findings.shown] == [
        "audit.keys s9 2046: de sleutel is weg, en geen regel zegt dat hij is vernietigd"
    ]


async def test_keys_under_a_destroyed_kek_are_not_readable_and_not_wrong(ground: Ground) -> None:
    provider, name = FileKeyProvider(ground.folder / "keys"), "regie/gm9901/audit"
    await provider.rotate(name)
    place = Place(ground.url, ground.folder)
    async with place.opened() as (service, _):
        keychain = service.desk(DESK).log.keychain
        before = ground.value("SELECT wrapped FROM keys WHERE owner = 's9'")
        told: list[tuple[int, int]] = []
        changed = await keychain.rewrap(lambda *seen: told.append(seen))
        assert changed > 0 and told == [(changed, changed)], "for who waits"
    ground.spoil("UPDATE keys SET wrapped = :old, kek_version = 1 WHERE owner = 's9'", old=before)
    await provider.destroy(name, 1)
    report = await ground.check()
    assert (report.status, report.unreadable) == (0, 3), report.findings.shown


async def test_the_signer_is_missed_and_another_key_is_noticed(ground: Ground) -> None:
    other = Ground(ground.folder, "ab" * 32)
    assert (await other.check()).findings.shown[0].what == "ondertekenaar"
    for state in (ground.folder / "signer").glob("*.state"):
        state.unlink()
    report = await ground.check()
    assert report.status == 2
    assert len(report.unjudged) == 1


def test_an_old_checkpoint_takes_no_doubt_away_about_what_came_after_it() -> None:
    assert doubts((NO_STATE, NO_KEY), (), 10) == (NO_STATE, NO_KEY)
    assert doubts((NO_STATE, NO_KEY), (4, 10), 10) == (NO_KEY,)
    (key, later) = doubts((STATE_LOST, NO_KEY), (4,), 10)
    assert key == NO_KEY and "4 regels" in later
    assert doubts((), (4,), 10) == ()


async def test_a_checkpoint_of_another_tree_is_noticed(whole: Ground) -> None:
    for size in (100, LINES):
        report = await whole.check(signed=(Signed("checkpoint", size, b"x" * 32),))
        assert [(wrong.table, wrong.what) for wrong in report.findings.shown] == [("head", "ondertekenaar")]


async def test_fences_that_stood_elsewhere_when_the_head_was_signed_are_noticed(whole: Ground) -> None:
    for size in (MOVED, LINES):
        report = await whole.check(signed=(Signed("ander", size, b"x" * 32, b"y" * 32),))
        assert {wrong.table for wrong in report.findings.shown} == {"head", "fences"}


async def test_it_sees_one_moment_of_a_log_that_is_being_written(ground: Ground) -> None:
    place = Place(ground.url, ground.folder)
    async with place.opened() as (service, _):
        door = service.door("connectors")

        async def write() -> None:
            while True:
                await door.record(DESK, [act("weigering", subject=f"s{n}") for n in range(5)])

        writing = asyncio.create_task(write())
        try:
            reports = [await ground.check() for _ in range(3)]
        finally:
            writing.cancel()
    assert [report.status for report in reports] == [0, 0, 0], [report.findings.shown for report in reports]
    assert reports[-1].size > LINES


async def test_on_postgresql_too(postgres_url: str, tmp_path: Path) -> None:
    ground = await founded(tmp_path, postgres_url)
    for keys in (True, False):
        report = await checked(postgres_url, tmp_path, ground.anchor, keys)
        assert (report.status, report.size) == (0, LINES), report.findings.shown


def test_every_fault_has_its_sentence() -> None:
    assert all(sentence.rstrip(".") == sentence for sentence in SENTENCES.values())
