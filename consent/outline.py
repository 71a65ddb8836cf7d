"""What every question asks of an activity's version, worked out once for each version. Pure: a version is frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from consent.activity import ActivityVersion, UsedElement

KEPT = 2_048  # versions; more than a municipality has in force


@dataclass(frozen=True, slots=True)
class Outline:
    """elements: by name. chosen: names of those that rest on consent. parties: slugs. unasked: whether any element is
    used without the resident's choice. glass: whether it is for emergencies. counts: whether it gives numbers of
    people. conditional: whether a case, notice or a frequency decides. assessed_until: ms. history: days that it may
    look back, 0 is the value in force only."""

    elements: Mapping[str, UsedElement] = field(default_factory=dict)
    chosen: frozenset[str] = frozenset()
    parties: frozenset[str] = frozenset()
    unasked: bool = False
    glass: bool = False
    counts: bool = False
    conditional: bool = False
    assessed_until: int = 0
    history: int = 0


# By identity, which a version keeps as long as it stands here: to compare two versions costs more than this saves, and
# what is kept on a model would go along with a copy that says something else.
_kept: dict[int, tuple[ActivityVersion, Outline]] = {}


def outline_of(version: ActivityVersion) -> Outline:
    """Of this very object."""
    kept = _kept.get(id(version))
    if kept is not None and kept[0] is version:
        return kept[1]
    # of two with one name the first counts, as in ActivityVersion.element
    elements = {one.name: one for one in reversed(version.elements)}
    found = Outline(
        elements,
        frozenset(name for name, one in elements.items() if one.class_ == "C"),
        frozenset(party.recipient for party in version.parties),
        any(one.class_ != "C" for one in version.elements),
        glass=version.break_glass is not None,
        counts=version.statistics is not None,
        conditional=version.case == "verplicht" or bool(version.notice or version.frequency),
        assessed_until=version.assessment.until,
        history=version.history,
    )
    if len(_kept) >= KEPT:
        _kept.clear()
    _kept[id(version)] = version, found
    return found
