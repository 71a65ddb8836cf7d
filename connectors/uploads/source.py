"""A file as a source: read under a permit, as any other."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from audit.contract import Ground, Permit, Trust
from connectors.contract import NOTHING, Known, Shown
from connectors.declared.answering import values_of
from connectors.declared.declaration import Declaration
from connectors.outside.data import Unreadable
from connectors.outside.failing import SourceFailed
from connectors.uploads.rows import File, UploadRows
from connectors.uploads.sealing import Sealing
from kernel.caller import Caller
from kernel.clock import Clock, moment
from kernel.crypto import CannotOpen
from kernel.errors import Problem
from vault.contract import Bsn, Values

TRIES = 2  # who reads while another file comes in its place reads that one


@dataclass(frozen=True)
class UploadSource:
    """Satisfies Source and Together."""

    declared: Declaration
    rows: UploadRows
    trust: Callable[[], Awaitable[Trust]]
    clock: Clock

    async def fetch(self, caller: Caller, permit: Permit, bsn: Bsn, known: Known = NOTHING) -> Values:
        """See Source.fetch."""
        (found,) = await self.fetch_many(caller, [(permit, bsn)])
        if isinstance(found, Exception):
            raise found
        return found

    async def fetch_many(self, caller: Caller, shown: Sequence[Shown]) -> list[Values | Exception]:
        """See Together.fetch_many."""
        trust, now = await self.trust(), self.clock()
        grounds: list[Ground | Problem] = []
        for permit, _ in shown:
            try:
                grounds.append(permit.check(caller.tenant, trust, now))
            except Problem as problem:
                grounds.append(problem)
        for _ in range(TRIES):
            file = await self.rows.counting(caller.tenant, self.declared.name)
            if file is None:  # nobody sent one, or it is too old: that says nothing about anybody
                break
            sealing = await self.rows.sealing(caller.tenant, file)
            owners = [sealing.owner(bsn) for _, bsn in shown]
            allowed = [owner for owner, ground in zip(owners, grounds, strict=True) if isinstance(ground, Ground)]
            rows = await self.rows.read(caller.tenant, file, allowed)
            if rows is not None:
                return [
                    one
                    if isinstance(one, Problem)
                    else self._values(one, (file, sealing), (owner, rows.get(owner)), bsn)
                    for one, owner, (_, bsn) in zip(grounds, owners, shown, strict=True)
                ]
        return [ground if isinstance(ground, Problem) else SourceFailed("niet-bereikbaar") for ground in grounds]

    def _values(
        self, ground: Ground, of: tuple[File, Sealing], row: tuple[str, bytes | None], bsn: Bsn
    ) -> Values | Exception:
        (file, sealing), (owner, sealed) = of, row
        wanted = [name for name in ground.inputs_of(self.declared.name) if name in self.declared.elements]
        if sealed is None or not wanted:
            return Values()
        try:
            said, since = sealing.opened(owner, sealed), moment(file.made_at)
            return values_of(self.declared, wanted, said, bsn, self.clock(), since)
        except (CannotOpen, Unreadable, ValueError):
            return SourceFailed("onleesbaar")
