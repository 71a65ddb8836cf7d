"""A set of rows: ask, log, act; and what leaves names nobody.

1 weigh      may this set be made at all, for this purpose? A question about nobody in particular
2 record     the line of the run
3 list       who there is: the population gives numbers, under the run's permit; in an order that means nothing
4 place      a bulk job about all of them: decided, logged and opened one by one (`connectors.bulk.walk`), each a row
             (`connectors.lab.rowing`); rows that too few share stay here when the result is fetched
"""

import secrets
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass

from audit.contract import Entry, Event, EventIdTaken, Overtaken, Receipt, Trace, record_one
from connectors.bulk.contract import BulkRequest, Listed, NoSealingKey, Order
from connectors.bulk.jobs import client_of
from connectors.bulk.rows import Row
from connectors.bulk.service import BulkService
from connectors.contract import LineRef, Repeatable, SameKeyOtherBody, SourceDown, StaleAnswer, not_released
from connectors.counting.acts import EVERYBODY, Weighed, question, run_entry, weighed, whole_refused
from connectors.counting.contract import CannotCount, CountFailed, CountRequest, Population
from connectors.counting.ledger import Ledger, Run
from connectors.lab.contract import LateSet, NoSuchSet, SetRequest, SetView
from connectors.lab.rowing import Lab, project_key
from connectors.lab.stored import LabRows, shown, shown_late
from connectors.lab.tables import lab_sets
from connectors.lines import Lines
from connectors.refusal import Refusal
from consent.contract import Consent, LabSet, NoSuchThing, Statistics
from kernel.caller import Caller, room_of
from kernel.clock import millis
from kernel.errors import BadInput, Problem
from kernel.failpoints import reached
from kernel.ids import derived_id, uuid7
from kernel.numbers import has_written_number
from kernel.sql.key_rows import KeyRows
from vault.contract import Bsn

DESTROYED = "set-vernietigd"
PURPOSE = "PK"  # key of pseudonyms
DAY_MS = 24 * 3_600_000
_KEPT = ("Van een eerdere set zei u niet dat die is vernietigd.", "Vernietig die set, en meld dat hier.")
_WRONG = ("Voor dit doel mag deze set nooit worden gebruikt.", "Vraag de eigenaar van het doel.")


@dataclass(frozen=True)
class May:
    """A set that may be made."""

    weighed: Weighed
    statistics: Statistics
    made: LabSet
    population: Population


