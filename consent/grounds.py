"""Does the class of an element fit its ground, and may its source give it (architecture.md section 4)? Pure.

A  must by law         6(1)(c) or (d)
B  belongs to our task 6(1)(e) or (b); (f) when no recipient is a public authority (AVG 6(1), last sentence)
C  you choose          6(1)(a); (e) where only the route is chosen, and an equal other route is named
"""

import re
from collections.abc import Iterator
from collections.abc import Set as Names

from consent.activity import ActivityVersion, CatalogueElement, UsedElement
from consent.article30 import Fault
from consent.dpv import DATA, SPECIAL_DATA, data_of

BASIS = re.compile(r"6\(1\)\(([a-f])\)")
FITTING = {"A": frozenset("cd"), "B": frozenset("ebf"), "C": frozenset("ae")}
VAULT = "kluis"  # the resident's own: what is given from there needs no other key than theirs
EXPLICIT = "9(2)(a)"  # consent for special data: only where the resident chooses


def grounds(
    place: str,
    element: UsedElement,
    version: ActivityVersion,
    known: CatalogueElement | None,
    private: Names[str],
) -> Iterator[Fault]:
    """What is wrong with one element. place: its JSON pointer. private: recipients that are no public authority."""
    if why := _pair(element, version, private):
        yield f"{place}/grondslag", "past-niet", why
    if element.class_ != "C" and not element.law.strip():
        yield f"{place}/wet", "ontbreekt", "Voor klasse A en B is een wetsartikel nodig."
    if _closed(element, version, known):
        yield f"{place}/verstrekkingsgrond", "ontbreekt", "Op welke grond mag de bron dit geven?"
    yield from _special(place, element)


def _pair(element: UsedElement, version: ActivityVersion, private: Names[str]) -> str:
    found = BASIS.fullmatch(element.basis)
    if found is None or found[1] not in FITTING[element.class_]:
        return "Klasse en grondslag passen niet bij elkaar."
    if found[1] == "f" and not all(party.recipient in private for party in version.parties):
        return "Artikel 6 lid 1 onder f geldt niet voor een overheid."
    route = element.class_ == "C" and found[1] == "e"
    if route != (element.choice == "route"):
        return "De inwoner kiest alleen de route bij klasse C met 6(1)(e), en anders het gebruik zelf."
    if route and element.other_route is None:
        return "Noem de gelijke andere route waaruit de inwoner kiest."
    return ""


def _closed(element: UsedElement, version: ActivityVersion, known: CatalogueElement | None) -> bool:
    """Whether a source has no ground to give: consent alone opens no closed register."""
    if element.giving_ground.strip():
        return False
    sources = {source for source, _ in known.inputs} if known else set()
    if element.class_ == "C":
        sources -= {VAULT}
        if not sources:
            return False
    return not sources or not all(sources <= {one.source for one in party.giving} for party in version.parties)


def _special(place: str, element: UsedElement) -> Iterator[Fault]:
    if element.code and element.code not in DATA:
        yield f"{place}/dpvGegeven", "onbekende-code", "Deze code staat niet in onze lijst van DPV."
    if data_of(element) in SPECIAL_DATA and not element.special:
        yield f"{place}/bijzondereGrondslag", "ontbreekt", "Voor dit soort gegeven is een grond van AVG 9(2) nodig."
    if element.special == EXPLICIT and element.class_ != "C":
        yield f"{place}/bijzondereGrondslag", "past-niet", "9(2)(a) is toestemming: dat is klasse C."
