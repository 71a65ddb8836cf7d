"""From lines of the log to what a resident reads. Pure; never claims more than a line says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final, cast

from audit.contract import Event, Line, Position
from consent.contract import ConsentView, ResidentQuestion
from kernel.clock import millis, moment
from web.language import AMSTERDAM, N_
from web.register_words import RegisterWords
from web.views import Asked, Day, Facts, Group, RefusedData, UseRow
from web.words import ClassLetter, Result, reason_for

OPEN = timedelta(seconds=60)  # until then the desk may still be writing how a release ended
TOGETHER = timedelta(hours=1)
USES: Final = frozenset({"verstrekking", "weigering", "gemeld"})
GIVEN: Final[frozenset[Result]] = frozenset({"gelukt", "deels", "misschien"})

# What happened to a resident that is no use of their data. A kind that is in neither list is not shown.
ACTS: Final[Mapping[str, str]] = {
    "toestemming-gevraagd": N_("Een afdeling vroeg of u ja of nee zegt"),
    "toestemming-gegeven": N_("U zei ja"),
    "toestemming-hervat": N_("U zei opnieuw ja"),
    "toestemming-geweigerd": N_("U zei nee"),
    "toestemming-ingetrokken": N_("U stopte met delen"),
    "toestemming-gepauzeerd": N_("U zette het delen stil"),
    "zaak-geopend": N_("Een afdeling schreef op dat u een zaak heeft"),
    "zaak-gesloten": N_("Een zaak van u is klaar"),
    "kluis-geopend": N_("U opende uw kluis"),
    "kluis-bewaard": N_("U bewaarde iets in uw kluis"),
    "vlag": N_("Een systeem meldde dat wij extra moeten opletten"),
    "beperking": N_("Uw gegevens gingen op slot"),
    "zoeking": N_("De privacy-toezichthouder keek wie uw gegevens gebruikte"),
    "vraag": N_("U stelde een vraag"),
    "vraag-beantwoord": N_("U kreeg antwoord op uw vraag"),
}
LETTERS: Final[tuple[ClassLetter, ...]] = ("A", "B", "C")


def shown(line: Line) -> bool:
    """Whether this line is a resident's to read as a card of its own."""
    return line.event.kind in USES or line.event.kind in ACTS


def is_use(line: Line) -> bool:
    """Whether somebody used, or wanted to use, data."""
    return line.event.kind in USES


def result_of(line: Line, now: datetime) -> Result:
    """How it ended. A release without outcome counts as given: over-reported, never under-reported."""
    event = line.event
    if event.kind == "weigering":
        return "niets"
    open_too_long = not line.outcome and millis(now) - line.at >= OPEN / timedelta(milliseconds=1)
    if event.kind == "verstrekking" and (line.outcome == "onbekend" or open_too_long):
        return "misschien"
    if line.outcome in ("mislukt", "niet-geopend"):
        return "mislukt"
    return "deels" if event.refused else "gelukt"


def letters_of(event: Event) -> tuple[ClassLetter, ...]:
    """The classes of what was asked, the strictest first."""
    found = {klass for _, klass in event.classes} or {event.class_}
    return tuple(letter for letter in LETTERS if letter in found)


def stops(consents: Iterable[ConsentView]) -> dict[tuple[str, str], date]:
    """When the resident stopped, by (activity, recipient): the newest."""
    ended = [one for one in consents if one.state == "ingetrokken" and one.ended_at]
    return {
        (one.activity, one.recipient): local_day(one.ended_at) for one in sorted(ended, key=lambda one: one.ended_at)
    }


