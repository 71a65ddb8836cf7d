"""The door of the register.

Problem
├── NoSuchThing        404  no such consent, request, activity, recipient or question, or not yours: one answer
├── CannotPublish      400  the version breaks a rule of the register; `fouten` names each
├── NotAgain           409  the bar after a no still runs
├── Gone               410  this request has ended
├── NotNow             409  this choice is not open in this state
├── NotByNumber        403  this recipient may not use a BSN, so not to name somebody either
└── RegisterUnavailable 503
"""

from collections.abc import Sequence
from typing import Annotated, Literal, Protocol

from pydantic import Field

from audit.contract import Bundle, Position, Receipt
from consent.activity import (
    ActivityVersion,
    Application,
    Case,
    CatalogueElement,
    Element,
    Party,
    Recipient,
    UsedElement,
    Words,
)
from consent.decision import (
    NOTE_MAX,
    REASON_CODE,
    About,
    Allowed,
    Code,
    Decision,
    Emergency,
    FenceKind,
    Flag,
    Question,
    Refused,
    ResidentRef,
    Residents,
    Sealed,
)  # fmt: skip
from consent.dpv import bases_of, data_of, purposes_of
from consent.drafts.contract import Draft, Step
from consent.emergency import misfit, misfit_fault
from consent.limits import Limits, Under
from consent.owning import departments, stop_by, suspenders, suspends
from consent.particulars import Assessment, Axis, CountTable, LabField, LabSet, Statistics
from consent.parties.contract import Change, PartyState, Proposal
from consent.parties.contract import Step as PartyStep
from consent.published import Changed, Published, assessment_over, expiring, whole
from consent.registers import Registers
from consent.rights.contract import NO_REASON, Claim, RightKind, RightsRequest
from kernel.caller import Caller
from kernel.errors import Problem
from kernel.message import Hex32, Message, Millis, Sentence, Short, Text, wire

__all__ = [
    "NOTE_MAX", "NO_REASON", "REASON_CODE", "About", "ActivityVersion", "Allowed", "Application", "Assessment", "Axis",
    "Case", "CatalogueElement", "Change", "Changed", "Claim", "Code", "CountTable", "Decision", "Draft", "Element",
    "Emergency", "FenceKind", "Flag", "LabField", "LabSet", "Limits", "Party", "PartyState", "PartyStep", "Proposal",
    "Published", "Question", "Recipient", "Refused", "Registers", "ResidentRef", "Residents", "RightKind",
    "RightsRequest", "Sealed", "Statistics", "Step", "Under", "UsedElement", "Words", "assessment_over", "bases_of",
    "data_of", "departments", "expiring", "misfit", "misfit_fault", "purposes_of", "stop_by", "suspenders", "suspends",
    "whole",
]  # fmt: skip

State = Literal["gevraagd", "gegeven", "geweigerd", "vervallen", "gepauzeerd", "ingetrokken", "verlopen", "vernieuwd",
                "ongeldig"]  # fmt: skip


class ConsentRequest(Message):
    """A recipient asks a resident. Elements must be class C of the activity. valid_until: ms, 0: as that allows.
    resident: None for whoever takes it up."""

    resident: ResidentRef | None
    activity: Short
    elements: Annotated[tuple[Short, ...], Field(min_length=1, max_length=100)]
    case: Annotated[str, Field(max_length=64)] = ""
    valid_until: int = 0
    return_url: Annotated[str, Field(max_length=500)] = ""
    limits: Limits = Limits()


