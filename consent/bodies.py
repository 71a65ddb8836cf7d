"""What recipients and residents send to /toestemming/v1, and read there. Pure; times there are RFC 3339, UTC."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, ConfigDict, Field, model_validator

from audit.contract import Receipt
from consent.activity import Element, Slug
from consent.contract import Chosen, Code, ConsentReceipt, ConsentView, Limits, Refused
from consent.decision import REASON_CODE
from consent.explained import Explained
from consent.words import fault, no_numbers
from kernel.caller import Caller
from kernel.canonical import read_canonical
from kernel.clock import instant
from kernel.hidden import Hidden
from kernel.message import Body, Hex32, Message, Sentence, Short, Text, wire

SELF = "BurgerZelf"
NINE = re.compile(r"[0-9]{9}")
NO_FURTHER = "De inwoner levert zelf aan."

# What can be told back in UTC: the last evening of the year 9999 may be a morning of the year 10000 there.
Moment = Annotated[AwareDatetime, Field(ge=datetime(1900, 1, 1, tzinfo=UTC), le=datetime(9999, 12, 31, tzinfo=UTC))]
Reference = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class Number(Hidden):
    """Nine digits. Whether they are anybody's, the port behind which residents are known says."""

    __slots__ = ()

    @classmethod
    def checked(cls, text: str) -> str:
        """Raises ValueError, whose text does not hold the number."""
        if not NINE.fullmatch(text):
            raise ValueError("een BSN heeft negen cijfers")
        return text


class Numbered(Body):
    """Who it is about."""

    bsn: Number


class Person(Body):
    """Who it is about, in exactly one of three ways. pseudonym: the recipient's own, for who may not use a number.
    consent: the id of one that was given to this recipient."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    bsn: Number | None = None
    pseudonym: Annotated[Annotated[str, Field(pattern=r"^[a-z2-7]{32}$")] | None, wire("pseudoniem")] = None
    consent: Annotated[Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")] | None, wire("toestemming")] = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(one is not None for one in (self.bsn, self.pseudonym, self.consent)) != 1:
            raise ValueError("precies een van bsn, pseudoniem of toestemming")
        return self


class Use(Body):
    """Less than the activity allows: at most so many releases (1: once), per running day, month or year or in all; data
    of at most so many days back; kept for at most so many days."""

    times: Annotated[Annotated[int, Field(ge=1, le=100_000)] | None, wire("keer")] = None
    per: Literal["dag", "maand", "jaar"] | None = None
    history: Annotated[Annotated[int, Field(ge=1, le=36_600)] | None, wire("terugkijkDagen")] = None
    kept: Annotated[Annotated[int, Field(ge=1, le=36_600)] | None, wire("bewaarDagen")] = None

    def limits(self) -> Limits:
        """As the register knows them."""
        return Limits(times=self.times or 0, per=self.per or "", history=self.history or 0, kept=self.kept or 0)


class AskConsent(Body):
    """A consent request: one purpose, never several. person: whom it is for; none: whoever opens its page and logs in.
    user: the recipient's own id of the employee."""

    person: Annotated[Person | None, wire("inwoner")] = None
    activity: Annotated[Slug, wire("verwerkingsactiviteit")]
    elements: Annotated[Annotated[tuple[Element, ...], Field(min_length=1, max_length=100)], wire("gegevenselementen")]
    case: Annotated[Reference | None, wire("zaak")] = None
    valid_until: Annotated[Moment | None, wire("geldigTot")] = None
    return_url: Annotated[
        Annotated[str, Field(pattern=r"^https://[A-Za-z0-9._~:/?@!$&'()*+,;=%-]{1,480}$")] | None, wire("terugkeerUrl")
    ] = None
    user: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None, wire("gebruiker")] = None
    use: Annotated[Use | None, wire("gebruik")] = None


class Urgent(Body):
    """That it would be asked in an emergency, and why: a code of the activity. Nothing is released, so nothing is to be
    explained to who reviews it."""

    reason: Annotated[Annotated[str, Field(pattern=REASON_CODE, max_length=60)], wire("reden")]


