"""What the public pages of the register need: texts in the language of the page, nothing about a person."""

from dataclasses import dataclass
from datetime import date

from web.frame import Frame
from web.words import ClassLetter


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRow:
    """One activity in the list. letters: its classes. expired: its assessment is over; part of it has stopped."""

    slug: str
    title: str
    purpose: str
    letters: tuple[ClassLetter, ...]
    expired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterList:
    """`/register`. stopped: what was stopped and did not begin again; None where nobody asked for it."""

    frame: Frame
    rows: tuple[RegisterRow, ...]
    stopped: tuple[RegisterRow, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedData:
    """A piece of data: why it is needed, its class, and the rules under "lees meer"."""

    label: str
    reason: str
    letter: ClassLetter
    rules: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A term with what there is to say about it; more than one text is a list."""

    term: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLink:
    """A version as a link: its number, and whether it is shown now."""

    number: int
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLink:
    """A table of this version that everybody reads: the place of its page, and what is counted, in Dutch."""

    place: str
    counted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterEntry:
    """`/register/{slug}`: one version. ended: no longer in force. stopped: on that day, with nothing in its place; None
    where it was not, or the log cannot tell now. algorithm: its address in the algorithm register.
    values: the assessment in short. tables: of which the day has come. changes: what differs from the version before
    it, by what it means."""

    frame: Frame
    slug: str
    title: str
    purpose: str
    number: int
    since: date
    ended: bool
    stopped: date | None = None
    expired: bool
    assessed_until: date
    data: tuple[UsedData, ...]
    facts: tuple[Told, ...]
    values: tuple[Told, ...]
    algorithm: str
    changes: tuple[Told, ...]
    versions: tuple[VersionLink, ...]
    tables: tuple[TableLink, ...] = ()
