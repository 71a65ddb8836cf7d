"""Refusals that the desk gives itself, because a fence moved after the register had said yes. Pure.

What this caller is told and what the line says may differ: who has no ground of its own must not learn that somebody
objects, is secret or has a restriction (trust.md 6).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from audit.contract import Kind
from consent.contract import Code, FenceKind, Refused

_BY_LINE: Mapping[Kind, Code] = {
    "toestemming-ingetrokken": "toestemming-ingetrokken",
    "toestemming-gepauzeerd": "gepauzeerd",
    "toestemming-geweigerd": "geen-toestemming",
    "activiteit-beeindigd": "activiteit-niet-actief",
    "ontvanger-geschorst": "ontvanger-niet-bevoegd",
    "zaak-gesloten": "zaak-vereist",
    "beperking": "beperking",
    "vlag": "geheimhouding",
    "verstrekking": "te-vaak",  # which takes one of a number
}
_BY_FENCE: Mapping[FenceKind, Code] = {
    "toestemming": "geen-toestemming",
    "bezwaar": "bezwaar",
    "beperking": "beperking",
    "inwoner": "geheimhouding",
    "machtiging": "vertegenwoordiging-ongeldig",
    "zaak": "zaak-vereist",
    "ontvanger": "ontvanger-niet-bevoegd",
    "activiteit": "activiteit-niet-actief",
}
_VEILED: frozenset[Code] = frozenset({"bezwaar", "beperking", "geheimhouding"})
_WORDS: Mapping[Code, tuple[str, str]] = {
    "toestemming-ingetrokken": ("De inwoner is net gestopt met het delen van dit gegeven.", "Vraag papieren."),
    "gepauzeerd": ("De inwoner heeft het delen van dit gegeven net stilgezet.", "Wacht, of vraag papieren."),
    "geen-toestemming": ("Voor dit gegeven is geen toestemming gegeven.", "Vraag papieren."),
    "activiteit-niet-actief": ("Dit doel geldt niet meer.", "Bel de eigenaar van het doel."),
    "ontvanger-niet-bevoegd": ("U mag dit nu niet meer vragen.", "Bel de beheerder."),
    "zaak-vereist": ("De zaak is net gesloten.", "Noem een open zaak."),
    "bezwaar": ("De inwoner heeft net bezwaar gemaakt.", "Wacht op het besluit."),
    "beperking": ("De gegevens van deze inwoner staan op slot.", "Wacht op het besluit."),
    "geheimhouding": ("De gegevens van deze inwoner zijn geheim.", "Vraag de inwoner."),
    "te-vaak": ("Zo vaak als de inwoner toestond, is dit gevraagd.", "Vraag de inwoner opnieuw."),
    "vertegenwoordiging-ongeldig": ("De machtiging geldt niet meer.", "Controleer de machtiging."),
}
_NOT_GIVEN = ("Deze verstrekking gaf u dit gegeven van deze inwoner niet.", "Noem de regel waarin u het kreeg.")


@dataclass(frozen=True)
class Refusal:
    """One element: what the caller is told, and the true code for the line."""

    told: Refused
    code: str

    @property
    def pair(self) -> tuple[str, str]:
        """As lines say it."""
        return self.told.element, self.code


def code_of(line: Kind, fence: FenceKind) -> Code:
    """Why, after a line of this kind moved a fence of that kind."""
    return _BY_LINE.get(line) or _BY_FENCE[fence]


def refusal(element: str, code: Code, class_: str) -> Refusal:
    """class_: the strictest among the allowed elements; with A or B the recipient has a ground of its own."""
    shown: Code = code if code not in _VEILED or class_ in ("A", "B") else "geen-toestemming"
    reason, step = _WORDS[shown]
    return Refusal(Refused(element=element, code=shown, reason=reason, next_step=step), code)


def never_given(element: str) -> Refused:
    """Who reports on what no release of theirs gave: whatever is wrong, and whoever it is about."""
    reason, step = _NOT_GIVEN
    return Refused(element=element, code="buiten-doel", reason=reason, next_step=step)
