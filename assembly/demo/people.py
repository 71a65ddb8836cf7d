"""Who can log in at the demo: the roles of the stories, more residents until there are enough, and staff."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from assembly.demo.brp.loader import Persons
from assembly.demo.brp.roles import roles_in
from assembly.demo.brp.translate import living_age
from assembly.demo.brp.values import GbaPerson
from assembly.demo.idp.setup import Persona
from assembly.demo.register import CIVIL_AFFAIRS, LOAN_DESK, MUNICIPALITY

ENOUGH = 20  # residents with an opened vault
HIDES = "r12"  # whose address Burgerzaken keeps safe
OLD_ENOUGH = 16  # who logs in for themselves
ABOUT = {
    "R1": "Vraagt geld voor een wasmachine (verhaal 1).",
    "R3": "20 jaar.",
    "R7": "Ouder van een kind van 15. Kijk voor iemand anders.",
    "R8": "De andere ouder van dat kind.",
    "R9": "Een ander regelt de geldzaken.",
    "R11": "Heeft geheime gegevens.",
    "R12": "Woont op een veilig adres (verhaal 9).",
}
OFFICER = Persona(
    "fg", "Privacy-toezichthouder (FG)", f"Zoekt met een reden in het logboek van {MUNICIPALITY}.", roles=("fg",)
)
OWNERS = tuple(
    Persona(
        key,
        name,
        "Bereidt doelen voor; een ander publiceert ze.",
        roles=("proceseigenaar", f"afdeling:{department}", f"bronhouder:{department}"),
    )
    for key, name, department in (
        ("eigenaar", "Eigenaar van doelen", LOAN_DESK),
        ("collega", "Collega van de eigenaar", CIVIL_AFFAIRS),
    )
)
REGISTRARS = tuple(
    Persona(key, name, "Schrijft op wie een ander vertegenwoordigt, en zet een veilig adres.", roles=("burgerzaken",))
    for key, name in (("burgerzaken", "Burgerzaken"), ("burgerzaken-2", "Collega van Burgerzaken"))
)

# An invented name: the page adds what somebody is.
ATTENDANT = Persona(
    "balie", "Sanne Verzonnen", "Medewerker van de balie: helpt wie langskomt of belt.", roles=("balie",)
)


@dataclass(frozen=True)
class Cast:
    """bsn_of: by the key of the login choice; staff have none."""

    personas: tuple[Persona, ...]
    bsn_of: dict[str, str]


def cast_of(persons: Persons, today: date) -> Cast:
    """The same for the same file and day. Raises NobodyFits."""
    chosen: dict[str, Persona] = {}
    for role, bsn in _in_order(persons, today):
        if bsn not in chosen and len(chosen) < ENOUGH and (living_age(persons[bsn], today) or 0) >= OLD_ENOUGH:
            about = ABOUT.get(role, "Inwoner.")
            chosen[bsn] = Persona(role.lower(), _name(persons[bsn]), about, bsn=bsn)
    return Cast(
        (*chosen.values(), *OWNERS, *REGISTRARS, OFFICER, ATTENDANT), {one.key: bsn for bsn, one in chosen.items()}
    )


def _in_order(persons: Persons, today: date) -> Iterator[tuple[str, str]]:
    yield from roles_in(persons, today).items()
    for number, bsn in enumerate(sorted(persons)):
        if persons[bsn].get("naam"):
            yield f"P{number}", bsn


def _name(person: GbaPerson) -> str:
    name = person.get("naam", {})
    parts = (name.get("voornamen"), name.get("voorvoegsel"), name.get("geslachtsnaam"))
    return " ".join(str(part) for part in parts if part) or "Inwoner zonder naam"
