"""What a version must say before it may be published (architecture.md section 4; stories.md). Pure.

A fault is (JSON pointer, code, sentence). All are told at once. Class and ground of an element: `consent.grounds`; what
article 30 asks beside them: `consent.article30`; the bounds of a municipal task: `consent.bounds`.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as Names
from typing import Any

from consent.activity import ActivityVersion, CatalogueElement, UsedElement, Words
from consent.article30 import FREE_CHOICE, Fault, said
from consent.bounds import exceeding
from consent.counting import faults as counted
from consent.emergency import in_vault
from consent.grounds import grounds
from consent.particulars import VALUES
from kernel.numbers import has_written_number

YEAR = 365 * 86_400_000  # ms
NEVER = ("transactie", "macadres", "imei")  # stories.md: payment transactions, raw device identifiers
LEAST_BAR = 183  # days: half a year
STEPS = 4  # law, quality, values, design


def faults(
    version: ActivityVersion,
    catalogue: Mapping[str, CatalogueElement],
    parties: Names[str],
    at: int,
    private: Names[str] = frozenset(),
) -> list[Fault]:
    """Everything that is wrong with it at a moment in ms. parties: recipients that are admitted; private: those of
    them that are no public authority."""
    found = [*_assessed(version, at), *_worded(version), *_parties(version, parties), *_secret(version, at)]
    found += [
        *said(version, parties, at),
        *exceeding(version),
        *counted(version, at),
        *_numbers(version.model_dump(by_alias=True)),
    ]
    seen: set[str] = set()
    for number, element in enumerate(version.elements):
        place = f"/gegevenselementen/{number}"
        if element.name in seen:
            found.append((place, "dubbel", "Dit gegeven staat er twee keer."))
        seen.add(element.name)
        found += _element(place, element, catalogue)
        if version.break_glass and in_vault(_complete(element, catalogue)):
            found.append((place, "past-niet", "Ook bij nood blijft de kluis van de inwoner dicht."))
        found += grounds(place, element, version, catalogue.get(element.name), private)
    return found


def of_owners(version: ActivityVersion, there: ActivityVersion | None) -> Iterator[Fault]:
    """Of what owners propose, beyond `faults`: older versions stay readable without it. there: in force, or the last
    that was; a shorter bar, by whoever set this up, may stay as it is."""
    free = version.free_choice
    # AVG 30(1)(a), (c), (b) and (g)
    asked = {"/functionarisGegevensbescherming": (version.officer.strip(), "Hoe bereikt iemand de FG?"),
             "/categorieenBetrokkenen": (_filled(version.residents), "Over welke groepen inwoners gaat dit?"),
             "/dpvDoelen": (version.codes, "Noem minstens een doel uit DPV."),
             "/maatregelen": (_filled(version.measures), "Hoe zijn de gegevens beschermd?"),
             "/beoordeling/stappen": (version.assessment.steps, "Beantwoord de vier stappen.")}  # fmt: skip
    yield from ((place, "ontbreekt", question) for place, (said, question) in asked.items() if not said)
    if there and there.template and not version.template:
        yield "/sjabloon", "ontbreekt", "De versie hiervoor noemt een sjabloon. Noem dat ook, of een ander."
    if any(one.class_ == "C" for one in version.elements):
        if version.bar < min(LEAST_BAR, there.bar if there else LEAST_BAR):
            yield "/nietOpnieuwVragen", "te-kort", f"Na een nee vraagt u het minstens {LEAST_BAR} dagen niet opnieuw."
        answered = free and all(text.strip() for text in (free.other_way, free.pressure, free.without))
        if not answered and (free or not version.pressure):  # nothing at all, with pressure, is asked already
            yield "/vrijeKeuze", "ontbreekt", FREE_CHOICE


def _filled(texts: Sequence[Words]) -> bool:
    return bool(texts) and all(one.nl.strip() and one.en.strip() for one in texts)


def completed(version: ActivityVersion, number: int, catalogue: Mapping[str, CatalogueElement]) -> ActivityVersion:
    """The version as it is stored: numbered, with source and inputs of each element copied from the catalogue."""
    elements = tuple(_complete(one, catalogue) for one in version.elements)
    return version.model_copy(update={"number": number, "elements": elements})


def _complete(used: UsedElement, catalogue: Mapping[str, CatalogueElement]) -> UsedElement:
    known = catalogue.get(used.name)
    return used.model_copy(update={"source": known.source, "inputs": known.inputs}) if known else used


def _numbers(value: Any, place: str = "") -> Iterator[Fault]:
    """Everybody reads this, and lines of the log quote it: no text may hold somebody's number."""
    if isinstance(value, str) and has_written_number(value):
        yield place, "lijkt-op-bsn", "Dit mag niet op een burgerservicenummer lijken."
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    if isinstance(value, dict) and any(has_written_number(name) for name in value):
        yield place, "lijkt-op-bsn", "Dit mag niet op een burgerservicenummer lijken."
        return  # a place that names it would tell it on
    for name, member in members:
        yield from _numbers(member, f"{place}/{name}")


