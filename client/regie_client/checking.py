"""About whom of many may this be asked? Nothing is released; each question is a line that its resident reads."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from regie_client.bulk import BulkOrder
from regie_client.errors import Unusable
from regie_client.messages import LineRef, Said, Sentence, Short

MOST, ELEMENTS_MOST = 10_000, 10  # residents and elements of one question
BYTES_MOST, SECONDS = 32 << 20, 120.0  # of an answer, and until it comes


@dataclass(frozen=True)
class WhyNot:
    """One element that may not be asked now, with a code of docs/refusals.md and two Dutch sentences."""

    element: str
    code: str
    reason: str
    next_step: str


@dataclass(frozen=True)
class CheckedOne:
    """One resident of the list. nr: their place in it, from 0; name: as they stand in it. allowed: what a release would
    bring now, if its sources have it. line: that they were asked about."""

    nr: int
    name: str = field(repr=False)
    allowed: tuple[str, ...]
    refused: tuple[WhyNot, ...]
    line: LineRef


@dataclass(frozen=True)
class Checked:
    """How all stood at one moment: no permit, for a release is decided anew. version: of the activity, "" where there
    is none. codes: of refusals, and about how many residents each was."""

    version: str
    decided_at: str
    codes: dict[str, int]
    residents: tuple[CheckedOne, ...] = field(repr=False)

    @property
    def allowed(self) -> tuple[CheckedOne, ...]:
        """Those of whom all may be asked."""
        return tuple(one for one in self.residents if not one.refused)


class _Why(Said):
    code: Short
    residents: Annotated[int, Field(validation_alias="inwoners")]
    reason: Annotated[Sentence, Field(validation_alias="reden")]
    next_step: Annotated[Sentence, Field(validation_alias="volgendeStap")]


class _No(Said):
    element: Annotated[Short, Field(validation_alias="gegevenselement")]
    code: Short
    next_step: Annotated[Sentence, Field(validation_alias="volgendeStap")] = ""


class _One(Said):
    nr: int
    outcome: Annotated[Literal["mag", "deels", "magNiet"], Field(validation_alias="uitkomst")]
    refused: Annotated[tuple[_No, ...], Field(validation_alias="geweigerd", max_length=ELEMENTS_MOST)] = ()
    line: Annotated[LineRef, Field(validation_alias="logregel")]


class CheckedBody(Said):
    """The answer as it comes in."""

    activity: Annotated[Short, Field(validation_alias="verwerkingsactiviteit")]
    version: Annotated[Short, Field(validation_alias="versie")] = ""
    decided_at: Annotated[Short, Field(validation_alias="getoetstOp")]
    why: Annotated[tuple[_Why, ...], Field(validation_alias="redenen", max_length=100)]
    answers: Annotated[tuple[_One, ...], Field(validation_alias="antwoorden", max_length=MOST)]


def checked(order: BulkOrder, came: CheckedBody) -> Checked:
    """Everybody of the list once, in its order, and nothing that was not asked. Raises Unusable."""
    if came.activity != order.activity or [one.nr for one in came.answers] != list(range(len(order.residents))):
        raise Unusable("it is not about this list", 200)
    why = {one.code: one for one in came.why}
    told = zip(order.residents, came.answers, strict=True)
    residents = tuple(_one(order, name, one, why) for (name, _), one in told)
    return Checked(came.version, came.decided_at, {one.code: one.residents for one in came.why}, residents)


def _one(order: BulkOrder, name: str, said: _One, why: dict[str, _Why]) -> CheckedOne:
    refused = {one.element for one in said.refused}
    asked = tuple(dict.fromkeys(order.elements))
    allowed = tuple(element for element in asked if element not in refused)
    outcome = "mag" if not refused else "deels" if allowed else "magNiet"
    if not refused <= set(asked) or said.outcome != outcome or any(one.code not in why for one in said.refused):
        raise Unusable("it contradicts itself", 200)
    nos = tuple(_why_not(no, why[no.code]) for no in said.refused)
    return CheckedOne(nr=said.nr, name=name, allowed=allowed, refused=nos, line=said.line)


def _why_not(said: _No, why: _Why) -> WhyNot:
    """A day of their own stands with the resident, what is the same for all stands once."""
    return WhyNot(said.element, said.code, why.reason, said.next_step or why.next_step)
