"""The door for correction reports (architecture.md section 6, `POST terugmeldingen`).

Problem
├── NotReleased     403  connectors.contract, `buiten-doel`: no release to you with this element of this resident there
├── NoSuchReport    404  unknown and another's are one answer
├── NoSuchNotice    404  the same, of what a recipient is told of a correction
├── NobodyCorrects  409  of this source nobody said who looks at reports
├── StepPassed      409  the report stands elsewhere by now
├── NothingNew      409  this value was doubted and looked at before, and nothing new is said
└── TooManyReports  429  so many of this reporter are open already
"""

from collections.abc import Set
from typing import Annotated, Literal, Protocol

from pydantic import Field, StringConstraints

from connectors.contract import Repeatable
from consent.contract import Element
from kernel.caller import Caller
from kernel.errors import Problem
from kernel.message import Body, Message, Sentence, Short, wire
from vault.contract import Bsn

WORDS, VALUE = 1_000, 500  # characters
_TEXT = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"  # lines, and no other signs that nobody sees
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=WORDS, pattern=_TEXT)]
Expected = Annotated[str, StringConstraints(strip_whitespace=True, max_length=VALUE, pattern=_TEXT)]
Status = Literal["ontvangen", "in-onderzoek", "gecorrigeerd", "geen-wijziging", "verlopen"]
Answer = Literal["in-onderzoek", "gecorrigeerd", "geen-wijziging"]
Place = Annotated[str, Field(pattern=r"^[0-9]{4}h[12]-[0-9]{1,12}$")]
User = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
RESIDENT = "inwoner"
ONCE = Repeatable()


class Whose(Body):
    """About whom."""

    bsn: Bsn


class Doubt(Body):
    """One value of one resident that seems wrong. line: of the release in which it came. expected: what is thought to
    be right. user: the reporter's own id of the employee."""

    person: Annotated[Whose, wire("inwoner")]
    element: Annotated[Element, wire("gegevenselement")]
    line: Annotated[Place, wire("logregel")]
    reason: Annotated[Words, wire("reden")]
    expected: Annotated[Expected | None, wire("juist")] = None
    user: Annotated[User | None, wire("gebruiker")] = None


class Report(Message):
    """As its reporter and its resident see it. reporter: a recipient, or `inwoner`. answer: of the source's owner, in
    their words; absent while there is none. Times in RFC 3339."""

    id: Short
    element: Annotated[Short, wire("gegevenselement")]
    source: Annotated[Short, wire("bron")]
    reporter: Annotated[Short, wire("melder")]
    reporter_name: Annotated[Sentence, wire("melderNaam")]
    status: Status
    reason: Annotated[Sentence, wire("reden")]
    expected: Annotated[Sentence | None, wire("juist")] = None
    forwarded: Annotated[bool, wire("doorgestuurd")]
    filed_at: Annotated[Short, wire("gemeldOp")]
    changed_at: Annotated[Short, wire("gewijzigdOp")]
    answer: Annotated[Sentence | None, wire("toelichting")] = None


class Task(Message):
    """A report as the list of the source's owner shows it: nothing about anybody. until: then it ends, unanswered."""

    id: Short
    element: Annotated[Short, wire("gegevenselement")]
    source: Annotated[Short, wire("bron")]
    status: Status
    filed_at: Annotated[Short, wire("gemeldOp")]
    until: Annotated[Short, wire("uiterlijk")]


class Assignment(Message):
    """A report as the source's owner works on it. bsn: of the resident; only ever in this body."""

    id: Short
    bsn: Annotated[str, Field(repr=False)]
    element: Annotated[Short, wire("gegevenselement")]
    source: Annotated[Short, wire("bron")]
    status: Status
    reporter: Annotated[Literal["ontvanger", "inwoner"], wire("melder")]
    reason: Annotated[Sentence, wire("reden")]
    expected: Annotated[Sentence | None, wire("juist")] = None
    filed_at: Annotated[Short, wire("gemeldOp")]


class Said(Body):
    """What the source's owner found. words: always, but at the beginning of an investigation. since: the first day on
    which a value was wrong that is right now; without it that may have been always."""

    status: Answer
    words: Annotated[Words | None, wire("toelichting")] = None
    since: Annotated[Day | None, wire("onjuistSinds")] = None


