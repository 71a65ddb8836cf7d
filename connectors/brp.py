"""The BRP as a source: Haal Centraal BRP Personen 2.7, `POST /personen`. The number goes in the body and nowhere else.

Asked for are the fields of the permitted inputs only. Of people around the resident the register is asked whether they
are secret, in one question of at most twenty numbers, before anything of them is told (`connectors.around`).
"""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from audit.contract import Ground, Permit, Trust
from connectors.around import AUTHORITY, HOUSE, MOST, NUMBER, address_of, around, household, more_fields
from connectors.authority.relations import FIELDS, OF_CHILD, Minor, minors_of, told
from connectors.catalogue import BRP, fields_of
from connectors.contract import NOTHING, Known
from connectors.gateway import Gateway
from connectors.outside.asking import Ask, Asker
from connectors.outside.data import Unreadable
from connectors.outside.failing import SourceFailed
from connectors.person import is_dead, people, read_answer, the_person
from kernel.caller import Caller
from kernel.clock import Clock, millis
from vault.contract import Bsn, Value, Values

ANSWER_BYTES = 256 << 10
CONTENT = "application/json; charset=utf-8"
BY_NUMBER, BY_HOME = "RaadpleegMetBurgerservicenummer", "ZoekMetAdresseerbaarObjectIdentificatie"


@dataclass(frozen=True)
class BrpSource:
    """Satisfies Source. key: of the gateway, if any."""

    asker: Asker
    gateway: Gateway
    trust: Callable[[], Awaitable[Trust]]
    clock: Clock
    key: str = field(default="", repr=False)

    async def fetch(self, caller: Caller, permit: Permit, bsn: Bsn, known: Known = NOTHING) -> Values:
        """See Source.fetch."""
        # the source believes nobody: without a line of this very decision nothing is asked
        ground = permit.check(caller.tenant, await self.trust(), self.clock())
        fields = fields_of(ground.inputs_of(BRP))
        if not fields:
            return Values()
        try:
            return await self._read(self._asking(caller, ground), fields, bsn.reveal())
        except Unreadable:
            raise SourceFailed("onleesbaar", 200) from None

    async def minors(self, caller: Caller, permit: Permit, bsn: Bsn) -> tuple[Minor, ...]:
        """Children over whom this person has authority: with their numbers, which go to nobody outside. Raises
        SourceFailed, NotPermitted."""
        ground = permit.check(caller.tenant, await self.trust(), self.clock())
        if AUTHORITY not in ground.inputs_of(BRP):
            return ()
        asking, own = self._asking(caller, ground), bsn.reveal()
        try:
            person = the_person(await asking.persons([own], set(FIELDS)))
            minors = minors_of(person, own) if person is not None and not is_dead(person) else {}
            return told(minors, people(await asking.persons(sorted(minors), set(OF_CHILD)))) if minors else ()
        except Unreadable:
            raise SourceFailed("onleesbaar", 200) from None

    def _asking(self, caller: Caller, ground: Ground) -> "Asking":
        headers = self.gateway.headers(ground, caller.user) | {"content-type": CONTENT}
        if self.key and self.gateway.key_name:
            headers[self.gateway.key_name] = self.key
        return Asking(self.asker, headers)

    async def _read(self, asking: "Asking", fields: Mapping[str, Sequence[str]], own: str) -> Values:
        wanted = {path for paths in fields.values() for path in paths} | set(more_fields(fields))
        answer = await asking.persons([own], wanted)
        person = the_person(answer)
        if person is None:
            return Values()
        others = around(person, fields, own)
        found = await asking.named(others.numbers)
        shown = others.may_be_told(found)
        plain = {
            one: paths for one, paths in fields.items() if one != HOUSE and (one not in others.named or one in shown)
        }
        values = read_answer(answer, plain, millis(self.clock()))
        home = address_of(person) if HOUSE in fields else ""
        number = household(await asking.living_at(home), own) if home else None
        if number is None:
            return values
        here = Value(element=HOUSE, value=number, source=BRP, as_of=millis(self.clock()), origin="bron")
        return values.model_copy(update={"values": (*values.values, here)})


@dataclass(frozen=True)
class Asking:
    """Questions under the headers of one decision. The register keeps a note of each provision: one that may have
    arrived is not asked again."""

    asker: Asker
    headers: Mapping[str, str] = field(repr=False)

    async def persons(self, numbers: Sequence[str], fields: set[str]) -> Any:
        """The answer as it came. numbers: 1 to 20. Raises SourceFailed."""
        return await self._ask({"type": BY_NUMBER, NUMBER: list(numbers), "fields": sorted(fields)})

    async def named(self, numbers: Sequence[str]) -> list[Mapping[str, Any]]:
        """What the register says unasked of these people. More than fit in one question: of nobody, so of none is
        anything told. Raises SourceFailed, Unreadable."""
        if not numbers or len(numbers) > MOST:
            return []
        return people(await self.persons(numbers, {NUMBER}))

    async def living_at(self, home: str) -> list[Mapping[str, Any]]:
        """Raises SourceFailed, Unreadable."""
        said = {"type": BY_HOME, "adresseerbaarObjectIdentificatie": home, "fields": [NUMBER]}
        try:
            return people(await self._ask(said))
        except SourceFailed as failed:
            if not failed.blames_us:
                raise
            return []  # not every municipality may search by address: then nobody is counted

    async def _ask(self, question: Mapping[str, Any]) -> Any:
        ask = Ask("POST", "/personen", body=json.dumps(question).encode())
        return await self.asker.ask(replace(ask, headers=self.headers))