class Ask(Body):
    """What would be decided? user: the recipient's own id of the employee."""

    person: Annotated[Person, wire("inwoner")]
    activity: Annotated[Slug, wire("verwerkingsactiviteit")]
    elements: Annotated[Annotated[tuple[Element, ...], Field(min_length=1, max_length=100)], wire("gegevenselementen")]
    case: Annotated[Reference | None, wire("zaak")] = None
    user: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None, wire("gebruiker")] = None
    emergency: Annotated[Urgent | None, wire("noodtoegang")] = None


class OpenCase(Body):
    """A case that the recipient states. user: as above."""

    reference: Annotated[Reference, wire("zaak")]
    person: Annotated[Person, wire("inwoner")]
    activity: Annotated[Slug, wire("verwerkingsactiviteit")]
    since: Annotated[Moment | None, wire("van")] = None
    until: Annotated[Moment | None, wire("tot")] = None
    user: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None, wire("gebruiker")] = None


class Stop(Body):
    """What the resident saw when they stopped."""

    text_hash: Annotated[Hex32, wire("teksthash")]
    language: Annotated[Literal["nl", "en"], wire("taal")] = "nl"


class Place(Message):
    """A line of the log."""

    log: Annotated[Short, wire("logboek")]
    index: int
    proof: Annotated[Short, wire("bewijs")]

    @classmethod
    def of(cls, receipt: Receipt) -> "Place":
        """Where the proof can be fetched."""
        return cls(log=receipt.origin, index=receipt.position.index,
                   proof=f"/logboek/v1/logregels/{receipt.position}/bewijs")  # fmt: skip


class Requested(Message):
    """A request as the recipient sees it. `geen`: no yes came, and it is not told why. pseudonym: of whoever said yes,
    for a recipient that gets no number."""

    id: Short
    status: Short
    portal: Annotated[Short, wire("portaalUrl")]
    activity: Annotated[Short, wire("verwerkingsactiviteit")]
    elements: Annotated[tuple[Short, ...], wire("gegevenselementen")]
    case: Annotated[Short | None, wire("zaak")] = None
    asked_at: Annotated[Short, wire("gevraagdOp")]
    answer_by: Annotated[Short, wire("antwoordVoor")]
    valid_until: Annotated[Short | None, wire("geldigTot")] = None
    use: Annotated[Limits | None, wire("gebruik")] = None
    pseudonym: Annotated[Short | None, wire("pseudoniem")] = None
    next_step: Annotated[Sentence | None, wire("volgendeStap")] = None

    @classmethod
    def of(cls, seen: ConsentView, public_url: str, pseudonym: str = "") -> "Requested":
        """`seen` is already what a recipient may see."""
        nothing = seen.state == "vervallen"
        return cls(
            id=seen.id,
            status="geen" if nothing else seen.state,
            portal=f"{public_url}/toestemmingen/{seen.id}",
            activity=seen.activity,
            elements=seen.elements,
            case=seen.case or None,
            asked_at=instant(seen.requested_at),
            answer_by=instant(seen.answer_by),
            valid_until=instant(seen.valid_until) if seen.valid_until else None,
            use=seen.limits if seen.limits != Limits() else None,
            pseudonym=pseudonym or None,
            next_step=NO_FURTHER if nothing else None,
        )


class FindConsents(Body):
    """Of one resident. user: as above."""

    person: Annotated[Person, wire("inwoner")]
    activity: Annotated[Slug | None, wire("verwerkingsactiviteit")] = None
    user: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None, wire("gebruiker")] = None


class Consents(Message):
    """Newest first."""

    consents: Annotated[tuple[Requested, ...], wire("toestemmingen")]


