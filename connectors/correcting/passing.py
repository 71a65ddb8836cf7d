"""Who has a value that was corrected (AVG 19). Pure."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field

from audit.contract import Line
from connectors.correcting.contract import Had
from connectors.removals.rules import stand_of, was_given

MOST = 1_000  # releases that one recipient is told of: who has more has this one's too


@dataclass
class Told:
    """One recipient, and its releases, the newest first. withheld_until: the first moment (ms) at which its resident
    may know of any of them; 0: they may now."""

    recipient: str
    name: str
    withheld_until: int
    had: list[Had] = field(default_factory=list)
    more: bool = False


def gather(into: dict[str, Told], lines: Sequence[Line], elements: Set[str], span: tuple[int, int]) -> None:
    """lines: releases, and what their recipients said of them since. elements: what was wrong. span: from when until
    when, ms. Who said that it is gone is not told."""
    for line in sorted(lines, key=_place, reverse=True):
        said = [one for one in lines if line.position in one.event.closes]
        if not was_given(line) or not span[0] <= line.at <= span[1]:
            continue
        if names := tuple(name for name in stand_of(line, said).left if name in elements):
            _add(into, line, names)


def _add(into: dict[str, Told], line: Line, names: tuple[str, ...]) -> None:
    event = line.event
    told = into.setdefault(event.recipient, Told(event.recipient, event.recipient_name, event.withheld_until))
    told.withheld_until = min(told.withheld_until, event.withheld_until)
    if len(told.had) == MOST:
        told.more = True
        return
    told.had.append(Had(release=str(line.position), activity=event.activity, elements=names))


def seen_by(had: Iterable[Had], scope: Sequence[str]) -> tuple[Had, ...]:
    """Those for the activities of a token."""
    return tuple(one for one in had if not scope or one.activity in scope)


def _place(line: Line) -> tuple[str, int]:
    return line.position.term, line.position.index
