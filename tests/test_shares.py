"""What a run leaves out on PostgreSQL is the same every time, a part of it, and never what does things at once."""

import asyncio
import sys
from zlib import crc32

import pytest

from tests.shares import OWN_WAYS, is_left_out, names_in

HERE = sys.modules[__name__]
PROBE = """
import asyncio
import pytest

@pytest.mark.parametrize("at", range(40))
@pytest.mark.parametrize("house", ["sqlite", "together-postgres"])
def test_plain(house, at):
    pass

@pytest.mark.parametrize("at", range(40))
@pytest.mark.parametrize("house", ["sqlite", "together-postgres"])
def test_at_once(house, at):
    async def both():
        await asyncio.gather()
"""


async def _both() -> None:
    await asyncio.gather()


def _asks() -> object:
    return [_both() for _ in range(2)]


def _two() -> list[int]:
    return [second for second in range(2)]


def _alone() -> int:
    return sum(at for at in range(2))


def test_what_is_called_and_what_is_written_within_is_spoken_of_too() -> None:
    assert OWN_WAYS & names_in(_asks.__code__, HERE) == {"gather"}
    assert OWN_WAYS & names_in(_two.__code__, HERE) == {"second"}
    assert not OWN_WAYS & names_in(_alone.__code__, HERE)


@pytest.mark.parametrize("room", ["consent", "journeys", "connectors"])
def test_one_in_three_stays_where_the_sql_is_the_same_and_all_of_the_rest(pytester: pytest.Pytester, room: str) -> None:
    folder = pytester.mkdir(room)
    (folder / "test_probe.py").write_text(PROBE)
    items, _ = pytester.inline_genitems(folder)
    out = [item.name for item in items if is_left_out(item, 3)]
    plain = {item.name: item.nodeid for item in items if "test_plain[together-postgres" in item.name}
    expected = [name for name, node in plain.items() if crc32(node.encode()) % 3]
    assert out == ([] if room == "connectors" else expected)
    assert 20 <= len(expected) <= 34 and not any(is_left_out(item, 1) for item in items)
