"""What a resident reads of a use in an emergency: why it was one, and what the FG said of it."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What the FG said of a use in an emergency, and why."""

    day: date
    good: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Urgent:
    """Why a use was an emergency. waits: nobody reviewed it yet."""

    reason: str
    reviewed: Reviewed | None = None
    waits: bool = False
