"""Who may report what, how a report goes on, and which values it touches. Pure."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from audit.contract import RELEASES, Line
from connectors.catalogue import Known, catalogue
from connectors.correcting.contract import RESIDENT, Status
from kernel.ids import derived_id

OPEN: Final[tuple[Status, ...]] = ("ontvangen", "in-onderzoek")
LAPSED: Final[Status] = "verlopen"  # nobody answered in time
CORRECTED: Final[Status] = "gecorrigeerd"  # who got the old value is told
NEXT: Final[Mapping[str, frozenset[str]]] = {
    "ontvangen": frozenset(("in-onderzoek", "gecorrigeerd", "geen-wijziging", LAPSED)),
    "in-onderzoek": frozenset(("gecorrigeerd", "geen-wijziging", LAPSED)),
}
RENEWED: Final = 3  # doubts of one recipient about one value, of which its owner heard in a year
ADDRESS, SENT, LIST = "adres", "bezorgd", "lijst"  # how a report goes to whoever keeps the source
GIVEN: Final = frozenset(("", "geleverd", "onbekend"))  # outcomes of a release that its recipient may have
# of one reporter, open at once: a recipient's list, and what a person can mean
MOST_OF: Final[Mapping[bool, int]] = {True: 20, False: 1_000}


def given(line: Line, subject: str, element: str) -> bool:
    """Whether this line gave this element of this resident to somebody, and its resident may know. A line that is
    withheld says nothing; a covert one stands in nobody's own series."""
    event = line.event
    dropped = {name for name, _ in event.refused}
    return (
        event.kind in RELEASES
        and event.subject == subject
        and not event.covert
        and not line.gone
        and element in event.elements
        and element not in dropped
        and line.outcome in GIVEN
    )


def source_of(element: str) -> str:
    """The one source that it comes from; "" when it is made of the words of several, or nobody knows it."""
    known = catalogue().get(element)
    sources = {source for source, _ in known.element.inputs} if known else set()
    return sources.pop() if len(sources) == 1 else ""


def touched(element: str) -> frozenset[str]:
    """What is in doubt with it: the element, what it is made of, what lies in the same fields of the register, and what
    is made of any of these."""
    every = catalogue()
    if element not in every:
        return frozenset((element,))
    made_of = {name for _, name in every[element].element.inputs} | {element}
    fields = {field for name in made_of if name in every for field in every[name].fields}
    doubted = made_of | {name for name, known in every.items() if fields & set(known.fields)}
    return frozenset(doubted | {name for name, known in every.items() if _made_of(known) & doubted})


def _made_of(known: Known) -> Set[str]:
    return {name for _, name in known.element.inputs}


def slot_of(reporter: str, subject: str, element: str) -> str:
    """One open report of a reporter about a value: who repeats a doubt means the same."""
    return derived_id(subject, f"terugmelding/{reporter}/{element}")


@dataclass(frozen=True)
class Ended:
    """A doubt that ended. at: when, in ms. words: why, and what was thought to be right."""

    at: int
    words: tuple[str, str]


def something_new(before: Sequence[Ended], given_at: int, words: tuple[str, str]) -> bool:
    """Whether a recipient may doubt a value again: one that it was given (ms) after the last answer, for other words
    than before, and not for the so-many-th time. Else a mark that ended would stand for as long as it likes."""
    return len(before) < RENEWED and all(given_at > one.at and _plain(words) != _plain(one.words) for one in before)


def _plain(words: tuple[str, str]) -> tuple[str, ...]:
    """Without what is no difference: capitals, signs and spaces."""
    return tuple("".join(sign for sign in text.casefold() if sign.isalnum()) for text in words)


def most(reporter: str) -> int:
    """How many open reports one reporter may have."""
    return MOST_OF[reporter == RESIDENT]
