"""After lines of the log were lost (trust.md 2.7): whatever permits ends, whatever restricts is told again.

Nobody knows what was withdrawn in the gap, nor what was given. So each consent, activity, recipient and case that is in
force or about to be is suspended: a line each, and the row permits nothing until it is given anew. A fence is moved
past the epoch of its row, which may come from the gap: a later move must not arrive where an old yes stands, nor may
an application that was suspended in the gap wait for ever for a line that is gone. What
lifted an objection or a restriction in the gap lifts nothing any more (`consent.rights.retelling`, `relocking`). Done
again, it goes on where it stopped.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from sqlalchemy import ColumnElement, Table, and_, func, or_, select

from audit.contract import Audit, Entry, NoSuchLine, Position, Receipt, record_one
from consent.contract import RegisterUnavailable
from consent.flags import SAFE, standing
from consent.following import Following, flagged
from consent.lines import event, restriction
from consent.mandates.tables import mandates
from consent.permits import IN_FORCE
from consent.rights.relocking import Relocking
from consent.rights.retelling import Retelling
from consent.rows import Register, Row, Rows
from consent.tables import activities, applications, cases, consents, recipients, subject_state
from kernel.caller import Caller, room_of
from kernel.clock import Clock, millis
from kernel.errors import Problem
from kernel.ids import derived_id

PAGE, ROUNDS = 200, 1_000
WHY: Final = {"reden": "Regels van het logboek gingen verloren; wat mocht, moet opnieuw worden gegeven."}


class Suspending:
    """Owns nothing: rows follow the lines that it writes."""

    def __init__(self, register: Register, audit: Audit, following: Following, clock: Clock) -> None:
        self._register, self._audit, self._following, self._clock = register, audit, following, clock
        self._objections, self._restrictions = Retelling(register, audit), Relocking(register, audit, following)

    async def suspend_all(self, tenant: str, mark: str, since: Position | None = None) -> int:
        """How many rows were suspended, and objections or restrictions stand again. mark: the same for the same gap.
        since: where every line is known again, only what was given from that place on, or waits. Raises LogUnavailable,
        OutcomeUnknown, RegisterUnavailable."""
        caller, done = room_of(tenant, "consent"), 0
        await self._following.follow(tenant)
        for table in (activities, recipients, cases, consents, mandates):
            while found := await self._in_force(tenant, table, since):
                await self._suspend(caller, table, found, (mark, since))
                done += len(found)
        done += await self._systems(caller, (mark, since))
        await self._retell(caller, mark, since)
        done += await self._objections.revoked(caller, (mark, since), dict(WHY))
        return done + await self._restrictions.revoked(caller, (mark, since), dict(WHY))

    async def _in_force(self, tenant: str, table: Table, since: Position | None) -> list[Row]:
        given = or_(table.c.status == IN_FORCE[table.name], table.c.status == "vernieuwd")
        permits = or_(given if since is None else and_(given, _of_gap(table, since)), table.c.pending_at > 0)
        async with self._register.reading(tenant) as rows:
            return await rows.find(table, permits, most=PAGE)

    async def _suspend(
        self, caller: Caller, table: Table, found: Sequence[Row], gap: tuple[str, Position | None]
    ) -> None:
        left, (mark, since) = list(found), gap
        for again in range(ROUNDS):
            if not left:
                break
            entries = [_suspended(table, row, f"{mark}/{again}") for row in left]
            receipts = await self._recorded(caller, entries)
            left = [
                row for row, given in zip(left, receipts, strict=True) if given.epochs[row["fence"]] <= row["epoch"]
            ]
        await self._following.follow(caller.tenant)
        names = {_key(table, row) for row in found}
        if names & {_key(table, row) for row in await self._in_force(caller.tenant, table, since)}:
            raise RegisterUnavailable("Niet alles wat mocht, is opgeschort.")

    async def _systems(self, caller: Caller, gap: tuple[str, Position | None]) -> int:
        """Applications of which a line of their own is lost: their fence may stand before their row."""
        async with self._register.reading(caller.tenant) as rows:
            moved = await rows.find(applications, applications.c.own_epoch > 0)
        lost = [row | {"fence": row["own_fence"], "epoch": row["own_epoch"]}
                for row in moved if not await self._has_line(caller, row)]  # fmt: skip
        if lost:
            await self._suspend(caller, applications, lost, gap)
        return len(lost)

    async def _has_line(self, caller: Caller, row: Row) -> bool:
        """Whether what last happened to this application is in the log: its place may be another's by now."""
        try:
            line = await self._audit.line(caller, Position.parse(row["position"]))
        except (NoSuchLine, ValueError):
            return False
        return bool(line.event.application == row["client_id"])

    async def _recorded(self, caller: Caller, entries: Sequence[Entry]) -> list[Receipt]:
        given = []
        for verdict in await self._audit.record(caller, entries):
            if isinstance(verdict, Problem):
                raise verdict
            given.append(verdict)
        return given

    async def _retell(self, caller: Caller, mark: str, since: Position | None) -> None:
        """Flags, so that they stand where their fences do; of a gap that is known, only safe addresses that ended in
        it, or were about to."""
        after, state = "", subject_state.c
        ending = or_(state.document.contains('"ended"'), state.pending_at > 0)
        while True:
            async with self._register.reading(caller.tenant) as rows:
                here = (state.epoch > 0, state.resident > after, *(() if since is None else (ending,)))
                found = await rows.find(subject_state, *here, most=PAGE)
            for row in found:
                flags = await self._flags(caller, row, since)
                if since is None or row["pending_at"] or flags != standing(row):
                    await self._flag(caller, row, flags, mark)
            if len(found) < PAGE:
                return
            after = found[-1]["resident"]

    async def _flags(self, caller: Caller, row: Row, since: Position | None) -> frozenset[str]:
        """Those that stand, and a safe address that ended by a line that is gone, or of the gap."""
        last = json.loads(row["document"]).get("ended")
        if last is None:
            return standing(row)
        place = Position.parse(last["position"])
        with suppress(NoSuchLine):
            if (
                since is not None
                and place < since
                and (await self._audit.line(caller, place)).event.id == last["event"]
            ):
                return standing(row)
        return standing(row) | {SAFE}

    async def _flag(self, caller: Caller, row: Row, flags: frozenset[str], mark: str) -> None:
        subject = await self._subject(caller, row)
        for again in range(ROUNDS):
            event_id = derived_id(f"{mark}/{again}/{row['resident']}", "vlag")
            async with self._register.writing(caller.tenant) as rows:
                there = await self._locked(rows, row)
                said = json.loads(there["document"])
                said["drafts"][event_id] = {"flags": sorted(flags), "at": millis(self._clock()), "subject": subject}
                await rows.put(subject_state, there, document=json.dumps(said, sort_keys=True))
            said_line = event("vlag", event_id, subject, details={"vlaggen": " ".join(sorted(flags)), **WHY})
            receipt = await record_one(self._audit, caller, restriction(said_line, row["fence"]))
            epoch = receipt.epochs[row["fence"]]
            async with self._register.writing(caller.tenant) as rows:
                there = await self._locked(rows, row)
                await flagged(rows, there, event_id, epoch, str(receipt.position))
            if epoch > row["epoch"]:
                return

    async def _locked(self, rows: Rows, row: Row) -> Row:
        there = await rows.one(subject_state, lock=True, resident=row["resident"])
        if there is None:
            raise RegisterUnavailable()
        return there

    async def _subject(self, caller: Caller, row: Row) -> str:
        """As the line that flagged this resident says; it may be one of those that are lost."""
        try:
            return (await self._audit.line(caller, Position.parse(row["position"]))).event.subject
        except (NoSuchLine, ValueError):
            return "systeem"


