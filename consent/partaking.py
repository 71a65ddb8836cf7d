"""In which activities a recipient takes part: asked for every token, changed a few times a year.

The versions in force are read and checked once, and kept while the register says that they are the same: each time
their keys and their MACs are read again. If an attacker writes rows, what is not as it was is read whole, and refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from consent.activity import ActivityVersion
from consent.lines import version_of
from consent.rows import READ_MAX, Register, Rows
from consent.tables import activities
from kernel.gather import Gatherer
from kernel.sql.prepared import Prepared

Marks = tuple[tuple[Any, ...], ...]  # of each version in force: its key, then its MAC
IN_FORCE = activities.c.status == "gepubliceerd"
_KEY = tuple(activities.primary_key.columns)
_MARKS = Prepared(
    select(*_KEY, activities.c.mac)
    .where(activities.c.tenant_id == bindparam("tenant"), IN_FORCE)
    .order_by(*_KEY)
    .limit(READ_MAX)
)


@dataclass(frozen=True)
class _Known:
    marks: Marks
    of: dict[str, tuple[ActivityVersion, ...]]


class Partaking:
    """Those who ask at one moment share one look. Raises RegisterUnavailable."""

    def __init__(self, register: Register) -> None:
        self._register = register
        self._known: dict[str, _Known] = {}  # by tenant; written whole, in whatever thread looked
        self._gathered = Gatherer(self._looked)

    async def of(self, tenant: str, recipient: str) -> tuple[ActivityVersion, ...]:
        """The versions in force of which this recipient is a party."""
        (found,) = await self._gathered.ask(tenant, [recipient])
        return found

    async def seen(self, rows: Rows) -> Mapping[str, tuple[ActivityVersion, ...]]:
        """The same of every recipient, by name, in a transaction of the caller."""
        tenant = rows.keys.tenant
        before, marks = self._known.get(tenant), await rows.marks(_MARKS)
        if before is None or before.marks != marks:
            found = [version_of(row) for row in await rows.find(activities, IN_FORCE)]
            before = self._known[tenant] = _Known(marks, _by_party(found))
        return before.of

    async def _looked(self, tenant: str, recipients: Sequence[str]) -> list[tuple[ActivityVersion, ...]]:
        of = await self._register.seen(tenant, self.seen)
        return [of.get(recipient, ()) for recipient in recipients]


def _by_party(versions: Sequence[ActivityVersion]) -> dict[str, tuple[ActivityVersion, ...]]:
    found: dict[str, tuple[ActivityVersion, ...]] = {}
    for version in versions:
        for recipient in dict.fromkeys(party.recipient for party in version.parties):
            found[recipient] = (*found.get(recipient, ()), version)
    return found
