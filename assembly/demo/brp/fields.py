"""Cut a whole `Persoon` down to the fields asked for. Source: fields*.feature, in-onderzoek.feature.

Delivered unasked: secrecy, suspension and verification always; `inOnderzoek` for what is asked; the type of a place or
nationality, and the finding that somebody does not live there, with their group; `rni` for the categories asked.
A group that exists but holds nothing asked is delivered empty (lege-waarden.feature).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from assembly.demo.brp.addresses import DOMESTIC
from assembly.demo.brp.paths import WHOLE
from assembly.demo.brp.values import Json

Tree = dict[str, "Tree | None"]  # None: everything below

ALWAYS = ("geheimhoudingPersoonsgegevens", "opschortingBijhouding", "verificatie")
WITH_GROUP = ("type", "indicatieVastgesteldVerblijftNietOpAdres")
DATED = {  # which values each starting date of an investigation is about; any other date is about all of its group
    "datumIngangOnderzoekGemeente": {"gemeenteVanInschrijving", "datumInschrijvingInGemeente"},
    "datumIngangOnderzoekGezag": {"indicatieCurateleRegister", "indicatieGezagMinderjarige"},
    "datumIngangOnderzoekPartner": {"aanhef", "aanschrijfwijze", "gebruikInLopendeTekst"},
    "datumIngangOnderzoekPersoon": {
        "burgerservicenummer", "geslacht", "leeftijd", "aanhef", "aanschrijfwijze", "gebruikInLopendeTekst",
    },
    "datumIngangOnderzoekVerblijfplaats": {"adresregel1", "adresregel2", "adresregel3", "land"},
}  # fmt: skip
PLACE = {"verblijfplaats", "adressering", "immigratie", "gemeenteVanInschrijving", "datumInschrijvingInGemeente"}
RNI = {  # rni/overzicht.feature: which category a field belongs to
    "Persoon": {"aNummer", "burgerservicenummer", "geslacht", "leeftijd", "naam", "geboorte", "adressering"},
    "Nationaliteit": {"nationaliteiten"},
    "Overlijden": {"overlijden"},
    "Verblijfplaats": PLACE,
}


def select(person: Json, asked: Iterable[str]) -> Json:
    """The part of this person that was asked for. Every path must have passed `paths.objection`."""
    tree = _tree(_unaliased(asked, person))
    chosen: Json = _cut(person, tree)
    chosen |= {name: person[name] for name in ALWAYS if name in person}
    rni = [one for one in person.get("rni", ()) if RNI.get(one.get("categorie", ""), set()) & set(tree)]
    return chosen | ({"rni": rni} if rni else {})


def _unaliased(asked: Iterable[str], person: Json) -> Iterable[str]:
    """The paths without the aliases for who may not see foreign addresses: those hide a place abroad."""
    abroad = person.get("verblijfplaats", {}).get("type") not in DOMESTIC
    for path in (WHOLE[one] for one in asked):
        root, _, below = path.partition(".")
        if not root.endswith("Binnenland"):
            yield path
        elif root == "verblijfplaatsBinnenland":
            if not abroad:
                yield path.replace(root, "verblijfplaats", 1)
        elif not below:
            lines = () if abroad else ("adresregel1", "adresregel2")
            yield from (
                f"adressering.{name}" for name in ("aanhef", "aanschrijfwijze", "gebruikInLopendeTekst", *lines)
            )
        elif not (abroad and below.startswith("adresregel")):
            yield f"adressering.{below}"


def _tree(paths: Iterable[str]) -> Tree:
    tree: Tree = {}
    for path in sorted(set(paths), key=lambda one: one.count(".")):  # wide ones first: they swallow the narrow ones
        *above, last = path.split(".")
        node: Tree | None = tree
        for name in above:
            node = node.setdefault(name, {}) if node is not None else None
        if node is not None:
            node[last] = None
    return tree


def _cut(value: Any, tree: Tree | None) -> Any:
    if tree is None or not isinstance(value, (dict, list)):
        return value
    if isinstance(value, list):
        return [_cut(one, tree) for one in value]
    chosen = {name: _cut(inner, tree[name]) for name, inner in value.items() if name in tree}
    chosen |= {name: value[name] for name in WITH_GROUP if name in value}
    doubt = _doubt(value.get("inOnderzoek", {}), chosen.keys() | tree.keys())
    return chosen | ({"inOnderzoek": doubt} if doubt else {})


def _doubt(marked: Mapping[str, Any], chosen: set[str]) -> Json:
    doubted = {name for name, mark in marked.items() if mark is True and name in chosen}
    dates = {
        name: since for name, since in marked.items() if since is not True and doubted & (DATED.get(name, doubted))
    }
    return {name: True for name in marked if name in doubted} | dates
