"""A resident's lines over four terms, of which one year was destroyed: what a stranger says of them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import regie_verify
from audit.destroying import Order
from audit.permit import Position
from tests.audit.logs import DESK, Place, Ticking, act
from tests.audit.test_turn import fits

GONE, KEPT = 2027, 2040  # years of destruction
MOMENTS = [datetime(2026, 11, 22, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC), datetime(2028, 6, 1, tzinfo=UTC)]
AFTER = datetime(2028, 7, 2, tzinfo=UTC)


async def aged(folder: Path) -> tuple[dict[int, Any], str]:
    """Bundles by number of the resident, and the keys of all terms. Numbers 1 and 3 are destroyed, 5 begins it, 6 says
    so, and the log of all of it fits."""
    place = Place(f"sqlite+aiosqlite:///{folder}/audit.db", folder, clock=Ticking(MOMENTS[0]))
    assert isinstance(place.clock, Ticking)
    async with place.opened() as (service, _):
        door, web = service.door("connectors"), service.door("web")
        for place.clock.now in MOMENTS[:2]:
            await door.record(DESK, [act("weigering", keep_until=GONE), act("weigering", keep_until=KEPT)])
        place.clock.now = MOMENTS[2]
        await service.desk(DESK).destroyer.run(Order(year=GONE), lambda *_: None)
        place.clock.now = AFTER
        await door.record(DESK, [act("weigering", keep_until=KEPT)])
        lines = (await web.lines(DESK, "s1")).lines
        assert [line.n for line in lines] == [7, 6, 5, 4, 3, 2, 1]
        found = {line.n: json.loads((await web.bundle(DESK, line.position)).text()) for line in lines}
        assert {line.position.term for line in lines} == {"2026h2", "2027h1", "2028h1", "2028h2"}
        assert (await web.line(DESK, Position(term="2027h1", index=1))).gone
        await fits(place, service)
        return found, await web.vkeys(DESK)


def verified(folder: Path, found: dict[int, Any], keys: str, *numbers: int) -> int:
    (folder / "mine.json").write_text(json.dumps([found[n] for n in numbers]))
    (folder / "log.vkey").write_text(keys)
    return regie_verify.main([str(folder / "mine.json"), "--vkey", str(folder / "log.vkey")])


@pytest.mark.anyio
async def test_numbers_that_went_in_two_terms_are_explained_by_a_line_of_a_third(tmp_path: Path) -> None:
    found, keys = await aged(tmp_path)
    assert [n for n, one in found.items() if "inhoud" not in one] == [3, 1]
    for numbers in ("1234567", "76542", "2456"):
        assert verified(tmp_path, found, keys, *map(int, numbers)) == regie_verify.GOOD, numbers
    for numbers in ("2457", "2567", "42"):
        assert verified(tmp_path, found, keys, *map(int, numbers)) == regie_verify.UNKNOWN, numbers
    first = keys.splitlines(keepends=True)[0]
    assert verified(tmp_path, found, first, 2, 4, 5, 6) == regie_verify.UNKNOWN
    # the certificate, put under another number's body
    other = {**found, 6: {**found[6], "inhoud": found[7]["inhoud"]}}
    assert verified(tmp_path, other, keys, 2, 4, 5, 6, 7) == regie_verify.WRONG
