"""Residents file; the FG decides, and owners about their own uses (`consent.rights.handling`). Owns `rights`, and with
`consent.rights.standing` the objections in `subject_state`.

An objection restricts: draft, line, row, and whoever follows the log finishes it. What lifts one is a permit: pending,
logged, then effective (`consent.rights.finishing`). A request is a draft until its line is there, so that no words of a
resident are lost. All other steps are facts: a crash between line and row leaves a line that says what somebody was
about to do; the same person does it again, and it is the same line.
"""

from collections.abc import Mapping
from typing import Any

from audit.contract import Audit, Entry, Kind, Move, Receipt, record_one
from consent.contract import NoSuchThing, NotNow, ResidentRef
from consent.deciding import newest_versions
from consent.flagging import state_row
from consent.following import Following
from consent.frontdesk.attending import attended, is_desk, writing_down
from consent.lines import event, permit, restriction, version_of
from consent.locks import ALL, standing
from consent.rights import restricting
from consent.rights.contract import Claim, RightsRequest, Step
from consent.rights.finishing import Finishing
from consent.rights.handling import demand, demand_known, requests, staff_only
from consent.rights.rules import DRAFT, LAPSED, LIFTING, NO_RIGHT, OPEN, STANDS, may, may_lift
from consent.rights.showing import going_on, shown
from consent.rights.standing import epoch_of, locked, particular, particulars, stepped, suspended
from consent.rights.tables import rights
from consent.rows import Register, Row, Rows
from consent.tables import subject_state
from consent.words import fault, no_numbers
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.crypto import sha256
from kernel.ids import derived_id, uuid7

MOST = 200  # requests in one answer
TEXT_MAX = 2_000
ABSENT: Mapping[str, Any] = {
    "activity": "", "reason": "", "letter": "", "fence": "", "extended_at": 0, "decided_at": 0,
}  # fmt: skip
KINDS: Mapping[tuple[str, Step], Kind] = {
    ("bezwaar", "ongegrond"): "bezwaar-ongegrond",
    ("bezwaar", "intrekken"): "bezwaar-ingetrokken",
    ("bezwaar", "gegrond"): "bezwaar-gegrond",
    ("beperking", "gegrond"): "beperking",
}
LIFTS: frozenset[Kind] = frozenset({"bezwaar-ongegrond", "bezwaar-ingetrokken", "beperking-opgeheven"})
WITH_TEXT = frozenset({"gegrond", "ongegrond", "verlengen", "aankondigen"})
COLUMNS: Mapping[Step, str] = {"verlengen": "reason", "aankondigen": "notice"}


