"""What the page about files of sources needs (`/beheer/bronbestanden`). Faults have words here, by their code: they
never hold what stands in a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from web.frame import FieldError, Frame
from web.language import N_

FAULTS: Final[Mapping[str, str]] = {
    "bsn": N_("Dit is geen burgerservicenummer."),
    "dubbel": N_("Deze inwoner staat er al."),
    "kolommen": N_("Deze regel heeft niet zoveel cellen als er kolommen zijn."),
    "leeg": N_("Hier moet iets staan."),
    "te-lang": N_("Deze tekst is te lang."),
    "teken": N_("Hier staat een teken dat in een tekst niet hoort."),
    "onbekende-keuze": N_("Dit is geen van de woorden die hier mogen staan."),
    "geen-getal": N_("Dit is geen geheel getal."),
    "geen-bedrag": N_("Dit is geen bedrag: hoogstens twee cijfers achter de komma, en geen punt voor duizend."),
    "geen-datum": N_("Dit is geen datum: jjjj-mm-dd of dd-mm-jjjj."),
    "geen-ja-of-nee": N_("Hier hoort ja of nee."),
    "buiten-grenzen": N_("Dit getal is te klein of te groot."),
    "vorm": N_("Dit past niet bij het gegeven dat ervan wordt gemaakt."),
    "kop": N_("De koppen in regel 1 zijn andere dan is afgesproken."),
    "te-veel": N_("Er staan meer regels in dan is afgesproken."),
    "te-weinig": N_("Er staat niemand in dit bestand."),
    "geen-tekst": N_("Dit bestand is geen tekst in UTF-8. Kies bij het opslaan voor CSV UTF-8."),
    "geen-csv": N_("Vanaf hier kan dit niet als CSV worden gelezen."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetFault:
    """line: of the file, "" for all of it. column: its heading, "" for the whole line."""

    line: str
    column: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A file without a fault, and what it would change. digest: of its bytes."""

    digest: str
    rows: int
    new: int
    both: int
    gone: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """One source. version: 0 where there is no file. other: the file is not the one that was checked before. more:
    there were more faults than are shown."""

    name: str
    version: int
    rows: int
    taken: datetime | None
    until: datetime | None
    soon: bool
    headings: str
    most: int
    days: int
    checked: Checked | None = None
    other: bool = False
    faults: tuple[SheetFault, ...] = ()
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetList:
    """`/beheer/bronbestanden`. megabytes: of a file, at most."""

    frame: Frame
    megabytes: int
    sheets: tuple[SheetRow, ...]
    errors: tuple[FieldError, ...] = ()
