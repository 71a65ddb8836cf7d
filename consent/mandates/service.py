"""A resident lets somebody act for them, and ends it. Owns `mandates`.

An offer permits nothing: it is a fact and a row. To accept is the permit: pending, logged, effective. To end restricts:
the line first, then the row, and whoever follows the log finishes it. What was accepted is not made longer and not
handed on: for that the resident offers a new one.
"""

import secrets
from base64 import b32encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from audit.contract import Audit, Entry, EventIdTaken, record_one
from consent.choosing import Choosing
from consent.contract import NoSuchThing, NotNow
from consent.deciding import newest_versions
from consent.flagging import state_row
from consent.lines import event, names, permit, resident_of, restriction, stored, version_of
from consent.mandates.acting import flagged, source_of
from consent.mandates.appointed import appointed_of
from consent.mandates.contract import Mandate, MandateStatus, Offer, Offered
from consent.mandates.reaching import Reaching
from consent.mandates.tables import mandates
from consent.permits import IN_FORCE, Permits
from consent.rights.service import Claiming
from consent.rows import Register, Row, Rows
from consent.tables import subject_state
from consent.terms import DAY
from consent.words import fault, no_numbers
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.ids import derived_id, random_id, uuid7

OFFERED, VALID = "aangeboden", IN_FORCE["mandates"]
ANSWER_DAYS, LONGEST_DAYS, MOST_OPEN, MOST = 7, 366, 20, 200
ABSENT: Final[Mapping[str, Any]] = {"representative": "", "position": "", "ended_at": 0}


class Mandating(Reaching):
    """Satisfies Mandates."""

    def __init__(self, register: Register, audit: Audit, choosing: Choosing, rights: Claiming, clock: Clock) -> None:
        super().__init__(register, audit, choosing, rights, clock)
        self._following, self._permits = rights.following, Permits(register, audit, clock)

    async def offer(self, caller: Caller, offer: Offer) -> Offered:
        """See Mandates.offer."""
        at = millis(self._clock())
        _check(caller, offer, at)
        mandate_id, code = uuid7(at), b32encode(secrets.token_bytes(10)).decode()
        async with self._register.reading(caller.tenant) as rows:
            await self._demand_room(rows, caller, offer, at)
        told = {"machtiging": mandate_id, **_terms(offer.activities, offer.decides, offer.until)}
        said = event("machtiging-aangeboden", random_id(), offer.resident.subject, details=told)
        receipt = await record_one(self._audit, caller, Entry(event=said))
        async with self._register.writing(caller.tenant) as rows:
            keys, whose = rows.keys, offer.resident
            sealed = {column: keys.seal_text(whose.id, mandate_id, column, text).hex()
                      for column, text in (("label", offer.label), ("name", offer.name))}  # fmt: skip
            row = {
                **ABSENT, **sealed, "id": mandate_id, "resident": whose.id, "subject": whose.subject,
                "resident_fence": whose.fence, "scope": stored(offer.activities), "decides": int(offer.decides),
                "code": keys.mandate_code(code), "fence": keys.mandate(mandate_id), "status": OFFERED,
                "offered_at": at, "valid_until": offer.until, "position": str(receipt.position),
            }  # fmt: skip
            await rows.add(mandates, row)
            return Offered(mandate=_seen(rows, await _row(rows, mandate_id), caller, at), code=code)

    async def _demand_room(self, rows: Rows, caller: Caller, offer: Offer, at: int) -> None:
        """Raises NotNow, BadInput."""
        mine = (mandates.c.resident == caller.user, mandates.c.ended_at == 0, mandates.c.valid_until > at,
                mandates.c.appointed.is_(None))  # a court's choice takes no place of one's own  # fmt: skip
        if len(await rows.find(mandates, *mine)) >= MOST_OPEN:
            raise NotNow("U liet al veel mensen voor u kijken. Stop er eerst een.")
        newest = await newest_versions(rows, set(offer.activities))
        chosen = {slug for slug, row in newest.items() if row["status"] == "gepubliceerd" and _optional(row)}
        if chosen != set(offer.activities):
            raise fault("/activities", "geen-keuze", "Hierin valt niets te kiezen.")

    async def offered(self, caller: Caller, code: str) -> Mandate:
        """See Mandates.offered."""
        async with self._register.reading(caller.tenant) as rows:
            at = millis(self._clock())
            return _seen(rows, await self._open(rows, caller, code, at), caller, at)

    async def accept(self, caller: Caller, code: str) -> Mandate:
        """See Mandates.accept."""
        await self._following.follow(caller.tenant)  # a flag of a second ago must not make this lapse
        at = millis(self._clock())
        async with self._register.writing(caller.tenant) as rows:
            row = await self._open(rows, caller, code, at, lock=True)
            giver = await state_row(rows, resident_of(row))
            told = {"machtiging": row["id"], **_terms(names(row["scope"]), bool(row["decides"]), row["valid_until"])}
            said = event("machtiging-gegeven", random_id(), row["subject"], decided_at=at, details=told,
                         actor=rows.keys.representative(caller.user))  # fmt: skip
            facts = [(one["fence"], one["epoch"]) for one in (row, giver)]
            entry = permit(said, (rows.keys.municipality(), 0), *facts).model_dump_json()
            row = await rows.put(mandates, row, representative=caller.user, entry=entry, pending_at=at, code="")
        await self._permits.take_effect(caller, mandates, row)
        async with self._register.reading(caller.tenant) as rows:
            now = await _row(rows, row["id"])
            if now["status"] != VALID:
                raise NotNow("Dit is intussen gestopt.")
            return _seen(rows, now, caller, at)

    async def _open(self, rows: Rows, caller: Caller, code: str, at: int, *, lock: bool = False) -> Row:
        """The offer of this code. One's own is none: nobody acts for themselves."""
        typed = "".join(one for one in code.upper() if one.isalnum())
        hashed = rows.keys.mandate_code(typed)
        found = await rows.find(mandates, mandates.c.code == hashed, lock=lock) if typed else []
        for row in found:
            late = at > row["offered_at"] + ANSWER_DAYS * DAY or at >= row["valid_until"]
            if caller.kind == "inwoner" and row["status"] == OFFERED and row["resident"] != caller.user and not late:
                return row
        raise NoSuchThing()

    async def given(self, caller: Caller) -> list[Mandate]:
        """See Mandates.given."""
        return await self._listed(caller, mandates.c.resident == caller.user)

    async def held(self, caller: Caller) -> list[Mandate]:
        """See Mandates.held."""
        # who acts for many had many that ended: these take no place of one that stands
        stands = (mandates.c.status == VALID, mandates.c.valid_until > millis(self._clock()))
        found = await self._listed(caller, mandates.c.representative == caller.user, *stands)
        async with self._register.reading(caller.tenant) as rows:
            whose = subject_state.c.resident.in_({one.resident.id for one in found})
            known = {row["resident"]: row for row in await rows.find(subject_state, whose)}
        return [
            one for one in found if one.status == "geldig" and not flagged(one.relation, known.get(one.resident.id))
        ]

    async def _listed(self, caller: Caller, *whose: Any) -> list[Mandate]:
        if caller.kind != "inwoner" or not caller.user:
            return []
        at = millis(self._clock())
        async with self._register.reading(caller.tenant) as rows:
            found = await rows.find(mandates, *whose, order=(mandates.c.offered_at.desc(),), most=MOST)
            # what one employee wrote down may be about somebody else, by one wrong digit
            told = [row for row in found if row["appointed"] is None or row["effective_at"]]
            return [_seen(rows, row, caller, at) for row in told]

    async def end(self, caller: Caller, mandate_id: str) -> Mandate:
        """See Mandates.end."""
        at = millis(self._clock())
        async with self._register.reading(caller.tenant) as rows:
            row = await _row(rows, mandate_id)
            actor = rows.keys.representative(caller.user) if row["resident"] != caller.user else ""
        if caller.kind != "inwoner" or caller.user not in (row["resident"], row["representative"]) or not caller.user:
            raise NoSuchThing()
        if row["appointed"] is not None:
            raise NotNow("Dit staat in een stuk van de rechter of de notaris. Bel ons.")
        told = {"machtiging": mandate_id, "door": "vertegenwoordiger" if actor else "inwoner"}
        event_id = derived_id(mandate_id, "beeindiging")
        said = event("machtiging-beeindigd", event_id, row["subject"], actor=actor, details=told)
        with suppress(EventIdTaken):  # the other one was first: it has ended, and only that counts
            receipt = await record_one(self._audit, caller, restriction(said, row["fence"]))
            # a crash here leaves the line without its row: nobody acts any more, follow() writes the row
            await self._following.ended(caller.tenant, mandates, "machtiging-beeindigd", {"id": mandate_id}, receipt)
        await self._following.follow(caller.tenant)
        async with self._register.writing(caller.tenant) as rows:
            now = await _row(rows, mandate_id, lock=True)
            now = now if now["ended_at"] else await rows.put(mandates, now, ended_at=at)
            return _seen(rows, now, caller, at)


