"""The registers: activities, recipients, applications. What permits is pending, logged, then effective."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as Names

from sqlalchemy import Table

from audit.contract import Audit, Event, Overtaken, Receipt, record_one
from consent import tables
from consent.activity import ActivityVersion, Application, CatalogueElement, Recipient
from consent.activity_lines import activity_ended, activity_published
from consent.article30 import Fault, not_agreed
from consent.contract import CannotPublish, NoSuchThing, NotNow, RegisterUnavailable
from consent.deciding import newest_versions
from consent.difference import following
from consent.following import ENDED, UNKNOWN, Following
from consent.lines import application_of, document, event, permit, recipient_of, restriction, version_of
from consent.parties.rules import faults as wrong
from consent.permits import Permits
from consent.published import Published, told_of
from consent.publishing import completed, faults, of_owners
from consent.rows import Register, Row, Rows
from consent.stopping import STOPPED, end_version
from consent.words import fault
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.errors import BadInput, NoAccess
from kernel.ids import derived_id, random_id

STAFF = frozenset({"medewerker", "kamer"})
_ANEW = ("status", "pending_at", "entry")  # of a row that waits once more
SET_UP = {"voorbereid": "bij inrichting, op de opdrachtregel"}  # whoever can run it holds all keys of the house
_PUBLIC = '"publicatiedag":"'  # as `document` writes it
AGAIN = 3  # another instance took the number that we wanted


def set_up_only(caller: Caller) -> None:
    """At the command line, by who sets up; staff works two by two (consent.parties). Raises NoAccess."""
    if caller.kind != "kamer":
        raise NoAccess("Een medewerker laat toe wat een ander voorstelde.")


class Registering:
    """Owns `activities`, `recipients` and `applications`."""

    def __init__(
        self,
        register: Register,
        audit: Audit,
        following: Following,
        catalogue: Mapping[str, CatalogueElement],
        clock: Clock,
    ) -> None:
        self._register, self._audit, self.following, self._clock = register, audit, following, clock
        self._permits = Permits(register, audit, clock)
        self._catalogue = catalogue

    async def publish(self, caller: Caller, version: ActivityVersion) -> ActivityVersion:
        """See Registers.publish."""
        if caller.kind != "kamer":
            raise NoAccess("Een medewerker publiceert een concept van een ander.")
        return await self.put_in_force(caller, version, SET_UP)

    async def put_in_force(
        self, caller: Caller, version: ActivityVersion, told: Mapping[str, str], *, agreed: bool = False
    ) -> ActivityVersion:
        """A new version in place of the one before it. told: who prepared it, for the line. agreed: an FG said yes to
        what needs one. Raises CannotPublish."""
        found, set_up = await self._found(caller.tenant, version.slug), told is SET_UP
        newest = found[-1] if found else None
        before = version_of(newest) if newest else None
        there = before if newest and newest["status"] == "gepubliceerd" else None
        if set_up and newest and newest["status"] == STOPPED:  # a file that is loaded again says nothing of the stop
            raise NotNow(f"{version.slug} is gestopt. Twee eigenaren kunnen het opnieuw beginnen, in het portaal.")
        if there and self._same(there, version):
            made = there
        else:
            more = [] if agreed else not_agreed(version, set_up=set_up)
            await self._check(caller.tenant, version, [*more, *(() if set_up else of_owners(version, before))])
            made = await self._published(caller, version, told)
        for row in await self._found(caller.tenant, version.slug):
            if row["status"] == "gepubliceerd" and row["number"] < made.number:
                actor = (await self._register.keys_of(caller.tenant)).actor(caller)
                event_id = derived_id(f"{row['slug']}/{row['number']}", f"einde{actor}")
                said = activity_ended(event_id, row, actor)
                await end_version(self._audit, self.following, caller, row, said)
        return made

    def _same(self, there: ActivityVersion, wanted: ActivityVersion) -> bool:
        known = {one.name for one in wanted.elements} <= set(self._catalogue)
        since = {"consents_since": there.consents_since}
        return known and completed(wanted, there.number, self._catalogue).model_copy(update=since) == there

    async def _published(self, caller: Caller, version: ActivityVersion, told: Mapping[str, str]) -> ActivityVersion:
        for _ in range(AGAIN):
            async with self._register.writing(caller.tenant) as rows:
                there = await rows.find(tables.activities, tables.activities.c.slug == version.slug)
                number = max((row["number"] for row in there), default=0) + 1
                effective = [row for row in there if row["effective_at"]]
                # what somebody stopped, and starts again, is asked again; who stops it just now is not overtaken
                stood = next((one for one in effective[-1:] if one["status"] != STOPPED), None)
                made = following(version_of(stood) if stood else None, completed(version, number, self._catalogue))
                said = activity_published(random_id(), made, rows.keys.actor(caller), told)
                behind = [(one["fence"], one["epoch"]) for one in effective[-1:] if one["status"] == "gepubliceerd"]
                row = self._pending(rows, said, rows.keys.version(version.slug, number), 0, *behind) | {
                    "slug": version.slug, "number": number, "document": document(made),
                }  # fmt: skip
                added = await rows.add(tables.activities, row)
            if added:
                try:
                    await self._permits.take_effect(caller, tables.activities, row)
                except Overtaken:
                    raise NotNow("Dit doel is net gestopt of veranderd. Kijk wat er nu staat.") from None
                return made
        raise RegisterUnavailable()

    async def _check(self, tenant: str, version: ActivityVersion, more: Sequence[Fault]) -> None:
        if wrong := [*self.faults(version, await self.admitted(tenant)), *more]:
            told = [{"veld": place, "code": code, "detail": detail} for place, code, detail in wrong[:100]]
            raise CannotPublish("In `fouten` staat wat er niet klopt.", fouten=told)

    async def admitted(self, tenant: str) -> list[Recipient]:
        """Who may be named in a version now."""
        async with self._register.reading(tenant) as rows:
            found = await rows.find(tables.recipients, tables.recipients.c.status == "toegelaten")
        return [recipient_of(row) for row in found]

    def faults(self, version: ActivityVersion, admitted: Sequence[Recipient]) -> list[Fault]:
        """What is wrong with it now, but for what an FG has to say."""
        private = {one.slug for one in admitted if not one.public}
        return faults(version, self._catalogue, {one.slug for one in admitted}, millis(self._clock()), private)

    async def _found(self, tenant: str, slug: str) -> list[Row]:
        async with self._register.reading(tenant) as rows:
            return await rows.find(
                tables.activities, tables.activities.c.slug == slug, tables.activities.c.effective_at > 0
            )

    async def history(self, caller: Caller, slug: str) -> list[Published]:
        """See Registers.history."""
        found = await self._found(caller.tenant, slug)
        if not found:
            raise NoSuchThing()
        return [told_of(row) for row in found]

    async def all_in_force(self, caller: Caller) -> list[Published]:
        """The versions in force, with since when."""
        async with self._register.reading(caller.tenant) as rows:
            found = await rows.find(tables.activities, tables.activities.c.status == "gepubliceerd")
        return list({row["slug"]: told_of(row) for row in found}.values())

    async def promised(self, tenant: str) -> list[Published]:
        """Versions that ever took effect, of which the tables become public."""
        c = tables.activities.c
        named = c.document.contains(
            _PUBLIC, autoescape=True
        )  # few have it, and a text that quotes it is read for nothing
        async with self._register.reading(tenant) as rows:
            found = [told_of(row) for row in await rows.find(tables.activities, c.effective_at > 0, named)]
        return [one for one in found if one.version.statistics and one.version.statistics.public]

    async def known(self, tenant: str, slugs: Names[str]) -> set[str]:
        """Which of these took effect once, one statement."""
        c = tables.activities.c
        async with self._register.reading(tenant) as rows:
            found = await rows.find(tables.activities, c.slug.in_(slugs), c.effective_at > 0)
        return {row["slug"] for row in found}

    async def newest(self, tenant: str, slugs: Names[str]) -> dict[str, Published]:
        """The last versions of these that ever counted."""
        async with self._register.reading(tenant) as rows:
            return {slug: told_of(row) for slug, row in (await newest_versions(rows, set(slugs))).items()}

    def completed(self, version: ActivityVersion, number: int) -> ActivityVersion:
        """As it would be stored under this number; an element that nobody knows stays as it is."""
        known = all(one.name in self._catalogue for one in version.elements)
        return completed(version, number, self._catalogue) if known else version.model_copy(update={"number": number})

    async def activities(self, caller: Caller) -> list[ActivityVersion]:
        """See Registers.activities."""
        return [one.version for one in await self.all_in_force(caller)]

    async def recipients(self, caller: Caller) -> list[Recipient]:
        """See Registers.recipients."""
        async with self._register.reading(caller.tenant) as rows:
            return [recipient_of(row) for row in await rows.find(tables.recipients)]

    async def admit(self, caller: Caller, recipient: Recipient) -> Receipt:
        """See Registers.admit."""
        set_up_only(caller)
        for application in recipient.applications:
            _check_keys(application)
        bare = recipient.model_copy(update={"applications": ()})
        async with self._register.writing(caller.tenant) as rows:
            said = event("ontvanger-toegelaten", random_id(), "systeem", actor=rows.keys.actor(caller),
                         recipient=recipient.slug, recipient_name=recipient.name.nl)  # fmt: skip
            row = self._pending(rows, said, rows.keys.recipient(recipient.slug))
            row |= {"slug": recipient.slug, "oin": recipient.oin, "document": bare.model_dump_json()}
            there = await self._once(rows, tables.recipients, row, slug=recipient.slug)
            if recipient_of(there) != bare:
                raise _other("/slug")
            if there["status"] == UNKNOWN:  # suspended when lines of the log were lost: admitted anew
                waiting = self._pending(rows, said, there["fence"], there["epoch"])
                there = await rows.put(tables.recipients, there, **{name: waiting[name] for name in _ANEW})
        receipt = await self._permits.take_effect(caller, tables.recipients, there)
        for application in recipient.applications:
            await self.add_client(caller, recipient.slug, application)
        return receipt

    async def add_client(self, caller: Caller, recipient: str, application: Application) -> Receipt:
        """See Registers.add_client."""
        set_up_only(caller)
        _check_keys(application)
        async with self._register.writing(caller.tenant) as rows:
            said = event("ontvanger-toegelaten", random_id(), "systeem", actor=rows.keys.actor(caller),
                         recipient=recipient, application=application.client_id)  # fmt: skip
            party = await rows.one(tables.recipients, slug=recipient)
            if party is None or party["status"] != "toegelaten":
                raise NoSuchThing("Deze ontvanger is niet toegelaten.")
            own = rows.keys.application(application.client_id)
            works = await _processor(rows, recipient, application)
            row = self._pending(rows, said, party["fence"], party["epoch"], (own, 0), *works)
            row |= {"client_id": application.client_id, "recipient": recipient, "own_fence": own, "own_epoch": 0}
            row |= {"document": application.model_dump_json()}
            there = await self._once(rows, tables.applications, row, client_id=application.client_id)
            # its recipient was suspended since: its keys are given anew; not where it was suspended itself
            if there["epoch"] != party["epoch"] and there["status"] != ENDED["ontvanger-geschorst"]:
                stands = (own, there["own_epoch"] or 0)
                anew = self._pending(rows, said, party["fence"], party["epoch"], stands, *works)
                there = await rows.put(
                    tables.applications, there, **{name: anew[name] for name in _ANEW}, epoch=row["epoch"]
                )
            if there["recipient"] != recipient or application_of(there) != application:
                raise _other("/clientId")
        return await self._permits.take_effect(caller, tables.applications, there)

    async def suspend(self, caller: Caller, recipient: str) -> Receipt:
        """See Registers.suspend; who may, its caller has looked at."""
        async with self._register.reading(caller.tenant) as rows:
            row, actor = await rows.one(tables.recipients, slug=recipient), rows.keys.actor(caller)
        if row is None:
            raise NoSuchThing()
        who = actor or caller.application
        event_id = derived_id(f"{recipient}/{row['entry']}", f"schorsing{who}")  # of each who does it, a line
        told = {"door": caller.application}
        said = event("ontvanger-geschorst", event_id, "systeem", recipient=recipient, actor=actor, details=told)
        receipt = await record_one(self._audit, caller, restriction(said, row["fence"]))
        await self.following.ended(
            caller.tenant, tables.recipients, "ontvanger-geschorst", {"slug": recipient}, receipt
        )
        return receipt

    def _pending(self, rows: Rows, said: Event, fence: str, epoch: int = 0, *more: tuple[str, int]) -> Row:
        entry = permit(said, (rows.keys.municipality(), 0), (fence, epoch), *more)
        waiting = {"pending_at": millis(self._clock()), "entry": entry.model_dump_json()}
        return {"status": "wacht", "fence": fence, "epoch": epoch, "tenant_id": rows.keys.tenant, **waiting}

    async def _once(self, rows: Rows, table: Table, row: Row, **key: str | int) -> Row:
        await rows.add(table, row)
        there = await rows.one(table, lock=True, **key)
        if there is None:
            raise RegisterUnavailable()
        return there


async def _processor(rows: Rows, recipient: str, application: Application) -> list[tuple[str, int]]:
    """Where the fence stands of who works for the recipient with this system; they may be admitted after it."""
    slug = application.processor
    if not slug or slug == recipient:
        return []
    there = await rows.one(tables.recipients, slug=slug)
    return [(rows.keys.recipient(slug), there["epoch"] if there else 0)]


def _check_keys(application: Application) -> None:
    for place, code, told in wrong(application):
        raise fault(place, code, told)


def _other(field: str) -> BadInput:
    return fault(field, "bestaat-anders", "Dit bestaat al, met een andere inhoud.")
