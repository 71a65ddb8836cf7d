"""What the pages need on which Burgerzaken writes down who was appointed. Frozen values; no number of anybody."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from web.frame import FieldError, Frame, Option

Done = Literal["", "opgeschreven", "bevestigd", "gestopt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRow:
    """Written down and not confirmed. own: by who reads this."""

    id: str
    kind: str
    recorded: datetime
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentList:
    """`/beheer/vertegenwoordiging`. done: what was just carried out."""

    frame: Frame
    waiting: tuple[WaitingRow, ...]
    done: Done = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PapersForm:
    """One document: to be written down (id ""), or to be typed again by another. typed: fields as they were sent,
    without numbers; barred: this person wrote it down."""

    frame: Frame
    kinds: tuple[Option, ...]
    id: str = ""
    kind: str = ""
    recorded: datetime | None = None
    barred: bool = False
    typed: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EndForm:
    """`/beheer/vertegenwoordiging/stoppen`."""

    frame: Frame
    reasons: tuple[Option, ...]
    reference: str = ""
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointedRow:
    """Who was appointed, and counts now."""

    kind: str
    name: str
    source: str
    since: datetime
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """`/beheer/vertegenwoordiging/zoeken`. found: None before somebody searched. Of whom they are the page does not say
    again."""

    frame: Frame
    reasons: tuple[Option, ...]
    found: tuple[AppointedRow, ...] | None = None
    errors: tuple[FieldError, ...] = ()
