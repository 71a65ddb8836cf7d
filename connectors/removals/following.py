"""Reads the log on: what was given must go one day, unless its recipient said that it is gone.

Nothing is written while a release goes out. A round reads what came since the last one, and asks the register of which
consents the end is known by now. A crash in between leaves the mark where it was.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audit.contract import Audit, Line, NoSuchLine
from connectors.removals.rules import LATER, on_what, was_given
from connectors.removals.stored import FENCES, Read, RemovalRows, first_of
from consent.contract import ActivityVersion, Consent, NoSuchThing, Registers
from kernel.caller import Caller, room_of
from kernel.failpoints import reached

LINES, PAGES = 100, 1_000  # read at once, for who releases now must not wait; and in one round
LOOKS = 50  # questions to the register in one round
Versions = dict[tuple[str, str], ActivityVersion | None]


@dataclass(frozen=True)
class Following:
    """A chore of the room. looked: by tenant, the last fence that the register was asked about."""

    audit: Audit
    consent: Consent
    registers: Registers
    rows: RemovalRows
    looked: dict[str, str] = field(default_factory=dict)

    async def round(self, tenant: str) -> None:
        """Raises Problem."""
        room, versions = room_of(tenant, "connectors"), Versions()
        for _ in range(PAGES):
            if not await self._read_on(room, versions):
                break
        await self._ends(room)
        await self.rows.over(tenant)

    async def _read_on(self, room: Caller, versions: Versions) -> bool:
        """Whether there may be more."""
        read = await self.rows.read(room.tenant)
        try:
            page = await self.audit.passed(room, read.after, LINES)
        except NoSuchLine:  # this is another log, or an older one
            await self.rows.forget(room.tenant)
            return True
        if page.before is None or page.before == read.after:
            return False
        new = await self._new(room, [line for line in page.lines if was_given(line)], versions)
        said = [line.event for line in page.lines if line.event.kind == "gegevens-verwijderd"]
        reached("removals.read")
        await self.rows.go_on(room.tenant, Read(read.after), page.before, (new, said))
        return True

    async def _new(self, room: Caller, lines: Sequence[Line], versions: Versions) -> list[Mapping[str, Any]]:
        parts = [(line, fence, names) for line in lines for fence, names in on_what(line.event).items()]
        fences = sorted({fence for _, fence, _ in parts if fence})
        under: dict[str, Any] = {}
        for begin in range(0, len(fences), FENCES):
            some = fences[begin : begin + FENCES]
            under |= dict(zip(some, await self.consent.under(room, some), strict=True))
        found: list[Mapping[str, Any]] = []
        for line, fence, names in parts:
            event, stood = line.event, under.get(fence)
            version = await self._version(room, (event.activity, event.version), versions)
            terms = [days for days in (event.kept_days, stood.kept if stood else 0) if days]
            row = {
                "term": line.position.term, "idx": line.position.index, "fence": fence, "recipient": event.recipient,
                "activity": event.activity, "subject": event.subject, "at": line.at,
                "withheld_until": event.withheld_until, "keep_year": event.keep_until,
                "kept_days": min(terms, default=0), "erase_days": _erase(version) if fence else -1,
                "ended_at": stood.ended_at if stood else 0, "due_at": LATER,
                "elements": json.dumps(dict.fromkeys(names, 0)),
            }  # fmt: skip
            found.append({**row, "due_at": first_of(row)[0]})
        return found

    async def _ends(self, room: Caller) -> None:
        for _ in range(LOOKS):
            after = self.looked.get(room.tenant, "")
            fences = await self.rows.standing(room.tenant, after)
            self.looked[room.tenant] = fences[-1] if len(fences) == FENCES else ""
            under = await self.consent.under(room, fences) if fences else []
            ends = {fence: one.ended_at for fence, one in zip(fences, under, strict=True) if one.ended_at}
            if ends:
                await self.rows.ended(room.tenant, ends)
            if len(fences) < FENCES:
                return

    async def _version(self, room: Caller, key: tuple[str, str], known: Versions) -> ActivityVersion | None:
        if key not in known:
            try:
                history = await self.registers.history(room, key[0])
            except NoSuchThing:
                history = []
            known |= {(key[0], str(one.version.number)): one.version for one in history}
            known.setdefault(key, None)
        return known[key]


def _erase(version: ActivityVersion | None) -> int:
    return version.erase_days if version and version.erase_days else -1
