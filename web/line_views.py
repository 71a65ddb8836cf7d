"""From lines of the log to what a resident reads. Pure; never claims more than a line says."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final, cast

from audit.contract import RELEASES, Event, Line, Position
from consent.contract import ConsentView, ResidentQuestion
from kernel.clock import millis, moment
from web.act_words import ACTS, WRITTEN_DOWN, act_of
from web.language import AMSTERDAM, N_, format_day
from web.line_details import WHO, acted_for, need_of, once_each, reported_of, said_kinds, told_kind
from web.register_words import RegisterWords
from web.views import Asked, Day, Destroyed, Earlier, Facts, Group, RefusedData, UseRow, Withheld
from web.words import ClassLetter, Result, reason_for

OPEN = timedelta(seconds=60)  # until then the desk may still be writing how a release ended
TOGETHER_MS: Final = 3_600_000
USES: Final = RELEASES | {"weigering", "gemeld"}
IN_NEED: Final = N_("In nood: %(reden)s")
GIVEN: Final[frozenset[Result]] = frozenset({"gelukt", "deels", "misschien"})

WORKS_FOR: Final = N_("%(naam)s, met een systeem van %(verwerker)s")
GONE_BY_TERM: Final = N_("Vernietigd op %(datum)s, volgens termijn")
GONE_BY_DECISION: Final = N_("Vernietigd op %(datum)s, op een besluit")
BY_THE_DAY: Final = frozenset(
    {"zaak-geopend", "zaak-gesloten", "kluis-bewaard", "kluis-ingezien", "namens-gekeken", "zoeking"}
)
LETTERS: Final[tuple[ClassLetter, ...]] = ("A", "B", "C")


def shown(line: Line) -> bool:
    """Whether this line is a resident's to read as a card of its own."""
    return told_kind(line.event) in USES | set(ACTS)


def is_use(line: Line) -> bool:
    """Whether somebody used, or wanted to use, data, and the line still says so."""
    return line.event.kind in USES and not line.gone


def result_of(line: Line, now: datetime) -> Result:
    """How it ended. A release without outcome counts as given: over-reported, never under-reported."""
    event = line.event
    if event.kind == "weigering":
        return "niets"
    if event.kind == "gemeld":
        return "mislukt" if event.details.get("status") == "Error" else "gelukt"
    open_too_long = not line.outcome and millis(now) - line.at >= OPEN / timedelta(milliseconds=1)
    if event.kind in RELEASES and (line.outcome == "onbekend" or open_too_long):
        return "misschien"
    if line.outcome in ("mislukt", "niet-geopend"):
        return "mislukt"
    return "deels" if event.refused else "gelukt"


def letters_of(event: Event) -> tuple[ClassLetter, ...]:
    """The classes of what was asked, the strictest first."""
    found = {klass for _, klass in event.classes} or {event.class_}
    return tuple(letter for letter in LETTERS if letter in found)


def handlings(lines: Sequence[Line]) -> list[list[Line]]:
    """Lines that are one handling together, each in the place of its newest: data that was passed on, or refused, for
    the same case within an hour; the resident's cases and vault, looks of one who acts for them, and searches for one
    case, by the day. Other acts stand alone."""
    found: list[list[Line]] = []
    newest: dict[tuple[str, ...], list[Line]] = {}
    for line in lines:
        key = _handling(line)
        group = newest.get(key)
        if group is None or (is_use(line) and group[0].at - line.at > TOGETHER_MS):
            group = newest[key] = []
            found.append(group)
        group.append(line)
    return found


def _handling(line: Line) -> tuple[str, ...]:
    event, day = line.event, local_day(line.at).isoformat()
    if is_use(line):
        system = event.application if event.kind == "gemeld" else ""
        return (day, event.kind, event.recipient, event.activity, event.case, system)
    alone = event.kind not in BY_THE_DAY or (event.kind == "zoeking" and not event.case)
    if alone or line.gone:
        return (day, event.kind, str(line.position))
    looked = (event.details.get(each, "") for each in ("machtiging", "wat", "stap"))
    searched = event.case if event.kind == "zoeking" else ""
    return (day, event.kind, event.recipient, event.activity, event.on_behalf, searched, *looked)


def stops(consents: Iterable[ConsentView]) -> dict[tuple[str, str], date]:
    """When the resident stopped, by (activity, recipient): the newest."""
    ended = [one for one in consents if one.state == "ingetrokken" and one.ended_at]
    return {
        (one.activity, one.recipient): local_day(one.ended_at) for one in sorted(ended, key=lambda one: one.ended_at)
    }


