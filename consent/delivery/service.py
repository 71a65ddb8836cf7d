"""Whom we reach, and the rounds in which messages are made and brought.

    change ─▶ event (consent.events, with the row it tells of) ─▶ message ─▶ its content ─▶ its line ─▶ sent ─▶ marked

Killed anywhere, the next round goes on from what is stored: the same message under the same id with the same content,
and the same line. What fails is tried again after 2, 4, 8, … seconds, six hours at most; after `days` it is given up.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from audit.contract import Audit, Entry, EventIdTaken, record_one
from consent.contract import ConsentDetail
from consent.delivery.contract import Reached
from consent.delivery.counting import Counted
from consent.delivery.ending import AWAY, SELF, Ending, dropped, ended
from consent.delivery.rules import TOLD, addressed, composed
from consent.delivery.sealing import PURPOSE, Sealing
from consent.delivery.sending import Post
from consent.delivery.tables import ASKED, DEAD, DELIVERED, DROPPED, OFF, ON, WAITING, messages, reachable
from consent.events.sending import Refused
from consent.events.tables import events
from consent.frontdesk.attending import flags_of
from consent.lines import event
from consent.receipts.service import Receipts
from consent.rows import Register, Row, Rows
from consent.tables import consents
from consent.terms import DAY, destruction_year
from kernel.caller import Caller, room_of
from kernel.clock import Clock, millis
from kernel.crypto import CannotOpen
from kernel.errors import NoAccess, Problem
from kernel.failpoints import reached
from kernel.hidden import Hidden
from kernel.ids import derived_id
from kernel.logs import logger
from kernel.sql.key_rows import KeyRows

PAGE, LEASE_MS, LONGEST_S = 20, 60_000, 6 * 3_600
DAYS, MONTHS = 14, 24
_log = logger("consent.delivery")


@dataclass(frozen=True)
class Around:
    """What messages stand on. addresses: public address by tenant. days: how long one is tried; months: after so many
    without a login nobody is reached any more."""

    register: Register
    audit: Audit
    choice: Callable[[Caller, str], Awaitable[ConsentDetail]]
    receipts: Receipts
    keys: KeyRows
    addresses: Mapping[str, str]
    clock: Clock
    days: int = DAYS
    months: int = MONTHS


class Delivering:
    """Owns `reachable` and `messages`, and of `events` what says that it was looked at. Satisfies Delivery. posts: by
    tenant; a municipality without one sends nothing."""

    def __init__(self, around: Around, posts: Mapping[str, Post]) -> None:
        self._around, self._register, self._posts = around, around.register, posts
        self._empty: set[str] = set()  # tenants without a service, of which nothing is kept any more
        self._ending = Ending(around.register, around.audit, around.months)
        self.counted = Counted()

    async def close(self) -> None:
        """Give the connections back."""
        for post in self._posts.values():
            await post.close()

    async def reached(self, caller: Caller) -> Reached:
        """See Delivery.reached."""
        _resident(caller)
        async with self._register.reading(caller.tenant) as rows:
            return await self._state(rows, caller)

    async def known(self, caller: Caller, number: Hidden) -> Reached:
        """See Delivery.known."""
        _resident(caller)
        if caller.tenant not in self._posts:
            return Reached()
        sealing = await self._sealing(caller.tenant)
        async with self._register.writing(caller.tenant) as rows:
            row = await rows.one(reachable, lock=True, resident=caller.user)
            if row and row["state"] == ASKED:
                sealed = sealing.number(caller.user, number)
                row = await rows.put(reachable, row, state=ON, sealed=sealed, since=self._now)
            if row and row["state"] == ON:
                await rows.put(reachable, row, seen_at=self._now)
            return await self._state(rows, caller)

    async def choose(self, caller: Caller, *, on: bool) -> Reached:
        """See Delivery.choose."""
        _resident(caller)
        if caller.tenant not in self._posts:
            return Reached()
        asked = {"state": ASKED, "sealed": b"", "since": self._now, "seen_at": self._now}
        async with self._register.writing(caller.tenant) as rows:
            if on and not await rows.add(reachable, {"resident": caller.user, **asked, "ended": "", "owed": 0}):
                row = await rows.one(reachable, lock=True, resident=caller.user)
                if row and row["state"] == OFF:  # that it was off is told all the same, also where the line still waits
                    await rows.put(reachable, row, **asked)
            if not on:
                row = await rows.one(reachable, lock=True, resident=caller.user)
                if row and row["state"] != OFF:
                    await ended(rows, row, SELF, self._now)
            return await self._state(rows, caller)

    async def _state(self, rows: Rows, caller: Caller) -> Reached:
        if caller.tenant not in self._posts:
            return Reached()
        row = await rows.one(reachable, resident=caller.user)
        states: dict[str, Literal["aan", "wacht", "uit"]] = {ON: "aan", ASKED: "wacht"}
        state = states.get(row["state"] if row else OFF, "uit")
        away = state == "uit" and row is not None and row["ended"] == AWAY
        return Reached(state=state, withheld=bool(await flags_of(rows, caller.user)), away=away)

    async def round(self, tenant: str) -> int:
        """Everything that can go now; how many arrived. Raises RegisterUnavailable."""
        if tenant not in self._posts:
            await self._emptied(tenant)
            return 0
        async with self._register.writing(tenant) as rows:
            await self._gathered(rows)
            await self._count(tenant, rows)
        await self._ending.round(tenant, self._now)
        async with self._register.writing(tenant) as rows:
            c, now = messages.c, self._now
            due = await rows.find(messages, c.state == WAITING, c.due_at <= now, lock=True, order=(c.at,), most=PAGE)
            taken = [await rows.put(messages, one, due_at=now + LEASE_MS) for one in due]
        # at once, so that the lease covers them all; what one of them meets, the others are spared
        return sum(await asyncio.gather(*(self._brought(tenant, one) for one in taken)))

    async def _count(self, tenant: str, rows: Rows) -> None:
        """For whoever operates this. What somebody turned off counts nowhere."""
        for state in (WAITING, DEAD):
            self.counted.set(tenant, state, await rows.count(messages, messages.c.state == state))

    async def _emptied(self, tenant: str) -> None:
        """Numbers go with the service that they were kept for, and what waits. Whoever comes back when there is one
        again is known from that login on."""
        if tenant in self._empty:
            return
        async with self._register.writing(tenant) as rows:
            kept = await rows.find(reachable, reachable.c.state == ON, lock=True, most=PAGE * 5)
            for one in kept:
                await rows.put(reachable, one, state=ASKED, sealed=b"")
            await dropped(rows)
        if not kept and not await self._ending.tell(tenant):
            self._empty.add(tenant)

    async def _gathered(self, rows: Rows) -> None:
        """Messages of what happened since we looked. A day at most: what was told to nobody for longer is over."""
        c = events.c
        new = (c.mailed == 0, c.sequence > 0, c.at > self._now - DAY)
        fresh = await rows.find(events, *new, lock=True, order=(c.at,), most=PAGE * 5)
        for one in fresh:
            if one["type"] in TOLD:
                await self._made(rows, one)
            await rows.put(events, one, mailed=1)

    async def _made(self, rows: Rows, told: Row) -> None:
        # one row that was forged is an alarm, and keeps nobody else's message
        consent = next(iter(await rows.sound(consents, consents.c.id == told["subject"])), None)
        whose = await rows.one(reachable, resident=consent["resident"]) if consent else None
        if consent is None or whose is None or whose["state"] != ON or told["at"] < whose["since"]:
            return
        said = {"id": derived_id(told["id"], "bericht"), "resident": consent["resident"], "consent": consent["id"]}
        zeros = {"tries": 0, "due_at": 0, "content": b""}
        await rows.add(messages, {**said, **zeros, "type": told["type"], "state": WAITING, "at": told["at"]})

    async def _brought(self, tenant: str, message: Row) -> int:
        try:
            if await self._number(tenant, message) is None:
                return await self._withheld(tenant, message)
            caller = Caller(tenant=tenant, kind="inwoner", user=message["resident"])
            detail = await self._around.choice(caller, message["consent"])
            text = await self._text(tenant, message, detail)
            # the number leaves this house after its line; again is the same line
            await self._line(tenant, message, detail)
            # all that may have taken long, and somebody turned it off or became secret meanwhile
            if (number := await self._number(tenant, message)) is None:
                return await self._withheld(tenant, message)
            await self._posts[tenant].send(message["id"], addressed(text, number))
            # a crash here sends it again, under the same id and with the same content
            reached("consent.message-sent")
            await self._settled(tenant, message, state=DELIVERED, content=b"")
        except (Refused, Problem, CannotOpen) as failed:
            why = getattr(failed, "why", getattr(failed, "code", "sleutels"))
            _log.warning("message_not_delivered", tenant=tenant, why=why, tries=message["tries"] + 1)
            await self._later(tenant, message)
            return 0
        return 1

    async def _number(self, tenant: str, message: Row) -> str | None:
        """None for who turned it off meanwhile, and for who is not to be found: no letter may say where they are."""
        async with self._register.reading(tenant) as rows:
            row = await rows.one(reachable, resident=message["resident"])
            if row is None or row["state"] != ON or message["at"] < row["since"]:
                return None
            if await flags_of(rows, message["resident"]):
                return None
        sealing = await self._sealing(tenant)
        return sealing.number_of(message["resident"], bytes(row["sealed"]))

    async def _text(self, tenant: str, message: Row, detail: ConsentDetail) -> bytes:
        sealing = await self._sealing(tenant)
        if message["content"]:
            return sealing.text_of(message["resident"], message["id"], bytes(message["content"]))
        reader = room_of(tenant, "consent")
        receipt = await self._around.receipts.of(reader, detail, with_content=False)
        language, address = detail.consent.language, self._around.addresses[tenant]
        said = composed(message["id"], message["type"], receipt, language, address)
        text = json.dumps(said, ensure_ascii=False).encode()
        kept = sealing.message(message["resident"], message["id"], text)
        await self._settled(tenant, message, content=kept)
        return text

    async def _line(self, tenant: str, message: Row, detail: ConsentDetail) -> None:
        view, activity = detail.consent, detail.activity
        async with self._register.reading(tenant) as rows:
            consent = await rows.one(consents, id=message["consent"])
        said = event(
            "bericht",
            derived_id(message["id"], "regel"),
            consent["subject"] if consent else "",
            activity=view.activity,
            version=str(activity.number),
            recipient=view.recipient,
            keep_until=destruction_year(message["at"], activity.keep_lines),
            details={"toestemming": view.id, "over": message["type"]},
        )
        with suppress(EventIdTaken):  # it is there, told of the version of then: the consent was renewed meanwhile
            await record_one(self._around.audit, room_of(tenant, "consent"), Entry(event=said))

    async def _later(self, tenant: str, message: Row) -> None:
        tries = message["tries"] + 1
        wait = min(2 ** min(tries, 16), LONGEST_S) * 1_000
        over = self._now - message["at"] >= self._around.days * DAY
        state: dict[str, Any] = {"state": DEAD, "content": b""} if over else {}
        if over:
            _log.error("message_given_up", tenant=tenant, tries=tries)
        await self._settled(tenant, message, tries=tries, due_at=self._now + wait, **state)

    async def _withheld(self, tenant: str, message: Row) -> int:
        await self._settled(tenant, message, state=DROPPED, content=b"")
        return 0

    async def _settled(self, tenant: str, message: Row, **changes: Any) -> None:
        async with self._register.writing(tenant) as rows:
            row = await rows.one(messages, lock=True, id=message["id"])
            if row is not None and row["state"] == WAITING:
                await rows.put(messages, row, **changes)

    async def _sealing(self, tenant: str) -> Sealing:
        return Sealing(tenant, await self._around.keys.open(tenant, PURPOSE))

    @property
    def _now(self) -> int:
        return millis(self._around.clock())


def _resident(caller: Caller) -> None:
    if caller.kind != "inwoner" or not caller.user or caller.acting_for:
        raise NoAccess("Dit kiest een inwoner zelf.")
