"""Steps 3 and 4 of a release (trust.md 2.3): decide, and write it down. What comes out is a line, or a refusal."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from audit.contract import Entry, Ground, Overtaken, Permit, Position, Receipt, Trace
from connectors.claim import Claim
from connectors.contract import LineRef, NotReleased, ReleaseRequest, not_released
from connectors.events import Act
from connectors.lines import Lines
from connectors.overtaken import fallen
from connectors.refusal import Refusal
from consent.contract import Consent, Question, Sealed, misfit_fault
from kernel.caller import Caller
from kernel.clock import BootClock
from kernel.errors import BadInput
from kernel.failpoints import reached
from vault.contract import ResidentRef, Vault


@dataclass(frozen=True)
class Asked:
    """What is still asked, and what fell already. round: 0, then 1 after fences moved; there is no third. table: of
    a set of rows."""

    caller: Caller
    request: ReleaseRequest
    claim: Claim
    resident: ResidentRef
    elements: tuple[str, ...]
    fallen: tuple[Refusal, ...] = ()
    not_before: Position | None = None
    round: int = 0
    table: str = ""

    def in_order(self, refusals: Iterable[Refusal]) -> tuple[Refusal, ...]:
        """As the elements were asked; what was not asked comes last."""
        place = {name: number for number, name in enumerate(self.request.elements)}
        return tuple(sorted(refusals, key=lambda one: place.get(one.told.element, len(place))))

    def question(self) -> Question:
        """As the register takes it."""
        case = self.request.case or ""
        said = {"resident": self.resident.model_dump(), "activity": self.request.activity, "elements": self.elements}
        call = self.request.emergency
        # who counts or is in a set was named by a source of ours, and not by who asks
        named = self.request.person.bsn is not None and not self.table
        more = {
            "not_before": self.not_before,
            "table": self.table,
            "by_number": named,
            "emergency": call and {"reason": call.reason, "note": call.note},
        }
        return Question.model_validate({**said, "case": case, **more})


@dataclass(frozen=True)
class Decided:
    """A decision, and what it refuses: told and true."""

    act: Act
    seal: str
    refused: tuple[Refusal, ...]


@dataclass(frozen=True)
class Granted:
    """A line stands. checked: boot clock before the last positive check was asked."""

    asked: Asked
    decided: Decided
    entry: Entry
    receipt: Receipt
    checked: float

    @property
    def ground(self) -> Ground:
        """What was decided."""
        return self.decided.act.ground

    @property
    def permit(self) -> Permit:
        """What sources are shown."""
        return Permit(decision=self.decided.act.text, seal=self.decided.seal, receipt=self.receipt)


@dataclass(frozen=True)
class Granting:
    """Asks the register and the log."""

    vault: Vault
    consent: Consent
    lines: Lines
    boot: BootClock
    trace: Callable[[], Trace]

    async def grant(self, asked: Asked) -> Granted:
        """Raises NotReleased after its line; Halted, LogUnavailable, OutcomeUnknown, RegisterUnavailable."""
        while True:
            # 3 may it, and is the number somebody at all
            decided = await self.decide(asked)
            number = asked.request.person.bsn
            if decided.act.ground.toegestaan and asked.resident.stand_in and number is not None:
                (resident,) = await self.vault.enrol(asked.caller, (number,))
                asked = replace(asked, resident=resident)
                decided = await self.decide(asked)
            reached("desk.decided")
            if not decided.act.ground.toegestaan:
                raise await self.refused(asked, decided)
            # 4 it counts when it is written down; who moved a fence before us in the log wins
            entry = decided.act.release(asked.claim.event_id(word_of(asked.round)), decided.refused)
            checked = self.boot()
            try:
                receipt = await self.lines.release(asked.caller, entry)
            except Overtaken as moved:
                asked = await self.left(asked, decided, moved)
                continue
            reached("desk.recorded")
            return Granted(asked, decided, entry, receipt, checked)

    async def again(self, granted: Granted, moved: Overtaken) -> Granted:
        """A fence moved after the line, and nothing was sent. Raises as `grant`."""
        return await self.grant(await self.left(granted.asked, granted.decided, moved))

    async def decide(self, asked: Asked) -> Decided:
        """One question, one snapshot. Raises BadInput where an emergency does not go with its activity: that follows
        from the register alone, so there is no line and nobody learns anything of a resident."""
        (sealed,) = await self.consent.decide(asked.caller, (asked.question(),))
        if sealed.about.misfit:
            raise BadInput("De vraag klopt niet.", fouten=[misfit_fault(sealed.about.misfit)])
        return read_decision(sealed, asked, self.trace())

    async def left(self, asked: Asked, decided: Decided, moved: Overtaken) -> Asked:
        """What may be decided once more. Raises NotReleased when that is nothing."""
        after, nothing = after_move(asked, decided, moved)
        if nothing is not None:
            raise await self.refused(after, nothing)
        return after

    async def refused(self, asked: Asked, decided: Decided) -> NotReleased:
        """The line, then the answer; in request order."""
        refused = asked.in_order(decided.refused)
        entry = decided.act.refusal(asked.claim.event_id(word_of(asked.round) + "weigering"), refused)
        receipt = await self.lines.refuse(asked.caller, entry)
        return not_released(tuple(one.told for one in refused), LineRef.of(receipt.origin, receipt.position))


def after_move(asked: Asked, decided: Decided, moved: Overtaken) -> tuple[Asked, Decided | None]:
    """What may be decided once more; with it, when that is nothing, what is left to refuse. Raises as `fallen`."""
    act = decided.act
    new = fallen(act.ground, moved, act.about.class_, last=asked.round > 0)
    gone = {one.told.element for one in new}
    # what the register refused before stays in the question: it is asked again and refused again
    rest = tuple(name for name in asked.elements if name not in gone)
    after = replace(asked, elements=rest, fallen=asked.fallen + new, not_before=moved.position, round=asked.round + 1)
    if all(one.element in gone for one in act.ground.toegestaan):
        return after, replace(decided, refused=decided.refused + new)
    return after, None


def read_decision(sealed: Sealed, asked: Asked, trace: Trace) -> Decided:
    """As the register gave it, with what fell before."""
    ground = Ground.read(sealed.decision)
    true = dict(ground.geweigerd)
    refused = tuple(Refusal(told, true.get(told.element, told.code)) for told in sealed.told)
    act = Act(ground, sealed.decision, sealed.about, trace, asked.caller.key, sealed.seal)
    return Decided(act, sealed.seal, (*asked.fallen, *refused))


def word_of(round_: int) -> str:
    """In the event id of a line: each round has its own."""
    return f"/{round_}" if round_ else ""
