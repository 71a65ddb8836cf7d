"""The work behind the door of bulk."""

from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from connectors.bulk.contract import BulkRequest, JobView, NoSealingKey, Write
from connectors.bulk.handing import Clearing, Handing
from connectors.bulk.jobs import JobRows, Repeat
from connectors.bulk.rows import AWAY
from connectors.bulk.running import Workers
from connectors.contract import Repeatable
from consent.contract import NoSuchThing, Registers
from kernel.caller import Caller
from kernel.crypto import CannotOpen, KeyUnavailable, hmac_sha256
from kernel.errors import BadInput, NeighbourUnavailable
from kernel.sql.key_rows import KeyRows

_ONE = "Dit doel is voor nood. In nood vraagt u over een inwoner tegelijk."


@dataclass(frozen=True)
class BulkService:
    """Satisfies Bulk."""

    jobs: JobRows
    handing: Handing
    clearing: Clearing
    workers: Workers
    registers: Registers
    room_keys: KeyRows

    async def place(self, caller: Caller, request: BulkRequest, repeatable: Repeatable) -> JobView:
        """See Bulk.place."""
        try:
            await self.registers.sealing_key(caller)  # told now, not after a night's work
        except NoSuchThing:
            raise NoSealingKey("Laat eerst een sleutel registreren om aan te versleutelen.") from None
        if await self._urgent(caller, request.order.activity):
            raise BadInput(_ONE, fouten=[{"veld": "/verwerkingsactiviteit", "code": "past-niet", "detail": _ONE}])
        repeat = Repeat(repeatable.key, await self._hash(caller, repeatable.body))
        view = await self.jobs.place(caller, request, repeat)
        self.workers.wake()
        return view

    async def view(self, caller: Caller, job: str) -> JobView:
        """See Bulk.view."""
        return await self.jobs.view(caller, job)

    async def hand(self, caller: Caller, job: str, write: Write) -> None:
        """See Bulk.hand."""
        await self.handing.hand(caller, job, write)

    async def cancel(self, caller: Caller, job: str) -> None:
        """See Bulk.cancel."""
        await self.jobs.mine(caller, job)
        await self.end(caller.tenant, job)

    async def end(self, tenant: str, job: str) -> None:
        """The same, whoever's it is: for who asked already whether it may. Again changes nothing."""
        await self.jobs.end(tenant, job, "geannuleerd")
        await self.clearing.clear(tenant, job)

    async def _urgent(self, caller: Caller, activity: str) -> bool:
        """Whether it is for emergencies. One that becomes so meanwhile is refused to everybody on the list."""
        return any(one.slug == activity and one.break_glass for one in await self.registers.activities(caller))

    async def _hash(self, caller: Caller, body: bytes) -> bytes:
        try:
            return hmac_sha256(await self.room_keys.open(caller.tenant, "RK"), body)
        except (KeyUnavailable, CannotOpen, KeyError, SQLAlchemyError):
            raise NeighbourUnavailable(AWAY, onderdeel="connectors") from None
