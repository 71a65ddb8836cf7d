"""The resident says yes, says no, or stops. Two tabs, two instances, a retry: one act, one line, one answer."""

from collections.abc import Mapping
from contextlib import suppress

from anyio import move_on_after, sleep

from audit.contract import Audit, Entry, EventIdTaken, Kind, LogUnavailable, Position, Receipt, record_one
from consent import tables
from consent.activity import ActivityVersion, CatalogueElement, Words
from consent.contract import Choice, Chosen, ConsentDetail, ConsentView, Gone, NoSuchThing, NotNow, ResidentRef
from consent.deciding import newest_versions
from consent.flagging import state_row
from consent.following import Following
from consent.lines import about_consent, names, permit, recipient_of, restriction, version_of
from consent.permits import Permits
from consent.requesting import name_of, number_of
from consent.rows import Register, Row, Rows
from consent.standing import PERMITS
from consent.terms import DAY
from consent.views import state_of_row, view
from consent.words import fault
from kernel.caller import Caller, room_of
from kernel.clock import Clock, millis
from kernel.failpoints import reached
from kernel.ids import derived_id, random_id

PATIENCE, GLANCE = 2.0, 0.05  # D of trust.md: no release sends longer after its last check; how often we look
ENDING: dict[str, tuple[Kind, str]] = {
    "nee": ("toestemming-geweigerd", "weigering"),
    "stop": ("toestemming-ingetrokken", "intrekking"),
}


class Choosing:
    """Owns what a resident may do to a row of `consents`."""

    def __init__(
        self,
        register: Register,
        audit: Audit,
        following: Following,
        catalogue: Mapping[str, CatalogueElement],
        clock: Clock,
    ) -> None:
        self._register, self._audit, self._following, self._clock = register, audit, following, clock
        self._permits = Permits(register, audit, clock)
        self._catalogue = catalogue

    async def choices(self, caller: Caller) -> list[ConsentView]:
        """See Consent.choices."""
        at = millis(self._clock())
        if caller.kind != "inwoner":
            return []
        async with self._register.reading(caller.tenant) as rows:
            found = await rows.find(tables.consents, tables.consents.c.resident == caller.user)
            slugs = {row["recipient"] for row in found}
            named = await rows.find(tables.recipients, tables.recipients.c.slug.in_(slugs))
            newest = await newest_versions(rows, {row["activity"] for row in found})
        words = {row["slug"]: recipient_of(row).name for row in named}
        views = [view(row, words.get(row["recipient"], Words(nl=row["recipient"], en=row["recipient"])), at,
                      number_of(newest, row)) for row in found]  # fmt: skip
        return sorted(views, key=lambda one: (one.requested_at, one.id), reverse=True)

    async def choice(self, caller: Caller, consent_id: str) -> ConsentDetail:
        """See Consent.choice."""
        async with self._register.reading(caller.tenant) as rows:
            row = await _own(rows, caller, consent_id)
            version, name = await _version(rows, row), await name_of(rows, row["recipient"])
            newest = await newest_versions(rows, {row["activity"]})
        listed = tuple(found for one in names(row["elements"]) if (found := self._catalogue.get(one)))
        seen = view(row, name, millis(self._clock()), number_of(newest, row))
        return ConsentDetail(consent=seen, activity=version, catalogue=listed)

    async def choose(self, caller: Caller, consent_id: str, choice: Choice) -> Chosen:
        """See Consent.choose."""
        if choice.answer == "ja":
            return await self._give(caller, consent_id, choice)
        return await self._end(caller, consent_id, choice)

    async def _give(self, caller: Caller, consent_id: str, choice: Choice) -> Chosen:
        await self._following.follow(caller.tenant)  # a flag of a second ago must not make this yes lapse
        async with self._register.writing(caller.tenant) as rows:
            row = await _own(rows, caller, consent_id, lock=True)
            if state_of_row(row, millis(self._clock())) in ("vervallen", "verlopen"):
                raise Gone("Deze vraag is voorbij. Vraag een nieuwe aan.")
            if not row["pending_at"] and row["status"] not in PERMITS:
                row = await self._pending(rows, row, choice)
        receipt = await self._permits.take_effect(caller, tables.consents, row)
        now = await self._row(caller, consent_id)
        if now["status"] not in PERMITS:
            raise NotNow("Er is intussen iets anders gekozen.")
        return Chosen(consent=await self._view(caller, now), receipt=receipt)

    async def _pending(self, rows: Rows, row: Row, choice: Choice) -> Row:
        at = millis(self._clock())
        if row["status"] != "gevraagd":
            raise NotNow("Hier kan nu geen ja op.")
        said = tables.activities
        active = await rows.one(said, slug=row["activity"], number=row["version"])
        recipient = await rows.one(tables.recipients, slug=row["recipient"])
        if not active or active["status"] != "gepubliceerd" or not recipient or recipient["status"] != "toegelaten":
            raise Gone("Deze vraag is voorbij. Vraag een nieuwe aan.")
        version = version_of(active)
        shown = {"language": choice.language, "text_hash": choice.text_hash}
        until = {"valid_until": _until(row, version, choice.until, at)}
        resident = await state_row(rows, _resident(row))
        details = {**shown, "kanaal": choice.channel, "geldigTot": str(until["valid_until"])}
        event = about_consent("toestemming-gegeven", random_id(), row, version, at, decided_at=at,
                              recipient_name=recipient_of(recipient).name.nl, details=details)  # fmt: skip
        facts = [(one["fence"], one["epoch"]) for one in (row, resident, active, recipient)]
        entry = permit(event, (rows.keys.municipality(), 0), *facts)
        return await rows.put(
            tables.consents, row, entry=entry.model_dump_json(), pending_at=at, decided_at=at, **shown, **until
        )

    async def _end(self, caller: Caller, consent_id: str, choice: Choice) -> Chosen:
        kind, word = ENDING[choice.answer]
        async with self._register.reading(caller.tenant) as rows:
            row = await _own(rows, caller, consent_id)
            version, name = await _version(rows, row), await name_of(rows, row["recipient"])
        at = millis(self._clock())
        _may_end(row, choice.answer, at)
        details = {"language": choice.language, "text_hash": choice.text_hash, "kanaal": choice.channel}
        event_id = derived_id(consent_id, word)
        event = about_consent(kind, event_id, row, version, at, recipient_name=name.nl, details=details)
        receipt = await self._first(caller, restriction(event, row["fence"]))
        # a crash here leaves the line without its row: releases are already impossible, follow() writes the row
        reached("consent.withdrawn-line")
        row = await self._following.ended(caller.tenant, tables.consents, kind, {"id": consent_id}, receipt)
        under_way = await self._ended_how(caller.tenant, receipt)
        return Chosen(consent=await self._view(caller, row), receipt=receipt, under_way=under_way)

    async def _first(self, caller: Caller, entry: Entry) -> Receipt:
        """The receipt of the first line under this id, whatever words the second tab would have used."""
        try:
            return await record_one(self._audit, caller, entry)
        except EventIdTaken as taken:
            position = Position.parse(taken.members["position"])
            line = await self._audit.line(room_of(caller.tenant, "consent"), position)
        kept = {"details": line.event.details, "keep_until": line.event.keep_until}
        said = entry.event.model_copy(update={**kept, "recipient_name": line.event.recipient_name})
        return await record_one(self._audit, caller, entry.model_copy(update={"event": said}))

    async def _ended_how(self, tenant: str, receipt: Receipt) -> tuple[tuple[Position, str], ...]:
        listed, outcomes = receipt.under_way, [""] * len(receipt.under_way)
        # the stop stands by now: who cannot be told how releases ended is still told that
        with suppress(LogUnavailable), move_on_after(PATIENCE):
            while listed and "" in outcomes:
                outcomes = [str(one) for one in await self._audit.outcomes(room_of(tenant, "consent"), listed)]
                if "" in outcomes:
                    await sleep(GLANCE)
        return tuple(zip(listed, outcomes, strict=True))

    async def _row(self, caller: Caller, consent_id: str) -> Row:
        async with self._register.reading(caller.tenant) as rows:
            return await _own(rows, caller, consent_id)

    async def _view(self, caller: Caller, row: Row) -> ConsentView:
        async with self._register.reading(caller.tenant) as rows:
            name = await name_of(rows, row["recipient"])
        return view(row, name, millis(self._clock()))


