"""What a line is about in general: kind, activity, ground, elements. Names nobody. Pure; `audit.labels` keeps them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from audit.event import Event
from kernel.canonical import canonical


@dataclass(frozen=True)
class Label:
    """elements: given. used: read to make them. refused: asked and not given."""

    kind: str
    activity: str
    version: str
    basis: str
    elements: tuple[str, ...]
    used: tuple[str, ...]
    refused: tuple[str, ...]

    def names(self, element: str) -> bool:
        """Whether this element was given, used or refused."""
        return element in {*self.elements, *self.used, *self.refused}


def label_of(event: Event) -> Label:
    """Of the event as it is recorded."""
    refused = sorted({name for name, _ in event.refused})
    given, used = sorted(set(event.elements)), sorted(set(event.used))
    return Label(event.kind, event.activity, event.version, event.basis, tuple(given), tuple(used), tuple(refused))


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
    }
    return canonical({name: value for name, value in said.items() if value})
