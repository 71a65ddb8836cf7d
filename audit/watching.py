"""Holds the database against the signer's memory while nobody writes: one that was set back is found within a minute.
A term that is over is ended here too, when no line does it first.

A line and a `holds` find it at once. What is found seals the log: people look, nothing more is written or answered.
NOT seen here: database and signer set back together; only somebody with a later head can tell.
"""

from anyio import to_thread

from audit.doubts import Unsound
from audit.log import ROLLBACK, Log
from audit.nodes import consistency_proof
from audit.remembering import SET_BACK, Memory
from audit.slots import ZERO, Remembered
from audit.turning import turn_when_due
from kernel.proof.checks import check_consistency


class Watcher:
    """Of one open log. keep_years: of the line with which a term begins."""

    def __init__(self, log: Log, keep_years: int) -> None:
        self._log, self._keep_years = log, keep_years

    async def watch(self) -> None:
        """Seals the log when its tree does not continue what was signed. Raises LogUnavailable, also when the signer or
        the database is away: that seals nothing."""
        log = self._log
        await turn_when_due(log, self._keep_years)
        with log.guarded():
            # the signer before the database: what it knows was committed by then
            known = await to_thread.run_sync(log.signer.newest)
            memory = await log.caught_up()
            if known is None:
                return
            if memory.place < known.place:
                raise Unsound(ROLLBACK)
            if memory.origin == known.origin:
                await self._continues(memory, known.state)

    async def _continues(self, memory: Memory, known: Remembered) -> None:
        log = self._log
        async with log.database.snapshot(log.tenant) as reading:
            proof = await consistency_proof(reading, (log.tenant, memory.term), known.size, memory.size)
        check_consistency(known.size, memory.size, known.root, memory.edge.root(), proof)
        if known.size == memory.size and known.map_root not in (ZERO, memory.fences.root):
            raise Unsound(SET_BACK)
