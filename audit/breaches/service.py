"""Satisfies PortalBreaches beside the log."""

from dataclasses import dataclass

from audit.breach import Decision, Leak, Version, Window
from audit.breach_answers import Export, export_of, read_key
from audit.breach_warning import Hiding, warned
from audit.breaches.contract import PeopleWanted
from audit.contract import Reason
from audit.service import AuditService
from kernel.caller import Caller


@dataclass(frozen=True)
class BreachDesk:
    """hiding: who may not be found."""

    service: AuditService
    hiding: Hiding

    async def report(self, caller: Caller, window: Window, reason: Reason, file_id: str = "") -> Version:
        """See PortalBreaches.report."""
        return await self.service.desk(caller).breaches.report(caller, window, reason, file_id)

    async def versions(self, caller: Caller, file_id: str) -> tuple[Version, ...]:
        """See PortalBreaches.versions."""
        return await self.service.desk(caller).breaches.versions(caller, file_id)

    async def newest(self, caller: Caller) -> tuple[Version, ...]:
        """See PortalBreaches.newest."""
        return await self.service.desk(caller).breaches.newest(caller)

    async def decide(self, caller: Caller, file_id: str, reason: Reason, said: Decision) -> Version:
        """See PortalBreaches.decide."""
        return await self.service.desk(caller).breaches.decide(caller, file_id, reason, said)

    async def leaks(self, caller: Caller, subject: str) -> tuple[Leak, ...]:
        """See PortalBreaches.leaks."""
        return await self.service.desk(caller).breaches.leaks(caller, subject)

    async def export(self, caller: Caller, wanted: PeopleWanted) -> Export:
        """See PortalBreaches.export."""
        return await sealed_people(self.service, self.hiding, caller, wanted)


async def sealed_people(service: AuditService, hiding: Hiding, caller: Caller, wanted: PeopleWanted) -> Export:
    """For this door and the one outside. The key first: who cannot be read for is not looked for."""
    key = read_key(wanted.key)
    receipt, found, cursor = await service.desk(caller).breaches.people(
        caller, wanted.file_id, wanted.reason, wanted.page, export=True
    )
    return export_of(receipt, await warned(hiding, caller, found), cursor, key)
