"""Who was appointed: written down, confirmed, ended. Writes rows of `mandates`, as `consent.mandates.service` does.

To write down is a fact and a row that permits nothing. To confirm is the permit: pending, logged, effective. To end
restricts: the line first, then the row, and whoever follows the log finishes it.
"""

from contextlib import suppress
from datetime import date
from typing import Final

from audit.contract import Audit, Entry, EventIdTaken, record_one
from consent.appointments.contract import REGISTRAR, Papers, Reason, Recorded, Waiting, Why
from consent.appointments.contract import Appointed as Listed
from consent.contract import NoSuchThing, NotNow, ResidentRef
from consent.flagging import state_row
from consent.following import Following
from consent.lines import event, permit, resident_of, restriction
from consent.mandates.acting import source_of
from consent.mandates.appointed import (
    COLUMN,
    DOCUMENT,
    Appointed,
    Source,
    appointed_of,
    bare,
    fits,
    source_text,
    written,
)
from consent.mandates.rules import AFTER_DEATH
from consent.mandates.service import VALID
from consent.mandates.tables import mandates
from consent.permits import Permits
from consent.rows import Register, Row, Rows
from consent.terms import DAY
from consent.words import fault, no_numbers
from kernel.caller import Caller
from kernel.clock import Clock, millis, moment
from kernel.errors import NoAccess
from kernel.ids import derived_id, random_id, uuid7

RECORDED: Final = "vastgelegd"
LOOKED_UP: Final = "vertegenwoordiging"
MOST_WAITING, CONFIRM_DAYS = 100, 14  # of one municipality
# A judge looks again at least every five years (BW 1:385, 1:446a, 1:460a); an estate should not need more than one.
LONGEST_DAYS, ESTATE_DAYS = 1_827, 366


