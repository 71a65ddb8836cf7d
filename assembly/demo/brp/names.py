"""Names: initials, the full name, and how to write to somebody.

Source: BRP Personen bevragen 2.7.0, volledigeNaam.feature, voorletters.feature, aanhef, aanschrijfwijze.
NOT done: the form of address of a titled partner, and `aanspreekvorm`; nothing of ours asks for them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from assembly.demo.brp.dates import parts
from assembly.demo.brp.investigation import NAME, OWN_NAME, marks
from assembly.demo.brp.values import Json, group, present, table
from assembly.demo.brp.values import name as name_text

TITLES = {  # code: (for a man, for a woman, the code's own form, form of address); LO BRP table 38
    "JH": ("jonkheer", "jonkvrouw", 0, "Hoogwelgeboren"), "JV": ("jonkheer", "jonkvrouw", 1, "Hoogwelgeboren"),
    "B": ("baron", "barones", 0, "Hoogwelgeboren"), "BS": ("baron", "barones", 1, "Hoogwelgeboren"),
    "G": ("graaf", "gravin", 0, "Hooggeboren"), "GI": ("graaf", "gravin", 1, "Hooggeboren"),
    "H": ("hertog", "hertogin", 0, "Hoogwelgeboren"), "HI": ("hertog", "hertogin", 1, "Hoogwelgeboren"),
    "M": ("markies", "markiezin", 0, "Hoogwelgeboren"), "MI": ("markies", "markiezin", 1, "Hoogwelgeboren"),
    "P": ("prins", "prinses", 0, "Hoogheid"), "PS": ("prins", "prinses", 1, "Hoogheid"),
    "R": ("ridder", "ridder", 0, "Hoogwelgeboren"),
}  # fmt: skip


def sex(gba: Mapping[str, Any]) -> str:
    """M, V, or O for unknown."""
    row = table(gba.get("geslacht")) or {}
    return str(row.get("code", "O"))


def initials(first_names: str | None) -> str | None:
    """One letter per first name; a name of one letter is not an abbreviation and gets no full stop."""
    if first_names is None:
        return None
    written = ""
    for name in (one.lstrip("-'.") for one in first_names.split()):
        gap = " " if written and not written.endswith(".") else ""
        written += gap + name[0] + ("." if len(name) > 1 else "") if name else ""
    return written[:40] or None


def _title(name: Mapping[str, Any], of_sex: str) -> tuple[str | None, str | None]:
    row = table(name.get("adellijkeTitelPredicaat")) or {}
    forms = TITLES.get(str(row.get("code")))
    if forms is None:
        return None, None
    form = forms[{"M": 0, "V": 1}.get(of_sex, forms[2])]
    return (str(form), None) if row.get("soort") == "predicaat" else (None, str(form))


def full_name(gba: Mapping[str, Any]) -> str | None:
    """Predicate, first names, title, prefix and surname, as far as known; without the partner's name."""
    name = group(gba.get("naam")) or {}
    predicate, title = _title(name, sex(gba))
    chain = (predicate, name_text(name.get("voornamen")), title, name_text(name.get("voorvoegsel")))
    return " ".join(one for one in (*chain, name_text(name.get("geslachtsnaam"))) if one) or None


def related_name(relative: Mapping[str, Any], investigated: object) -> Json | None:
    """The name of a partner, parent or child, as it stands on the list of the person asked for."""
    name = group(relative.get("naam"))
    if name is None:
        return None
    first = name_text(name.get("voornamen"))
    return present(
        voornamen=first,
        adellijkeTitelPredicaat=table(name.get("adellijkeTitelPredicaat")),
        voorvoegsel=name_text(name.get("voorvoegsel")),
        geslachtsnaam=name_text(name.get("geslachtsnaam")),
        voorletters=initials(first),
        inOnderzoek=marks(investigated, NAME) or None,
    )


def own_name(gba: Mapping[str, Any], investigated: object) -> Json | None:
    """The name of the person asked for, with the full name and the wish for its use."""
    name = related_name(gba, None)
    if name is None:
        return None
    return name | present(
        volledigeNaam=full_name(gba),
        aanduidingNaamgebruik=table(gba["naam"].get("aanduidingNaamgebruik")),
        inOnderzoek=marks(investigated, OWN_NAME) or None,
    )


def last_partner(partners: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The partner of today, else the one of whom the bond ended last."""

    def ended(partner: Mapping[str, Any]) -> tuple[int, int, int]:
        return parts((partner.get("ontbindingHuwelijkPartnerschap") or {}).get("datum")) or (9999, 12, 31)

    return max(partners, key=ended, default=None)


def _surname(name: Mapping[str, Any]) -> str | None:
    last = name_text(name.get("geslachtsnaam"))
    return " ".join(one for one in (name_text(name.get("voorvoegsel")), last) if one) if last else None


def used_surname(gba: Mapping[str, Any]) -> str | None:
    """The surname in use: own, partner's, or both in the order that the person chose (naamgebruik E, P, V, N)."""
    own_group = group(gba.get("naam")) or {}
    own = _surname(own_group)
    partner = _surname((last_partner(gba.get("partners") or ()) or {}).get("naam") or {})
    wish = _wish(gba)
    if partner is None or (own is None and wish != "P"):
        return own
    return {"P": partner, "V": f"{partner}-{own}", "N": f"{own}-{partner}"}.get(wish, own)


def uses_partner_name(gba: Mapping[str, Any]) -> bool:
    """True when a doubt about the partner's name is a doubt about how to address this person."""
    return _wish(gba) in ("P", "V", "N")


def _wish(gba: Mapping[str, Any]) -> str:
    row = table((group(gba.get("naam")) or {}).get("aanduidingNaamgebruik")) or {}
    return str(row.get("code", "E"))


def letter_names(gba: Mapping[str, Any]) -> Json:
    """Salutation, name on the envelope, and name in running text; nothing when the surname is unknown."""
    surname = used_surname(gba)
    if surname is None:
        return {}
    name, of_sex = group(gba.get("naam")) or {}, sex(gba)
    letters = initials(name_text(name.get("voornamen")))
    envelope = " ".join(one for one in (letters, surname) if one)
    if of_sex not in ("M", "V"):
        return present(aanhef=f"Geachte {envelope}", aanschrijfwijze={"naam": envelope}, gebruikInLopendeTekst=envelope)
    capital = surname[0].upper() + surname[1:]
    return present(
        aanhef=_noble(name, of_sex) or f"Geachte {'heer' if of_sex == 'M' else 'mevrouw'} {capital}",
        aanschrijfwijze={"naam": envelope},
        gebruikInLopendeTekst=f"{'de heer' if of_sex == 'M' else 'mevrouw'} {capital}",
    )


def _noble(name: Mapping[str, Any], of_sex: str) -> str | None:
    forms = TITLES.get(str((table(name.get("adellijkeTitelPredicaat")) or {}).get("code")))
    if forms is None:
        return None
    style = str(forms[3])
    return style if style == "Hoogheid" else f"{style} {'heer' if of_sex == 'M' else 'vrouwe'}"