class Had(Message):
    """One release in which a recipient got what was wrong."""

    release: Annotated[Place, wire("verstrekking")]
    activity: Annotated[Short, wire("verwerkingsactiviteit")]
    elements: Annotated[tuple[Short, ...], wire("gegevenselementen")]


class Notice(Message):
    """What a recipient reads when something that it was given was corrected: its own releases, the newest first. Whom
    they are about it knows by these. more: there are older ones, which are not named."""

    id: Short
    corrected_at: Annotated[Short, wire("gecorrigeerdOp")]
    had: Annotated[tuple[Had, ...], wire("verstrekkingen")]
    more: Annotated[bool, wire("meer")]


class Passed(Message):
    """For the resident: who was told that a value of a report was corrected, and when (RFC 3339)."""

    report: Short
    recipient: Short
    name: Sentence
    at: Short


class NoSuchReport(Problem):
    """Another's report and an unknown id get the same answer."""

    code, status, title = "terugmelding-onbekend", 404, "Deze terugmelding is er niet"


class NoSuchNotice(Problem):
    """Another's notice and an unknown id get the same answer."""

    code, status, title = "correctie-onbekend", 404, "Deze correctie is er niet"


class NobodyCorrects(Problem):
    """Nothing was kept."""

    code, status, title = "geen-bronhouder", 409, "Deze bron neemt geen terugmeldingen aan"


class StepPassed(Problem):
    """Nothing was changed."""

    code, status, title = "terugmelding-verder", 409, "Deze terugmelding is al verder"


class NothingNew(Problem):
    """Nothing was kept, and nothing is marked."""

    code, status, title = "terugmelding-herhaald", 409, "Over dit gegeven meldde u dit al"


class TooManyReports(Problem):
    """Wait for answers."""

    code, status, title = "te-veel-terugmeldingen", 429, "Er staan te veel terugmeldingen open"


class PortalCorrections(Protocol):
    """What the portal asks for a resident. All raise LogUnavailable, OutcomeUnknown, NeighbourUnavailable."""

    async def file(self, caller: Caller, doubt: Doubt) -> Report:
        """See Corrections.file."""
        ...

    async def filed(self, caller: Caller) -> list[Report]:
        """See Corrections.filed."""
        ...

    async def passed(self, caller: Caller) -> list[Passed]:
        """To whom the resident's corrected values had gone, and who heard of it; without what is withheld from them."""
        ...


class Corrections(Protocol):
    """What the door offers. All raise LogUnavailable, OutcomeUnknown, NeighbourUnavailable."""

    async def file(self, caller: Caller, doubt: Doubt, repeatable: Repeatable = ONCE) -> Report:
        """Durable and logged when it returns; the same request again, and the same doubt while it stands, is the same
        report. By a recipient about what it was given, or by the resident (kind inwoner) about what was given of them.
        Raises NotReleased, NobodyCorrects, NothingNew, TooManyReports, SameKeyOtherBody, BadInput,
        VaultUnavailable."""
        ...

    async def filed(self, caller: Caller) -> list[Report]:
        """Newest first, at most 200: the application's own; of a resident all that are about them."""
        ...

    async def report(self, caller: Caller, id_: str) -> Report:
        """One of those. Raises NoSuchReport."""
        ...

    async def passed(self, caller: Caller) -> list[Passed]:
        """See PortalCorrections.passed."""
        ...

    async def notice(self, caller: Caller, id_: str) -> Notice:
        """What the caller's organisation was given and is corrected since, for the activities of its token. Raises
        NoSuchNotice."""
        ...

    async def tasks(self, caller: Caller) -> list[Task]:
        """Open ones of the sources that the caller's organisation keeps, oldest first, at most 200."""
        ...

    async def opened(self, caller: Caller, id_: str) -> Assignment:
        """One of those, whole: a line first. Raises NoSuchReport."""
        ...

    async def answered(self, caller: Caller, id_: str, said: Said) -> Report:
        """By the source's owner; a line first. The same again changes nothing. Raises NoSuchReport, StepPassed."""
        ...


class Doubted(Protocol):
    """Which values of a resident somebody is looking at."""

    async def elements(self, tenant: str, resident: str) -> Set[str]:
        """Elements that are marked, what is made of them included. At most two seconds behind. Raises
        NeighbourUnavailable."""
        ...
