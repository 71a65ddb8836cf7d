"""The bodies in which the register's verbs cross a wire between rooms."""

from typing import Annotated

from pydantic import Field

from audit.contract import Position, Receipt
from consent.activity import ActivityVersion, Application, Case, Recipient
from consent.contract import Choice, ConsentView, Flag, Question, ResidentQuestion, ResidentRef, Sealed, Under
from consent.published import Published
from kernel.message import Hex16, Message, Sentence, Short

PREFIX = "/intern/v1/consent"
MOST = 500  # questions of one call


class Questions(Message):
    """Of one call: one snapshot."""

    questions: Annotated[tuple[Question, ...], Field(max_length=MOST)]


class Decisions(Message):
    """In the order of the questions."""

    decisions: tuple[Sealed, ...]


class Flagged(Message):
    """What a source told of a resident."""

    resident: ResidentRef
    flags: Annotated[tuple[Flag, ...], Field(min_length=1, max_length=3)]


class One(Message):
    """By its id or slug."""

    id: Short


class Nothing(Message):
    """Only the caller matters."""


class Perhaps(Message):
    """Somebody, or nobody."""

    resident: ResidentRef | None


class TakenUp(Message):
    """A request, and for whom it is from now on."""

    id: Short
    resident: ResidentRef


class Views(Message):
    """Newest first."""

    consents: tuple[ConsentView, ...]


class Chose(Message):
    """What the resident chose, of which consent."""

    id: Short
    choice: Choice


class Asked(Message):
    """A resident's question on one line."""

    resident: ResidentRef
    line: Position
    text: Annotated[Sentence, Field(min_length=1)]


class Answered(Message):
    """The FG's answer."""

    id: Short
    text: Annotated[Sentence, Field(min_length=1)]


class Open(Message):
    """Questions of residents."""

    questions: tuple[ResidentQuestion, ...]


class Versions(Message):
    """In force."""

    versions: tuple[ActivityVersion, ...]


class Past(Message):
    """All that ever took effect, the oldest first."""

    versions: tuple[Published, ...]


class Parties(Message):
    """Without their applications."""

    recipients: tuple[Recipient, ...]


class Users(Message):
    """A recipient's own ids of its employees."""

    users: Annotated[tuple[Short, ...], Field(max_length=MOST)]


class NewClient(Message):
    """An application of a recipient."""

    recipient: Short
    application: Application


class NewCases(Message):
    """Cases to open."""

    cases: Annotated[tuple[Case, ...], Field(max_length=MOST)]


class Opened(Message):
    """Their lines, in order."""

    receipts: tuple[Receipt, ...]


class Fences(Message):
    """Of consents."""

    fences: Annotated[tuple[Hex16, ...], Field(max_length=500)]


class Unders(Message):
    """How each stands, in order."""

    under: tuple[Under, ...]


class OneCase(Message):
    """By its recipient and reference."""

    recipient: Short
    reference: Annotated[str, Field(min_length=1, max_length=64)]
