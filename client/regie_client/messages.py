"""What is asked and what is answered. Names are English here and Dutch on the wire; times are RFC 3339, UTC.

Members that this release of the package does not know are passed over, so that a newer house can say more.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Short = Annotated[str, Field(max_length=500)]
Sentence = Annotated[str, Field(max_length=4_000)]


@dataclass(frozen=True)
class Emergency:
    """Why an employee asks in an emergency. reason: a code of the activity. note: at most 300 characters, on one line;
    who reviews it reads it, the resident does not. A BSN never stands in it."""

    reason: str
    note: str = field(repr=False)


@dataclass(frozen=True)
class Question:
    """Some elements of one resident for one registered activity. bsn: nine digits, sent in a body only; "" for who may
    not use one, and names the resident by `pseudonym`, or by the id of a `consent` that was given to it. case: the
    recipient's own number of the case. user: its own id of the employee, `BurgerZelf` when the resident acts.
    emergency: for an activity that is for emergencies, and for no other."""

    bsn: str = field(repr=False)
    activity: str
    elements: tuple[str, ...]
    case: str = ""
    user: str = ""
    emergency: Emergency | None = None
    pseudonym: str = field(default="", repr=False)
    consent: str = ""

    def body(self) -> dict[str, Any]:
        """As it is sent."""
        call = self.emergency
        said = {
            "inwoner": _named(self),
            "verwerkingsactiviteit": self.activity,
            "gegevenselementen": list(self.elements),
            "zaak": self.case,
            "gebruiker": self.user,
            "noodtoegang": {"reden": call.reason, "toelichting": call.note} if call else None,
        }
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True)
class Case:
    """A case of one resident that the recipient states; they are named as in a Question."""

    bsn: str = field(repr=False)
    activity: str
    reference: str
    user: str = ""
    pseudonym: str = field(default="", repr=False)
    consent: str = ""

    def body(self) -> dict[str, Any]:
        """As it is sent."""
        said = {
            "inwoner": _named(self),
            "verwerkingsactiviteit": self.activity,
            "zaak": self.reference,
            "gebruiker": self.user,
        }
        return {name: value for name, value in said.items() if value}


def _named(asked: Question | Case) -> dict[str, str]:
    """Empty where nobody is named: a request for consent is then for whoever opens its page."""
    said = {"bsn": asked.bsn, "pseudoniem": asked.pseudonym, "toestemming": asked.consent}
    return {name: value for name, value in said.items() if value}


class Said(BaseModel):
    """Something that Regie said."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class LineRef(Said):
    """Where a line stands. log: origin of the log of that half-year, `<name>/<term>`."""

    log: Annotated[Short, Field(validation_alias="logboek", pattern=r"^[\x21-\x7e]+/[0-9]{4}h[12]$")]
    index: Annotated[int, Field(ge=0, lt=10**15)]

    @property
    def place(self) -> str:
        """`<term>-<index>`, as the log names a line in an address."""
        return f"{self.log.rpartition('/')[2]}-{self.index}"


class Value(Said):
    """One delivered element. origin: `bron`, `kopie` (fetched by the resident) or `eigen-opgave`."""

    value: Annotated[JsonValue, Field(validation_alias="waarde", repr=False)]
    source: Annotated[Short, Field(validation_alias="bron")]
    as_of: Annotated[Short, Field(validation_alias="peilmoment")]
    origin: Annotated[Literal["bron", "kopie", "eigen-opgave"], Field(validation_alias="herkomst")]
    under_investigation: Annotated[bool, Field(validation_alias="inOnderzoek")] = False


class RefusedElement(Said):
    """One element that may not be released, with a code of docs/refusals.md and a Dutch sentence."""

    element: Annotated[Short, Field(validation_alias="gegevenselement")]
    code: Short
    reason: Annotated[Sentence, Field(validation_alias="reden")] = ""


class NotDelivered(Said):
    """One element that may be released and did not come: `bron-niet-bereikbaar`, `niet-leesbaar` or `niet-bekend`."""

    element: Annotated[Short, Field(validation_alias="gegevenselement")]
    code: Short
    reason: Annotated[Sentence, Field(validation_alias="reden")] = ""


