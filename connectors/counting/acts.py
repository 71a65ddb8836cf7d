"""What the log is told of a table: that it was made, and of each in it that they are; never in which group. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from audit.contract import SYSTEM, Entry, FenceAt, Ground, Permit, Position, Receipt, Trace
from connectors.counting.contract import CountRequest
from connectors.events import Act
from connectors.refusal import Refusal
from consent.contract import Code, Question, Refused, ResidentRef, Sealed
from kernel.caller import Caller
from kernel.ids import derived_id, ordered_id

_NO_TABLE = ("Dit doel heeft geen tabel of gegevensset met deze naam.", "Kijk in het register welke er zijn.")
EVERYBODY = ResidentRef(id=SYSTEM, subject=SYSTEM, fence="0" * 32)  # a question about nobody; nobody moves this fence


@dataclass(frozen=True)
class Weighed:
    """A decision about a table, for everybody or for one person."""

    act: Act
    refused: tuple[Refusal, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing of it is refused: a person with a gap would be in the wrong group."""
        return bool(self.act.ground.toegestaan) and not self.refused

    @property
    def fences(self) -> tuple[FenceAt, ...]:
        """What it stands on."""
        return tuple(FenceAt(fence=fence, epoch=epoch) for fence, epoch, _ in self.act.ground.hekken)

    def permit(self, receipt: Receipt) -> Permit:
        """What sources are shown."""
        return Permit(decision=self.act.text, seal=self.act.seal, receipt=receipt)


def question(request: CountRequest, resident: ResidentRef, not_before: Position | None = None) -> Question:
    """As the register takes it; which elements, it knows."""
    return Question(resident=resident, activity=request.activity, elements=(request.table,), table=request.table,
                    not_before=not_before)  # fmt: skip


def weighed(caller: Caller, sealed: Sequence[Sealed], trace: Callable[[], Trace]) -> list[Weighed]:
    """As the register answered. trace: a span for each."""
    found = []
    for one in sealed:
        ground = Ground.read(one.decision)
        true = dict(ground.geweigerd)
        refused = tuple(Refusal(_of_a_table(told), true.get(told.element, told.code)) for told in one.told)
        found.append(Weighed(Act(ground, one.decision, one.about, trace(), caller.key, one.seal), refused))
    return found


def _of_a_table(told: Refused) -> Refused:
    """The register refuses a table that is not there as it would an element; names of elements have a point."""
    if told.code != "buiten-doel" or "." in told.element:
        return told
    return told.model_copy(update=dict(zip(("reason", "next_step"), _NO_TABLE, strict=True)))


def whole_refused(name: str, code: Code, words: tuple[str, str]) -> tuple[Refusal, ...]:
    """All of a table or set, for a reason that the register does not know. words: the reason, and what to do."""
    reason, step = words
    return (Refusal(Refused(element=name, code=code, reason=reason, next_step=step), code),)


def run_entry(of: Weighed, run_id: str, details: dict[str, str]) -> Entry:
    """Before anybody's number is read. Its id follows from that of the run, so whoever has the table knows its line;
    after Overtaken nothing was written, and the id is free."""
    return _opened(of, "statistiek", derived_id(run_id, "statistiek"), details)


def counted_entry(of: Weighed, run_id: str) -> Entry:
    """Before anything of this person is read."""
    ground = of.act.ground
    return _opened(of, "meegeteld", ordered_id(run_id, ground.betrokkene), {"tabel": ground.tabel})


def _opened(of: Weighed, kind: str, event_id: str, details: dict[str, str]) -> Entry:
    """As a release, but nothing is given: what is read is only used."""
    entry = of.act.release(event_id, ())
    used = tuple(dict.fromkeys((*entry.event.elements, *entry.event.used)))
    said = {"kind": kind, "elements": (), "used": used, "details": {**entry.event.details, **details}, "kept_days": 0}
    return entry.model_copy(update={"event": entry.event.model_copy(update=said)})
