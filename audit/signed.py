"""Signed heads of one log: the newest of the open term, which the signer gives, and the last of each term that ended,
which the first line of the next one kept."""

from collections.abc import Callable, Sequence
from functools import partial

from anyio import to_thread
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.chain import ended_term
from audit.contract import LogUnavailable, NoSuchLine
from audit.keychain import TenantKeys
from audit.nodes import consistency_proof
from audit.remembering import Memory
from audit.signer import Elsewhere, SignedHead, Signers
from kernel.sql import Database

UNPROVEN = "Van dit deel van het logboek ontbreken regels: er is geen bewijs meer van te maken."
TRIES = 5  # other instances that sign at the same moment


class SignedHeads:
    """What this process knows of them; a head is only ever replaced by a larger one of its term."""

    def __init__(self, tenant: str, database: Database, signers: Signers) -> None:
        self._tenant, self._database, self._signers = tenant, database, signers
        self._newest: dict[str, SignedHead] = {}
        self._last: dict[str, SignedHead] = {}

    def newest(self, term: str) -> SignedHead | None:
        """That this process saw."""
        return self._newest.get(term)

    async def sign(self, memory: Memory, answer: SignedHead | Elsewhere | None = None) -> SignedHead:
        """A signed head that covers `memory`; also signs the tail that a crash left. answer: of a signer who was asked
        for it by `step`. Raises Fork, ProofError."""
        since: tuple[int, Sequence[bytes]] | None = None
        for _ in range(TRIES):
            told = await to_thread.run_sync(self.step(memory, since)) if answer is None else answer
            if isinstance(told, SignedHead):
                newest = self._newest.get(memory.term)
                if newest is None or newest.size < told.size:
                    self._newest[memory.term] = told
                return told
            async with self._database.snapshot(self._tenant) as reading:
                proof = await consistency_proof(reading, (self._tenant, memory.term), told.size, memory.size)
            since, answer = (told.size, proof), None
        raise LogUnavailable("Het logboek wordt nu door te veel anderen getekend.")

    def step(
        self, memory: Memory, since: tuple[int, Sequence[bytes]] | None = None
    ) -> Callable[[], SignedHead | Elsewhere]:
        """Asks the signer once, in a worker thread. since: an older size, and the proof from it."""
        old, proof = since or (memory.size, ())
        asked = (memory.size, memory.edge.root(), old, proof, memory.fences.root)
        return partial(self._signers.of(memory.origin).sign, *asked)

    async def last(self, reading: AsyncConnection, term: str, keys: TenantKeys) -> SignedHead:
        """Of a term before the open one. Raises NoSuchLine when there is no such term; LogUnavailable when lines of it
        are missing: then nothing in it can be proven any more."""
        known = self._last.get(term)
        if known is None:
            ended = await ended_term(reading, self._tenant, term, keys)
            if ended is None:
                raise NoSuchLine("Deze logregel is er niet.")
            if not ended.whole:
                raise LogUnavailable(UNPROVEN)
            known = self._last[term] = SignedHead(ended.head.size, ended.head.root, ended.note)
        return known