class Appointing:
    """Satisfies Appointments."""

    def __init__(self, register: Register, audit: Audit, following: Following, clock: Clock) -> None:
        self._register, self._audit, self._following, self._clock = register, audit, following, clock
        self._permits = Permits(register, audit, clock)

    async def record(self, caller: Caller, recorded: Recorded) -> Waiting:
        """See Appointments.record."""
        actor = await self._registrar(caller)
        at, papers = millis(self._clock()), recorded.papers
        _check(recorded, at)
        if len(await self._open(caller, at)) >= MOST_WAITING:
            raise NotNow(f"Er wachten al {MOST_WAITING} op een collega. Laat die eerst nakijken.")
        record_id, whose = uuid7(at), papers.resident
        said = event("machtiging-vastgelegd", random_id(), whose.subject, actor=actor, on_behalf=papers.relation,
                     details=_told(record_id, papers))  # fmt: skip
        receipt = await record_one(self._audit, caller, Entry(event=said))
        # a crash here leaves a line that says what somebody was about to do; they do it again
        async with self._register.writing(caller.tenant) as rows:
            keys = rows.keys
            sealed = {column: keys.seal_text(whose.id, record_id, column, text).hex()
                      for column, text in (("label", recorded.label), ("name", recorded.name))}  # fmt: skip
            source = keys.seal_text(whose.id, record_id, COLUMN, source_text(_source(papers)))
            row = {
                **sealed, "id": record_id, "resident": whose.id, "subject": whose.subject, "code": "", "ended_at": 0,
                "resident_fence": whose.fence, "representative": papers.representative.id, "scope": "[]",
                "decides": int(papers.relation not in AFTER_DEATH), "fence": keys.mandate(record_id),
                "status": RECORDED, "offered_at": at, "valid_until": papers.until, "position": str(receipt.position),
                "appointed": written(papers.relation, papers.matters, actor, source),
            }  # fmt: skip
            await rows.add(mandates, row)
        return Waiting(id=record_id, relation=papers.relation, recorded_at=at, own=True)

    async def waiting(self, caller: Caller) -> list[Waiting]:
        """See Appointments.waiting."""
        actor = await self._registrar(caller)
        found = [(row, _known(row)) for row in await self._open(caller, millis(self._clock()))]
        return [
            Waiting(id=row["id"], relation=known.relation, recorded_at=row["offered_at"], own=known.recorder == actor)
            for row, known in found
        ]

    async def confirm(self, caller: Caller, appointment_id: str, papers: Papers) -> None:
        """See Appointments.confirm."""
        actor = await self._registrar(caller)
        await self._following.follow(caller.tenant)  # a flag of a second ago must not make this lapse
        at = millis(self._clock())
        async with self._register.writing(caller.tenant) as rows:
            row = await rows.one(mandates, lock=True, id=appointment_id)
            if row is None or row["appointed"] is None or not _waits(row, at):
                raise NoSuchThing()
            if _known(row).recorder == actor:
                raise NoAccess("Wie het opschreef, bevestigt het niet: vraag een ander.")
            source = source_of(rows, row)
            if source is None or not _same(row, source, papers):
                raise NotNow("Niet alles is gelijk aan wat uw collega opschreef.")
            if not row["pending_at"]:  # else somebody confirmed it before: what they began is finished
                giver = await state_row(rows, resident_of(row))
                said = event("machtiging-gegeven", random_id(), row["subject"], decided_at=at, actor=actor,
                             on_behalf=papers.relation,
                             details={**_told(row["id"], papers), "grond": source.said})  # fmt: skip
                facts = [(one["fence"], one["epoch"]) for one in (row, giver)]
                entry = permit(said, (rows.keys.municipality(), 0), *facts).model_dump_json()
                row = await rows.put(mandates, row, entry=entry, pending_at=at)
        await self._permits.take_effect(caller, mandates, row)
        async with self._register.reading(caller.tenant) as rows:
            now = await rows.one(mandates, id=appointment_id)
        if now is None or now["status"] != VALID:
            raise NotNow("Dit is intussen gestopt.")

    async def search(self, caller: Caller, resident: ResidentRef, reason: Reason) -> list[Listed]:
        """See Appointments.search."""
        actor, at = await self._registrar(caller), millis(self._clock())
        told = {"stap": LOOKED_UP, "reden": reason}
        said = event("zoeking", random_id(), resident.subject, actor=actor, details=told)
        await record_one(self._audit, caller, Entry(event=said))
        mine = (mandates.c.resident == resident.id, mandates.c.appointed.is_not(None), mandates.c.valid_until > at)
        async with self._register.reading(caller.tenant) as rows:
            newest = (mandates.c.offered_at.desc(),)
            found = await rows.find(mandates, *mine, mandates.c.status == VALID, order=newest, most=MOST_WAITING)
            return [_listed(rows, row) for row in found]

    async def end(self, caller: Caller, resident: ResidentRef, reference: str, why: Why) -> int:
        """See Appointments.end."""
        actor = await self._registrar(caller)
        async with self._register.reading(caller.tenant) as rows:
            open_ones = (mandates.c.resident == resident.id, mandates.c.status.in_((RECORDED, VALID)))
            found = [row for row in await rows.find(mandates, *open_ones) if _rests_on(rows, row, reference)]
        if not found:
            raise NoSuchThing()
        for row in found:
            await self._end(caller, row, actor, why)
        await self._following.follow(caller.tenant)
        return len(found)

    async def _end(self, caller: Caller, row: Row, actor: str, why: Why) -> None:
        told = {"machtiging": row["id"], "door": "medewerker", "reden": why}
        said = event("machtiging-beeindigd", derived_id(row["id"], "beeindiging"), row["subject"], actor=actor,
                     on_behalf=_known(row).relation, details=told)  # fmt: skip
        # somebody else was first, or it was being confirmed and fell by this line: it has ended, and only that counts
        with suppress(EventIdTaken, NoSuchThing):
            receipt = await record_one(self._audit, caller, restriction(said, row["fence"]))
            # a crash here leaves the line without its row: nobody acts any more, follow() writes the row
            await self._following.ended(caller.tenant, mandates, "machtiging-beeindigd", {"id": row["id"]}, receipt)
        async with self._register.writing(caller.tenant) as rows:
            now = await rows.one(mandates, lock=True, id=row["id"])
            if now is not None and not now["ended_at"]:
                await rows.put(mandates, now, ended_at=millis(self._clock()))

    async def _open(self, caller: Caller, at: int) -> list[Row]:
        async with self._register.reading(caller.tenant) as rows:
            found = await rows.find(mandates, mandates.c.status == RECORDED, order=(mandates.c.offered_at,))
        return [row for row in found if _waits(row, at)]

    async def _registrar(self, caller: Caller) -> str:
        """Their pseudonym. Raises NoAccess."""
        keys = await self._register.keys_of(caller.tenant)
        actor = keys.actor(caller)
        if caller.kind != "medewerker" or REGISTRAR not in caller.roles or not actor:
            raise NoAccess("Dit is voor Burgerzaken.")
        return actor


