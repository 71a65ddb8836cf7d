"""Searching by whatever a line is about: everything said must hold, totals are of the whole, and it is all an act."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select

from audit.contract import Entry, Query, Reason
from audit.service import AuditService, Door
from audit.tables import labels
from kernel.clock import millis
from kernel.errors import BadInput
from tests.audit.logs import DESK, FG, NOON, TENANT, Place, act, fence, outcome, receipt, release

pytestmark = [pytest.mark.anyio, pytest.mark.rooms]
# The second name is of the caller's own making.
REFUSED = (("inkomen", "geen-toestemming"), ("verzonnen.naam", "buiten-doel"))
AUDIT_TOOL = FG.model_copy(update={"kind": "mens", "roles": (), "scope": ("logboek",)})
WHY = Reason(code="klacht", case="FG-7")


@pytest.fixture
async def service(audit_url: str, tmp_path: Path) -> AsyncIterator[AuditService]:
    async with Place(audit_url, tmp_path).opened() as (service, _):
        yield service


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def audit_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/audit.db"
    return str(request.getfixturevalue("postgres_url"))


async def filled(service: AuditService) -> Door:
    """Five lines about two people: 0 and 1 releases, 2 a refusal, 3 the end of 0, 4 a release to another."""
    log = service.door("connectors")
    first = receipt(
        (
            await log.record(
                DESK, [release({fence(): 0}, application="app-1", actor="mw-1", case="Z-1", basis="6(1)(c)")]
            )
        )[0]
    )
    await log.record(
        DESK,
        [
            release({fence(): 0}, subject="s2", elements=("antwoord",), used=("inkomen",), basis="6(1)(a)"),
            act("weigering", subject="s1", recipient="r1", activity="regeling", version="1", refused=REFUSED),
            outcome(first.position),
            release({fence(): 0}, recipient="r2", application="app-2", activity="anders"),
        ],
    )
    return service.door("web")


def at(found: Any) -> list[int]:
    return [line.position.index for line in found.found.lines]


# The subject's own first: each search adds lines to the series of whom it shows, and to no other answer.
CASES: list[tuple[dict[str, Any], list[int], int]] = [
    ({"subject": "s1"}, [4, 3, 2, 0], 1),
    ({"recipient": "r1"}, [2, 1, 0], 2),
    ({"application": "app-2"}, [4], 1),
    ({"actor": "mw-1"}, [0], 1),
    ({"activity": "regeling"}, [2, 1, 0], 2),
    ({"case": "Z-1"}, [0], 1),
    ({"element": "inkomen"}, [2, 1], 2),
    ({"element": "inkomen", "kind": "verstrekking"}, [1], 1),
    ({"recipient": "r1", "basis": "6(1)(a)"}, [1], 1),
    ({"recipient": "r1", "kind": "weigering"}, [2], 1),
    ({"recipient": "r1", "outcome": "geleverd"}, [0], 1),
    ({"recipient": "r1", "outcome": "open"}, [1], 1),
    ({"recipient": "r1", "application": "app-2"}, [], 0),
    ({"element": "niets"}, [], 0),
    ({"element": "verzonnen.naam"}, [], 0),
]


async def test_everything_that_is_said_must_hold(service: AuditService) -> None:
    door = await filled(service)
    for said, lines, people in CASES:
        found = await door.search(FG, Query(**said), WHY)
        assert at(found) == lines, said
        assert (found.totals.lines, found.totals.residents) == (len(lines), people), said
        own = (await door.lines(DESK, "systeem")).lines[0].event
        assert own.kind == "zoeking" and set(own.details.values()) >= {str(value) for value in said.values()}


async def test_an_application_is_not_told_who_was_refused_because_they_hide(service: AuditService) -> None:
    """By recipient and month by month it had a list of them; a person who searches reads why."""
    hiding = (("adres", "geheimhouding"), ("naam", "te-vaak"))
    await service.door("connectors").record(
        DESK,
        [
            act("weigering", subject=one, recipient="r1", refused=told)
            for one, told in (("s1", hiding), ("s2", REFUSED))
        ],
    )
    door = service.door("web")
    for caller, code in ((FG, "geheimhouding"), (AUDIT_TOOL, "geen-toestemming")):
        for said in ({"recipient": "r1"}, {"subject": "s1", "kind": "weigering"}):
            found = {
                line.event.subject: line.event.refused
                for line in (await door.search(caller, Query.model_validate(said), WHY)).found.lines
            }
            assert found["s1"] == (("adres", code), ("naam", "te-vaak")) and found.get("s2", REFUSED) == REFUSED


async def test_an_application_finds_nobody_by_what_is_asked_only_of_who_hides(service: AuditService) -> None:
    """Over whom a parent has authority whose address was just made safe: each line of it names somebody who hides."""
    about = {"activity": "regie-veilig-adres", "recipient": "r1", "actor": "mw-1", "case": "Z-1"}
    asked = receipt(
        (await service.door("connectors").record(DESK, [release({fence(): 0}, **dict[str, Any](about))]))[0]
    )
    ended = outcome(asked.position).event.model_copy(update={"activity": "regie-veilig-adres", "recipient": "r1"})
    await service.door("connectors").record(DESK, [Entry(event=ended)])
    looked = act("zoeking", subject="s3", actor="mw-1", details={"stap": "veilig-adres", "anders": "x"})
    await service.door("consent").record(DESK, [looked])
    door, now = service.door("web"), millis(NOON)
    period = {"since": now - 1_000, "until": now + 60_000}
    for said in (about, {"recipient": "r1"}, {"actor": "mw-1"}, {"element": "brp.naam"}, period, {"key": "k"}):
        found = await door.search(AUDIT_TOOL, Query.model_validate(said), WHY)
        assert "s1" not in {line.event.subject for line in found.found.lines}, said
        assert {line.event.details.get("stap") for line in found.found.lines} <= {None}, said
        assert found.totals.residents == len({line.event.subject for line in found.found.lines} - {"systeem"}), said
    for caller, said in ((FG, {"activity": "regie-veilig-adres"}), (AUDIT_TOOL, {"subject": "s1"})):
        found = await door.search(caller, Query.model_validate(said), WHY)
        assert asked.position in {line.position for line in found.found.lines}


async def test_pages_go_on_and_totals_stay(service: AuditService) -> None:
    door = await filled(service)
    first = await door.search(FG, Query(recipient="r1", limit=2), WHY)
    second = await door.search(FG, Query(recipient="r1", limit=2, before=first.found.before), WHY)
    assert (at(first), at(second)) == ([2, 1], [0])
    assert first.totals == second.totals and second.found.before is None


async def test_a_period_is_enough_to_search_by_and_all_else_narrows_it(service: AuditService) -> None:
    door, now = await filled(service), millis(NOON)
    period = {"since": now - 1_000, "until": now + 60_000}
    cases = [({}, [4, 3, 2, 1, 0]), ({"kind": "weigering"}, [2]), ({"outcome": "geleverd"}, [0]),
             ({"outcome": "open"}, [4, 1]), ({"basis": "6(1)(a)"}, [1]), ({"element": "inkomen"}, [2, 1])]  # fmt: skip
    for said, lines in cases:
        found = await door.search(FG, Query.model_validate(said | period), WHY)
        ours = [index for index in at(found) if index < 5]  # each search leaves lines of that day too
        assert ours == lines, said
    month = {"since": now - 31 * 86_400_000, "until": now}
    assert (await door.search(FG, Query.model_validate(month | {"kind": "weigering"}), WHY)).totals.lines == 1
    day_before = {"since": now - 86_400_000, "until": now - 1}
    assert (await door.search(FG, Query.model_validate(day_before), WHY)).totals.lines == 0


async def test_who_searches_a_period_twice_does_not_read_what_they_searched(service: AuditService) -> None:
    """A search leaves a line of everybody whom it shows, so the next page would be of these alone."""
    door, now = await filled(service), millis(NOON)
    await service.door("consent").record(DESK, [act("zoeking", subject="s1", actor="mw-1")])  # an employee's, not ours
    period = Query(since=now - 1_000, until=now + 60_000, limit=3)
    pages = [await door.search(FG, period, WHY) for _ in range(2)]
    assert [at(page) for page in pages] == [[5, 4, 3]] * 2 and pages[0].totals == pages[1].totals
    for said in ({"kind": "zoeking"}, {"activity": "logboek"}):
        found = await door.search(FG, period.model_copy(update=said), WHY)
        assert {line.event.activity for line in found.found.lines} == {"logboek"}, said


async def test_a_period_gives_no_application_a_list_of_who_hides(service: AuditService) -> None:
    """Month by month that would be everybody at a safe address."""
    flags = [act("vlag", fence(), actor="mw-1"), act("vlag-einde-gevraagd", actor="mw-1"), act("bericht", actor="mw-1")]
    await service.door("consent").record(DESK, flags)
    door, now, app = service.door("web"), millis(NOON), AUDIT_TOOL
    for caller, said, lines in [
        (app, {}, [2]), (app, {"kind": "vlag"}, []), (app, {"subject": "s1"}, [2, 1, 0]), (FG, {}, [2, 1, 0]),
        (app, {"actor": "mw-1"}, [2]), (FG, {"actor": "mw-1"}, [2, 1, 0]),
    ]:  # fmt: skip
        period = {"since": now - 1_000, "until": now + 60_000}
        found = await door.search(caller, Query.model_validate(said | period), WHY)
        assert [index for index in at(found) if index < 3] == lines, said
        # a number that is missing in somebody's series would tell that they have lines which are not told
        hidden = caller is app and "subject" not in said
        assert {line.n == 0 for line in found.found.lines} <= {hidden}, said


async def test_what_only_narrows_is_no_search(service: AuditService) -> None:
    long = {"since": millis(NOON) - 33 * 86_400_000, "kind": "weigering"}
    for said in ({}, {"basis": "6(1)(c)"}, {"kind": "verstrekking"}, {"outcome": "open"}, {"since": 1}, long):
        with pytest.raises(BadInput, match="31 dagen"):
            await service.door("web").search(FG, Query.model_validate(said), WHY)
    with pytest.raises(BadInput, match="eindigt voor het begint"):
        await service.door("web").search(FG, Query(subject="s1", since=2, until=1), WHY)
    with pytest.raises(ValidationError):
        Reason(code="inzage", case=" ")
    assert await service.door("web").holds(DESK, ()) is None


async def test_a_ground_is_found_as_the_law_is_named_and_without(service: AuditService) -> None:
    for basis in ("AVG 6(1)(a)", "6(1)(a)", "6(1)(c)"):
        await service.door("connectors").record(DESK, [release({fence(): 0}, subject="s1", basis=basis)])
    for asked in ("6(1)(a)", "AVG 6(1)(a)"):
        found = await service.door("web").search(FG, Query(subject="s1", basis=asked), WHY)
        assert found.totals.lines == 2
    found = await service.door("web").search(FG, Query(subject="s1", basis="AVG"), WHY)
    assert found.totals.lines == 5, "no article: it narrows nothing, and finds the two searches too"


async def test_names_that_nobody_knows_make_no_labels(service: AuditService) -> None:
    log = service.door("connectors")
    for number in range(3):
        invented = {"refused": ((f"verzonnen.naam{number}", "buiten-doel"),), "activity": f"verzonnen-{number}"}
        await log.record(DESK, [act("weigering", subject="niemand", **invented)])
    async with service.desk(DESK).log.database.snapshot(TENANT) as reading:
        assert await reading.scalar(select(func.count()).select_from(labels)) == 1
