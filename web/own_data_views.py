"""What the pages about a resident's own data need. Pure; a value is here only while its own page is drawn."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final, Literal

from pydantic import JsonValue

from audit.contract import Line
from connectors.contract import Shape
from consent.contract import ConsentView
from kernel.clock import moment
from vault.contract import Kept, Value
from web.correction_views import may_doubt
from web.frame import FieldError, Frame
from web.language import N_
from web.line_views import GIVEN, LineViews, is_use
from web.prose import text_fault
from web.register_words import RegisterWords
from web.words import ACTIVE

OTHER: Final = "overig"
KINDS: Final[Mapping[str, str]] = {
    "naam-en-adres": N_("Naam en adres"),
    "geboortegegevens": N_("Geboorte"),
    "nationaliteit": N_("Nationaliteit"),
    "bsn": N_("Burgerservicenummer"),
    "contact": N_("Contact"),
    "financieel": N_("Geld"),
    "woning": N_("Woning"),
    "gezondheid": N_("Gezondheid"),
    "ras-of-afkomst": N_("Afkomst"),
    "politiek": N_("Politiek"),
    "godsdienst": N_("Geloof"),
    "vakbond": N_("Vakbond"),
    "genetisch": N_("Erfelijke gegevens"),
    "biometrisch": N_("Lichaamskenmerken"),
    "seksueel": N_("Seksualiteit"),
    "strafrechtelijk": N_("Politie en rechter"),
    OTHER: N_("Overig"),
}
ORIGINS: Final[Mapping[str, str]] = {
    "eigen-opgave": N_("U vulde dit zelf in"),
    "kopie": N_("U haalde dit zelf op"),
    "bron": N_("Een systeem vulde dit in"),
}
VAULT: Final = "kluis"
LONG, TYPED_MAX, ROWS_MAX, NAME_MAX, TEXT_MAX = 200, 1000, 200, 200, 5000
State = Literal["open", "dicht", "weg"]  # of the vault; weg: it does not answer now


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who may read something, or got it. answers: of whom gets only these, made from it. consent: what it rests on.
    times, last: how often, and when for the last time."""

    name: str
    answers: tuple[str, ...] = ()
    consent: str = ""
    times: int = 0
    last: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Datum:
    """One piece of data, without its value. own: the resident keeps it, or could. id, since: of the value that is
    kept, "" and none where there is none."""

    name: str
    label: str
    place: str
    own: bool
    id: str
    since: datetime | None
    readers: tuple[Reader, ...]
    users: tuple[Reader, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Data of one kind."""

    title: str
    data: tuple[Datum, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnData:
    """`/gegevens`. seen: the log could be read. kept: something is. changed: it did while they took it along."""

    frame: Frame
    groups: tuple[Group, ...]
    vault: State
    kept: bool
    seen: bool
    changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A value for its resident's eyes, as rows of (what, text). cut: there is more of it than fits on a page."""

    rows: tuple[tuple[str, str], ...]
    source: str
    origin: str
    as_of: datetime
    cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Where a value is typed."""

    most: int
    long: bool
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OneDatum:
    """`/gegevens/{soort}`. field: none where it cannot be typed. doubt: where to say that what was given is wrong.
    changed: it did, in another tab, before this could be done."""

    frame: Frame
    datum: Datum
    vault: State
    seen: bool
    whole: bool
    field: Field | None
    doubt: str
    shown: Shown | None = None
    changed: bool = False
    value: str = ""
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True)
class Known:
    """All that the list is made of. lines: of the last period; consents: all of the resident's."""

    said: RegisterWords
    shapes: Mapping[str, Shape]
    kept: Sequence[Kept]
    consents: Sequence[ConsentView]
    lines: Sequence[Line]
    views: LineViews

    def groups(self) -> tuple[Group, ...]:
        """By kind of data, in a fixed order."""
        found: dict[str, list[Datum]] = {}
        for name in self.names():
            found.setdefault(self._kind(name), []).append(self.datum(name))
        return tuple(
            Group(title=self.said.say(title), data=tuple(found[kind])) for kind, title in KINDS.items() if kind in found
        )

    def names(self) -> tuple[str, ...]:
        """What the resident keeps or can keep, and what some purpose in force reads; answers stand nowhere."""
        used = {one.name for activity in self.said.activities.values() for one in activity.elements}
        read = {given for name in used & set(self.said.elements) for _, given in self.said.elements[name].inputs}
        ours = [name for name, one in self.said.elements.items() if one.source == VAULT or name in used | read]
        stand = [name for name in ours if not self.shapes[name].made]
        return tuple(dict.fromkeys((*stand, *(one.element for one in self.kept))))

    def datum(self, name: str) -> Datum:
        """Without its value."""
        kept = next((one for one in self.kept if one.element == name), None)
        known = self.said.elements.get(name)
        own = kept is not None or (known is not None and known.source == VAULT)
        place = N_("Uw eigen kluis") if own else N_("Een ander systeem van de gemeente")
        return Datum(
            name=name,
            label=self.said.label(name),
            place=("" if own else self.said.sources((name,))) or self.said.say(place),
            own=own,
            id=kept.id if kept else "",
            since=moment(kept.since) if kept else None,
            readers=self._readers(name),
            users=self._users(name),
        )

    def doubt(self, name: str) -> str:
        """The newest line that gave it, as an address of the form about wrong values; "" for none."""
        given = (line for line in self.lines if may_doubt(line) and name in _given(line))
        return next((f"/gebruik/{line.position}/fout" for line in given), "")

    def _kind(self, name: str) -> str:
        kind = self.shapes[name].kind if name in self.shapes else OTHER
        return kind if kind in KINDS else OTHER

    def _readers(self, name: str) -> tuple[Reader, ...]:
        active = [one for one in self.consents if one.state in ACTIVE and not one.pending]
        return tuple(
            Reader(name=self.said.chosen(one.recipient_name), answers=answers, consent=one.id)
            for one in active
            if (answers := self._of(name, one.elements)) is not None
        )

    def _users(self, name: str) -> tuple[Reader, ...]:
        found: dict[tuple[str, tuple[str, ...]], list[Line]] = {}
        for line in self.lines:
            answers = self._of(name, _given(line)) if is_use(line) else None
            if answers is not None and self.views.row(line).results[0] in GIVEN:
                found.setdefault((self.views.department(line.event), answers), []).append(line)
        return tuple(
            Reader(name=who, answers=answers, times=len(lines), last=moment(lines[0].at))
            for (who, answers), lines in found.items()
        )

    def _of(self, name: str, given: Iterable[str]) -> tuple[str, ...] | None:
        """None: nothing of it. Empty: the value itself. Otherwise the answers that were made from it."""
        given = [*given]
        if name in given:
            return ()
        known = [self.said.elements[one] for one in given if one in self.said.elements and self.shapes[one].made]
        return self.said.labels(one.name for one in known if name in {each for _, each in one.inputs}) or None


def field_of(shape: Shape | None) -> Field | None:
    """How text of this form is typed; none for what is no text."""
    if shape is None:
        return None
    form = {"type": "string"} if shape.form is None else dict(shape.form)
    offered = form.get("anyOf", [form])
    forms = [one for one in offered if isinstance(one, dict)] if isinstance(offered, list) else []
    text = next((one for one in forms if one.get("type") == "string"), None)
    if text is None:
        return None
    said = text.get("maxLength", LONG if "pattern" in text else TYPED_MAX)
    most = min(said, TYPED_MAX) if isinstance(said, int) else TYPED_MAX
    return Field(most=most, long=most > LONG, example=str(shape.example))


def typed(text: str, shape: Shape, field: Field) -> tuple[str, str]:
    """The value, and the key in `words.WRONG` of what is wrong, "" for nothing. An amount may have a comma."""
    wrong = text_fault(text, "waarde", field.most)
    fitting = (one for one in (text, text.replace(",", ".")) if shape.fits(one))
    value = next(fitting, "")
    return value, wrong or ("" if value else "vorm")


def shown_of(value: Value, said: RegisterWords) -> Shown:
    """For a person: names and texts in rows, whatever was kept."""
    rows = [*islice(_rows(value.value, "", said), ROWS_MAX + 1)]
    source = said.say(N_("Uzelf")) if value.source == "inwoner" else value.source
    return Shown(
        rows=tuple((name[:NAME_MAX], text[:TEXT_MAX]) for name, text in rows[:ROWS_MAX]),
        source=source,
        origin=said.say(ORIGINS[value.origin]),
        as_of=moment(value.as_of),
        cut=len(rows) > ROWS_MAX or any(len(name) > NAME_MAX or len(text) > TEXT_MAX for name, text in rows),
    )


def _rows(value: JsonValue, name: str, said: RegisterWords) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list) and value:
        pairs = value.items() if isinstance(value, dict) else enumerate(value, 1)
        for key, each in pairs:
            yield from _rows(each, f"{name}, {key}" if name else str(key), said)
    elif value is None or value in ("", [], {}):
        yield name, said.say(N_("niets ingevuld"))
    elif isinstance(value, bool):
        yield name, said.say(N_("Ja") if value else N_("Nee"))
    else:
        yield name, str(value)


def _given(line: Line) -> list[str]:
    refused = dict(line.event.refused)
    return [one for one in line.event.elements if one not in refused]
