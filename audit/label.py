"""What a line is about in general: kind, activity, ground, elements. Names nobody. Pure; `audit.labels` keeps them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from audit.event import Event
from kernel.canonical import canonical

UNHEARD_OF = "buiten-doel"  # the code of an element that this activity does not name, or that nobody knows


@dataclass(frozen=True)
class Label:
    """elements: given. used: read to make them. refused: asked and not given. kept_days: 0 is unknown.
    withheld_until: as in Event."""

    kind: str
    activity: str
    version: str
    basis: str
    elements: tuple[str, ...]
    used: tuple[str, ...]
    refused: tuple[str, ...]
    kept_days: int = 0
    withheld_until: int = 0

    def names(self, element: str) -> bool:
        """Whether this element was given, used or refused."""
        return element in {*self.elements, *self.used, *self.refused}


def label_of(event: Event) -> Label:
    """Of the event as it is recorded. What the register never heard of stays out: whoever may ask can invent names, and
    each would be a label for ever."""
    refused = sorted({name for name, code in event.refused if event.version and code != UNHEARD_OF})
    given, used = sorted(set(event.elements)), sorted(set(event.used))
    activity, kept = (event.activity, event.kept_days) if event.version else ("", 0)
    asked = (tuple(given), tuple(used), tuple(refused))
    return Label(event.kind, activity, event.version, event.basis, *asked, kept, event.withheld_until)


@lru_cache(maxsize=1_024)
def label_text(label: Label) -> str:
    """The same text for the same label."""
    said: dict[str, Any] = {
        "soort": label.kind,
        "activiteit": label.activity,
        "versie": label.version,
        "grondslag": label.basis,
        "elementen": label.elements,
        "gebruikt": label.used,
        "geweigerd": label.refused,
        "ontvangerBewaart": label.kept_days,
        "openbaarVanaf": label.withheld_until,
    }
    return canonical({name: value for name, value in said.items() if value})