class ConsentView(Message):
    """A consent request and the consent it becomes: one thing, one id. Times in ms, 0 = not (yet).
    latest: the last moment that was asked for. position: the line of the last choice; "" while none is recorded.
    pending: a yes that is not effective yet. channel: of the last yes or no. by: who said yes for the resident, "" for
    themselves. grown: it stands still, for the child chooses alone now. loose: it is for whoever takes it up."""

    id: Short
    state: Annotated[State, wire("status")]
    activity: Annotated[Short, wire("verwerkingsactiviteit")]
    version: Annotated[Short, wire("versie")]
    elements: Annotated[tuple[Short, ...], wire("gegevenselementen")]
    recipient: Annotated[Short, wire("ontvanger")]
    recipient_name: Words
    case: Annotated[Short, wire("zaak")] = ""
    requested_at: Annotated[int, wire("gevraagdOp")]
    answer_by: Annotated[int, wire("antwoordVoor")]
    decided_at: Annotated[int, wire("beslotenOp")] = 0
    ended_at: Annotated[int, wire("beeindigdOp")] = 0
    valid_until: Annotated[int, wire("geldigTot")] = 0
    latest: Annotated[int, wire("gevraagdTot")] = 0
    position: Annotated[Short, wire("logregel")] = ""
    pending: Annotated[bool, wire("wordtVerwerkt")] = False
    language: Annotated[Short, wire("taal")] = ""
    text_hash: Annotated[Hex32 | Literal[""], wire("teksthash")] = ""
    channel: Annotated[Short, wire("kanaal")] = ""
    limits: Annotated[Limits, wire("gebruik")] = Limits()
    by: Annotated[Short, wire("namens")] = ""
    grown: Annotated[bool, wire("zelfKiezen")] = False
    loose: Annotated[bool, wire("vrij")] = False


class ConsentDetail(Message):
    """A consent with the version it is about, for the page of its choice. shown: what was read at the last choice, as
    canonical text; "" where it is not known. longest: days that a yes may last under the newest version, 0: no end.
    instead: as what somebody else says yes in the resident's place, "" for nobody. safe: at a safe address no yes gives
    anything. back: where they came from, as far as its recipient registered that."""

    consent: ConsentView
    activity: ActivityVersion
    catalogue: tuple[CatalogueElement, ...]
    shown: Text = ""
    longest: int = 0
    instead: Short = ""
    safe: bool = False
    back: Annotated[str, Field(max_length=500)] = ""


class Choice(Message):
    """What the resident chose, and what they saw: SHA-256 of the text shown, its language, the channel. Nothing is
    chosen beforehand: `answer` has no default, and one choice is about one consent.
    until: an earlier end than the maximum, ms, 0 = none; `korter` needs it. text: what was shown, "" where unknown."""

    answer: Literal["ja", "nee", "stop", "pauze", "hervat", "korter", "vernieuw"]
    text_hash: Hex32
    language: Literal["nl", "en"]
    channel: Literal["portaal", "balie", "telefoon", "papier"] = "portaal"
    until: Millis = 0
    text: Text = ""


class Chosen(Message):
    """Effective. under_way: releases still sending when a stop was recorded, with how they ended ("": unknown)."""

    consent: ConsentView
    receipt: Receipt
    under_way: tuple[tuple[Position, Short], ...] = ()


class ConsentReceipt(Message):
    """How a consent stands, to take away. document: JSON-LD (ISO/IEC TS 27560, DPV), canonical; sd_jwt: signed, with
    the hash of that; position: the line of the last act; bundle: that line with its proof, for its resident only."""

    id: Short
    document: Text
    sd_jwt: Text
    position: Short
    bundle: Bundle | None = None


class Search(Message):
    """A recipient looks for its own consents of one resident. activity: "" for all."""

    resident: ResidentRef
    activity: Short = ""


class ResidentQuestion(Message):
    """A resident's question on one use ("Stel een vraag"). due_at: when the answer is due (5 working days), ms."""

    id: Short
    line: Position
    activity: Short
    recipient: Short
    text: Sentence
    asked_at: int
    due_at: int
    answer: Sentence = ""
    answered_at: int = 0


class NoSuchThing(Problem):
    """Another's and an unknown id get the same answer."""

    code, status, title = "bestaat-niet", 404, "Dit is er niet"


class CannotPublish(Problem):
    """Members: `fouten` [{veld, code, detail}]."""

    code, status, title = "versie-klopt-niet", 400, "Deze versie kan niet worden gepubliceerd"


class NotAgain(Problem):
    """Members: `vanaf` (ms): the first moment of a day, UTC."""

    code, status, title = "niet-opnieuw-vragen", 409, "Vraag dit nu niet opnieuw"


class Gone(Problem):
    """Ask for a new one."""

    code, status, title = "verzoek-voorbij", 410, "Deze vraag is voorbij"


