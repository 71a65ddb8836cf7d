"""Sends what waits: at least once, in order per recipient, and after a kill again.

A round numbers what is new, takes up to fifty events of each recipient, sends them one after another and stops at the
first that does not arrive. That one is tried again after 2, 4, 8, … seconds, 5 minutes at most, each between a half and
the whole of it, so that nobody who comes back is met by all at once; after TRIES it is given up, and those behind it go
on. A recipient can read all of its events, also these, and ask for them again.
"""

import asyncio
from collections.abc import Mapping
from secrets import randbelow
from typing import Any

from consent.contract import NoSuchThing, RegisterUnavailable
from consent.events.address import Webhook
from consent.events.ending import ended_by_clock
from consent.events.kinds import cloud_event
from consent.events.outbox import DEAD, DELIVERED, again, listed, number, settled, take
from consent.events.sending import Refused, Sender
from consent.events.signing import public_text
from consent.keys import MACHINES
from consent.lines import application_of
from consent.rows import Register, Rows
from consent.tables import applications
from kernel.caller import Caller
from kernel.clock import Clock, boot_seconds, millis
from kernel.crypto import Signer
from kernel.failpoints import reached
from kernel.logs import logger
from kernel.sql.key_rows import KeyRows

PURPOSE = "WH"  # a key of its own
TRIES = 300  # with five minutes in between: a day
LONGEST_S = 300
KEEP_DAYS = 365
ROUND_S = 20.0  # with the last one's five seconds still within the 30 that nobody else takes them

_log = logger("consent")


class Events:
    """Owns `events` and `clockwork`. addresses: public address by tenant."""

    def __init__(
        self,
        register: Register,
        keys: KeyRows,
        addresses: Mapping[str, str],
        webhooks: Mapping[str, Webhook],
        clock: Clock,
    ) -> None:
        self._register, self._keys, self._addresses = register, keys, addresses
        self._webhooks, self._clock, self._sender = webhooks, clock, Sender()
        self.oin, self.keep_days = "", KEEP_DAYS

    async def close(self) -> None:
        """Give the connections back."""
        await self._sender.close()

    async def public_key(self, tenant: str) -> str:
        """As receivers store it (Standard Webhooks)."""
        return public_text((await self._signer(tenant)).public)

    async def round(self, tenant: str) -> int:
        """Everything that can go now; how many arrived. Raises RegisterUnavailable: again in a second."""
        try:
            async with self._register.writing(tenant) as rows:
                await ended_by_clock(rows, millis(self._clock()), self.keep_days)
        except RegisterUnavailable:  # one altered row must not keep a withdrawal from being told
            _log.error("clock_not_looked_at")
        async with self._register.writing(tenant) as rows:
            waiting = await number(rows, millis(self._clock()), self._called(tenant))
        return sum(await asyncio.gather(*(self._deliver(tenant, one) for one in waiting)))

    def _called(self, tenant: str) -> list[str]:
        """Who of this tenant has an address."""
        names = (name.partition("/") for name in self._webhooks)
        return [recipient for owner, _, recipient in names if owner == tenant]

    async def _deliver(self, tenant: str, recipient: str) -> int:
        webhook, signer = self._webhooks[f"{tenant}/{recipient}"], await self._signer(tenant)
        async with self._register.writing(tenant) as rows:
            taken = await take(rows, recipient, millis(self._clock()))
        until = boot_seconds() + ROUND_S
        for sent, event in enumerate(taken):
            if boot_seconds() > until:
                await self._freed(tenant, taken[sent:])
                return sent
            now = self._clock()
            told = cloud_event(event, self.oin, self._addresses[tenant])
            try:
                await self._sender.send(webhook, told, signer, int(now.timestamp()))
            except Refused as refused:
                _log.warning("event_not_delivered", recipient=recipient, why=refused.why, tries=event["tries"] + 1)
                await self._failed(tenant, taken[sent:])
                return sent
            # a crash here leaves it waiting: it is sent again after its lease, under the same id
            reached("consent.event-sent")
            async with self._register.writing(tenant) as rows:
                await settled(rows, event["id"], state=DELIVERED, delivered_at=millis(self._clock()))
        return len(taken)

    async def _failed(self, tenant: str, left: list[dict[str, Any]]) -> None:
        """The first waits, or is given up; the others are free again, behind it."""
        (first, *others), at = left, millis(self._clock())
        tries = first["tries"] + 1
        wait = min(2 ** min(tries, 16), LONGEST_S) * 1_000
        when = at + wait // 2 + randbelow(wait // 2 + 1)
        async with self._register.writing(tenant) as rows:
            state = {"state": DEAD} if tries >= TRIES else {}
            await settled(rows, first["id"], tries=tries, due_at=when, **state)
        await self._freed(tenant, others)

    async def _freed(self, tenant: str, left: list[dict[str, Any]]) -> None:
        async with self._register.writing(tenant) as rows:
            for one in left:
                await settled(rows, one["id"], due_at=millis(self._clock()))

    async def listed(self, caller: Caller, after: int) -> list[dict[str, Any]]:
        """The caller's own events after a number, at most fifty, as they were or will be sent. Raises NoSuchThing."""
        recipient = _recipient(caller)
        async with self._register.reading(caller.tenant) as rows:
            await _demand_whole(rows, caller)
            found = await listed(rows, recipient, after)
        return [cloud_event(one, self.oin, self._addresses[caller.tenant]) for one in found]

    async def again(self, caller: Caller, after: int) -> int:
        """Sends the caller's own events after a number once more; how many. Raises NoSuchThing."""
        recipient = _recipient(caller)
        async with self._register.writing(caller.tenant) as rows:
            await _demand_whole(rows, caller)
            return await again(rows, recipient, after, millis(self._clock()))

    async def _signer(self, tenant: str) -> Signer:
        return Signer(await self._keys.open(tenant, PURPOSE))


def _recipient(caller: Caller) -> str:
    """A token for another task does not read them."""
    if caller.kind not in MACHINES or not caller.organisation or any(":" in one for one in caller.scope):
        raise NoSuchThing()
    return caller.organisation


async def _demand_whole(rows: Rows, caller: Caller) -> None:
    """Events are of all activities of a recipient: not for an application that is for some of them only, nor for the
    system of somebody who works for the recipient in some."""
    row = await rows.one(applications, client_id=caller.application)
    system = application_of(row) if row else None
    if system is None or system.activities or system.processor:
        raise NoSuchThing()
