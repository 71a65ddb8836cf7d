"""A line that may not be shown yet: number, place and day of review, and nothing else, until that day."""

import json
import re
from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import regie_verify
from audit.contract import Line, Misfit, Position, Query, Reason
from audit.event import NAMES_MAX
from audit.service import AuditService
from audit.withholding import as_told
from kernel.clock import millis
from tests.audit.fsck_ground import checked
from tests.audit.logs import DESK, FG, NOON, Place, Ticking, act, fence, receipt, release

pytestmark = [pytest.mark.anyio, pytest.mark.rooms]
DAY = 86_400_000
UNTIL = millis(NOON) + 90 * DAY
ENCODED = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")  # hashes, in which two letters meet by chance
SECRETS = ("verstrekking", "regeling", "brp.naam", "r1", "Z-9", "geleverd", str(millis(NOON)))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path, clock=Ticking())


@pytest.fixture
async def service(place: Place) -> AsyncIterator[AuditService]:
    """n 1 is shown, n 2 is withheld, n 3 as well: nobody said how 2 ended; n 4 is shown."""
    async with place.opened() as (service, _):
        door = service.door("connectors")
        await door.record(DESK, [act("weigering")])
        receipt((await door.record(DESK, [release({fence(): 0}, case="Z-9", withheld_until=UNTIL)]))[0])
        place.clock.pass_by(90)  # type: ignore[attr-defined]  # a Ticking
        assert await service.desk(DESK).sweeper.sweep() == 1
        await door.record(DESK, [act("weigering")])
        yield service


async def taken_home(service: AuditService, folder: Path) -> tuple[int, list[dict[str, Any]]]:
    """All that the resident can take, and what `regie verify` says of it."""
    door = service.door("web")
    page = await door.lines(DESK, "s1")
    bundles = [json.loads((await door.bundle(DESK, line.position)).text()) for line in page.lines[::-1]]
    (folder / "mine.json").write_text(json.dumps(bundles))
    (folder / "log.vkey").write_text("".join(f"{one}\n" for one in service.vkeys.values()))
    return regie_verify.main([str(folder / "mine.json"), "--vkey", str(folder / "log.vkey")]), bundles


async def test_a_resident_sees_number_place_and_day_only(service: AuditService, tmp_path: Path) -> None:
    for room in ("web", "consent", "vault", "connectors"):
        door = service.door(room)
        page = await door.lines(DESK, "s1")
        assert [line.withheld for line in page.lines[::-1]] == [False, True, True, False]
        for line in page.lines:
            one = await door.line(DESK, line.position)
            assert one == line
            if line.withheld:
                said = line.model_dump_json() + (await door.bundle(DESK, line.position)).text()
                words = ENCODED.sub("", said.replace(str(UNTIL), ""))
                assert [word for word in SECRETS if word in words] == []
                assert (line.n, line.event.withheld_until, line.outcome) == (line.position.index + 1, UNTIL, "")
                assert "inhoud" not in json.loads((await door.bundle(DESK, line.position)).text())
                assert list(json.loads(_extra(await door.proof(DESK, line.position)))) == ["blad"]
    code, _ = await taken_home(service, tmp_path)
    assert code == 2, "each proof holds; that no number is missing cannot be said yet"


def _extra(proof: str) -> bytes:
    return b64decode(proof.split("\n")[1].removeprefix("extra "))


async def test_after_the_day_it_is_a_line_like_any_other_and_opens_the_old_leaf(
    service: AuditService, place: Place, tmp_path: Path
) -> None:
    _, before = await taken_home(service, tmp_path)
    place.clock.pass_by(90 * 86_400)  # type: ignore[attr-defined]  # a Ticking
    code, after = await taken_home(service, tmp_path)
    assert code == 0
    leaves = [[json.loads(_extra(each["bewijs"]))["blad"] for each in found] for found in (before, after)]
    assert leaves[0] == leaves[1]
    line = await service.door("web").line(DESK, Position(term="2026h2", index=1))
    assert (line.event.kind, line.event.case, line.outcome) == ("verstrekking", "Z-9", "onbekend")


async def test_the_fg_finds_it_and_the_whole_log_still_fits(service: AuditService, place: Place) -> None:
    found = await service.desk(FG).searcher.search(FG, Query(case="Z-9"), Reason(code="klacht", case="FG-1"))
    assert {line.event.kind for line in found.found.lines} == {"verstrekking", "afloop"}
    assert all(line.event.withheld_until == UNTIL for line in found.found.lines)
    report = await checked(place.url, place.folder, service.desk(FG).log.signer.public_key.hex())
    assert report.status == 0, report.findings.shown


async def test_two_people_show_all_of_a_case_however_many_lines_it_has(service: AuditService, place: Place) -> None:
    """The oldest of 502 was a fault of ours, and of the newest some stayed hidden."""
    door, why = service.door("connectors"), Reason(code="klaar", case="FG-7")
    now = place.clock()
    more = [release({fence(): 0}, now, case="Z-9", withheld_until=UNTIL) for _ in range(NAMES_MAX)]
    assert len([receipt(verdict) for verdict in await door.record(DESK, more)]) == NAMES_MAX
    oldest, web = Position(term="2026h2", index=1), service.door("web")
    assert not (await web.lift(FG, oldest, why)).done
    assert (await web.lift(FG.model_copy(update={"user": "fg-2"}), oldest, why)).done
    newest = await web.lines(DESK, "s1", limit=200)
    assert [line.event.kind for line in newest.lines[:2]] == ["opgeheven", "opgeheven"]
    assert [len(line.event.closes) for line in newest.lines[:2]] == [NAMES_MAX, 2]
    assert not any(line.withheld for line in newest.lines)
    assert (await web.line(DESK, oldest)).event.kind == "verstrekking"


async def test_nobody_records_the_word_that_stands_in_its_place(service: AuditService) -> None:
    for room in ("audit", "web", "connectors", "consent"):
        (verdict,) = await service.door(room).record(DESK, [act("vertrouwelijk")])
        assert isinstance(verdict, Misfit)


@pytest.mark.parametrize(("month", "end"), [(1, "2026-01-31"), (2, "2026-02-28"), (12, "2026-12-31")])
def test_its_hour_is_the_end_of_the_month_and_never_in_the_future(month: int, end: str) -> None:
    at = millis(NOON.replace(month=month))
    event = act("weigering", withheld_until=UNTIL * 2).event
    line = Line(position=Position(term="2026h2", index=1), at=at, n=1, event=event)
    later = as_told(line, at + 60 * DAY).at
    assert at < later and later == millis(NOON.fromisoformat(f"{end}T23:59:59.999+00:00"))
    assert as_told(line, at + 1).at == at + 1