def _may_end(row: Row, answer: str, at: int) -> None:
    """Stopping is never harder than giving: whatever permits, or may be about to, can be stopped, and stopped again."""
    status, pending = row["status"], row["pending_at"] > 0
    if answer == "stop" and not pending and status not in {*PERMITS, "gepauzeerd", "ingetrokken"}:
        raise NotNow("Hier valt niets te stoppen.")
    if answer == "nee" and state_of_row(row, at) == "vervallen":
        raise Gone("Deze vraag is voorbij. Vraag een nieuwe aan.")
    if answer == "nee" and status not in {"gevraagd", "geweigerd"}:
        raise NotNow("Hier kan nu geen nee op; stoppen kan wel.")


def _until(row: Row, version: ActivityVersion, chosen: int, at: int) -> int:
    if chosen and chosen <= at:
        raise fault("/until", "voorbij", "Dit moment is al voorbij.")
    longest = at + version.period * DAY if version.period else 0
    return min((end for end in (chosen, row["latest"], longest) if end), default=0)


def _resident(row: Row) -> ResidentRef:
    return ResidentRef(id=row["resident"], subject=row["subject"], fence=row["resident_fence"])


async def _own(rows: Rows, caller: Caller, consent_id: str, *, lock: bool = False) -> Row:
    row = await rows.one(tables.consents, lock=lock, id=consent_id)
    if row is None or caller.kind != "inwoner" or not caller.user or row["resident"] != caller.user:
        raise NoSuchThing()
    return row


async def _version(rows: Rows, row: Row) -> ActivityVersion:
    found = await rows.one(tables.activities, slug=row["activity"], number=row["version"])
    if found is None:
        raise NoSuchThing()
    return version_of(found)
