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
from consent.choosing import Behalf
from consent.contract import NoSuchThing, NotNow
from consent.following import Following
from consent.frontdesk.attending import attended, is_desk, writing_down
from consent.lines import event, permit, restriction
from consent.locks import ALL, standing
from consent.rights import restricting
from consent.rights.contract import NO_REASON, Claim, RightsRequest, Step
from consent.rights.drafting import STOPPING, Filing, asked_already, drafted
from consent.rights.finishing import Finishing
from consent.rights.handling import demand, requests, staff_only
from consent.rights.rules import DRAFT, LAPSED, LIFTING, STANDS, may, may_lift
from consent.rights.showing import going_on, shown
from consent.rights.standing import epoch_of, locked, particular, particulars, stepped, suspended
from consent.rights.tables import rights
from consent.rows import Register, Row, Rows
from consent.tables import subject_state
from consent.words import fault, no_numbers
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.crypto import sha256
from kernel.ids import derived_id

MOST = 200  # requests in one answer
TEXT_MAX = 2_000
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
        self._register, self._audit, self.following, self._clock = register, audit, following, clock
        self._finishing = Finishing(register, audit, clock)

    async def sweep(self, tenant: str) -> None:
        """See Finishing.sweep."""
        await self._finishing.sweep(tenant)

    async def file(self, caller: Caller, claim: Claim, behalf: Behalf | None = None) -> RightsRequest:
        """See Rights.file. behalf: who files it for the resident, where `consent.mandates` said that they may."""
        if not _mine(caller, claim.resident.id) or claim.resident.stand_in:
            raise NoSuchThing()
        if not claim.text.strip() and claim.kind not in NO_REASON:
            raise fault("/grond", "ontbreekt", "Zeg waarom, of wat er moet gebeuren.")
        no_numbers({"/grond": claim.text})
        await writing_down(self._register, caller, millis(self._clock()))
        async with self._register.writing(caller.tenant) as rows:
            filing = Filing(claim, behalf.actor if behalf else rows.keys.actor(caller), millis(self._clock()), behalf)
            row = await drafted(rows, filing)
            if row["status"] != DRAFT:
                return await self._seen(rows, row["id"])
        # a crash here leaves a draft without effect; the sweeper lets an objection lapse, and files a request after all
        act = Entry.model_validate_json(row["entry"])
        receipt = await record_one(self._audit, caller, act)
        # a crash here leaves the line without its row: an objection makes releases impossible already, and follow()
        # writes its row; the row of a request is written by the sweeper
        await self._done(caller, row, act, receipt)
        asked_already(row, behalf)
        async with self._register.reading(caller.tenant) as rows:
            return await self._seen(rows, row["id"])

    async def filed_by(self, resident: Caller, actor: str) -> list[RightsRequest]:
        """Of this resident, what somebody filed for them: by their pseudonym."""
        found = await self.filed(resident)
        async with self._register.reading(resident.tenant) as rows:
            theirs = await rows.find(rights, rights.c.resident == resident.user, rights.c.filed_by == actor)
        ids = {row["id"] for row in theirs}
        return [one for one in found if one.id in ids]

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

    async def step(
        self, caller: Caller, request_id: str, step: Step, text: str, behalf: Behalf | None = None
    ) -> RightsRequest:
        """See Rights.step. behalf: as of `file`; they take back what they asked, and nothing that stops something."""
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
            if behalf and (row["filed_by"] != behalf.actor or row["kind"] in STOPPING):
                raise NoSuchThing()
            row = await self._written(rows, row, (step, text), behalf or Behalf("", rows.keys.actor(caller), {}))
        act = Entry.model_validate_json(row["entry"])
        if act.requires:
            await self._finishing.take_effect(caller, row)
        else:
            await self._done(caller, row, act, await record_one(self._audit, caller, act))
        async with self._register.reading(caller.tenant) as rows:
            return await self._seen(rows, request_id)

    async def _open_one(self, rows: Rows, caller: Caller, request_id: str, step: Step) -> Row:
        row = await locked(rows, await _row(rows, request_id))
        if row["status"] in (DRAFT, LAPSED) or (step == "intrekken" and not _mine(caller, row["resident"])):
            raise NoSuchThing()
        if step != "intrekken":
            await demand(rows, caller, row, step)
        may(row["status"], step, row["filed_at"], row["extended_at"], millis(self._clock()), row["kind"])
        return row

    async def _written(self, rows: Rows, row: Row, said: tuple[Step, str], who: Behalf) -> Row:
        """The act and its text wait in the row; nothing shows or counts before its line."""
        (step, text), keys, actor = said, rows.keys, who.actor
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
        act = event(kind, event_id, row["subject"], activity=row["activity"], actor=actor, on_behalf=who.relation,
                    details={**who.told, **details})  # fmt: skip
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
            return await self.following.follow(caller.tenant)
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