def _assessed(version: ActivityVersion, at: int) -> Iterator[Fault]:
    if at > version.assessment.until:
        yield "/beoordeling/totEnMet", "verlopen", "De beoordeling is verlopen."
    if not version.assessment.dpia.strip():
        yield "/beoordeling/dpia", "ontbreekt", "Zonder DPIA geen publicatie."
    if version.assessment.values.keys() != set(VALUES):
        yield "/beoordeling/waarden", "past-niet", f"Noem de zeven publieke waarden: {', '.join(VALUES)}."
    elif not all(text.strip() for text in version.assessment.values.values()):
        yield "/beoordeling/waarden", "ontbreekt", "Alle zeven publieke waarden hebben een antwoord nodig."
    steps = version.assessment.steps
    if steps and not (len(steps) == STEPS and all(text.strip() for text in steps.values())):
        yield "/beoordeling/stappen", "ontbreekt", "Alle vier de stappen hebben een antwoord nodig."


def _secret(version: ActivityVersion, at: int) -> Iterator[Fault]:
    if (secrecy := version.secrecy) is None:
        return
    if secrecy.class_ == "heimelijk":
        yield from _covert(version)
    if not at < secrecy.until < at + version.keep_lines * YEAR:
        yield "/openbaarheid/totEnMet", "past-niet", "Een regel wordt getoond voor zij wordt vernietigd."
    if not secrecy.law.strip():
        yield "/openbaarheid/wet", "ontbreekt", "Welke wet staat toe dat de inwoner dit nog niet ziet?"
    if any(element.class_ == "C" for element in version.elements):
        yield "/openbaarheid/klasse", "past-niet", "Wat een inwoner zelf kiest, is niet geheim voor hem."


def _covert(version: ActivityVersion) -> Iterator[Fault]:
    if version.case != "verplicht":
        yield "/zaak", "past-niet", "Heimelijk kan alleen met een zaak."
    if version.notice:
        yield "/vooraf", "past-niet", "Wie vooraf wordt ingelicht, mag ervan weten."
    if any(element.class_ == "B" for element in version.elements):
        yield "/openbaarheid/klasse", "past-niet", "Heimelijk kan alleen wat moet van de wet (klasse A)."


def _worded(version: ActivityVersion) -> Iterator[Fault]:
    words = {"doel": version.purpose, "bewaartermijn": version.retention, "gevolgVanWeigeren": version.consequence,
             "naIntrekking": version.after_withdrawal, "titel": version.title}  # fmt: skip
    for name, told in words.items():
        if not (told.nl.strip() and told.en.strip()):
            yield f"/{name}", "ontbreekt", "Dit moet in het Nederlands en het Engels worden verteld."
    if version.frequency and version.frequency.per == "zaak" and version.case == "geen":
        yield "/frequentie/per", "past-niet", "Per zaak tellen kan alleen als een zaak verplicht is."


def _parties(version: ActivityVersion, parties: Names[str]) -> Iterator[Fault]:
    for number, party in enumerate(version.parties):
        if party.recipient not in parties:
            yield f"/ontvangers/{number}", "onbekende-ontvanger", "Deze ontvanger is niet toegelaten."


def _element(place: str, element: UsedElement, catalogue: Mapping[str, CatalogueElement]) -> Iterator[Fault]:
    if element.name not in catalogue:
        yield place, "onbekend-gegeven", "Dit gegeven staat niet in de catalogus."
    if any(word in element.name.lower() for word in NEVER):
        yield place, "nooit", "Betalingen en nummers van apparaten vragen wij nooit."
    if not (element.reason.nl.strip() and element.reason.en.strip()):
        yield f"{place}/reden", "ontbreekt", "Waarom is dit gegeven nodig?"
