"""Holds the database against the signer's memory while nobody writes: one that was set back is found within a minute.

A line and a `holds` find it at once. What is found seals the log: people look, nothing more is written or answered.
NOT seen here: database and signer set back together; only somebody with a later head can tell.
"""

from anyio import to_thread

from audit.doubts import Unsound
from audit.heads import read_head
from audit.log import ROLLBACK, Log
from audit.nodes import consistency_proof
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
            # both before the database: what they know was committed by then
            seen, known = log.edge.size, await to_thread.run_sync(log.signer.remembered)
            async with log.database.snapshot(log.tenant) as reading:
                head = await read_head(reading, log.tenant, keys.rows)
                if max(seen, known.size) > head.size:
                    raise Unsound(ROLLBACK)
                proof = await consistency_proof(reading, (log.tenant, log.term), known.size, head.size)
            if known.size:
                check_consistency(known.size, head.size, known.root, head.root, proof)
