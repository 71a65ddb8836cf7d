"""Sets and ends safe addresses. Owns `entry` and `pending_at` of `subject_state`; its flags are those of `flagging`.

To set one restricts: draft, line, row, as every flag. What a first person says about its end is a fact and a word in
the row, that permits nothing. With a second person it is a permit: pending, logged, effective. It requires the fence of
the resident as it stands: whoever sets the flag again, or any other, moves that, and then nothing has ended.
"""

import json
from collections.abc import Sequence
from typing import Final

from audit.contract import Audit, Entry, FenceAt, Overtaken, Receipt, record_one
from consent.contract import NoSuchThing, NotNow, ResidentRef
from consent.flagging import By, Flagging
from consent.flags import HIDDEN, SAFE, asked_to_end, ended, ending, known, without_ending
from consent.following import Following
from consent.lines import event, permit
from consent.locks import LOCKED
from consent.permits import DROP_MS, FINISH_MS, lapsed
from consent.rows import Register, Row, Rows
from consent.safety.contract import MOST, REGISTRAR, Became, Reason, Why
from consent.tables import subject_state
from consent.words import fault
from kernel.caller import Caller, room_of
from kernel.clock import Clock, millis
from kernel.errors import NoAccess, Problem
from kernel.ids import random_id
from kernel.logs import logger

LOOKED_UP: Final = "veilig-adres"
OTHER: Final = "Er is intussen iets anders gebeurd. Begin opnieuw."
_log = logger("consent")


