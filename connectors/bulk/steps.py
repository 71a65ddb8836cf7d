"""What is written down before a line is: enough to write the very same line again after a crash. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from pydantic import TypeAdapter

from audit.contract import Entry, Trace
from connectors.bulk.contract import Listed, Order
from connectors.claim import Claim
from connectors.contract import ReleaseRequest
from connectors.granting import Asked, Decided, read_decision, word_of
from connectors.refusal import Refusal
from consent.contract import Refused, Sealed
from kernel.caller import Caller
from kernel.ids import ordered_id
from kernel.message import Message, Short
from vault.contract import ResidentRef


class Fell(Message):
    """A refusal: what is told, and the true code."""

    told: Refused
    code: Short


class Step(Message):
    """A decision about resident `nr` of the job. fallen: what had been refused before it was taken; refused: all that
    its line says. gives: its line is a release."""

    nr: int
    attempt: int
    round: int
    gives: bool
    resident: ResidentRef
    elements: tuple[Short, ...]
    fallen: tuple[Fell, ...]
    refused: tuple[Fell, ...]
    sealed: Sealed


@dataclass(frozen=True)
class Wanted:
    """A resident whose line is still to be written. nothing: what there is to refuse, when nothing is left to decide,
    with the decision it comes from."""

    nr: int
    asked: Asked
    nothing: tuple[Decided, Sealed] | None = None


@dataclass(frozen=True)
class Whose:
    """What all of a job share. table: of a set of rows, its name."""

    job: str
    caller: Caller
    order: Order
    table: str = ""

    def asked(self, nr: int, one: Listed, resident: ResidentRef, attempt: int) -> Asked:
        """As if this resident had been asked about alone."""
        # checked when the order came in; a hundred thousand times the same pattern is left out
        request = ReleaseRequest.model_construct(
            person=one.person,
            activity=self.order.activity,
            elements=self.order.elements,
            case=one.case or None,
            user=self.order.user,
        )
        claim = Claim(release_of(self.job, nr), attempt)
        return Asked(self.caller, request, claim, resident, self.order.elements, table=self.table)

    def back(self, step: Step, one: Listed, trace: Trace) -> tuple[Asked, Decided]:
        """What the step was written from."""
        fallen = refusals(step.fallen)
        base = self.asked(step.nr, one, step.resident, step.attempt)
        asked = replace(base, elements=step.elements, fallen=fallen, round=step.round)
        return asked, replace(read_decision(step.sealed, asked, trace), refused=refusals(step.refused))


def release_of(job: str, nr: int) -> str:
    """The id of the release about resident `nr`, the same for every attempt."""
    return str(UUID(hex=ordered_id(job, str(nr))))


def step_of(wanted: Wanted, sealed: Sealed, decided: Decided) -> Step:
    """To be kept."""
    asked = wanted.asked
    return Step.model_construct(
        nr=wanted.nr,
        attempt=asked.claim.attempt,
        round=asked.round,
        gives=wanted.nothing is None and bool(decided.act.ground.toegestaan),
        resident=asked.resident,
        elements=asked.elements,
        fallen=fells(asked.fallen),
        refused=fells(decided.refused),
        sealed=sealed,
    )


def entry_of(step: Step, asked: Asked, decided: Decided) -> Entry:
    """The line: the same for the same step, whenever it is made."""
    word = word_of(step.round)
    if step.gives:
        return decided.act.release(asked.claim.event_id(word), decided.refused)
    return decided.act.refusal(asked.claim.event_id(word + "weigering"), asked.in_order(decided.refused))


def fells(refusals_: Iterable[Refusal]) -> tuple[Fell, ...]:
    """To be kept."""
    return tuple(Fell(told=one.told, code=one.code) for one in refusals_)


def refusals(kept: Iterable[Fell]) -> tuple[Refusal, ...]:
    """Inverse of `fells`."""
    return tuple(Refusal(one.told, one.code) for one in kept)


_STEPS: TypeAdapter[tuple[Step, ...]] = TypeAdapter(tuple[Step, ...])


def text_of(steps: Iterable[Step]) -> bytes:
    """As it is sealed."""
    return _STEPS.dump_json(tuple(steps))


def read_steps(text: bytes) -> tuple[Step, ...]:
    """Inverse of `text_of`."""
    return _STEPS.validate_json(text)