class Claiming:
    """Satisfies Rights."""

    def __init__(self, register: Register, audit: Audit, following: Following, clock: Clock) -> None:
        self._register, self._audit, self._following, self._clock = register, audit, following, clock
        self._finishing = Finishing(register, audit, clock)

    async def sweep(self, tenant: str) -> None:
        """See Finishing.sweep."""
        await self._finishing.sweep(tenant)

    async def file(self, caller: Caller, claim: Claim) -> RightsRequest:
        """See Rights.file."""
        if not _mine(caller, claim.resident.id) or claim.resident.stand_in:
            raise NoSuchThing()
        no_numbers({"/grond": claim.text})
        await writing_down(self._register, caller, millis(self._clock()))
        async with self._register.writing(caller.tenant) as rows:
            draft = {"bezwaar": self._objection, "beperking": self._restriction}.get(claim.kind, self._request)
            row = await draft(rows, caller, claim)
            if row["status"] != DRAFT:
                return await self._seen(rows, row["id"])
        # a crash here leaves a draft without effect; the sweeper lets an objection lapse, and files a request after all
        act = Entry.model_validate_json(row["entry"])
        receipt = await record_one(self._audit, caller, act)
        # a crash here leaves the line without its row: an objection makes releases impossible already, and follow()
        # writes its row; the row of a request is written by the sweeper
        await self._done(caller, row, act, receipt)
        async with self._register.reading(caller.tenant) as rows:
            return await self._seen(rows, row["id"])

    async def filed(self, caller: Caller) -> list[RightsRequest]:
        """See Rights.filed."""
        where, whose = [rights.c.status.not_in((DRAFT, LAPSED))], _whose(caller)
        if not whose:
            staff_only(caller)
        here = await writing_down(self._register, caller, millis(self._clock()))
        where += [] if here is None else [rights.c.id.in_(here)]
        newest = (rights.c.filed_at.desc(),)
        async with self._register.reading(caller.tenant) as rows:
            if whose:
                found = await rows.find(rights, *where, rights.c.resident == whose, order=newest, most=MOST)
            else:
                found = await requests(rows, caller, *where, most=MOST)
            residents = {row["resident"] for row in found}
            states = await rows.find(subject_state, subject_state.c.resident.in_(residents)) if residents else []
            known = {state["resident"]: state for state in states}
            on = await going_on(rows, found)
            return [shown(rows, row, known.get(row["resident"]), on) for row in found]

    async def step(self, caller: Caller, request_id: str, step: Step, text: str) -> RightsRequest:
        """See Rights.step."""
        no_numbers({"/tekst": text})
        text = text if step in WITH_TEXT else ""
        if step in WITH_TEXT and not text.strip():
            raise fault("/tekst", "ontbreekt", "Schrijf op waarom.")
        if len(text) > TEXT_MAX:
            raise fault("/tekst", "te-lang", f"Schrijf hoogstens {TEXT_MAX} tekens.")
        if step != "intrekken":
            staff_only(caller)
        await attended(self._register, caller, millis(self._clock()))
        async with self._register.writing(caller.tenant) as rows:
            row = await self._open_one(rows, caller, request_id, step)
            row = await self._written(rows, row, (step, text), rows.keys.actor(caller))
        act = Entry.model_validate_json(row["entry"])
        if act.requires:
            await self._finishing.take_effect(caller, row)
        else:
            await self._done(caller, row, act, await record_one(self._audit, caller, act))
        async with self._register.reading(caller.tenant) as rows:
            return await self._seen(rows, request_id)

    async def _request(self, rows: Rows, caller: Caller, claim: Claim) -> Row:
        """The row of a request, before its line; one of a kind at a time about one use and element, as an objection."""
        at, resident, about = millis(self._clock()), claim.resident, claim.activity or ""
        element = claim.element if claim.kind == "rectificatie" else None
        await demand_known(rows, about)
        await state_row(rows, resident)  # locked: two tabs file one after the other
        mine = (
            rights.c.resident == resident.id,
            rights.c.kind == claim.kind,
            rights.c.activity == about,
            rights.c.status.in_({*OPEN, DRAFT}),
            rights.c.element.is_(None) if element is None else rights.c.element == element,
        )
        for row in await rows.find(rights, *mine, lock=True, most=1):
            return await self._once_more(rows, row, claim.text, at)
        request_id = uuid7(at)
        said = event("verzoek", derived_id(request_id, "verzoek"), resident.subject, actor=rows.keys.actor(caller),
                     activity=about, details={"verzoek": request_id, "soort": claim.kind})  # fmt: skip
        said = said.model_copy(update={"elements": (element,) if element else ()})
        shape = {"kind": claim.kind, "activity": about, "status": DRAFT, "element": element}
        new = _new(rows, request_id, resident, claim.text, at) | shape
        await rows.add(rights, new | {"entry": Entry(event=said).model_dump_json()})
        return await _row(rows, request_id)

    async def _restriction(self, rows: Rows, caller: Caller, claim: Claim) -> Row:
        """As an objection; of two with one scope, the first."""
        at = millis(self._clock())
        if same := await restricting.there(rows, claim):
            return await self._once_more(rows, same, claim.text, at)
        shape = await restricting.drafted(rows, claim, rows.keys.actor(caller), at)
        await rows.add(rights, _new(rows, shape["id"], claim.resident, claim.text, at) | shape)
        return await _row(rows, shape["id"])

    async def _once_more(self, rows: Rows, row: Row, text: str, at: int) -> Row:
        """One that stands is the same; a draft, whose line is not known to be there, takes the newest words."""
        if row["status"] != DRAFT:
            return row
        sealed = rows.keys.seal_text(row["resident"], row["id"], "verzoek", text).hex()
        return await rows.put(rights, row, sealed=sealed, filed_at=at)

    async def _objection(self, rows: Rows, caller: Caller, claim: Claim) -> Row:
        """The row of an objection, before its line; one that already stands, or waits, is the same objection."""
        at, slug, resident = millis(self._clock()), claim.activity or "", claim.resident
        active = (await newest_versions(rows, {slug})).get(slug)
        if active is None or active["status"] != "gepubliceerd":
            raise NoSuchThing()
        version = version_of(active)
        if not version.objectable:
            raise NotNow(NO_RIGHT)
        await state_row(rows, resident)
        fence = rows.keys.objection(resident.id, slug)
        for row in await rows.find(rights, rights.c.fence == fence, lock=True):  # after the row of the resident
            if row["status"] in {*STANDS, DRAFT}:
                return await self._once_more(rows, row, claim.text, at)
        request_id = uuid7(at)
        on = {"gebruik": "gaat door"} if version.despite_objection else {}
        told = {"activity": slug, "purpose": version.purpose.nl, "details": {"verzoek": request_id, **on}}
        act_id, actor = derived_id(request_id, "bezwaar"), rows.keys.actor(caller)
        said = event("bezwaar", act_id, resident.subject, actor=actor, **told)
        about = {"kind": "bezwaar", "activity": slug, "fence": fence, "status": DRAFT}
        new = _new(rows, request_id, resident, claim.text, at) | about
        await rows.add(rights, new | {"entry": restriction(said, fence).model_dump_json()})
        return await _row(rows, request_id)

    async def _open_one(self, rows: Rows, caller: Caller, request_id: str, step: Step) -> Row:
        row = await locked(rows, await _row(rows, request_id))
        if row["status"] in (DRAFT, LAPSED) or (step == "intrekken" and not _mine(caller, row["resident"])):
            raise NoSuchThing()
        if step != "intrekken":
            await demand(rows, caller, row, step)
        may(row["status"], step, row["filed_at"], row["extended_at"], millis(self._clock()), row["kind"])
        return row

    async def _written(self, rows: Rows, row: Row, said: tuple[Step, str], actor: str) -> Row:
        """The act and its text wait in the row; nothing shows or counts before its line."""
        (step, text), keys = said, rows.keys
        letter = sha256(text.encode()).hex() if text else ""
        details = {"verzoek": row["id"], "soort": row["kind"], "stap": step, **({"brief": letter} if letter else {})}
        state = await rows.one(subject_state, resident=row["resident"])
        stands = row["kind"] == "beperking" and row["id"] in standing(state, row["activity"] or ALL)
        if stands and step in (*LIFTING, "aankondigen"):
            may_lift(step, particulars(row).announced_at, millis(self._clock()))
        kind, epoch = _kind(row, step, stands), epoch_of(state, row)
        word = f"{step}/{epoch}/{actor}/{letter}"
        waits = int(row["pending_at"]) or millis(self._clock())
        if kind in LIFTS:  # a permit that lapsed is asked anew as another act: its own id is taken
            word = f"{word}/{waits}"
        event_id = derived_id(row["id"], word)
        act = event(kind, event_id, row["subject"], activity=row["activity"], actor=actor, details=details)
        if row["pending_at"] and Entry.model_validate_json(row["entry"]).event.id != event_id:
            raise NotNow("Er is net al iets anders besloten.")
        more = _texts(rows, row, step, text)
        entry = Entry(event=act)
        if kind in LIFTS:
            entry = permit(act, (keys.municipality(), 0), (row["fence"], epoch))
            more["pending_at"] = waits
        elif kind in ("bezwaar-gegrond", "beperking"):
            entry = restriction(act, row["fence"])
        if kind == "beperking" and state is not None:
            await restricting.expected(rows, state, event_id, (row["activity"], row["id"], "gegrond"))
        return await rows.put(rights, row, entry=entry.model_dump_json(), **more)

    async def _done(self, caller: Caller, row: Row, act: Entry, receipt: Receipt) -> None:
        """What its line makes of the row, once."""
        at, position, said = receipt.at, receipt.position, act.event
        if act.advances and row["kind"] == "beperking":  # several share a fence: in the order of the log
            return await self._following.follow(caller.tenant)
        async with self._register.writing(caller.tenant) as rows:
            there = await locked(rows, row)
            if act.advances:
                (fence,) = act.advances
                move = Move(
                    position=position, fence=fence, epoch=receipt.epochs[fence], kind=said.kind, event_id=said.id
                )
                await suspended(rows, there, move, at)
            elif there["entry"] == row["entry"] and there["status"] in {*STANDS, DRAFT}:
                await rows.put(rights, there, **stepped(there, said, at, position))
            elif said.id not in there["entry"]:
                raise NotNow("Er is net iets anders besloten.")

    async def _seen(self, rows: Rows, request_id: str) -> RightsRequest:
        row = await _row(rows, request_id)
        state = await rows.one(subject_state, resident=row["resident"])
        return shown(rows, row, state, await going_on(rows, (row,)))


