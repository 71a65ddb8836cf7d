"""What a release leaves to be removed, and what may be said of it. Pure; days are Dutch, times ms, 0 is none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from audit.contract import RELEASES, Event, Ground, Line
from connectors.correcting.rules import GIVEN
from connectors.removals.contract import KEPT_MOST, Keeps, Removal
from connectors.window import HERE
from kernel.clock import millis, moment

LATER: Final = 1 << 52  # no day is known
DAY_MS: Final = 24 * 3_600_000
LONGEST: Final = 100  # years that a law may make anybody keep anything
DAY, KEEPS, ARTICLE, UNTIL = "verwijderdOp", "bewaart", "artikel", "tot"  # details of a line
Fault = tuple[str, str, str]


@dataclass(frozen=True)
class Stand:
    """What one release's recipient still has, as far as it said. keeps: by element, article and last day."""

    left: tuple[str, ...]
    keeps: Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class Saying:
    """What a message says of one release: what is gone now, and what stays under an article."""

    gone: tuple[str, ...]
    kept: tuple[str, ...]


def was_given(line: Line) -> bool:
    """Whether this line gave somebody's data to a recipient, who knows whose they are: no row of a set. A covert one
    is not spoken of at all."""
    event = line.event
    named = event.kind in RELEASES and "gegevensset" not in event.details
    return named and not event.covert and not line.gone and line.outcome in GIVEN and bool(given(event))


def given(event: Event) -> tuple[str, ...]:
    """The elements of a release."""
    refused = dict(event.refused)
    return tuple(name for name in event.elements if name not in refused)


def on_what(event: Event) -> dict[str, tuple[str, ...]]:
    """Its elements, by the fence of the consent under which each was given; "" for what the law gave."""
    names, found = given(event), dict[str, list[str]]()
    ground = Ground.read(event.sealed) if event.sealed else None
    # in an emergency nobody chose: the words that it stood on only say that there was no no
    chose = ground is not None and not ground.noodtoegang
    stood = {one.element: one.hekken for one in ground.toegestaan} if ground and chose else {}
    for name in names:
        fences = [ground.hekken[at][0] for at in stood.get(name, ())] if ground else []
        found.setdefault(fences[0] if fences else "", []).append(name)
    return {fence: tuple(each) for fence, each in found.items()}


def due_of(at: int, kept_days: int, ended_at: int, erase_days: int | None) -> tuple[int, str]:
    """When data of a release must be gone, and why then. kept_days: of the version, or less under a consent.
    erase_days: after its consent ended; None where the version says that it stays."""
    term = at + kept_days * DAY_MS if kept_days else LATER
    stop = ended_at + erase_days * DAY_MS if ended_at and erase_days else LATER
    return (stop, "toestemming") if stop < term else (term, "bewaartermijn")


def stand_of(release: Line, said: Iterable[Line]) -> Stand:
    """said: lines of its recipient about it, in the order of the log."""
    left, keeps = list(given(release.event)), dict[str, tuple[str, str]]()
    for line in said:
        event = line.event
        left = [name for name in left if name not in event.elements]
        keeps |= dict.fromkeys(kept_in(event), (event.details.get(ARTICLE, ""), event.details.get(UNTIL, "")))
    return Stand(tuple(left), {name: how for name, how in keeps.items() if name in left})


def kept_in(event: Event) -> tuple[str, ...]:
    """What a recipient says it keeps."""
    return tuple(name for name in event.details.get(KEEPS, "").split("; ") if name)


def saying(said: Removal, stand: Stand) -> Saying | None:
    """None: it says nothing that was not said."""
    named = set(said.keeps.elements) if said.keeps else set()
    gone = tuple(name for name in stand.left if name not in named and (said.elements is None or name in said.elements))
    how = (said.keeps.article, said.keeps.until) if said.keeps else ("", "")
    kept = tuple(name for name in stand.left if name in named and stand.keeps.get(name) != how)
    return Saying(gone, kept) if gone or kept else None


def faults_of(said: Removal, today: date) -> list[Fault]:
    """What is wrong with a message, whatever it is about."""
    faults: list[Fault] = []
    if len(set(said.releases)) != len(said.releases):
        faults.append(("/verstrekkingen", "dubbel", "Noem elke verstrekking een keer."))
    day = read_day(said.day)
    if day is None or day > today:
        faults.append(("/verwijderdOp", "dag", "Noem een dag die er is, en niet in de toekomst."))
    if said.keeps is not None:
        until = read_day(said.keeps.until)
        if until is None or not today < until <= today.replace(day=1) + timedelta(days=LONGEST * 366):
            faults.append(("/bewaart/tot", "dag", "Noem een dag in de toekomst, de laatste waarop u dit bewaart."))
        if set(said.keeps.elements) & set(said.elements or ()):
            faults.append(("/bewaart/gegevenselementen", "dubbel", "U verwijderde dit, of u bewaart het."))
    return faults


def misfits(said: Removal, found: Mapping[str, tuple[Line, Stand]]) -> list[Fault]:
    """What does not fit the releases that are there, by their place."""
    faults, asked = list[Fault](), set(said.elements or ())
    kept = set(said.keeps.elements) if said.keeps else set[str]()
    for at, name in enumerate(said.releases):
        if name not in found:
            continue
        (line, stand), place = found[name], f"/verstrekkingen/{at}"
        if (day := read_day(said.day)) and day < local_day(line.at):
            faults.append((place, "voor-verstrekking", "U kreeg deze gegevens pas na de dag die u noemt."))
        if said.elements is not None and not (asked | kept) & set(given(line.event)):
            faults.append((place, "niet-verstrekt", "Van de gegevens die u noemt, kreeg u hier niets."))
        if kept & set(given(line.event)) - set(stand.left):
            faults.append((place, "al-verwijderd", "U zei eerder dat u een van deze gegevens verwijderde."))
    had = {name for line, _ in found.values() for name in given(line.event)}
    for place, named in (("/gegevenselementen", asked), ("/bewaart/gegevenselementen", kept)):
        if found and named - had:
            faults.append((place, "niet-verstrekt", "Een van de gegevens die u noemt, kreeg u hier niet."))
    return faults


def read_day(text: str) -> date | None:
    """None for what is no day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def local_day(at: int) -> date:
    """The Dutch day of a moment."""
    return moment(at).astimezone(HERE).date()


def start_of(day: date) -> int:
    """The first moment of a Dutch day."""
    return millis(datetime.combine(day, datetime.min.time(), HERE))


def end_of(day: date) -> int:
    """The first moment after a Dutch day; of the last one there is, its own first moment."""
    return start_of(min(day, date.max - timedelta(days=1)) + timedelta(days=1))


def keeping(names: Sequence[str], how: Keeps | None) -> dict[str, str]:
    """Details of a line that says what stays."""
    if not names or how is None:
        return {}
    return {KEEPS: "; ".join(names[:KEPT_MOST]), ARTICLE: how.article, UNTIL: how.until}
