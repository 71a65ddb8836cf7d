"""What every question asks of an activity's version, worked out once for each version. Pure: a version is frozen."""

from collections.abc import Mapping
from dataclasses import dataclass

from consent.activity import ActivityVersion, UsedElement

KEPT = 2_048  # versions; more than a municipality has in force


@dataclass(frozen=True, slots=True)
class Outline:
    """elements: by name. parties: slugs. unasked: whether any element is used without the resident's choice."""

    elements: Mapping[str, UsedElement]
    parties: frozenset[str]
    unasked: bool


# By identity, which a version keeps as long as it stands here: to compare two versions costs more than this saves, and
# what is kept on a model would go along with a copy that says something else.
_kept: dict[int, tuple[ActivityVersion, Outline]] = {}


def outline_of(version: ActivityVersion) -> Outline:
    """Of this very object."""
    kept = _kept.get(id(version))
    if kept is not None and kept[0] is version:
        return kept[1]
    found = Outline(
        # of two with one name the first counts, as in ActivityVersion.element
        {one.name: one for one in reversed(version.elements)},
        frozenset(party.recipient for party in version.parties),
        any(one.class_ != "C" for one in version.elements),
    )
    if len(_kept) >= KEPT:
        _kept.clear()
    _kept[id(version)] = version, found
    return found
