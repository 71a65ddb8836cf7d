"""What the page of recipients and their applications needs (`/beheer/ontvangers`)."""

from dataclasses import dataclass
from datetime import date, datetime

from web.frame import FieldError, Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """A change that waits. document: all of it, as JSON. steps: what whoever reads this may do now, as (step, text)."""

    id: str
    title: str
    name: str
    digest: str
    proposed: bool
    own: bool
    replaces: bool
    changed: datetime
    document: str
    steps: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """A key. ends, seen: none where no end is set, or it was never used."""

    kid: str
    ends: datetime | None
    seen: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemRow:
    """An application. address: where its keys are fetched, "" when they were given. processor: for a system of somebody
    who works for the recipient, its name. grants: by which it comes through an Inway. returns: where its
    questions may lead back to. stopped: admits of no stop any
    more."""

    slug: str
    title: str
    status: str
    stopped: bool
    address: str
    processor: str
    keys: tuple[KeyRow, ...]
    grants: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyRow:
    """A recipient with its applications. may_stop: whether whoever reads this may suspend them; owners: at whom
    somebody can."""

    slug: str
    title: str
    oin: str
    status: str
    stopped: bool
    systems: tuple[SystemRow, ...]
    may_stop: bool
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyList:
    """`/beheer/ontvangers`. may_write: whether whoever reads this changes what stands there; the FG only stops."""

    frame: Frame
    changes: tuple[ChangeRow, ...]
    parties: tuple[PartyRow, ...]
    may_write: bool = True
    pasted: str = ""
    errors: tuple[FieldError, ...] = ()