class Safeguarding:
    """Satisfies Safety."""

    def __init__(self, register: Register, audit: Audit, following: Following, clock: Clock) -> None:
        self._register, self._audit, self._following, self._clock = register, audit, following, clock
        self._flagging = Flagging(register, audit, clock)

    async def protect(self, caller: Caller, resident: ResidentRef, reason: Reason) -> None:
        """See Safety.protect."""
        actor = await self._registrar(caller)
        if resident.stand_in:
            raise fault("/resident", "past-niet", "Deze inwoner is hier nog niet bekend.")
        await self._flagging.flag(caller, resident, frozenset((SAFE,)), By(actor, {"reden": reason}))

    async def end(self, caller: Caller, resident: ResidentRef, why: Why) -> Became:
        """See Safety.end."""
        actor = await self._registrar(caller)
        await self._following.follow(caller.tenant)  # a flag of a second ago must not make this lapse
        async with self._register.reading(caller.tenant) as rows:
            row = await rows.one(subject_state, resident=resident.id)
        said = json.loads(row["document"]) if row else {"flags": ()}
        told = {"vlaggen": SAFE, "reden": why}
        if row is None or SAFE not in said["flags"]:
            await self._looked(caller, resident, actor)
            raise NoSuchThing()
        first = asked_to_end(said, row["epoch"], millis(self._clock()))
        if first is None:
            asked = event("vlag-einde-gevraagd", random_id(), resident.subject, actor=actor, details=told)
            await record_one(self._audit, caller, Entry(event=asked))
            # a crash here leaves a line that says what somebody was about to do; they do it again
            await self._first(caller, row, actor)
            return "wacht"
        if first["actor"] == actor:  # tells that it stands still, which nobody learns without a line
            await self._looked(caller, resident, actor)
            return "wacht"
        entry = permit(
            event("vlag-beeindigd", random_id(), resident.subject, actor=actor, details=told),
            (await self._municipality(caller.tenant), 0),
            (row["fence"], row["epoch"]),
        )
        await self._second(caller, row, entry)
        return "beeindigd"

    async def hidden(self, caller: Caller, residents: Sequence[ResidentRef]) -> list[bool]:
        """See Safety.hidden."""
        if len(residents) > MOST:
            raise fault("/residents", "te-veel", f"Meer dan {MOST} inwoners tegelijk kan niet.")
        for again in (False, True):
            if again:
                await self._following.follow(caller.tenant)
            states = await self._states(caller.tenant, residents)
            stood = [FenceAt(fence=one.fence, epoch=states[one.id]["epoch"] if one.id in states else 0)
                     for one in {one.fence: one for one in residents}.values()]  # fmt: skip
            try:
                # a row that lags, was set back or removed is noticed by its fence
                if stood:
                    await self._audit.holds(room_of(caller.tenant, "consent"), stood)
            except Overtaken:
                continue
            return [_hidden(states.get(one.id)) for one in residents]
        _log.critical("resident_state_set_back")
        return [True] * len(residents)

    async def _states(self, tenant: str, residents: Sequence[ResidentRef]) -> dict[str, Row]:
        async with self._register.reading(tenant) as rows:
            theirs = subject_state.c.resident.in_({one.id for one in residents})
            return {row["resident"]: row for row in await rows.find(subject_state, theirs)}

    async def _looked(self, caller: Caller, resident: ResidentRef, actor: str) -> None:
        said = event("zoeking", random_id(), resident.subject, actor=actor, details={"stap": LOOKED_UP})
        await record_one(self._audit, caller, Entry(event=said))

    async def _first(self, caller: Caller, row: Row, actor: str) -> None:
        at = millis(self._clock())
        async with self._register.writing(caller.tenant) as rows:
            there = await _same(rows, row)
            said = json.loads(there["document"])
            if asked_to_end(said, there["epoch"], at) is None:  # else of two at one moment who was first
                await rows.put(subject_state, there, document=ending(said, actor, there["epoch"], at))

    async def _second(self, caller: Caller, row: Row, entry: Entry) -> None:
        async with self._register.writing(caller.tenant) as rows:
            there = await _same(rows, row)
            if not there["pending_at"]:  # else somebody said so before: what they began is finished
                waits = {"entry": entry.model_dump_json(), "pending_at": millis(self._clock())}
                there = await rows.put(subject_state, there, **waits)
        await self._take_effect(caller, there)

    async def _take_effect(self, caller: Caller, row: Row) -> None:
        """A permit that waits in its row. Raises NotNow where it is overtaken (then it is dropped), LogUnavailable."""
        # a crash before or after the line leaves a row that waits: the sweeper records the same act under the same id
        try:
            receipt = await record_one(self._audit, caller, Entry.model_validate_json(row["entry"]))
        except Overtaken:
            await self._settled(caller.tenant, row, None)
            raise NotNow(OTHER) from None
        await self._settled(caller.tenant, row, receipt)

    async def _settled(self, tenant: str, row: Row, receipt: Receipt | None) -> None:
        """The flag is gone with its line; without one nothing has ended."""
        async with self._register.writing(tenant) as rows:
            there = await rows.one(subject_state, lock=True, resident=row["resident"])
            if there is None or not there["pending_at"] or there["entry"] != row["entry"]:
                return  # it was set again, or somebody else finished it
            said, event_id = json.loads(there["document"]), Entry.model_validate_json(row["entry"]).event.id
            document = ended(said, event_id, str(receipt.position)) if receipt else without_ending(said)
            await rows.put(subject_state, there, document=document, entry="", pending_at=0)

    async def sweep(self, tenant: str) -> None:
        """What a crash left pending is recorded again, or lapses after ten minutes."""
        at, caller = millis(self._clock()), room_of(tenant, "consent")
        async with self._register.reading(tenant) as rows:
            due = (subject_state.c.pending_at > 0, subject_state.c.pending_at < at - FINISH_MS)
            waiting = await rows.sound(subject_state, *due)
        for row in waiting:
            act = Entry.model_validate_json(row["entry"]).event
            try:
                if at - row["pending_at"] > DROP_MS and await lapsed(self._audit, caller, act.id, act.subject):
                    await self._settled(tenant, row, None)
                else:
                    await self._take_effect(caller, row)
            except Problem as problem:
                _log.warning("pending_not_finished", table="subject_state", code=problem.code)

    async def _registrar(self, caller: Caller) -> str:
        """Their pseudonym. Raises NoAccess."""
        keys = await self._register.keys_of(caller.tenant)
        actor = keys.actor(caller)
        if caller.kind != "medewerker" or REGISTRAR not in caller.roles or not actor:
            raise NoAccess("Dit is voor Burgerzaken.")
        return actor

    async def _municipality(self, tenant: str) -> str:
        return (await self._register.keys_of(tenant)).municipality()


async def _same(rows: Rows, row: Row) -> Row:
    """The row, locked. Raises NotNow where a flag came between."""
    there = await rows.one(subject_state, lock=True, resident=row["resident"])
    if there is None or there["epoch"] != row["epoch"] or SAFE not in json.loads(there["document"])["flags"]:
        raise NotNow(OTHER)
    return there


def _hidden(state: Row | None) -> bool:
    return state is not None and (state["status"] == LOCKED or bool(HIDDEN & known(state)))
