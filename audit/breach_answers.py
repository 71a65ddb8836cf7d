"""What `/logboek/v1/datalekken` reads and answers: Dutch names, times as RFC 3339 in UTC."""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import Field

from audit.answers import Moment, Place, Typed, Why, place_of
from audit.breach import WINDOW, Affected, ElementCount, Page, Part, Tally, Told, Version, Window, kinds_of_data
from audit.contract import SPECIAL_DATA, Plain
from audit.permit import Receipt
from kernel.clock import millis, moment
from kernel.crypto import seal_for
from kernel.errors import BadInput
from kernel.message import Body, Message, wire


class BreachAsked(Body):
    """Whose data could somebody have? One of recipient, application, employee's pseudonym and key, and a period. key:
    the kid of an application's key."""

    recipient: Annotated[Typed, wire("ontvanger")] = ""
    application: Annotated[Typed, wire("toepassing")] = ""
    user: Annotated[Typed, wire("gebruiker")] = ""
    key: Annotated[Typed, wire("sleutel")] = ""
    since: Annotated[Moment, wire("van")]
    until: Annotated[Moment, wire("tot")]
    discovered: Annotated[Moment | None, wire("ontdekt")] = None
    summary: Annotated[Plain, wire("samenvatting")] = ""
    why: Annotated[Why, wire("reden")]

    def window(self) -> Window:
        """For the log."""
        return Window(
            recipient=self.recipient,
            application=self.application,
            actor=self.user,
            key=self.key,
            since=millis(self.since),
            until=millis(self.until),
            discovered=millis(self.discovered) if self.discovered else 0,
            summary=self.summary,
        )


class PeopleAsked(Body):
    """A page of the people in a file; each gets a line of it. part: in the window, or held from before it."""

    why: Annotated[Why, wire("reden")]
    part: Annotated[Part, wire("deel")] = WINDOW
    cursor: Annotated[str, Field(pattern=r"^((heimelijk-)?[0-9a-f]{32})?$"), wire("vorige")] = ""

    @property
    def page(self) -> Page:
        """For the log."""
        return Page(self.cursor, self.part)


class ExportAsked(PeopleAsked):
    """The same for many, sealed. key: X25519, 32 bytes in base64, of whoever will read it."""

    key: Annotated[str, Field(max_length=64), wire("sleutel")]


class Element(Message):
    """How far one element went. kind: as the AP's form groups data. special: a category of AVG 9 or 10."""

    name: Annotated[str, wire("gegevenselement")]
    kind: Annotated[str, wire("gegevenssoort")]
    special: Annotated[bool, wire("bijzonder")]
    residents: Annotated[int, wire("inwoners")]
    lines: Annotated[int, wire("regels")]
    first: Annotated[datetime, wire("eerste")]
    last: Annotated[datetime, wire("laatste")]


class Notice(Message):
    """The fields of the AP's form in its order. What a person has to say is null; nothing here is sent by us. At least:
    of whom something surely went in the period. At most, and kinds: with what was still held when it began."""

    follow_up: Annotated[bool, wire("vervolgmelding")]
    summary: Annotated[str | None, wire("samenvatting")]
    discovered: Annotated[datetime | None, wire("ontdektOp")]
    due: Annotated[datetime | None, wire("uiterlijkMelden")]
    since: Annotated[datetime, wire("inbreukVan")]
    until: Annotated[datetime, wire("inbreukTot")]
    nature: Annotated[str, wire("aardVanDeInbreuk")] = "vertrouwelijkheid"
    at_least: Annotated[int, wire("betrokkenenMinimaal")]
    at_most: Annotated[int, wire("betrokkenenMaximaal")]
    kinds: Annotated[tuple[str, ...], wire("soortenGegevens")]
    special: Annotated[tuple[str, ...], wire("bijzondereGegevens")]
    consequences: Annotated[str | None, wire("gevolgen")] = None
    measures: Annotated[str | None, wire("maatregelen")] = None
    told: Annotated[str | None, wire("betrokkenenIngelicht")] = None


class Held(Message):
    """What the recipient still had from before the window when it began. endless: of which nobody said in days how
    long; they count."""

    residents: Annotated[int, wire("inwoners")]
    certain: Annotated[int, wire("inwonersZeker")]
    lines: Annotated[int, wire("regels")]
    possible: Annotated[int, wire("regelsMogelijk")]
    endless: Annotated[int, wire("regelsZonderTermijn")]
    first: Annotated[datetime | None, wire("eerste")]
    last: Annotated[datetime | None, wire("laatste")]
    elements: Annotated[tuple[Element, ...], wire("gegevenselementen")]


class DecisionTold(Message):
    """What the FG decided about the numbers of `version`. shown: to residents. told_ap: when the AP was told."""

    version: Annotated[int, wire("versie")]
    shown: Annotated[bool, wire("inwonersLezenHet")]
    at: Annotated[datetime, wire("op")]
    told_ap: Annotated[date | None, wire("apGemeldOp")]
    ap_number: Annotated[str | None, wire("apNummer")]


class BreachFile(Message):
    """One version. residents: at most; certain: of whom it surely arrived. No people: ask for them. destroyed: lines of
    the period of which nobody can say any more whether they belong to it. keep_until: the calendar year in which this
    file is destroyed. decision: this version is one, about the numbers of the one before it."""

    id: str
    version: Annotated[int, wire("versie")]
    made: Annotated[datetime, wire("gemaakt")]
    residents: Annotated[int, wire("inwoners")]
    certain: Annotated[int, wire("inwonersZeker")]
    lines: Annotated[int, wire("regels")]
    possible: Annotated[int, wire("regelsMogelijk")]
    destroyed: Annotated[int, wire("regelsVernietigd")]
    keep_until: Annotated[int, wire("bewaarTot")]
    first: Annotated[datetime | None, wire("eerste")]
    last: Annotated[datetime | None, wire("laatste")]
    elements: Annotated[tuple[Element, ...], wire("gegevenselementen")]
    held: Annotated[Held | None, wire("nogInBezit")]
    notice: Annotated[Notice, wire("melding")]
    decision: Annotated[DecisionTold | None, wire("besluit")]
    own: Annotated[Place, wire("logregel")]


