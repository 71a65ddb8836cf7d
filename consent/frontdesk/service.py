"""An employee helps a resident. Owns `conversations`.

The row comes first, so that every attempt counts before anybody is looked up; then whom it is with; then the line in
the resident's series; then the conversation opens. A crash between them leaves a row that shows nothing, or a line of a
look that did not come. What is chosen goes the way
of every choice (`consent.choosing`); the conversation only adds who recorded it.
"""

from collections.abc import Iterable
from typing import Any, Final

from audit.contract import Audit, Entry, Receipt, record_one
from consent.choosing import Behalf, Choosing
from consent.contract import (
    Choice,
    Chosen,
    ConsentDetail,
    ConsentReceipt,
    ConsentView,
    Gone,
    NoSuchThing,
    NotNow,
    RegisterUnavailable,
    ResidentRef,
)
from consent.deciding import newest_versions
from consent.following import Following
from consent.frontdesk.attending import flags_of, is_desk, served
from consent.frontdesk.contract import (
    Conversation,
    ConversationOver,
    DeskRequest,
    Meeting,
    Opening,
    Tally,
    TooManyConversations,
)
from consent.frontdesk.parents import parent_of, stands_for
from consent.frontdesk.rules import LASTS_MS, LISTED, checked_so, day_begins, is_open, serves
from consent.frontdesk.showing import UNTOLD, neutral, seen, written_down
from consent.frontdesk.tables import conversations
from consent.frontdesk.tallying import tallied
from consent.lines import event, names, stored, version_of
from consent.mandates.rules import sensitive
from consent.receipts.service import Receipts
from consent.rights.contract import Claim, Rights, RightsRequest
from consent.rights.showing import going_on
from consent.rows import Register, Row, Rows
from consent.tables import activities
from consent.words import fault
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.errors import BadInput, NoAccess
from kernel.ids import derived_id, uuid7

BEGUN, OPEN, DONE = "begonnen", "open", "klaar"
PER_DAY: Final = 40  # conversations of one employee: ten minutes each fill the day


