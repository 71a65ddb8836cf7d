"""A resident sees what they keep: a line first, with the fences of vault and values, then these are opened for them.

A crash behind the line leaves a line that says a little too much. Nobody else has this way, whomever they act for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from audit.contract import Entry, NotPermitted, Overtaken, fence_at, record_one
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.errors import BadInput, Problem, TooManyRequests
from kernel.failpoints import reached
from kernel.ids import random_id
from vault.acts import LOOKED, looking
from vault.contract import LOOK_MOST, LOOKS_MOST, NotKept, NoVault, Value, VaultUnavailable
from vault.keys import TenantKeys
from vault.opening import Opener, fences_of
from vault.records import RecordRows
from vault.residents import ResidentRow

HOUR: Final = 3_600_000
PAGES: Final = 10  # of their newest lines are read to count looks; with more in an hour nobody counts, and they wait
PAGE: Final = 200
_OFTEN: Final = "U keek het laatste uur erg vaak. Wacht even."
_OTHER: Final = "Het logboek antwoordt iets anders; er is niets geopend."


@dataclass(frozen=True)
class Looker:
    """Of an enrolled resident's own looks; whether it is them was asked before."""

    rows: RecordRows
    opener: Opener
    clock: Clock

    async def look(
        self, caller: Caller, keys: TenantKeys, row: ResidentRow, elements: Sequence[str], *, whole: bool
    ) -> list[Value]:
        """See Vault.look."""
        if not 0 < len({*elements}) == len(elements) <= LOOK_MOST:
            raise BadInput(f"Noem elk gegeven een keer, en hoogstens {LOOK_MOST}.")
        if not row.opened_at:
            raise NoVault("U heeft geen kluis.")
        found, wrapped = await self.rows.sealed(keys.tenant, [(row.id, one) for one in elements])
        if {one.element for one in found} != {*elements}:
            raise NotKept("Dit staat niet in uw kluis.")
        subject = keys.known(row.id)
        await self._demand_rest(caller, subject.subject)
        fences = fences_of(keys, wrapped.get(row.id), found)
        await self._written(caller, looking(subject, random_id(), elements, fences, whole=whole))
        reached("vault.looked-line")
        opened = await self.opener.values(keys.tenant, found, wrapped)
        if isinstance(opened, Problem):
            raise opened
        by_name = {one.element: one for one in opened.values}
        return [by_name[one] for one in elements]

    async def _demand_rest(self, caller: Caller, subject: str) -> None:
        """Whatever else stands in their series: who replaces values in between has looked as often."""
        now, place, looks = millis(self.clock()), None, list[int]()
        for _ in range(PAGES):
            page = await self.opener.audit.lines(caller, subject, place, PAGE)
            looks += [one.at for one in page.lines if one.event.kind == LOOKED and one.at > now - HOUR]
            place = page.before
            if len(looks) >= LOOKS_MOST or place is None or page.lines[-1].at <= now - HOUR:
                break
        else:
            raise TooManyRequests(_OFTEN, wachtSeconden=HOUR // 1_000)
        if len(looks) >= LOOKS_MOST:  # until the one that is the first of so many is an hour old
            left = looks[LOOKS_MOST - 1] + HOUR - now
            raise TooManyRequests(_OFTEN, wachtSeconden=-(-left // 1_000))

    async def _written(self, caller: Caller, entry: Entry) -> None:
        """Its own line, of this very look, proven to be in the log. Raises NotKept where a fence moved."""
        try:
            receipt = await record_one(self.opener.audit, caller, entry)
            said = receipt.proven(caller.tenant, await self.opener.trust())
        except Overtaken:
            raise NotKept("Dit veranderde terwijl u keek.") from None
        except NotPermitted:
            raise VaultUnavailable(_OTHER) from None
        required = tuple(fence_at(fence, int(epoch)) for fence, epoch in said.get("vereist", ()))
        if (said.get("gebeurtenis"), said.get("soort"), required) != (entry.event.id, LOOKED, entry.requires):
            raise VaultUnavailable(_OTHER)