@dataclass(frozen=True)
class LabDesk:
    """Satisfies Labs. populations: by tenant and source."""

    consent: Consent
    lines: Lines
    bulk: BulkService
    rows: LabRows
    room_keys: KeyRows
    ledger: Ledger
    populations: Mapping[str, Mapping[str, Population]]
    trace: Callable[[], Trace]

    async def order(self, caller: Caller, wanted: SetRequest, key: str = "") -> SetView:
        """See Labs.order."""
        if key and (before := await self.rows.by_key(caller, key)):
            if (before["activity"], before["name"]) != (wanted.activity, wanted.name):
                raise SameKeyOtherBody("Neem voor een andere vraag een nieuwe sleutel.")
            return shown(before)
        run = uuid7(millis(self.rows.clock()))
        # 1 may it, for this purpose; told now, not after a night's work
        may = await self._may(caller, wanted, run)
        try:
            await self.bulk.registers.sealing_key(caller)
        except NoSuchThing:
            raise NoSealingKey("Laat eerst een sleutel registreren om aan te versleutelen.") from None
        # 2 the line of the run
        entry, receipt = await self._begun(caller, may, wanted, run)
        reached("lab.recorded")
        return await self.lines.outlive(self._carried_out(caller, wanted, key, may, (entry, receipt)))

    async def ordered(self, caller: Caller) -> list[SetView]:
        """See Labs.ordered."""
        return [shown(row) for row in await self.rows.listed(caller)]

    async def destroyed(self, caller: Caller, id_: str) -> SetView:
        """See Labs.destroyed."""
        row = await self.rows.of_recipient(caller, id_)
        if not row["destroyed_at"]:
            row = await self._destroyed(caller.tenant, id_, told_of(row, DESTROYED, caller.application))
        # also when it is said again: a crash may have come before this
        await self.bulk.end(caller.tenant, id_)
        return shown(row)

    async def overdue(self, caller: Caller, recipients: Collection[str] | None = None) -> list[LateSet]:
        """See Labs.overdue."""
        own = () if recipients is None else (lab_sets.c.recipient.in_(recipients),)
        return [shown_late(row) for row in await self.rows.late(caller.tenant, *own)]

    async def settle(self, caller: Caller, id_: str, reason: str) -> None:
        """See Labs.settle."""
        if not reason.strip() or has_written_number(reason):
            raise BadInput("Schrijf hoe u dit weet, zonder burgerservicenummer.")
        found = await self.rows.late(caller.tenant, lab_sets.c.id == id_)
        if not found:
            raise NoSuchSet("Deze gegevensset is er niet, of hij is al vernietigd.")
        told = told_of(found[0], DESTROYED).event
        more = {"application": "", "actor": caller.user, "details": {**told.details, "reden": reason.strip()}}
        await self._destroyed(caller.tenant, id_, Entry(event=told.model_copy(update=more)))

    async def _destroyed(self, tenant: str, id_: str, told: Entry) -> Row:
        # who says it a second time, after a crash right here, finds the first line: it was said
        with suppress(EventIdTaken):
            await record_one(self.lines.audit, room_of(tenant, "connectors"), told)
        return await self.rows.mark(tenant, id_, "destroyed_at")

    async def tidy(self, tenant: str) -> None:
        """Whose day has passed in silence is a line, once: the FG finds it. Raises Problem."""
        for row in await self.rows.untold(tenant):
            await record_one(self.lines.audit, room_of(tenant, "connectors"), told_of(row, "set-niet-vernietigd"))
            await self.rows.mark(tenant, row["id"], "told_at")

    async def _carried_out(
        self, caller: Caller, wanted: SetRequest, key: str, may: May, begun: tuple[Entry, Receipt]
    ) -> SetView:
        entry, receipt = begun
        try:
            # 3 who there is
            listed = await self._listed(caller, may, receipt)
            # 4 and a job about all of them
            secret = await self.room_keys.open(caller.tenant, PURPOSE)
            project = project_key(secret, caller.organisation, wanted.activity, wanted.name)
            version, smallest = may.weighed.act.ground.versie, may.statistics.smallest
            lab = Lab(name=wanted.name, version=version, fields=may.made.fields, smallest=smallest, project=project)
            order = Order(activity=wanted.activity, elements=may.made.elements, user=wanted.user)
            until = millis(self.rows.clock()) + may.made.days * DAY_MS
            body = f"{wanted.activity}/{wanted.name}".encode()
            request = BulkRequest(order, listed, lab, until)
            job = await self.bulk.place(caller, request, Repeatable(key, body))
        except BaseException:
            await self.lines.close(caller, entry, receipt, "mislukt")
            raise
        await self.lines.close(caller, entry, receipt, "geleverd")
        return shown(await self.rows.own(caller, job.id))

    async def _listed(self, caller: Caller, may: May, receipt: Receipt) -> tuple[Listed, ...]:
        try:
            numbers: list[Bsn] = await may.population.numbers(caller, may.weighed.permit(receipt))
        except SourceDown:
            line = LineRef.of(receipt.origin, receipt.position).model_dump(mode="json")
            raise CountFailed("De bron van de bevolking antwoordt niet.", logregel=line) from None
        secrets.SystemRandom().shuffle(numbers)  # a place in a register's list may be known elsewhere
        return tuple(Listed(one) for one in numbers)

    async def _may(self, caller: Caller, wanted: SetRequest, run: str) -> May:
        one = await self._weigh(caller, wanted)
        statistics = one.act.about.statistics
        made = statistics.set_of(wanted.name) if statistics else None
        if not one.whole or statistics is None or made is None:
            raise await self._refused(
                caller, one, run, one.refused or whole_refused(wanted.name, "buiten-doel", _WRONG)
            )
        if wanted.purpose in made.incompatible or wanted.purpose not in made.purposes:
            raise await self._refused(caller, one, run, whole_refused(wanted.name, "buiten-doel", _WRONG))
        if await self.rows.overdue(caller, wanted.activity):
            raise await self._refused(caller, one, run, whole_refused(wanted.name, "ontvanger-niet-bevoegd", _KEPT))
        population = self.populations.get(caller.tenant, {}).get(statistics.population)
        if population is None:
            raise CannotCount("De bron die zegt wie er zijn, is hier niet aangesloten. Bel de beheerder.")
        return May(one, statistics, made, population)

    async def _begun(self, caller: Caller, may: May, wanted: SetRequest, run: str) -> tuple[Entry, Receipt]:
        details = {"gegevensset": wanted.name, "dpvDoel": wanted.purpose, "drempel": str(may.statistics.smallest),
                   "vernietigenNaDagen": str(may.made.days)}  # fmt: skip
        entry = run_entry(may.weighed, run, details)
        who = (caller.organisation, client_of(caller))
        await self.ledger.noted(caller.tenant, Run(run, wanted.activity, wanted.name, 0, *who))
        try:
            return entry, await self.lines.release(caller, entry)
        except Overtaken:
            raise StaleAnswer("Er is net iets veranderd aan dit doel. Er is niets gelezen.") from None

    async def _weigh(self, caller: Caller, wanted: SetRequest) -> Weighed:
        asked = question(CountRequest.model_construct(activity=wanted.activity, table=wanted.name), EVERYBODY)
        (one,) = weighed(caller, await self.consent.decide(caller, (asked,)), self.trace)
        return one

    async def _refused(self, caller: Caller, one: Weighed, run: str, refused: tuple[Refusal, ...]) -> Problem:
        """The line, then the answer."""
        receipt = await self.lines.refuse(caller, one.act.refusal(derived_id(run, "weigering"), refused))
        return not_released(tuple(each.told for each in refused), LineRef.of(receipt.origin, receipt.position))


def told_of(row: Mapping[str, str], kind: str, by: str = "") -> Entry:
    """What became of a set: nobody's line, for it is about many. by: the application that says so, "" for the one that
    asked for it."""
    event = Event.model_validate({
        "id": derived_id(row["id"], kind), "kind": kind, "name": "Gegevensset", "activity": row["activity"],
        "recipient": row["recipient"], "application": by or row["client"].partition("/")[2],
        "details": {"gegevensset": row["name"], "id": row["id"]},
    })  # fmt: skip
    return Entry(event=event)