class BreachFiles(Message):
    """All versions of one file, oldest first; or the newest of each."""

    versions: Annotated[tuple[BreachFile, ...], wire("versies")]


class Person(Message):
    """One resident, by the pseudonym of the log. warned: before a letter goes to an address; null is that Regie knows
    of nothing, which the BRP may."""

    resident: Annotated[str, wire("betrokkene")]
    warned: Annotated[Literal["geheim-of-veilig-adres", "niet-nagegaan"] | None, wire("letOp")]
    lines: Annotated[int, wire("regels")]
    possible: Annotated[int, wire("regelsMogelijk")]
    first: Annotated[datetime, wire("eerste")]
    last: Annotated[datetime, wire("laatste")]
    elements: Annotated[tuple[str, ...], wire("gegevenselementen")]


class People(Message):
    """A page, and the cursor to go on. On each page those first who have a warning."""

    people: Annotated[tuple[Person, ...], wire("betrokkenen")]
    next: Annotated[str | None, wire("volgende")]
    own: Annotated[Place, wire("logregel")]


class Export(Message):
    """content: base64 of a libsodium sealed box around JSON lines, one person each."""

    content: Annotated[str, wire("inhoud")]
    count: Annotated[int, wire("aantal")]
    next: Annotated[str | None, wire("volgende")]
    own: Annotated[Place, wire("logregel")]


def file_of(origin: str, version: Version, kinds: Mapping[str, str]) -> BreachFile:
    """For outside. kinds: of data, by element."""
    tallied = version.tally
    return BreachFile(
        id=version.id,
        version=version.version,
        made=_utc(version.made_at),
        residents=tallied.residents,
        certain=tallied.certain,
        lines=tallied.lines,
        possible=tallied.possible,
        destroyed=tallied.destroyed,
        keep_until=version.keep_until,
        first=_utc(tallied.first) if tallied.first else None,
        last=_utc(tallied.last) if tallied.last else None,
        elements=tuple(_element(one, kinds.get(one.element, "overig")) for one in tallied.elements),
        held=_held(version.held, kinds) if version.held else None,
        notice=_notice(version, kinds_of_data(version, kinds)),
        decision=_decided(version.told) if version.told else None,
        own=place_of(origin, version.line),
    )


def _decided(told: Told) -> DecisionTold:
    said = told.decided
    return DecisionTold(
        version=said.version,
        shown=said.shown,
        at=_utc(told.at),
        told_ap=date.fromisoformat(said.told_ap) if said.told_ap else None,
        ap_number=said.ap_number or None,
    )


def _held(tallied: Tally, kinds: Mapping[str, str]) -> Held:
    return Held(
        residents=tallied.residents,
        certain=tallied.certain,
        lines=tallied.lines,
        possible=tallied.possible,
        endless=tallied.endless,
        first=_utc(tallied.first) if tallied.first else None,
        last=_utc(tallied.last) if tallied.last else None,
        elements=tuple(_element(one, kinds.get(one.element, "overig")) for one in tallied.elements),
    )


def people_of(receipt: Receipt, found: Sequence[Affected], cursor: str) -> People:
    """For outside."""
    return People(
        people=tuple(map(_person, found)), next=cursor or None, own=place_of(receipt.origin, receipt.position)
    )


def read_key(text: str) -> bytes:
    """The 32 bytes. Raises BadInput."""
    try:
        key = base64.b64decode(text, validate=True)
        seal_for(key, b"")
    except ValueError:
        raise BadInput("De sleutel is geen publieke X25519-sleutel van 32 bytes in base64.") from None
    return key


def export_of(receipt: Receipt, found: Sequence[Affected], cursor: str, key: bytes) -> Export:
    """The people, readable for the holder of the private key only."""
    rows = (_person(one).model_dump(mode="json") for one in found)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return Export(
        content=base64.b64encode(seal_for(key, text.encode())).decode(),
        count=len(found),
        next=cursor or None,
        own=place_of(receipt.origin, receipt.position),
    )


def _element(counted: ElementCount, kind: str) -> Element:
    return Element(
        name=counted.element,
        kind=kind,
        special=kind in SPECIAL_DATA,
        residents=counted.residents,
        lines=counted.lines,
        first=_utc(counted.first),
        last=_utc(counted.last),
    )


def _notice(version: Version, kinds: Sequence[str]) -> Notice:
    window = version.window
    return Notice(
        follow_up=version.version > 1,
        summary=window.summary or None,
        discovered=_utc(window.discovered) if window.discovered else None,
        due=_utc(window.due) if window.due else None,
        since=_utc(window.since),
        until=_utc(window.until),
        at_least=version.at_least,
        at_most=version.at_most,
        kinds=tuple(kind for kind in kinds if kind not in SPECIAL_DATA),
        special=tuple(kind for kind in kinds if kind in SPECIAL_DATA),
    )


def _person(one: Affected) -> Person:
    return Person(
        resident=one.subject,
        warned=one.warned or None,
        lines=one.lines,
        possible=one.possible,
        first=_utc(one.first),
        last=_utc(one.last),
        elements=one.elements,
    )


def _utc(at: int) -> datetime:
    return moment(at).astimezone(UTC)