class Helping:
    """Satisfies FrontDesk. receipts, rights: set where the room is put together."""

    def __init__(
        self, register: Register, audit: Audit, following: Following, choosing: Choosing, clock: Clock
    ) -> None:
        self._register, self._audit, self._following, self._clock = register, audit, following, clock
        self._choosing, self.per_day = choosing, PER_DAY
        self.receipts: Receipts | None = None
        self.rights: Rights | None = None

    async def begin(self, caller: Caller, opening: Opening) -> Conversation:
        """See FrontDesk.begin."""
        if not is_desk(caller):
            raise NoAccess("Dit is voor medewerkers van de balie.")
        if not checked_so(opening.channel, opening.check):
            raise fault("/check", "past-niet", "Zo kunt u langs deze weg niet zien wie het is.")
        at = millis(self._clock())
        async with self._register.writing(caller.tenant) as rows:
            await self._others_ended(rows, caller, at)
            new = {
                "id": uuid7(at), "staff": caller.user, "resident": "", "subject": "",
                "reason": opening.reason, "checked": opening.check, "channel": opening.channel, "acted": stored(()),
                "status": BEGUN, "fence": "", "opened_at": at, "ended_at": 0, "served": 0, "stands": None,
                "resident_fence": "",
            }  # fmt: skip
            await rows.add(conversations, new)
            (row,) = await rows.find(conversations, conversations.c.id == new["id"])
            return seen(row)

    async def meet(self, caller: Caller, conversation_id: str, met: Meeting) -> Conversation:
        """See FrontDesk.meet."""
        await self._following.follow(caller.tenant)  # a flag of a second ago counts
        row = await self._met(caller, conversation_id, met)
        receipt = await self._said(caller, row, "begin")
        async with self._register.writing(caller.tenant) as rows:
            # of two that began at one moment neither saw the other: looked at once more, so that one goes on
            there = (await self._others_ended(rows, caller, row["opened_at"], row["id"]))[row["id"]]
            return seen(await rows.put(conversations, there, status=OPEN, position=str(receipt.position)))

    async def _met(self, caller: Caller, conversation_id: str, met: Meeting) -> Row:
        """The row with whom it is; a row that names somebody else names nobody anew."""
        at, who, stands = millis(self._clock()), met.resident, stands_for(met)
        async with self._register.writing(caller.tenant) as rows:
            row = await rows.one(conversations, lock=True, id=conversation_id)
            if row is None or not is_desk(caller) or row["staff"] != caller.user:
                raise NoSuchThing()
            if row["status"] != BEGUN or at >= row["opened_at"] + LASTS_MS or row["resident"] not in ("", who.id):
                raise ConversationOver()
            parent = parent_of({"stands": stands})
            helped = serves(row["channel"], await flags_of(rows, who.id)) and not who.stand_in
            helped = helped and (parent is None or parent.may("zien", at))
            whose = {"resident": who.id, "subject": who.subject, "resident_fence": who.fence}
            return await rows.put(conversations, row, **whose, served=int(helped), stands=stands)

    async def _others_ended(self, rows: Rows, caller: Caller, at: int, own: str = "") -> dict[str, Row]:
        """This employee's conversations of today, locked, of which only their own (by id) goes on. Raises
        TooManyConversations; ConversationOver when it is their own that ended."""
        since = min(day_begins(at), at - LASTS_MS)
        mine = (conversations.c.staff == caller.user, conversations.c.opened_at >= since)
        found = {row["id"]: row for row in await rows.find(conversations, *mine, lock=True)}
        if own and (own not in found or found[own]["status"] != BEGUN):
            raise ConversationOver()
        others = [row for row in found.values() if row["id"] != own]
        if sum(row["opened_at"] >= day_begins(at) for row in others) >= self.per_day:
            raise TooManyConversations()
        for row in others:
            if row["status"] != DONE:
                await rows.put(conversations, row, status=DONE, ended_at=at)
        return found

    async def conversation(self, caller: Caller, conversation_id: str) -> Conversation:
        """See FrontDesk.conversation."""
        return seen(await self._open(caller, conversation_id))

    async def end(self, caller: Caller, conversation_id: str) -> None:
        """See FrontDesk.end."""
        at = millis(self._clock())
        async with self._register.writing(caller.tenant) as rows:
            row = await rows.one(conversations, lock=True, id=conversation_id)
            if row is None or not is_desk(caller) or row["staff"] != caller.user:
                raise NoSuchThing()
            if row["status"] != DONE:
                await rows.put(conversations, row, status=DONE, ended_at=at)

    async def choices(self, caller: Caller, conversation_id: str) -> list[ConsentView]:
        """See FrontDesk.choices."""
        row = await self._open(caller, conversation_id)
        found = await self._choosing.choices(Caller(tenant=caller.tenant, kind="inwoner", user=row["resident"]))
        hidden = await self._sensitive(caller.tenant, found)
        listed = [one for one in found if one.state in LISTED] if row["served"] else []
        if parent_of(row):  # nor is a child's own help a row without words: they would know that there is some
            listed = [one for one in listed if one.activity not in hidden]
        return [neutral(one) if one.activity in hidden else one.model_copy(update=UNTOLD) for one in listed]

    async def choice(self, caller: Caller, conversation_id: str, consent_id: str) -> ConsentDetail:
        """See FrontDesk.choice."""
        row = await self._open(caller, conversation_id)
        detail = await self._detail(caller, row, consent_id)
        await self._said(caller, row, "gezien", detail)
        told = detail.model_copy(update={"shown": "", "back": ""})
        if consent_id in names(row["acted"]):  # what was just chosen, with its number
            return told
        return told.model_copy(update={"consent": detail.consent.model_copy(update=UNTOLD)})

    async def choose(self, caller: Caller, conversation_id: str, consent_id: str, choice: Choice) -> Chosen:
        """See FrontDesk.choose."""
        row = await self._open(caller, conversation_id)
        if choice.channel != row["channel"]:
            raise fault("/channel", "past-niet", "Deze keuze kan niet langs deze weg.")
        await self._detail(caller, row, consent_id)
        parent = parent_of(row)
        if parent and not parent.may(choice.answer, millis(self._clock())):
            raise NotNow("Dit kiest alleen de inwoner zelf.")
        first = await self._acted(caller, row, consent_id)
        # a crash here leaves a conversation that may show how this consent stands, and nothing else
        behalf = Behalf("", caller.user, _told(row))
        if parent:
            behalf = Behalf(parent.relation, caller.user, {**_told(row), **parent.told})
        try:
            return await self._choosing.choose(_for(caller, row), consent_id, choice, behalf)
        except (BadInput, Gone, NotNow):
            now = await self._choosing.choice(_for(caller, row), consent_id)
            if first and now.consent.state in LISTED:  # nothing was chosen: then the FG does not read that it was
                await self._acted(caller, row, consent_id, chosen=False)
            raise

    async def _acted(self, caller: Caller, row: Row, consent_id: str, *, chosen: bool = True) -> bool:
        """Whether the conversation says something else about this consent than before."""
        async with self._register.writing(caller.tenant) as rows:
            there = await rows.one(conversations, lock=True, id=row["id"])
            if there is None or (consent_id in names(there["acted"])) == chosen:
                return False
            others = tuple(one for one in names(there["acted"]) if one != consent_id)
            await rows.put(conversations, there, acted=stored((*others, consent_id) if chosen else others))
            return True

    async def receipt(self, caller: Caller, conversation_id: str, consent_id: str) -> ConsentReceipt:
        """See FrontDesk.receipt."""
        row = await self._open(caller, conversation_id)
        if self.receipts is None:
            raise RegisterUnavailable()
        if consent_id not in names(row["acted"]):
            raise NoSuchThing()
        detail = await self._detail(caller, row, consent_id)
        await self._said(caller, row, "brief", detail)
        return await self.receipts.of(caller, detail, with_content=False)

    async def file(self, caller: Caller, conversation_id: str, asked: DeskRequest) -> RightsRequest:
        """See FrontDesk.file."""
        row = await self._open(caller, conversation_id)
        if self.rights is None:
            raise RegisterUnavailable()
        if parent_of(row) or not row["resident_fence"]:
            raise NoSuchThing()
        who = ResidentRef(id=row["resident"], subject=row["subject"], fence=row["resident_fence"])
        claim = Claim(resident=who, kind=asked.kind, activity=asked.activity, text=asked.text)
        filed = await self.rights.file(_for(caller, row), claim)
        # a crash here leaves a request without its letter: to write it down again is the same request
        await self._acted(caller, row, filed.id)
        await self._said(caller, row, f"brief/{filed.id}")
        about = {"kind": claim.kind, "activity": claim.activity or ""}
        async with self._register.reading(caller.tenant) as rows:
            return written_down(filed.id, claim, millis(self._clock()), await going_on(rows, (about,)))

    async def tallies(self, caller: Caller) -> list[Tally]:
        """See FrontDesk.tallies."""
        if caller.kind != "medewerker" or "fg" not in caller.roles:
            raise NoAccess("Dit is voor de FG.")
        async with self._register.reading(caller.tenant) as rows:
            return await tallied(rows, millis(self._clock()), self.per_day)

    async def _open(self, caller: Caller, conversation_id: str) -> Row:
        async with self._register.reading(caller.tenant) as rows:
            row = await rows.one(conversations, id=conversation_id)
            if row is None or not is_desk(caller) or row["staff"] != caller.user:
                raise NoSuchThing()
            if not is_open(row["status"], row["opened_at"], millis(self._clock())):
                raise ConversationOver()
            return row | {"served": int(await served(rows, row))}

    async def _detail(self, caller: Caller, row: Row, consent_id: str) -> ConsentDetail:
        if not row["served"]:
            raise NoSuchThing()
        detail = await self._choosing.choice(_for(caller, row), consent_id)
        if detail.consent.state not in LISTED and consent_id not in names(row["acted"]):
            raise NoSuchThing()
        if parent_of(row) and await self._sensitive(caller.tenant, [detail.consent]):
            raise NoSuchThing()
        return detail

    async def _sensitive(self, tenant: str, found: Iterable[ConsentView]) -> set[str]:
        """Activities that are so in any version: what became sensitive is, and what was asked as such stays so."""
        about = {one.activity for one in found}
        async with self._register.reading(tenant) as rows:
            versions = await rows.find(activities, activities.c.slug.in_(about))
            newest = await newest_versions(rows, about)
        every = [version_of(row) for row in (*versions, *newest.values())]
        return {one.slug for one in every if sensitive(one)}

    async def _said(self, caller: Caller, row: Row, step: str, detail: ConsentDetail | None = None) -> Receipt:
        """A line in the resident's series; the same step of the same conversation is one line."""
        word, more = step, dict[str, Any]()
        step, _, request = step.partition("/")
        told = {"stap": step, **_told(row), **({"verzoek": request} if request else {})}
        if detail is not None:
            view = detail.consent
            word, told["toestemming"] = f"{step}/{view.id}", view.id
            more = {"activity": view.activity, "version": view.version, "recipient": view.recipient}
        parent = parent_of(row)
        more |= {"on_behalf": parent.relation} if parent and row["served"] else {}
        said = event(
            "balie-gesprek", derived_id(row["id"], word), row["subject"], actor=caller.user, details=told, **more
        )
        return await record_one(self._audit, caller, Entry(event=said))


def _told(row: Row) -> dict[str, str]:
    """What lines say of a conversation."""
    return {"gesprek": row["id"], "reden": row["reason"], "controle": row["checked"], "kanaal": row["channel"]}


def _for(caller: Caller, row: Row) -> Caller:
    """The employee, for the resident before them."""
    return caller.model_copy(update={"acting_for": row["resident"]})
