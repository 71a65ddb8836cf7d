"""A disk that is full or fails at one write of a log, a signer, a witness or a mirror: the process stops or refuses
rather than acknowledge what is not there; started again everything that was acknowledged stands, and all of it fits.

A run takes ten by chance; `make faults` takes every write, with EIO and with ENOSPC (REGIE_REFUSED=1).
"""

import asyncio
import os
import random
from collections import Counter
from pathlib import Path

import pytest

from audit.doubts import EXIT
from tests.faults import refused
from tests.faults.refusing import Call, Refusal, forks, share_of, some_of, traced
from tests.once import tables_of

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.slow]
ALL = float(os.environ.get("REGIE_REFUSED", "0")) >= 1
SHARDS = 12 if ALL else 1
SOME = 4  # of the log; of signer and witness with mirror three each
forks.set_forkserver_preload([refused.__name__])


def chosen(calls: list[Call], count: int, shard: int) -> list[Refusal]:
    seed = int(os.environ.get("REGIE_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"REGIE_SEED={seed}, {len(set(calls))} writes")
    return share_of(calls, shard, SHARDS) if ALL else some_of(calls, count, random.Random(seed))  # noqa: S311 - a test that can be repeated


def log_in(folder: Path) -> Path:
    """Where a log with its tables may begin."""
    folder.mkdir()
    (folder / "audit.db").write_bytes(tables_of("audit").read_bytes())
    return folder


@pytest.mark.parametrize("shard", range(SHARDS))
async def test_a_log_that_cannot_write_acknowledges_nothing_that_is_not_there(tmp_path: Path, shard: int) -> None:
    ends = Counter[str]()

    def written(name: str, refusal: Refusal | None) -> list[Call]:
        folder = log_in(tmp_path / name)
        with traced(
            folder, tmp_path / f"{name}.strace", refusal, refused.write, folder, tmp_path / f"{name}.said"
        ) as log:
            status = log.gone()
        assert status in ((0, 1, EXIT) if refusal else (0,)), (refusal, status)
        ends[f"{refusal.error if refusal else ''} {status}"] += 1
        assert not refusal or "(INJECTED)" in log.heard.read_text(), refusal
        return log.seen()

    calls = await asyncio.to_thread(written, "whole", None)
    assert await refused.demand_sound(tmp_path / "whole", tmp_path / "whole.said") == refused.ROUNDS * 3
    assert {"audit.db-wal", "audit.db"} < {call.file for call in calls}
    for at, refusal in enumerate(chosen(calls, SOME, shard)):
        name = f"log-{at}"
        await asyncio.to_thread(written, name, refusal)
        try:
            await refused.demand_sound(tmp_path / name, tmp_path / f"{name}.said")
        except Exception as error:
            raise AssertionError(f"{refusal}: {error!r}") from error
    print(dict(ends))