class Proof(Message):
    """How a consent stands, to keep and to check without us. document: JSON-LD; its canonical form (RFC 8785) has the
    hash that stands in sd_jwt. log_proof: where the proof of the line is."""

    id: Short
    document: Annotated[dict[str, Any], wire("ontvangstbewijs")]
    sd_jwt: Annotated[Text, wire("sdjwt")]
    log_proof: Annotated[Short, wire("logregel")]

    @classmethod
    def of(cls, receipt: ConsentReceipt) -> "Proof":
        """Without the line itself: that is its resident's."""
        place = f"/logboek/v1/logregels/{receipt.position}/bewijs"
        return cls(id=receipt.id, document=read_canonical(receipt.document), sd_jwt=receipt.sd_jwt, log_proof=place)


class CaseState(Message):
    """A case, and the line that says so."""

    reference: Annotated[Short, wire("zaak")]
    status: Literal["open", "gesloten"]
    line: Annotated[Place, wire("logregel")]


class Weighed(Message):
    """One element. code, reason and next_step: only where it would be refused. class_: as its activity says."""

    element: Annotated[Short, wire("gegevenselement")]
    allowed: Annotated[bool, wire("mag")]
    class_: Annotated[Short | None, wire("klasse")] = None
    code: Code | None = None
    reason: Annotated[Sentence | None, wire("reden")] = None
    next_step: Annotated[Sentence | None, wire("volgendeStap")] = None


class Answer(Message):
    """What would be decided now. A release later is decided anew: this is no permit."""

    id: Short
    activity: Annotated[Short, wire("verwerkingsactiviteit")]
    version: Annotated[Short | None, wire("versie")] = None
    elements: Annotated[tuple[Weighed, ...], wire("gegevenselementen")]
    decided_at: Annotated[Short, wire("getoetstOp")]
    line: Annotated[Place, wire("logregel")]

    @classmethod
    def of(cls, asked: Iterable[str], explained: Explained) -> "Answer":
        """In the order of the question, each once."""
        decision, classes = explained.decision, dict(explained.classes)
        refused = {one.element: one for one in explained.refused}
        return cls(
            id=decision.nonce,
            activity=decision.activiteit,
            version=decision.versie or None,
            elements=tuple(weighed(name, refused.get(name), classes.get(name)) for name in dict.fromkeys(asked)),
            decided_at=instant(decision.beslist),
            line=Place.of(explained.receipt),
        )


def weighed(element: str, refused: Refused | None, class_: str | None) -> Weighed:
    """As the caller may know it."""
    if refused is None:
        return Weighed(element=element, allowed=True, class_=class_)
    return Weighed(element=element, allowed=False, class_=class_, code=refused.code, reason=refused.reason,
                   next_step=refused.next_step)  # fmt: skip


class Stopped(Message):
    """A consent that was stopped. under_way: releases that may still have been sending, and how they ended."""

    id: Short
    status: Short
    line: Annotated[Place, wire("logregel")]
    under_way: Annotated[tuple[dict[Short, Short], ...], wire("onderweg")] = ()

    @classmethod
    def of(cls, chosen: Chosen) -> "Stopped":
        """The receipt's line first."""
        named = tuple(
            {"logregel": str(position), "uitkomst": outcome or "mogelijk verstrekt"}
            for position, outcome in chosen.under_way
        )
        place = Place.of(chosen.receipt)
        return cls(id=chosen.consent.id, status=chosen.consent.state, line=place, under_way=named)


def with_user(caller: Caller, user: str | None) -> Caller:
    """The caller with the person behind it, where one is named. Raises BadInput."""
    no_numbers({"/gebruiker": user or ""})
    return caller.model_copy(update={"user": user or ""})


def used_by(caller: Caller, user: str | None) -> Caller:
    """The same, where somebody must be named (architecture.md section 6). Raises BadInput."""
    if caller.kind == "mens" and user in (None, SELF):
        raise fault("/gebruiker", "ontbreekt", "Noem de medewerker, met uw eigen kenmerk.")
    if caller.kind == "burger" and user != SELF:
        raise fault("/gebruiker", "verkeerd-soort", f"Hier hoort {SELF}: inwoners gebruiken deze toepassing.")
    return with_user(caller, user)