class LineViews:
    """Lines in the words of one page: its language, its moment, its municipality. leaked: lines in a breach, which
    their resident reads and nobody else."""

    leaked: Set[Position] = frozenset()

    def __init__(self, words: RegisterWords, now: datetime, home: str, stopped: Mapping[tuple[str, str], date]) -> None:
        self._words, self._now, self._home, self._stopped = words, now, home, stopped

    def rows(self, lines: Sequence[Line]) -> tuple[UseRow, ...]:
        """One per handling, where its newest line stands. Newest first, as given."""
        return tuple(self._whole([self.row(line) for line in group]) for group in handlings(lines))

    def _whole(self, rows: Sequence[UseRow]) -> UseRow:
        return replace(
            rows[0],
            labels=once_each(label for row in rows for label in row.labels),
            letters=tuple(letter for letter in LETTERS if any(letter in row.letters for row in rows)),
            results=once_each(result for row in rows for result in row.results),
            reason=" ".join(once_each(row.reason for row in rows if row.reason)),
            times=len(rows),
            leaked=any(row.leaked for row in rows),
        )

    def row(self, line: Line) -> UseRow:
        """One line as a card."""
        event = line.event
        if line.gone:
            return UseRow(
                id=str(line.position),
                moment=moment(line.at),
                department=self._home,
                purpose="",
                labels=(),
                letters=(),
                results=("gelukt",),
                act=self.act(line),
            )
        use = is_use(line)
        refused = dict(event.refused)
        allowed = [one for one in event.elements if one not in refused]
        return UseRow(
            id=str(line.position),
            moment=moment(line.at),
            department=self.department(event),
            purpose=self._words.purpose(event.activity, event.purpose) if use else "",
            labels=self._words.labels(allowed or event.elements or refused) + said_kinds(event),
            letters=letters_of(event) if use else (),
            results=(result_of(line, self._now),),
            reason=" ".join(once_each((*self._need(event), *(self.reason(event, code) for code in refused.values())))),
            act=self.act(line),
            reported=reported_of(line),
            leaked=line.position in self.leaked,
        )

    def _need(self, event: Event) -> tuple[str, ...]:
        """Why it was asked in an emergency, if it was."""
        reason = need_of(event, self._words.language)
        return (self._words.say(IN_NEED) % {"reden": reason},) if reason else ()

    def gone(self, line: Line) -> Destroyed | None:
        """What a page says of a line whose content is gone."""
        if line.gone is None:
            return None
        told = line.gone.declared
        return Destroyed(n=line.n, declared=str(told) if told else "", number=told.index if told else 0)

    def earlier(self, line: Line, older: Sequence[Line]) -> tuple[Earlier, ...]:
        """The other lines of this line's handling. older: the lines before it, newest first."""
        others = handlings([line, *older])[0][1:]
        return tuple(
            Earlier(
                id=str(one.position),
                number=one.position.index,
                moment=moment(one.at),
                result=result_of(one, self._now),
                leaked=one.position in self.leaked,
            )
            for one in others
        )

    def act(self, line: Line) -> str:
        """What happened, for a line that is no use."""
        event = line.event
        if line.gone:
            text = GONE_BY_TERM if line.gone.by_term else GONE_BY_DECISION
            return self._words.say(text) % {"datum": format_day(moment(line.gone.at), self._words.language)}
        if done := acted_for(event):
            who = self._words.say(WHO.get(event.on_behalf, WHO[""]))
            source = f" ({event.details['grond']})" if event.details.get("grond") else ""
            return self._words.say(done) % {"wie": who} + source
        text = act_of(event)
        said = self._words.say(text) if text else ""
        written = WRITTEN_DOWN.get(event.details.get("kanaal", "")) if event.kind != "balie-gesprek" else None
        return self._words.say(written) % {"wat": said} if said and written else said

    def department(self, event: Event) -> str:
        """Who, and with whose system; the municipality itself for what is its own."""
        who = self._words.recipient(event.recipient, event.recipient_name) or self._home
        works = event.details.get("verwerker", "")
        if not works:
            return who
        name = self._words.recipient(works, event.details.get("verwerkerNaam", ""))
        return self._words.say(WORKS_FOR) % {"naam": who, "verwerker": name}

    def reason(self, event: Event, code: str) -> str:
        """The resident's sentence for a refusal."""
        return reason_for(code, self._words.language, self._stopped.get((event.activity, event.recipient)))

    def facts(self, line: Line) -> Facts:
        """The six facts of one line."""
        event, reported = line.event, reported_of(line)
        return Facts(
            organisation=self._home,
            department=self.department(event),
            groups=self.groups(event),
            purpose=self._words.purpose(event.activity, event.purpose) or None,
            moment=reported.used if reported else moment(line.at),
            retention=self._words.retention(event.activity),
        )

    def groups(self, event: Event) -> tuple[Group, ...]:
        """What was asked, per class and article."""
        classes, version = dict(event.classes), self._words.version(event.activity)
        found: dict[tuple[str, str], list[str]] = {}
        for element in event.elements or tuple(classes) or tuple(dict(event.refused)):
            used = version.element(element) if version else None
            letter = classes.get(element) or event.class_
            basis = (used.basis, used.law) if used else (event.basis, event.law)
            if letter in LETTERS:
                found.setdefault((letter, self._words.article(*basis)), []).append(element)
        return tuple(
            Group(
                letter=cast("ClassLetter", letter),
                labels=self._words.labels(elements),
                article=article,
                exact=self._words.exact(elements),
            )
            for (letter, article), elements in sorted(found.items())
        )

    def refused(self, event: Event) -> tuple[RefusedData, ...]:
        """What was not passed on, and why."""
        return tuple(
            RefusedData(label=self._words.label(element), reason=self.reason(event, code))
            for element, code in event.refused
        )


def withheld(lines: Iterable[Line]) -> tuple[Withheld, ...]:
    """Those of which a resident may know no more than that they are there."""
    return tuple(
        Withheld(number=line.position.index, n=line.n, until=local_day(line.event.withheld_until))
        for line in lines
        if line.withheld
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
            return Asked(text=one.text, asked=local_day(one.asked_at), due=local_day(one.due_at), answer=one.answer,
                         answered=local_day(one.answered_at) if one.answered_at else None)  # fmt: skip
    return None


def local_day(milliseconds: int) -> date:
    """The Dutch day of a moment."""
    return moment(milliseconds).astimezone(AMSTERDAM).date()