def _of_gap(table: Table, since: Position) -> ColumnElement[bool]:
    """A recipient with an application of the gap as well: that one counts as long as its recipient stays as it was."""
    if table is not recipients:
        return _from(table, since)
    mine = (applications.c.tenant_id == recipients.c.tenant_id, _from(applications, since))
    return or_(_from(table, since), recipients.c.slug.in_(select(applications.c.recipient).where(*mine)))


def _from(table: Table, since: Position) -> ColumnElement[bool]:
    """Rows that took effect with this line or a later one. Places are text, "2026h2-123": of two in one term the longer
    one is later."""
    first, place = str(since), table.c.position
    later = or_(func.length(place) > len(first), and_(func.length(place) == len(first), place >= first))
    return or_(func.substr(place, 1, len(since.term)) > since.term, and_(place.startswith(f"{since.term}-"), later))


def _key(table: Table, row: Row) -> tuple[str, ...]:
    return tuple(str(row[column.name]) for column in table.primary_key.columns)


def _suspended(table: Table, row: Row, mark: str) -> Entry:
    event_id = derived_id(f"{mark}/{table.name}/{'/'.join(_key(table, row))}", "opgeschort")
    words = {"activity": row.get("activity") or (row["slug"] if table is activities else "")}
    words["recipient"] = row.get("recipient") or (row["slug"] if table is recipients else "")
    words["case"], words["application"] = row.get("reference", ""), row.get("client_id", "")
    said_line = event("opgeschort", event_id, row.get("subject", "systeem"), details=WHY, **words)
    if table is cases:
        opened = Entry.model_validate_json(row["entry"]).event
        said_line = said_line.model_copy(update={"withheld_until": opened.withheld_until, "covert": opened.covert})
    return restriction(said_line, row["fence"])