class LineViews:
    """Lines in the words of one page: its language, its moment, its municipality."""

    def __init__(self, words: RegisterWords, now: datetime, home: str, stopped: Mapping[tuple[str, str], date]) -> None:
        self._words, self._now, self._home, self._stopped = words, now, home, stopped

    def rows(self, lines: Sequence[Line]) -> tuple[UseRow, ...]:
        """One per handling: the same thing within an hour is one row with a number. Newest first, as given."""
        rows: list[UseRow] = []
        key: object = None
        for line in lines:
            event, row = line.event, self.row(line)
            here = (event.kind, event.recipient, event.activity, event.case, row.labels, row.result, row.reason)
            near = bool(rows) and rows[-1].moment - row.moment <= TOGETHER
            if rows and here == key and near and is_use(line):
                rows[-1] = replace(rows[-1], times=rows[-1].times + 1)
            else:
                rows.append(row)
            key = here
        return tuple(rows)

    def row(self, line: Line) -> UseRow:
        """One line as a card."""
        event = line.event
        use = is_use(line)
        refused = dict(event.refused)
        allowed = [one for one in event.elements if one not in refused]
        return UseRow(
            id=str(line.position),
            moment=moment(line.at),
            department=self.department(event),
            purpose=self._words.purpose(event.activity, event.purpose) if use else "",
            labels=self._words.labels(allowed or event.elements or refused),
            letters=letters_of(event) if use else (),
            result=result_of(line, self._now),
            reason=" ".join(dict.fromkeys(self.reason(event, code) for code in refused.values())),
            act=self.act(event),
        )

    def act(self, event: Event) -> str:
        """What happened, for a line that is no use."""
        return self._words.say(ACTS[event.kind]) if event.kind in ACTS else ""

    def department(self, event: Event) -> str:
        """Who; the municipality itself for what is its own."""
        return event.recipient_name or self._home

    def reason(self, event: Event, code: str) -> str:
        """The resident's sentence for a refusal."""
        return reason_for(code, self._words.language, self._stopped.get((event.activity, event.recipient)))

    def facts(self, line: Line) -> Facts:
        """The six facts of one line."""
        event = line.event
        return Facts(
            organisation=self._home,
            department=self.department(event),
            groups=self.groups(event),
            purpose=self._words.purpose(event.activity, event.purpose) or None,
            moment=moment(line.at),
            retention=self._words.retention(event.activity),
        )

    def groups(self, event: Event) -> tuple[Group, ...]:
        """What was asked, per class and article."""
        classes, version = dict(event.classes), self._words.activities.get(event.activity)
        found: dict[tuple[str, str], list[str]] = {}
        for element in event.elements or tuple(classes) or tuple(dict(event.refused)):
            used = version.element(element) if version else None
            letter = classes.get(element) or event.class_
            basis = (used.basis, used.law) if used else (event.basis, event.law)
            if letter in LETTERS:
                found.setdefault((letter, self._words.article(*basis)), []).append(element)
        return tuple(
            Group(letter=cast("ClassLetter", letter), labels=self._words.labels(elements), article=article)
            for (letter, article), elements in sorted(found.items())
        )

    def refused(self, event: Event) -> tuple[RefusedData, ...]:
        """What was not passed on, and why."""
        return tuple(
            RefusedData(label=self._words.label(element), reason=self.reason(event, code))
            for element, code in event.refused
        )


def days(rows: Sequence[UseRow]) -> tuple[Day, ...]:
    """Rows by their Dutch day; the order stays."""
    return tuple(
        Day(day=day, uses=tuple(uses))
        for day, uses in groupby(rows, lambda row: row.moment.astimezone(AMSTERDAM).date())
    )


def counted(lines: Iterable[Line], now: datetime) -> tuple[int, dict[ClassLetter, int]]:
    """How many departments got data, and how often per class."""
    given = [line.event for line in lines if is_use(line) and result_of(line, now) in GIVEN]
    by_class = {letter: sum(letter in _given_letters(event) for event in given) for letter in LETTERS}
    return len({event.recipient for event in given}), by_class


def _given_letters(event: Event) -> tuple[ClassLetter, ...]:
    refused = {element for element, _ in event.refused}
    kept = {klass for element, klass in event.classes if element not in refused} or {event.class_}
    return tuple(letter for letter in LETTERS if letter in kept)


def asked(questions: Iterable[ResidentQuestion], position: Position) -> Asked | None:
    """The resident's question about this line."""
    for one in questions:
        if one.line == position:
            return Asked(
                text=one.text,
                asked=local_day(one.asked_at),
                due=local_day(one.due_at),
                answer=one.answer,
                answered=local_day(one.answered_at) if one.answered_at else None,
            )
    return None


def local_day(milliseconds: int) -> date:
    """The Dutch day of a moment."""
    return moment(milliseconds).astimezone(AMSTERDAM).date()
