"""After lines of the log were lost: what ended a restriction in the gap ends nothing any more (see `retelling`).

The fence is one for all restrictions of a resident, so the rows follow the lines in their order. Done again, it goes on
where it stopped.
"""

import json

from sqlalchemy import or_

from audit.contract import Audit, Entry, Position, record_one
from consent.contract import RegisterUnavailable
from consent.following import Following
from consent.lines import event, restriction
from consent.locks import ALL, meant, standing
from consent.rights.retelling import ANEW, LIFTED, ROUNDS, filer, newest_first, proven
from consent.rights.rules import FILED
from consent.rights.standing import locked, particular
from consent.rights.tables import rights
from consent.rows import Register, Row
from consent.tables import subject_state
from kernel.caller import Caller
from kernel.ids import derived_id


class Relocking:
    """Owns nothing, as Retelling."""

    def __init__(self, register: Register, audit: Audit, following: Following) -> None:
        self._register, self._audit, self._following = register, audit, following

    async def revoked(self, caller: Caller, gap: tuple[str, Position | None], why: dict[str, str]) -> int:
        """How many restrictions stand again. As Retelling.revoked."""
        done = 0
        ended = (rights.c.kind == "beperking", or_(rights.c.status.in_((*LIFTED, "gegrond")), rights.c.pending_at > 0))
        async for row in newest_first(self._register, caller.tenant, *ended):
            if not await self._holds(caller, row, gap[1]):
                await self._told_again(caller, row, gap[0], why)
                done += 1
        return done

    async def _holds(self, caller: Caller, row: Row, since: Position | None) -> bool:
        """Whether nothing was ended, or it was before the gap and its line says so."""
        kind = Entry.model_validate_json(row["entry"]).event.kind
        if kind == "beperking":  # it stands, or is being told again
            return await self._stands(caller, row)
        ended = kind == "beperking-opgeheven"
        return not ended or (not row["pending_at"] and await proven(self._audit, caller, row, since))

    async def _stands(self, caller: Caller, row: Row) -> bool:
        async with self._register.reading(caller.tenant) as rows:
            state = await rows.one(subject_state, resident=row["resident"])
        return row["id"] in standing(state, row["activity"] or ALL)

    async def _told_again(self, caller: Caller, row: Row, mark: str, why: dict[str, str]) -> None:
        scope = row["activity"] or ALL
        for again in range(ROUNDS):
            event_id = derived_id(f"{mark}/{again}/{row['id']}", "beperking")
            details = {"verzoek": row["id"], **why}
            said = event("beperking", event_id, row["subject"], activity=row["activity"], details=details, **filer(row))
            act = restriction(said, row["fence"])
            async with self._register.writing(caller.tenant) as rows:
                there = await locked(rows, row)
                state = await rows.one(subject_state, lock=True, resident=row["resident"])
                if state is None:
                    raise RegisterUnavailable()
                document = meant(json.loads(state["document"]), event_id, scope, row["id"], FILED)
                await rows.put(subject_state, state, document=document)
                untold = particular(there, announced_at=0)
                await rows.put(rights, there, entry=act.model_dump_json(), restriction=untold, **ANEW)
            # a crash here leaves a row whose ending is gone and that does not stand: the same again, under the same id
            await record_one(self._audit, caller, act)
            await self._following.follow(caller.tenant)
            if await self._stands(caller, row):
                return  # else the row knows a later place of the fence than the log, which lost its line
        raise RegisterUnavailable("Niet alle beperkingen gelden weer.")
