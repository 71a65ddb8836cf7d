"""The BRP as a source: Haal Centraal BRP Personen 2.7, `POST /personen`. The number goes in the body and nowhere else.

Asked for are the fields of the permitted inputs only. Of people around the resident the register is asked whether they
are secret, in one question of at most twenty numbers, before anything of them is told (`connectors.around`), and Regie
itself whether they are at a safe address (`connectors.hiding`).
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from audit.contract import Ground, Permit, Trust
from connectors.around import (
    ABOUT_OTHERS,
    AUTHORITY,
    HOUSE,
    MOST,
    NUMBER,
    address_of,
    around,
    household,
    more_fields,
    without_ended,
)
from connectors.authority.relations import FIELDS, OF_CHILD, Minor, acted_for, beside, minors_of
from connectors.catalogue import BRP, fields_of
from connectors.contract import NOTHING, Known
from connectors.declared.credentials import Headers, nobody
from connectors.gateway import Gateway
from connectors.hiding import Hiding
from connectors.outside.asking import Ask, Asker
from connectors.outside.data import Unreadable
from connectors.outside.failing import SourceFailed
from connectors.person import is_dead, people, read_answer, the_person
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.logs import logger
from vault.contract import Bsn, Value, Values

ANSWER_BYTES = 256 << 10
NEARLY = 0.9  # of its time: then what the register said first can still be told
CONTENT = "application/json; charset=utf-8"
BY_NUMBER, BY_HOME = "RaadpleegMetBurgerservicenummer", "ZoekMetAdresseerbaarObjectIdentificatie"
PERSONS = "/personen"
_log = logger("connectors")


@dataclass(frozen=True)
class BrpSource:
    """Satisfies Source. credential: how the register knows us. seconds: for all questions of one decision. hiding: who
    may not be found, whatever the register says."""

    asker: Asker
    gateway: Gateway
    trust: Callable[[], Awaitable[Trust]]
    clock: Clock
    credential: Headers = field(default=nobody, repr=False)
    seconds: float = 3.0
    hiding: Hiding = field(kw_only=True)

    async def fetch(self, caller: Caller, permit: Permit, bsn: Bsn, known: Known = NOTHING) -> Values:
        """See Source.fetch."""
        begun = await self.begin(caller, permit)
        if not begun.fields:
            return Values()
        try:
            return await self._read(begun.asking, begun.fields, bsn.reveal())
        except Unreadable:
            raise SourceFailed("onleesbaar", 200) from None

    async def begin(self, caller: Caller, permit: Permit) -> "Begun":
        """What this decision lets us ask. Raises NotPermitted, Overtaken."""
        # the source believes nobody: without a line of this very decision nothing is asked
        ground = permit.check(caller.tenant, await self.trust(), self.clock())
        return Begun(self._asking(caller, ground), fields_of(ground.inputs_of(BRP)))

    async def minors(self, caller: Caller, permit: Permit, bsn: Bsn) -> tuple[Minor, ...]:
        """Children over whom this person has authority: with their numbers, which go to nobody outside. Without those
        of whom somebody else with authority is secret. Raises SourceFailed, NotPermitted."""
        ground = permit.check(caller.tenant, await self.trust(), self.clock())
        if AUTHORITY not in ground.inputs_of(BRP):
            return ()
        try:
            return await self._children(self._asking(caller, ground), bsn.reveal())
        except Unreadable:
            raise SourceFailed("onleesbaar", 200) from None

    async def _children(self, asking: "Asking", own: str) -> tuple[Minor, ...]:
        person = the_person(await asking.persons([own], set(FIELDS)))
        minors = minors_of(person, own) if person is not None and not is_dead(person) else {}
        others = beside(person or {}, own, minors)
        open_ones = others.may_be_told(await asking.named(others.numbers))
        hidden = await asking.hidden(minors)
        kept = {number: relation for number, relation in minors.items() if number in open_ones - hidden}
        return acted_for(kept, people(await asking.persons(sorted(kept), set(OF_CHILD)))) if kept else ()

    def _asking(self, caller: Caller, ground: Ground) -> "Asking":
        gateway = self.gateway.headers(ground.activiteit, ground.toepassing, caller.user)
        headers = {**gateway, **self.credential(caller.user or "regie"), "content-type": CONTENT}
        return Asking(self.asker, headers, partial(self.hiding, caller))

    async def _read(self, asking: "Asking", fields: Mapping[str, Sequence[str]], own: str) -> Values:
        until = asyncio.get_running_loop().time() + self.seconds * NEARLY
        return await self.told(Begun(asking, fields), await asking.persons([own], wanted(fields)), own, until)

    def others(self, begun: "Begun", answer: object, own: str) -> tuple[str, ...]:
        """The people around a resident of whom it must be known whether they are secret, before anything is told of
        them; nobody where the answer cannot be read, or there are too many for one question."""
        try:
            numbers = around(without_ended(the_person(answer) or {}), begun.fields, own).numbers
        except Unreadable:
            return ()
        return numbers if len(numbers) <= MOST else ()

    async def told(self, begun: "Begun", answer: object, own: str, until: float) -> Values:
        """What an answer about one resident comes to, with what must be asked further. until: the loop's clock,
        seconds. Raises SourceFailed, Unreadable, TimeoutError."""
        asking, fields = begun.asking, begun.fields
        person = the_person(answer)
        if person is None:
            return Values()
        if person.get(NUMBER, own) != own:
            raise Unreadable  # it speaks of somebody else
        alone = read_answer(answer, {one: fields[one] for one in fields if one not in ABOUT_OTHERS}, self._now)
        try:
            async with asyncio.timeout_at(until):
                among = await self._of_others(asking, answer, fields, own)
        except (SourceFailed, Unreadable, TimeoutError) as failed:
            if not alone.flags:
                raise
            # that the resident is secret counts for what other sources give: a further question may not take it away
            _log.warning("source_failed_halfway", source=BRP, why=type(failed).__name__)
            return alone
        return alone.model_copy(update={"values": (*alone.values, *among)})

    async def _of_others(
        self, asking: "Asking", answer: object, fields: Mapping[str, Sequence[str]], own: str
    ) -> tuple[Value, ...]:
        """Elements about people around the resident, as far as they may be told."""
        person = without_ended(the_person(answer) or {})
        others = around(person, fields, own)
        told = others.may_be_told(await asking.named(others.numbers))
        found = read_answer(answer, {one: fields[one] for one in fields if one in told}, self._now).values
        home = address_of(person) if HOUSE in fields else ""
        number = household(await asking.living_at(home), own) if home else None
        if number is None:
            return found
        return (*found, Value(element=HOUSE, value=number, source=BRP, as_of=self._now, origin="bron"))

    @property
    def _now(self) -> int:
        return millis(self.clock())


@dataclass(frozen=True)
class Begun:
    """A decision that may be asked about. fields: paths by element, none when there is nothing to ask."""

    asking: "Asking"
    fields: Mapping[str, Sequence[str]]

    @property
    def alike(self) -> Hashable:
        """Who has the same may stand in one question: no more is asked of anybody than their own decision allows."""
        return frozenset(self.asking.headers.items()), frozenset(wanted(self.fields))


def wanted(fields: Mapping[str, Sequence[str]]) -> set[str]:
    """Paths to be asked, with those that look people up."""
    return {path for paths in fields.values() for path in paths} | set(more_fields(fields))


@dataclass(frozen=True)
class Asking:
    """Questions under the headers of one decision. The register keeps a note of each provision: one that may have
    arrived is not asked again. hidden: which of these numbers are of somebody who may not be found."""

    asker: Asker
    headers: Mapping[str, str] = field(repr=False)
    hidden: Callable[[Collection[str]], Awaitable[frozenset[str]]] = field(repr=False)

    async def persons(self, numbers: Sequence[str], fields: set[str]) -> Any:
        """The answer as it came. numbers: 1 to 20. Raises SourceFailed."""
        return await self._ask({"type": BY_NUMBER, NUMBER: list(numbers), "fields": sorted(fields)})

    async def named(self, numbers: Sequence[str]) -> list[Mapping[str, Any]]:
        """What the register says unasked of these people, without those who may not be found. More than fit in one
        question: of nobody, so of none is anything told. Raises SourceFailed, Unreadable."""
        if not numbers or len(numbers) > MOST:
            return []
        found, hidden = people(await self.persons(numbers, {NUMBER})), await self.hidden(numbers)
        return [one for one in found if one.get(NUMBER) not in hidden]

    async def living_at(self, home: str) -> list[Mapping[str, Any]]:
        """Nobody, where one of them may not be found. Raises SourceFailed, Unreadable."""
        said = {"type": BY_HOME, "adresseerbaarObjectIdentificatie": home, "fields": [NUMBER]}
        try:
            found = people(await self._ask(said))
        except SourceFailed as failed:
            if not failed.blames_us:
                raise
            return []  # not every municipality may search by address: then nobody is counted
        return [] if await self.hidden([str(one.get(NUMBER)) for one in found]) else found

    async def _ask(self, question: Mapping[str, Any]) -> Any:
        ask = Ask("POST", PERSONS, body=json.dumps(question).encode(), alike=True)
        return await self.asker.ask(replace(ask, headers=self.headers))
