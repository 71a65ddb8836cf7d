"""What everybody may read of the register (AVG 5(1)(a), 12, 30). Pure.

Hidden: who assessed it, for that may be the name of an employee. Applications and their keys never come here.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from consent.activity import ActivityVersion, Recipient, Slug, Words
from consent.difference import Change, Effect, difference
from consent.dpv import bases_of, data_of, purposes_of
from consent.lines import version_of
from kernel.clock import instant
from kernel.message import Message, Sentence, Short, wire

NOT_SAID: Final = "niet openbaar"
SOON_DAYS: Final = 60  # how long beforehand an owner is warned (portal.md section 9)
DAY: Final = 86_400_000  # ms
TEXT_MAX: Final = 50_000


class Changed(Message):
    """One field that differs from the version in force. Of a longer text the beginning."""

    field: Annotated[Sentence, wire("veld")]
    effect: Annotated[Effect, wire("gevolg")]
    old: Annotated[str, Field(max_length=TEXT_MAX), wire("oud")] = ""
    new: Annotated[str, Field(max_length=TEXT_MAX), wire("nieuw")] = ""

    @classmethod
    def of(cls, one: Change) -> "Changed":
        """As it crosses the door: a hundred elements of which the law changed must not be too long to show."""
        return cls(field=one.field, effect=one.effect, old=one.old[:TEXT_MAX], new=one.new[:TEXT_MAX])


class Published(Message):
    """One version that took effect, at `since` (ms); `ended`: another one is in its place, or it was stopped.
    ended_by: the line that says so, with why; "" where none is known."""

    version: Annotated[ActivityVersion, wire("inhoud")]
    since: Annotated[int, wire("sinds")]
    ended: Annotated[bool, wire("gestopt")]
    ended_by: Annotated[Short, wire("gestoptDoor")] = ""


def told_of(row: Mapping[str, Any]) -> Published:
    """As it lies in the register."""
    over = row["status"] != "gepubliceerd"
    return Published(
        version=version_of(row), since=row["effective_at"], ended=over, ended_by=row["position"] if over else ""
    )


class Brief(Message):
    """One activity in a list."""

    slug: Slug
    title: Annotated[Words, wire("titel")]
    purpose: Annotated[Words, wire("doel")]
    number: Annotated[int, wire("versie")]
    since: Annotated[Short, wire("geldigVanaf")]
    assessed_until: Annotated[Short, wire("beoordelingTotEnMet")]
    expired: Annotated[bool, wire("beoordelingVerlopen")]
    algorithm: Annotated[Sentence | None, wire("algoritmeregister")] = None
    url: Sentence


class Briefs(Message):
    """By slug."""

    activities: Annotated[tuple[Brief, ...], wire("verwerkingsactiviteiten")]


class DpvCodes(Message):
    """The same in the Data Privacy Vocabulary."""

    purposes: Annotated[tuple[Short, ...], wire("doelen")]
    bases: Annotated[tuple[Short, ...], wire("grondslagen")]
    data: Annotated[dict[Short, Short], wire("gegevens")]


class Public(Message):
    """One version, whole. status: whether it is in force. changes: from the version before it."""

    url: Sentence
    status: Literal["actief", "gestopt"]
    since: Annotated[Short, wire("geldigVanaf")]
    expired: Annotated[bool, wire("beoordelingVerlopen")]
    content: Annotated[ActivityVersion, wire("inhoud")]
    dpv: DpvCodes
    changes: Annotated[tuple[Changed, ...], wire("verschillen")] = ()
    versions: Annotated[tuple[int, ...], wire("versies")]


class PublicRecipient(Message):
    """Who may receive, as its lines name it."""

    slug: Slug
    oin: Short
    name: Annotated[Words, wire("naam")]
    public: Annotated[bool, wire("overheid")]


def open_to_all(version: ActivityVersion) -> ActivityVersion:
    """Without the name of whoever assessed it."""
    assessment = version.assessment.model_copy(update={"by": NOT_SAID})
    return version.model_copy(update={"assessment": assessment})


def assessment_over(version: ActivityVersion, at: int) -> bool:
    """Whether its assessment is over: classes B and C have stopped, A goes on, marked."""
    return at > version.assessment.until


def expiring(versions: Sequence[ActivityVersion], at: int) -> list[ActivityVersion]:
    """For the FG: assessments that are over or will be within SOON_DAYS, the oldest first."""
    found = [one for one in versions if at > one.assessment.until - SOON_DAYS * DAY]
    return sorted(found, key=lambda one: (one.assessment.until, one.slug))


def brief(one: Published, root: str, at: int) -> Brief:
    """root: of the API, with its host."""
    version = one.version
    return Brief(
        slug=version.slug,
        title=version.title,
        purpose=version.purpose,
        number=version.number,
        since=instant(one.since),
        assessed_until=instant(version.assessment.until),
        expired=assessment_over(version, at),
        algorithm=version.automated.algorithm if version.automated else None,
        url=url_of(root, version),
    )


def whole(history: Sequence[Published], number: int, root: str, at: int) -> Public | None:
    """One version of an activity with all its versions, oldest first; None when there is no such number."""
    numbers = [one.version.number for one in history]
    if number not in numbers:
        return None
    place = numbers.index(number)
    one, before = history[place], history[place - 1].version if place else None
    version = open_to_all(one.version)
    changes = difference(open_to_all(before), version) if before else ()
    return Public(
        url=url_of(root, version),
        status="gestopt" if one.ended else "actief",
        since=instant(one.since),
        expired=assessment_over(version, at),
        content=version,
        dpv=DpvCodes(
            purposes=purposes_of(version),
            bases=bases_of(version),
            data={used.name: data_of(used) for used in version.elements},
        ),
        changes=tuple(map(Changed.of, changes)),
        versions=tuple(numbers),
    )


def url_of(root: str, version: ActivityVersion) -> str:
    """Where a line of the log points to (docs/deviations.md, LDV)."""
    return f"{root}/verwerkingsactiviteiten/{version.slug}/versies/{version.number}"


def recipient(one: Recipient) -> PublicRecipient:
    """Without applications and keys."""
    return PublicRecipient(slug=one.slug, oin=one.oin, name=one.name, public=one.public)
