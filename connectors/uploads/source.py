"""A file as a source: read under a permit, as any other."""

from asyncio import sleep
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from audit.contract import Ground, LogUnavailable, Permit, Trust
from connectors.contract import NOTHING, Known, Shown
from connectors.declared.answering import values_of
from connectors.declared.declaration import Declaration
from connectors.outside.data import Unreadable
from connectors.outside.failing import SourceFailed
from connectors.uploads.rows import File
from connectors.uploads.sealing import Sealing
from connectors.uploads.standing import Files
from kernel.caller import Caller
from kernel.clock import Clock, moment
from kernel.crypto import CannotOpen
from kernel.errors import Problem
from kernel.logs import logger
from vault.contract import Bsn, Values

TRIES = 2  # who reads while another file comes in its place reads that one
_log = logger("connectors.uploads")
SOON = 0.1  # seconds between the line of a file and its row


@dataclass(frozen=True)
class UploadSource:
    """Satisfies Source and Together."""

    declared: Declaration
    files: Files
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
        with suppress(LogUnavailable):  # which file is the newest, only the log knows
            found = await self._found(caller.tenant, grounds, [bsn for _, bsn in shown])
            if found is not None:
                return found
        return [ground if isinstance(ground, Problem) else SourceFailed("niet-bereikbaar") for ground in grounds]

    async def _found(
        self, tenant: str, grounds: Sequence[Ground | Problem], numbers: Sequence[Bsn]
    ) -> list[Values | Exception] | None:
        """None where there is no file, which says nothing about anybody."""
        for left in reversed(range(TRIES)):
            file = await self.files.rows.counting(tenant, self.declared.name)
            if file is None:  # nobody sent one, or it is too old
                return None
            if not await self.files.stands(tenant, file):  # before anything of it is opened
                if left:
                    await sleep(SOON)
                else:
                    _log.critical("source_file_overtaken", source=file.source, version=file.version)
                continue
            sealing = await self.files.rows.sealing(tenant, file)
            owners = [sealing.owner(bsn) for bsn in numbers]
            allowed = [owner for owner, ground in zip(owners, grounds, strict=True) if isinstance(ground, Ground)]
            rows = await self.files.rows.read(tenant, file, allowed)
            if rows is not None:
                return [
                    one
                    if isinstance(one, Problem)
                    else self._values(one, (file, sealing), (owner, rows.get(owner)), bsn)
                    for one, owner, bsn in zip(grounds, owners, numbers, strict=True)
                ]
        return None

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
