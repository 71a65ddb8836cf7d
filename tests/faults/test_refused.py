"""A disk that is full or fails at one write of a log: it stops or refuses rather than acknowledge what is not there;
opened again everything that was acknowledged stands, everything else gets one line, and fsck finds nothing.

A run takes ten by chance, of signer and witness too; `make faults` takes every write, with EIO and with ENOSPC
(REGIE_REFUSED=1).
"""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from audit.doubts import EXIT
from tests.faults import refused
from tests.faults.refusing import ALL, SHARDS, Call, Refusal, chosen, demand_tried, traced
from tests.once import tables_of

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.slow]
SOME = 2  # of a log that founds itself, and of one that is there


def log_in(folder: Path, founded: bool) -> Path:
    """Where a log with its tables may begin, or has begun. strace counts per thread: what the founding of a log writes
    in one would otherwise always be refused before the same count of a batch in another."""
    folder.mkdir()
    (folder / "audit.db").write_bytes(tables_of("audit").read_bytes())
    if founded:
        asyncio.run(refused.begun(folder))
    return folder


@pytest.mark.parametrize("founded", [False, True], ids=["new", "founded"])
@pytest.mark.parametrize("shard", range(SHARDS if ALL else 1))
async def test_a_log_that_cannot_write_acknowledges_nothing_that_is_not_there(
    tmp_path: Path, shard: int, founded: bool
) -> None:
    ends = Counter[str]()

    def written(name: str, refusal: Refusal | None) -> list[Call]:
        folder, said = log_in(tmp_path / name, founded), tmp_path / f"{name}.said"
        with traced(folder, tmp_path / f"{name}.strace", refusal, refused.write, folder, said) as log:
            status = log.gone()
        came = log.refused()
        assert status in ((0, 1, EXIT) if came else (0,)), (refusal, status)
        ends[f"{refusal.error} {status}" if came and refusal else "did not come there"] += 1
        return log.seen()

    calls = await asyncio.to_thread(written, "whole", None)
    assert await refused.demand_sound(tmp_path / "whole", tmp_path / "whole.said") == refused.ROUNDS * 3
    assert {"audit.db-wal", "audit.db"} < {call.file for call in calls}
    ends.clear()
    for at, refusal in enumerate(chosen(calls, SOME, shard)):
        name = f"log-{at}"
        await asyncio.to_thread(written, name, refusal)
        try:
            await refused.demand_sound(tmp_path / name, tmp_path / f"{name}.said")
        except Exception as error:
            raise AssertionError(f"{refusal}: {error!r}") from error
    demand_tried(ends)
