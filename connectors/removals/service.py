"""The work behind the door for recipients who remove what they had: look, ask the log, write the line, tell the rows.

A crash after the line leaves the rows as they were: the next round reads the line and changes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from audit.contract import Audit, Entry, Line, Position, Receipt
from connectors.bulk.rows import Row
from connectors.lab.contract import Labs
from connectors.lines import Lines
from connectors.removals.acts import removed
from connectors.removals.contract import (
    MOST,
    Confirmed,
    Due,
    Dues,
    Late,
    NoSuchRelease,
    Overdue,
    Removal,
    Written,
)
from connectors.removals.rules import (
    Fault,
    Stand,
    end_of,
    faults_of,
    local_day,
    misfits,
    read_day,
    saying,
    stand_of,
    was_given,
)
from connectors.removals.stored import RemovalRows, after_cursor, c, cursor_of, first_of, shown_to_resident
from consent.contract import departments
from kernel.caller import Caller, room_of
from kernel.errors import BadInput, NoAccess, Problem
from kernel.failpoints import reached
from kernel.numbers import has_written_number

AHEAD = timedelta(days=31)  # what comes due meanwhile is told beforehand
Known = dict[str, tuple[Line, list[Line]]]


@dataclass(frozen=True)
class RemovalDesk:
    """Satisfies Removals and PortalRemovals."""

    audit: Audit
    lines: Lines
    rows: RemovalRows
    labs: Labs

    async def confirm(self, caller: Caller, said: Removal) -> Confirmed:
        """See Removals.confirm."""
        _demand(faults_of(said, local_day(self.rows.now)) + _numbers(said))
        # 1 what is there, and theirs
        known = await self._known(caller, [Position.parse(name) for name in said.releases])
        if not known:
            raise NoSuchRelease("Deze verstrekkingen zijn er niet, of u kreeg ze niet.")
        stands = {name: (line, stand_of(line, before)) for name, (line, before) in known.items()}
        _demand(misfits(said, stands))
        # 2 a line for each of which something new is said
        return await self.lines.outlive(self._written(caller, said, known, stands))

    async def due(self, caller: Caller, since: str, until: str, after: str = "") -> Dues:
        """See Removals.due."""
        today = local_day(self.rows.now)
        first, last = (read_day(text) if text else None for text in (since, until))
        wrong = [(f"/{name}", "dag", "Noem een dag als 2026-11-20.") for name, text, day in
                 (("vanaf", since, first), ("tot", until, last)) if text and day is None]  # fmt: skip
        _demand(wrong)
        mine = [c.recipient == caller.organisation, c.due_at <= end_of(last or today + AHEAD)]
        mine += [c.activity.in_(caller.scope)] if caller.scope else []
        mine += [c.due_at > end_of(first) - 1] if first else []
        mine += [after_cursor(after)] if after else []
        return self._told(await self.rows.due(caller.tenant, *mine) if caller.organisation else [])

    async def open_of(self, caller: Caller, subject: str) -> Dues:
        """See PortalRemovals.open_of."""
        return self._told(await self.rows.due(caller.tenant, *shown_to_resident(subject, self.rows.now)))

    async def overdue(self, caller: Caller) -> Overdue:
        """See PortalRemovals.overdue."""
        own = None if _is_officer(caller) else departments(caller)
        if own is not None and not own:
            raise NoAccess("Dit is voor de FG, en voor eigenaren van een afdeling.")
        found = [
            Late(recipient=who, activity=activity, count=count, oldest=_last_day(at))
            for who, activity, count, at in await self.rows.late(caller.tenant, own)
        ]
        return Overdue(releases=tuple(found), sets=tuple(await self.labs.overdue(caller, own)))

    async def settle(self, caller: Caller, set_id: str, reason: str) -> None:
        """See PortalRemovals.settle."""
        _demand_officer(caller)
        await self.labs.settle(caller, set_id, reason)

    async def _known(self, caller: Caller, places: Sequence[Position]) -> Known:
        """Those of these that this caller was given, with what was said of each."""
        told = await self.audit.about(room_of(caller.tenant, "connectors"), places)
        known: Known = {str(line.position): (line, []) for line in told if _theirs(caller, line)}
        for line in told:
            for place in map(str, line.event.closes):
                if place in known and line.event.kind == "gegevens-verwijderd":
                    known[place][1].append(line)
        return known

    async def _written(
        self, caller: Caller, said: Removal, known: Known, stands: dict[str, tuple[Line, Stand]]
    ) -> Confirmed:
        new: dict[str, Entry] = {}
        for name, (line, stand) in stands.items():
            if told := saying(said, stand):
                new[name] = removed((line, len(known[name][1])), told, said, caller)
        receipts = await self._recorded(caller, list(new.values()))
        reached("removals.recorded")
        if new:
            await self.rows.told(caller.tenant, [entry.event for entry in new.values()])
        places = dict(zip(new, (str(one.position) for one in receipts), strict=True))
        written = []
        for name in said.releases:
            if name in stands:
                left = [one for one in stands[name][1].left if name not in new or one not in new[name].event.elements]
                place = places.get(name) or str(known[name][1][-1].position)
                written.append(Written(release=name, line=place, left=tuple(left)))
        return Confirmed(written=tuple(written), unknown=tuple(one for one in said.releases if one not in stands))

    async def _recorded(self, caller: Caller, entries: Sequence[Entry]) -> list[Receipt]:
        found = []
        for verdict in await self.audit.record(room_of(caller.tenant, "connectors"), entries) if entries else ():
            if isinstance(verdict, Problem):
                raise verdict
            found.append(verdict)
        return found

    def _told(self, rows: Sequence[Row]) -> Dues:
        shown, more = rows[:MOST], len(rows) > MOST
        found = tuple(_due(row, self.rows.now) for row in shown)
        return Dues(found=found, more=more, next=cursor_of(shown[-1]) if more else None)


def _theirs(caller: Caller, line: Line) -> bool:
    event = line.event
    mine = bool(caller.organisation) and event.recipient == caller.organisation
    return was_given(line) and mine and (not caller.scope or event.activity in caller.scope)


def _due(row: Row, now: int) -> Due:
    at, why, names = first_of(row)
    return Due.model_validate({
        "release": f"{row['term']}-{row['idx']}", "recipient": row["recipient"], "activity": row["activity"],
        "elements": names, "day": _last_day(at), "why": why, "late": at <= now,
    })  # fmt: skip


def _last_day(due_at: int) -> str:
    """The last day on which it is in time."""
    return local_day(due_at - 1).isoformat()


def _numbers(said: Removal) -> list[Fault]:
    if said.keeps is None or not has_written_number(said.keeps.article):
        return []
    return [("/bewaart/artikel", "lijkt-op-bsn", "Schrijf hier geen burgerservicenummer.")]


def _is_officer(caller: Caller) -> bool:
    return caller.kind == "medewerker" and "fg" in caller.roles


def _demand_officer(caller: Caller) -> None:
    if not _is_officer(caller):
        raise NoAccess("Dit is voor de FG.")


def _demand(faults: Sequence[Fault]) -> None:
    if faults:
        told = [{"veld": place, "code": code, "detail": detail} for place, code, detail in faults]
        raise BadInput("Er is niets opgeschreven. In `fouten` staat wat er niet klopt.", fouten=told)
