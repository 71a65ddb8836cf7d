"""`regie consent replay`: which lines an id of a release names."""

from pathlib import Path

import pytest

from assembly.replaying import _places
from connectors.bulk.steps import release_of
from connectors.claim import Claim
from connectors.granting import word_of
from kernel.clock import millis
from kernel.ids import derived_id, uuid7
from kernel.settings import SettingsWrong
from tests.audit.logs import DESK, NOON, Place, act, receipt

pytestmark = pytest.mark.anyio
RELEASE = uuid7(millis(NOON))


async def test_a_release_names_its_lines_as_the_desk_names_them_now_and_as_it_did(tmp_path: Path) -> None:
    part, other = release_of(uuid7(millis(NOON)), 3), uuid7(millis(NOON))
    theirs = [Claim(RELEASE, 1).event_id(), Claim(RELEASE, 2).event_id(f"{word_of(1)}weigering")]
    ids = [*theirs, derived_id(RELEASE, "3"), Claim(part, 1).event_id(), Claim(other, 1).event_id()]
    async with Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path).opened() as (service, _):
        told = await service.door("connectors").record(DESK, [act("weigering", id=each) for each in ids])
        places, reader = [receipt(each).position for each in told], service.desk(DESK).reader
        assert await _places(reader, RELEASE) == places[:3], "the last of them from before ids had an order"
        assert await _places(reader, part) == [places[3]]
        assert await _places(reader, ids[4]) == [places[4]]
        with pytest.raises(SettingsWrong):
            await _places(reader, uuid7(millis(NOON)))