class NotNow(Problem):
    """The state does not allow this choice."""

    code, status, title = "keuze-past-niet", 409, "Dit kan nu niet"


class NotByNumber(Problem):
    """Members: `volgendeStap`. Nobody was looked up."""

    code, status, title = "geen-bsn", 403, "U mag geen burgerservicenummer gebruiken"


class RegisterUnavailable(Problem):
    """Nothing was decided."""

    code, status, title = "register-niet-beschikbaar", 503, "Wij weten nu niet of dit mag"


class Consent(Protocol):
    """What neighbours may ask of the register. Registers themselves: Registers."""

    async def decide(self, caller: Caller, questions: Sequence[Question]) -> list[Sealed]:
        """Never raises for a refusal: a refusal is an answer. Raises RegisterUnavailable, LogUnavailable."""
        ...

    async def under(self, caller: Caller, fences: Sequence[str]) -> list[Under]:
        """How the consents with these fences stand, in order; at most 500. For rooms, about nobody in particular."""
        ...

    async def flag(self, caller: Caller, resident: ResidentRef, flags: Sequence[Flag]) -> Position:
        """What only a source knew becomes a restriction: a line `vlag` first, then the row. Idempotent."""
        ...

    async def request(self, caller: Caller, wanted: ConsentRequest) -> ConsentView:
        """The question, or a yes that gives all of it and stands. Raises NoSuchThing, NotAgain, BadInput."""
        ...

    async def requested(self, caller: Caller, consent_id: str) -> ConsentView:
        """The recipient's own request; `geweigerd` and `vervallen` both read as `vervallen` to it. NoSuchThing."""
        ...

    async def found(self, caller: Caller, search: Search) -> list[ConsentView]:
        """The recipient's own, newest first, at most 200, as `requested` tells them. A line `zoeking` first."""
        ...

    async def receipt(self, caller: Caller, consent_id: str) -> ConsentReceipt:
        """For its resident, for desk staff in a conversation with them, and for its recipient once there was a yes.
        Raises NoSuchThing, LogUnavailable."""
        ...

    async def choices(self, caller: Caller) -> list[ConsentView]:
        """All consents of the resident `caller.user`, newest first."""
        ...

    async def choice(self, caller: Caller, consent_id: str) -> ConsentDetail:
        """One of the resident's own, or one that is for whoever takes it up. Raises NoSuchThing."""
        ...

    async def given_by(self, caller: Caller, consent_id: str) -> ResidentRef | None:
        """Who gave this consent to the caller's organisation, whatever became of it since; None for any other id."""
        ...

    async def take_up(self, caller: Caller, consent_id: str, resident: ResidentRef) -> None:
        """A request that was for nobody yet is now for its reader, who is about to answer it: a line in their series
        first. Repeating it changes nothing. Raises NoSuchThing, LogUnavailable, OutcomeUnknown."""
        ...

    async def choose(self, caller: Caller, consent_id: str, choice: Choice) -> Chosen:
        """One of the answers, by the resident, or by desk staff (role `balie`, `acting_for` the resident, in a
        conversation with them: see FrontDesk) who record what they chose. Returns only with a receipt. Raises
        NoSuchThing, Gone, NotNow, BadInput, Overtaken, LogUnavailable, OutcomeUnknown."""
        ...

    async def anew(self, caller: Caller, consent_id: str) -> ConsentView:
        """A fresh request at the resident's own wish, after a no, a stop or an end. Raises NoSuchThing, NotNow."""
        ...

    async def ask(self, caller: Caller, resident: ResidentRef, line: Position, text: str) -> ResidentQuestion:
        """A line `vraag` in the resident's series first. Only about a line of their own: NoSuchThing."""
        ...

    async def asked(self, caller: Caller) -> list[ResidentQuestion]:
        """The resident's own questions, newest first (kind inwoner); or everybody's (kind medewerker with role fg):
        first those that wait, the longest first, then the answered ones, the last one first. At most 200."""
        ...

    async def answer(self, caller: Caller, question_id: str, text: str) -> ResidentQuestion:
        """By the FG; a line `vraag-beantwoord` in the resident's series. Raises NoSuchThing, NotNow."""
        ...