def _check(recorded: Recorded, at: int) -> None:
    """Raises BadInput."""
    papers = recorded.papers
    texts = {"/name": recorded.name, "/label": recorded.label, "/issuer": papers.issuer, "/reference": papers.reference}
    no_numbers(texts)
    if papers.resident.id == papers.representative.id or papers.resident.stand_in or papers.representative.stand_in:
        raise fault("/representative", "past-niet", "Niemand vertegenwoordigt zichzelf.")
    if not fits(papers.relation, papers.matters):
        raise fault("/matters", "past-niet", "Hierover kan zo iemand niet gaan.")
    if not bare(papers.reference) or not bare(papers.issuer):
        raise fault("/reference", "leeg", "Schrijf op wie het stuk gaf, en het nummer.")
    try:
        issued = date.fromisoformat(papers.issued_on)
    except ValueError:
        raise fault("/issuedOn", "geen-dag", "Deze dag is er niet.") from None
    if issued > moment(at + DAY).date():
        raise fault("/issuedOn", "toekomst", "Deze dag moet nog komen.")
    days = ESTATE_DAYS if papers.relation in AFTER_DEATH else LONGEST_DAYS
    if not at < papers.until <= at + days * DAY:
        raise fault("/until", "te-lang", "Kies een laatste dag die niet te ver weg is.")


def _source(papers: Papers) -> Source:
    return Source(DOCUMENT[papers.relation], papers.issuer, papers.reference, papers.issued_on)


def _told(record_id: str, papers: Papers) -> dict[str, str]:
    """As lines tell it; the names of people are in none of them. Nor is the document, before two persons read in it
    that it is about this resident: with one wrong digit somebody else would read of it."""
    return {
        "machtiging": record_id,
        "terreinen": " ".join(sorted(papers.matters)),
        "geldigTot": str(papers.until),
    }


def _known(row: Row) -> Appointed:
    known = appointed_of(row)
    if known is None:
        raise NoSuchThing()
    return known


def _waits(row: Row, at: int) -> bool:
    """A pending one does too: whoever confirms it again finishes it."""
    until: int = min(row["offered_at"] + CONFIRM_DAYS * DAY + 1, row["valid_until"])
    return row["status"] == RECORDED and at < until


def _same(row: Row, source: Source, papers: Papers) -> bool:
    """What decides anything: people, matters, document, last moment."""
    known = _known(row)
    people = (papers.resident.id, papers.representative.id) == (row["resident"], row["representative"])
    about = (papers.relation, {*papers.matters}) == (known.relation, {*known.matters})
    typed = (bare(papers.issuer), bare(papers.reference), papers.issued_on)
    there = (bare(source.issuer), bare(source.reference), source.on)
    return people and about and typed == there and papers.until == row["valid_until"]


def _rests_on(rows: Rows, row: Row, reference: str) -> bool:
    source = source_of(rows, row)
    return source is not None and bare(source.reference) == bare(reference)


def _listed(rows: Rows, row: Row) -> Listed:
    known, source = _known(row), source_of(rows, row)
    label = rows.keys.open_text(row["resident"], row["id"], "label", bytes.fromhex(row["label"]))
    return Listed(
        relation=known.relation,
        matters=tuple(sorted(known.matters)),
        label=label,
        source=source.said if source else "",
        confirmed_at=row["effective_at"],
        until=row["valid_until"],
    )