def _terms(activities: Sequence[str], decides: bool, until: int) -> dict[str, str]:
    """As lines tell it; the names of people are in none of them."""
    return {
        "doelen": " ".join(activities)[:2_000],
        "mag": "zien-en-kiezen" if decides else "zien",
        "geldigTot": str(until),
    }


def _check(caller: Caller, offer: Offer, at: int) -> None:
    if caller.kind != "inwoner" or caller.user != offer.resident.id or offer.resident.stand_in:
        raise NoSuchThing()
    no_numbers({"/label": offer.label, "/name": offer.name})
    if not at < offer.until <= at + LONGEST_DAYS * DAY:
        raise fault("/until", "te-lang", "Kies een laatste dag binnen een jaar.")


def _optional(row: Row) -> bool:
    return any(used.class_ == "C" for used in version_of(row).elements)


async def _row(rows: Rows, mandate_id: str, *, lock: bool = False) -> Row:
    row = await rows.one(mandates, lock=lock, id=mandate_id)
    if row is None:
        raise NoSuchThing()
    return row


def _status(row: Row, at: int) -> MandateStatus:
    if row["status"] not in (OFFERED, VALID):
        return "beeindigd"  # also what was moved by something that this version does not know
    late = row["status"] == OFFERED and at > row["offered_at"] + ANSWER_DAYS * DAY
    if late or at >= row["valid_until"]:
        return "verlopen"
    return "geldig" if row["status"] == VALID else "aangeboden"


def _seen(rows: Rows, row: Row, caller: Caller, at: int) -> Mandate:
    column = "label" if row["resident"] == caller.user else "name"
    text = rows.keys.open_text(row["resident"], row["id"], column, bytes.fromhex(row[column]))
    known, source = appointed_of(row), source_of(rows, row)
    more: dict[str, Any] = {}
    if known and source:
        more = {"relation": known.relation, "matters": sorted(known.matters), "source": source.said}
    return Mandate.model_validate({
        "id": row["id"], "resident": resident_of(row), "status": _status(row, at), "activities": names(row["scope"]),
        "decides": bool(row["decides"]), column: text, "offered_at": row["offered_at"], "until": row["valid_until"],
        "accepted_at": row["effective_at"], "ended_at": row["ended_at"], **more,
    })  # fmt: skip
