"""What an employee typed from a court order or a will: checked all at once. Pure.

Numbers are looked at here and handed on as Bsn; they never go back to the page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from consent.appointments.contract import Appointment, Matter, Papers, Reason
from consent.contract import ResidentRef
from kernel.numbers import has_written_number
from vault.contract import Bsn
from web.frame import FieldError
from web.language import N_
from web.periods import end_of_day
from web.register_words import RegisterWords
from web.words import WRONG

TEXT_MAX: Final = 80
# As what, and about what: of a curator the order says it, the others have one thing.
KINDS: Final[Mapping[str, tuple[Appointment, tuple[Matter, ...], str]]] = {
    "curator": ("curator", ("geld", "zorg"), N_("Curator: geld en zorg")),
    "curator-geld": ("curator", ("geld",), N_("Curator: alleen geld")),
    "curator-zorg": ("curator", ("zorg",), N_("Curator: alleen zorg")),
    "bewindvoerder": ("bewindvoerder", ("geld",), N_("Bewindvoerder: geld")),
    "mentor": ("mentor", ("zorg",), N_("Mentor: zorg")),
    "executeur": ("executeur", ("nalatenschap",), N_("Executeur: de erfenis")),
}
# Why somebody looks up who was appointed.
LOOK_UP: Final[Mapping[Reason, str]] = {
    "stuk": N_("Er is een nieuw stuk, of een stuk is voorbij"),
    "vraag": N_("Een vraag van de inwoner of wie is aangewezen"),
    "klacht": N_("Klacht van een inwoner"),
    "controle": N_("Gewone controle"),
}
# Where the register says that something is wrong, by the field of the form.
PLACES: Final[Mapping[str, str]] = {
    "/matters": "soort",
    "/representative": "bsn-ander",
    "/issuer": "instantie",
    "/reference": "kenmerk",
    "/issuedOn": "datum",
    "/until": "tot",
    "/name": "naam",
    "/label": "naam-ander",
}


@dataclass(frozen=True)
class Typed:
    """The fields that were read. bsn, other, issued, until: None where they do not hold."""

    kind: str
    bsn: Bsn | None
    other: Bsn | None
    issuer: str
    reference: str
    issued: date | None
    until: date | None
    name: str = ""
    label: str = ""

    def papers(self, resident: ResidentRef, representative: ResidentRef) -> Papers:
        """As the register takes it. Raises ValueError where `faults` says that something is wrong."""
        if self.issued is None or self.until is None:
            raise ValueError("two days are needed")
        relation, matters, _ = KINDS[self.kind]
        return Papers(
            relation=relation,
            resident=resident,
            representative=representative,
            matters=matters,
            issuer=self.issuer,
            reference=self.reference,
            issued_on=self.issued.isoformat(),
            until=end_of_day(self.until),
        )


def read(form: Mapping[str, str]) -> Typed:
    """From the fields."""
    return Typed(
        kind=form.get("soort", ""),
        bsn=number(form.get("bsn", "")),
        other=number(form.get("bsn-ander", "")),
        issuer=text_of(form, "instantie"),
        reference=text_of(form, "kenmerk"),
        issued=_day(form.get("datum", "")),
        until=_day(form.get("tot", "")),
        name=text_of(form, "naam"),
        label=text_of(form, "naam-ander"),
    )


def faults(typed: Typed, said: RegisterWords, *, with_names: bool) -> tuple[FieldError, ...]:
    """Every wrong field, in the order of the form."""
    found = {
        "soort": "" if typed.kind in KINDS else "stuk-soort",
        "bsn": "" if typed.bsn else "bsn",
        "naam": text_wrong(typed.name) if with_names else "",
        "bsn-ander": "" if typed.other else "bsn",
        "naam-ander": text_wrong(typed.label) if with_names else "",
        "instantie": text_wrong(typed.issuer),
        "kenmerk": text_wrong(typed.reference),
        "datum": "" if typed.issued else "datum",
        "tot": "" if typed.until else "datum",
    }
    return tuple(FieldError(id=field, text=said.say(WRONG[wrong])) for field, wrong in found.items() if wrong)


def number(text: str) -> Bsn | None:
    """What was typed as one; None for what is none."""
    try:
        return Bsn(text.strip())
    except ValueError:
        return None


def text_of(form: Mapping[str, str], field: str) -> str:
    """A field of one line."""
    return " ".join(form.get(field, "").split())


def text_wrong(text: str) -> str:
    """The key in `words.WRONG` of what is wrong with a text from the document; "" for nothing."""
    if not text:
        return "stuk-leeg"
    if len(text) > TEXT_MAX:
        return "te-lang"
    return "bsn-in-tekst" if has_written_number(text) else "" if text.isprintable() else "stuk-leeg"


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    return found if found and date(1990, 1, 1) <= found <= date(2200, 1, 1) else None