def _kind(row: Row, step: Step, stands: bool) -> Kind:
    """stands: of a restriction, whether it does."""
    if stands and step in LIFTING:
        return "beperking-opgeheven"
    return KINDS.get((row["kind"], step), "verzoek-stap")


def _texts(rows: Rows, row: Row, step: Step, text: str) -> dict[str, Any]:
    """Sealed, each in its own place. A letter that was written for another step, and never decided, goes."""
    column = COLUMNS.get(step, "letter")
    sealed = rows.keys.seal_text(row["resident"], row["id"], column, text).hex() if text else ""
    if column == "notice":  # other words have a week of their own, from their line on
        return {"restriction": particular(row, announced_at=0, notice=sealed)}
    more = {} if column == "reason" or row["status"] == "gegrond" else {"letter": ""}
    return {**more, **({column: sealed} if sealed else {})}


def _new(rows: Rows, request_id: str, resident: ResidentRef, text: str, at: int) -> dict[str, Any]:
    whose = {"resident": resident.id, "subject": resident.subject, "resident_fence": resident.fence}
    sealed = rows.keys.seal_text(resident.id, request_id, "verzoek", text).hex()
    return {**ABSENT, **whose, "id": request_id, "sealed": sealed, "filed_at": at}


async def _row(rows: Rows, request_id: str) -> Row:
    row = await rows.one(rights, id=request_id)
    if row is None:
        raise NoSuchThing()
    return row


def _whose(caller: Caller) -> str:
    """Whose requests these are: of the resident, or of whom the desk acts for; "" for others."""
    return caller.acting_for if is_desk(caller) else caller.user if caller.kind == "inwoner" else ""


def _mine(caller: Caller, resident: str) -> bool:
    return bool(resident) and _whose(caller) == resident