class ReleaseBody(Said):
    """A release as it comes in. Nobody outside this package sees one before its receipt was checked."""

    id: Short
    values: Annotated[dict[Short, Value], Field(validation_alias="gegevens", max_length=100)]
    refused: Annotated[tuple[RefusedElement, ...], Field(validation_alias="geweigerd", max_length=100)]
    not_delivered: Annotated[tuple[NotDelivered, ...], Field(validation_alias="nietGeleverd", max_length=100)]
    line: Annotated[LineRef, Field(validation_alias="logregel")]
    secrecy: Annotated[bool, Field(validation_alias="geheimhouding")] = False
    safe_address: Annotated[bool, Field(validation_alias="veiligAdres")] = False


@dataclass(frozen=True)
class Receipt:
    """That the log holds the line of this release. at: seconds since 1970. proof: a C2SP tlog-proof; keep it with the
    data: `regie verify` checks it again without anybody's help."""

    line: LineRef
    at: float
    proof: str = field(repr=False)


@dataclass(frozen=True)
class Release:
    """What was released. values, by element: those that were refused or did not come are not there. secrecy: the
    resident's data is secret, and this recipient may have it all the same. safe_address: because nobody may find
    them: not whoever asks, calls or stands at the counter in their name either."""

    id: str
    values: dict[str, Value]
    refused: tuple[RefusedElement, ...]
    not_delivered: tuple[NotDelivered, ...]
    receipt: Receipt
    secrecy: bool = False
    safe_address: bool = False


class ConsentState(Said):
    """A consent, or a request for one. status: `gevraagd`, `gegeven`, `vernieuwd`, `gepauzeerd`, `ingetrokken`,
    `verlopen`, `ongeldig`, or `geen`: no yes came. portal: where the resident chooses; send them there. pseudonym: how
    you name them from now on, where you may not use a number; "" before their yes."""

    id: Short
    status: Short
    portal: Annotated[Short, Field(validation_alias="portaalUrl")]
    activity: Annotated[Short, Field(validation_alias="verwerkingsactiviteit")]
    elements: Annotated[tuple[Short, ...], Field(validation_alias="gegevenselementen", max_length=100)]
    valid_until: Annotated[Short, Field(validation_alias="geldigTot")] = ""
    pseudonym: Annotated[Short, Field(validation_alias="pseudoniem", repr=False)] = ""
    next_step: Annotated[Sentence, Field(validation_alias="volgendeStap")] = ""


class CaseState(Said):
    """A case, and the line that tells of it."""

    reference: Annotated[Short, Field(validation_alias="zaak")]
    status: Literal["open", "gesloten"]
    line: Annotated[LineRef, Field(validation_alias="logregel")]


class Fault(Said):
    """What cannot be read in a question. pointer: JSON pointer (RFC 6901)."""

    pointer: Annotated[Short, Field(validation_alias="veld")] = ""
    code: Short = ""
    detail: Sentence = ""


class ProblemBody(Said):
    """RFC 9457, with what Regie adds."""

    code: Short
    detail: Sentence = ""
    next_step: Annotated[Sentence, Field(validation_alias="volgendeStap")] = ""
    faults: Annotated[tuple[Fault, ...], Field(validation_alias="fouten", max_length=1_000)] = ()
    refused: Annotated[tuple[RefusedElement, ...], Field(validation_alias="geweigerd", max_length=100)] = ()
    line: Annotated[LineRef | None, Field(validation_alias="logregel")] = None


class TokenBody(Said):
    """RFC 6749 section 5.1; bound to our key (RFC 9449 section 5). expires_in: seconds."""

    access_token: Annotated[str, Field(min_length=1, max_length=8_192, pattern=r"^[\x21-\x7e]+$", repr=False)]
    token_type: Annotated[str, Field(pattern=r"^[Dd][Pp][Oo][Pp]$")]
    expires_in: Annotated[int, Field(gt=0, le=86_400)]


class TokenProblem(Said):
    """RFC 6749 section 5.2."""

    error: Annotated[str, Field(max_length=100, pattern=r"^[a-z_]+$")]


class Event(Said):
    """Something that happened to a consent, an activity or what you were given (CloudEvents 1.0): where to look, never
    what there is.

    type: without its domain, as `toestemming.ingetrokken`. subject: id of the consent or of the correction, or name of
    the activity.
    sequence: of this recipient's series.
    """

    id: Short
    type: Annotated[str, Field(max_length=100)]
    subject: Short
    time: Short
    source: Short
    sequence: Annotated[str, Field(pattern=r"^[0-9]{1,18}$")]
