"""Holds the database against the signer's memory while nobody writes: one that was set back is found within a minute.

A line and a `holds` find it at once. What is found seals the log: people look, nothing more is written or answered.
NOT seen here: database and signer set back together; only somebody with a later head can tell.
"""

from anyio import to_thread

from audit.doubts import Unsound
from audit.log import Log
from audit.nodes import consistency_proof
from audit.remembering import SET_BACK
from audit.slots import ZERO
from kernel.proof.checks import check_consistency


class Watcher:
    """Of one open log."""

    def __init__(self, log: Log) -> None:
        self._log = log

    async def watch(self) -> None:
        """Seals the log when its tree does not continue what was signed. Raises LogUnavailable, also when the signer or
        the database is away: that seals nothing."""
        log = self._log
        keys = await log.keys()
        with log.guarded():
            # the signer before the database: what it knows was committed by then
            known = await to_thread.run_sync(log.signer.remembered)
            memory = await log.caught_up(keys, known.size)
            async with log.database.snapshot(log.tenant) as reading:
                proof = await consistency_proof(reading, (log.tenant, log.term), known.size, memory.size)
            if known.size:
                check_consistency(known.size, memory.size, known.root, memory.edge.root(), proof)
            if known.size == memory.size and known.map_root not in (ZERO, memory.fences.root):
                raise Unsound(SET_BACK)
