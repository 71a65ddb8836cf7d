"""The resident says yes, says no, or stops. Two tabs, two instances, a retry: one act, one line, one answer."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from anyio import move_on_after, sleep

from audit.contract import Audit, Entry, EventIdTaken, FenceAt, LogUnavailable, Position, Receipt, record_one
from consent import tables
from consent.activity import ActivityVersion, CatalogueElement, Words
from consent.acts import (
    OVER,
    PERMITTING,
    RESTRICTING,
    channel_fits,
    done,
    earlier_end,
    end_of,
    may,
    with_draft,
)
from consent.contract import Choice, Chosen, ConsentDetail, ConsentView, Gone, NoSuchThing, NotNow
from consent.deciding import newest_versions
from consent.difference import consents_since
from consent.facts import in_scope
from consent.flagging import state_row
from consent.flags import SAFE, known
from consent.following import Following, ended
from consent.keys import MACHINES
from consent.limits import stored_terms, terms_of
from consent.lines import about_consent, names, permit, recipient_of, resident_of, restriction, version_of
from consent.mandates.instead import demand_own, instead_of
from consent.permits import Permits
from consent.requesting import HAD_A_YES, name_of, newest_of
from consent.returning import back_of
from consent.rows import Register, Row, Rows
from consent.shown import keep_text, shown_text
from consent.standing import PERMITS
from consent.unanswered import ends_of, unanswerable
from consent.views import as_counted, view
from consent.words import fault
from kernel.caller import Caller, room_of
from kernel.clock import Clock, millis
from kernel.crypto import sha256
from kernel.failpoints import reached
from kernel.ids import derived_id, random_id

PATIENCE, GLANCE = 2.0, 0.02  # D of trust.md: no release sends longer after its last check; how often we look
AGAIN = frozenset({"pauze", "korter"})  # what a resident may do more than once with one consent


@dataclass(frozen=True)
class Behalf:
    """Who chooses for the resident, as lines tell it. relation: of both. fences: that a yes stands on besides."""

    relation: str
    actor: str
    told: Mapping[str, str]
    fences: tuple[FenceAt, ...] = ()


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
            ends = await ends_of(rows, found, at)
        found = await unanswerable(self._audit, caller.tenant, found, ends, at)
        words = {row["slug"]: recipient_of(row).name for row in named}
        views = [view(row, words.get(row["recipient"], Words(nl=row["recipient"], en=row["recipient"])), at,
                      newest_of(newest, row)) for row in found]  # fmt: skip
        return sorted(views, key=lambda one: (one.requested_at, one.id), reverse=True)

    async def choice(self, caller: Caller, consent_id: str) -> ConsentDetail:
        """See Consent.choice."""
        async with self._register.reading(caller.tenant) as rows:
            row = await own(rows, caller, consent_id, loose=True)
            version, name = await _version(rows, row), await name_of(rows, row["recipient"])
            shown = await shown_text(rows, row["text_hash"])
            newest = await newest_versions(rows, {row["activity"]})
            counts, at = newest_of(newest, row), millis(self._clock())
            instead = await instead_of(rows, row["resident"], counts or version, at) if row["resident"] else ""
            back, state = await back_of(rows, row), await rows.one(tables.subject_state, resident=row["resident"])
            ends = await ends_of(rows, [row], at)
        (row,) = await unanswerable(self._audit, caller.tenant, [row], ends, at)
        listed = tuple(found for one in names(row["elements"]) if (found := self._catalogue.get(one)))
        seen = view(row, name, at, counts)
        longest = (counts or version).period
        return ConsentDetail(consent=seen, activity=version, catalogue=listed, shown=shown, longest=longest,
                             instead=instead, back=back, safe=SAFE in known(state))  # fmt: skip

    async def theirs(self, caller: Caller, consent_id: str) -> ConsentDetail:
        """For its recipient, once there was a yes: before that there is nothing that it may know. Raises
        NoSuchThing."""
        async with self._register.reading(caller.tenant) as rows:
            row = await rows.one(tables.consents, id=consent_id)
            if row is None or not caller.organisation or row["recipient"] != caller.organisation:
                raise NoSuchThing()
            version, name = await _version(rows, row), await name_of(rows, row["recipient"])
            newest = await newest_versions(rows, {row["activity"]})
        seen = view(row, name, millis(self._clock()), newest_of(newest, row))
        if seen.state not in HAD_A_YES or not seen.decided_at or seen.pending or not in_scope(caller, row["activity"]):
            raise NoSuchThing()
        listed = tuple(found for one in names(row["elements"]) if (found := self._catalogue.get(one)))
        return ConsentDetail(consent=seen, activity=version, catalogue=listed)

    async def choose(self, caller: Caller, consent_id: str, choice: Choice, behalf: Behalf | None = None) -> Chosen:
        """See Consent.choose. behalf: it was looked at already whether they may."""
        _check(caller, choice)
        if choice.answer in PERMITTING:
            return await self._give(caller, consent_id, choice, behalf)
        return await self._end(caller, consent_id, choice, behalf)

    async def _give(self, caller: Caller, consent_id: str, choice: Choice, behalf: Behalf | None) -> Chosen:
        await self._following.follow(caller.tenant)  # a flag of a second ago must not make this yes lapse
        async with self._register.writing(caller.tenant) as rows:
            row = await own(rows, caller, consent_id, lock=True)
            if not row["pending_at"] and not done(row, choice.answer, millis(self._clock())):
                row = await self._pending(rows, caller, row, choice, behalf)
        receipt = await self._permits.take_effect(caller, tables.consents, row)
        async with self._register.reading(caller.tenant) as rows:
            now = await own(rows, caller, consent_id)
            seen = await self._view(rows, now)
        if now["status"] not in PERMITS:
            raise NotNow("Er is intussen iets anders gekozen.")
        if choice.until and (not now["valid_until"] or now["valid_until"] > choice.until):
            # an earlier yes was waiting for its line, or stood already: it may not last longer than was chosen now
            return await self._end(caller, consent_id, choice.model_copy(update={"answer": "korter"}), behalf)
        return Chosen(consent=seen, receipt=receipt)

    async def _pending(self, rows: Rows, caller: Caller, row: Row, choice: Choice, behalf: Behalf | None) -> Row:
        at, active = millis(self._clock()), (await newest_versions(rows, {row["activity"]})).get(row["activity"])
        may(as_counted(row, version_of(active)) if active else row, choice.answer, at)
        recipient = await rows.one(tables.recipients, slug=row["recipient"])
        if active is None or not recipient or recipient["status"] != "toegelaten" or not _counts(row, active, choice):
            raise Gone(OVER)
        await demand_own(rows, caller, version_of(active), at, behalf.relation if behalf else "")
        version = await _version(rows, row)
        end = end_of(as_counted(row, version_of(active)), version_of(active), choice, at)
        shown = {"language": choice.language, "text_hash": choice.text_hash}
        resident = await state_row(rows, resident_of(row))
        details = {**shown, "kanaal": choice.channel, "geldigTot": str(end)}
        more = _whose(rows.keys.actor(caller), behalf, details) | {"recipient_name": recipient_of(recipient).name.nl}
        event = about_consent(PERMITTING[choice.answer], random_id(), row, version, at, decided_at=at, **more)
        facts = [(one["fence"], one["epoch"]) for one in (row, resident, active, recipient)]
        facts += [(one.fence, one.epoch) for one in behalf.fences] if behalf else []
        entry = permit(event, (rows.keys.municipality(), 0), *facts)
        await keep_text(rows, choice)
        # nothing permits while a question waits; what permits already stays as it is until the line is there
        early = {"valid_until": end, **shown} if choice.answer == "ja" else {}
        return await rows.put(tables.consents, row, entry=entry.model_dump_json(), pending_at=at, **early)

    async def _end(self, caller: Caller, consent_id: str, choice: Choice, behalf: Behalf | None) -> Chosen:
        (kind, word), at = RESTRICTING[choice.answer], millis(self._clock())

        async def look(rows: Rows) -> tuple[Row, ActivityVersion, Words, str]:
            row = await own(rows, caller, consent_id)
            return row, await _version(rows, row), await name_of(rows, row["recipient"]), rows.keys.actor(caller)

        row, version, name, actor = await self._register.soon(caller.tenant, look)
        may(row, choice.answer, at)
        details = {"language": choice.language, "text_hash": choice.text_hash, "kanaal": choice.channel}
        if choice.answer in AGAIN:  # the same act where nothing moved since, another one after that
            word = f"{word}/{row['epoch']}"
        if choice.answer == "korter":
            details["geldigTot"] = str(choice.until)
            word = f"{word}/{choice.until}"
            await self._draft(caller, row, derived_id(consent_id, word), choice)
        more = _whose(actor, behalf, details) | {"recipient_name": name.nl}
        event = about_consent(kind, derived_id(consent_id, word), row, version, at, **more)
        receipt = await self._first(caller, restriction(event, row["fence"]))
        # a crash here leaves the line without its row: releases are already impossible, follow() writes the row
        reached("consent.withdrawn-line")
        now = await self._applied(caller, row, choice, receipt)
        under_way = await self._ended_how(caller.tenant, receipt)
        return Chosen(consent=now, receipt=receipt, under_way=under_way)

    async def _draft(self, caller: Caller, seen: Row, event_id: str, choice: Choice) -> None:
        """An earlier end waits in the row, without effect, for whoever follows its line."""
        async with self._register.writing(caller.tenant) as rows:
            row = await own(rows, caller, seen["id"], lock=True)
            if row["epoch"] != seen["epoch"]:
                raise NotNow("Er is intussen iets anders gekozen.")
            until = earlier_end(row, choice.until, millis(self._clock()))
            await rows.put(tables.consents, row, terms=with_draft(row, event_id, until))

    async def _applied(self, caller: Caller, row: Row, choice: Choice, receipt: Receipt) -> ConsentView:
        """What ends, ends at once; what a later act may lead out of is followed in the order of the log."""
        kind, key = RESTRICTING[choice.answer][0], {"id": str(row["id"])}
        if choice.answer in AGAIN:
            await self._following.follow(caller.tenant)

        async def work(rows: Rows) -> ConsentView:
            if choice.answer not in AGAIN:
                await ended(rows, tables.consents, kind, key, receipt)
            await keep_text(rows, choice)
            now = await own(rows, caller, row["id"], lock=True)
            if now["status"] == "geweigerd" and not now["text_hash"]:
                shown = {"language": choice.language, "text_hash": choice.text_hash}
                terms = stored_terms(terms_of(now).model_copy(update={"channel": choice.channel}))
                now = await rows.put(tables.consents, now, terms=terms, **shown)
            return await self._view(rows, now)

        return await self._register.written(caller.tenant, work)

    async def _first(self, caller: Caller, entry: Entry) -> Receipt:
        """The receipt of the first line under this id, whatever words the second tab would have used."""
        try:
            return await record_one(self._audit, caller, entry)
        except EventIdTaken as taken:
            position = Position.parse(taken.members["position"])
            line = await self._audit.line(room_of(caller.tenant, "consent"), position)
        kept = {name: getattr(line.event, name) for name in ("details", "keep_until", "recipient_name")}
        said = entry.event.model_copy(update=kept)
        try:
            return await record_one(self._audit, caller, entry.model_copy(update={"event": said}))
        except EventIdTaken:  # the resident did at the portal what staff wrote down, or the other way round
            await self._following.follow(caller.tenant)
            raise NotNow("Dit is net al gedaan.") from None

    async def _ended_how(self, tenant: str, receipt: Receipt) -> tuple[tuple[Position, str], ...]:
        listed, outcomes = receipt.under_way, [""] * len(receipt.under_way)
        # the stop stands by now: who cannot be told how releases ended is still told that
        with suppress(LogUnavailable), move_on_after(PATIENCE):
            while listed and "" in outcomes:
                outcomes = [str(one) for one in await self._audit.outcomes(room_of(tenant, "consent"), listed)]
                if "" in outcomes:
                    await sleep(GLANCE)
        return tuple(zip(listed, outcomes, strict=True))

    async def _view(self, rows: Rows, row: Row) -> ConsentView:
        name = await name_of(rows, row["recipient"])
        newest = await newest_versions(rows, {row["activity"]})
        return view(row, name, millis(self._clock()), newest_of(newest, row))


def _whose(actor: str, behalf: Behalf | None, details: dict[str, str]) -> dict[str, Any]:
    """Who chose, as the line says it. actor: who calls."""
    if behalf is None:
        return {"actor": actor, "details": details}
    return {"actor": behalf.actor, "on_behalf": behalf.relation, "details": {**details, **behalf.told}}


def _check(caller: Caller, choice: Choice) -> None:
    # an application chooses for nobody: it hears below that there is no such consent, and nothing more
    if caller.kind not in MACHINES and not channel_fits(caller.kind, choice):
        raise fault("/channel", "past-niet", "Deze keuze kan niet langs deze weg.")
    if choice.text and sha256(choice.text.encode()).hex() != choice.text_hash:
        raise fault("/text_hash", "past-niet", "Dit is niet de tekst die is getoond.")


async def own(rows: Rows, caller: Caller, consent_id: str, *, lock: bool = False, loose: bool = False) -> Row:
    """The row, for its resident and for desk staff who act for them. loose: also one that is nobody's yet, for any
    resident. Raises NoSuchThing."""
    desk = caller.kind == "medewerker" and "balie" in caller.roles
    whose = caller.acting_for if desk else caller.user if caller.kind == "inwoner" else ""
    row = await rows.one(tables.consents, lock=lock, id=consent_id)
    theirs = (whose, "") if loose and caller.kind == "inwoner" else (whose,)
    if row is None or not whose or row["resident"] not in theirs:
        raise NoSuchThing()
    return row


def _counts(row: Row, active: Row, choice: Choice) -> bool:
    """Whether this choice is one under the version in force. A question is answered for the version it asks about; what
    was said counts, and can be said again, while no newer one is wider."""
    since = active["number"] if choice.answer == "ja" else consents_since(version_of(active))
    return bool(active["status"] == "gepubliceerd" and row["version"] >= since)


async def _version(rows: Rows, row: Row) -> ActivityVersion:
    found = await rows.one(tables.activities, slug=row["activity"], number=row["version"])
    if found is None:
        raise NoSuchThing()
    return version_of(found)
