"""What a version says beside its elements, checked (AVG 22, 26, 28, 30, 44; architecture.md section 4). Pure."""

from collections.abc import Iterator
from collections.abc import Set as Names

from consent.activity import ActivityVersion, Party
from consent.dpv import PURPOSES
from consent.particulars import BreakGlass

Fault = tuple[str, str, str]  # JSON pointer, code, sentence
VITAL, HEALTH = "6(1)(d)", ("", "9(2)(c)")
AGREED = "fg-akkoord"
OVERSIGHT = "logboek"  # who is a party to this one may search the whole log (`audit.searchline`)
LONG, YEAR = "/maximalePeriode", 366  # days
FREE_CHOICE = "Is er een gelijke andere weg? Is er druk? Kan het zonder? Beantwoord dat eerst."
# Free movement inside the EEA: no transfer in the sense of AVG 44.
EEA = frozenset(
    {"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT",
     "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"}
)  # fmt: skip


def said(version: ActivityVersion, parties: Names[str], at: int) -> Iterator[Fault]:
    """Everything that is wrong at a moment in ms. parties: recipients that are admitted."""
    for number, party in enumerate(version.parties):
        yield from _party(f"/ontvangers/{number}", party, parties, at)
    for number, transfer in enumerate(version.transfers):
        if transfer.country in EEA:
            yield f"/doorgiften/{number}/land", "past-niet", "Binnen de EER is er geen doorgifte."
    for number, code in enumerate(version.codes):
        if code not in PURPOSES:
            yield f"/dpvDoelen/{number}", "onbekende-code", "Deze code staat niet in onze lijst van DPV."
    if version.erase_days and version.keep_law.strip():
        yield "/bewarenVolgens", "past-niet", "Na intrekking wissen of bewaren: noem een van de twee."
    yield from _emergency(version)
    yield from _choice(version)


def for_officer(version: ActivityVersion) -> tuple[str, ...]:
    """Why the FG has to agree beforehand: JSON pointers; none when there is no need."""
    chosen = any(element.class_ == "C" for element in version.elements)
    reasons = {
        "/slug": version.slug == OVERSIGHT,
        "/machtsverschil": chosen and bool(version.pressure),
        "/doorBijBezwaar": bool(version.despite_objection),
        LONG: chosen and not 0 < version.period <= YEAR,
    }
    return tuple(place for place, needed in reasons.items() if needed)


def not_agreed(version: ActivityVersion, *, set_up: bool = False) -> list[Fault]:
    """The same, as faults of a version about which no FG said yes. set_up: at the command line, where whoever can run
    it could read the log anyhow: there it may be said who searches, and a long yes is none."""
    return [(place, AGREED, "Dit kan alleen als de privacy-toezichthouder vooraf ja zegt.")
            for place in for_officer(version) if not (set_up and place in ("/slug", LONG))]  # fmt: skip


def _party(place: str, party: Party, parties: Names[str], at: int) -> Iterator[Fault]:
    if party.role != "eigen-verantwoordelijke" and not party.agreement.strip():
        yield f"{place}/overeenkomst", "ontbreekt", "Zonder overeenkomst kan deze rol niet (AVG 26 en 28)."
    if party.agreement_until and at > party.agreement_until:
        yield f"{place}/overeenkomstTot", "verlopen", "De overeenkomst is voorbij."
    if (party.role == "verwerker") != (party.processor_of is not None):
        yield f"{place}/verwerkerVan", "past-niet", "Een verwerker werkt voor een ander; wie geen verwerker is niet."
    elif party.processor_of is not None and party.processor_of not in parties - {party.recipient}:
        yield f"{place}/verwerkerVan", "onbekende-ontvanger", "Deze opdrachtgever is niet toegelaten."


def _emergency(version: ActivityVersion) -> Iterator[Fault]:
    if version.break_glass is None:
        return
    yield from _reasons(version.break_glass)
    for place, said in (("/openbaarheid", version.secrecy), ("/statistiek", version.statistics)):
        if said is not None:
            yield place, "past-niet", "Gebruik in nood ziet de inwoner meteen, en gaat over een inwoner."
    for number, element in enumerate(version.elements):
        if (element.class_, element.basis) != ("A", VITAL) or element.special not in HEALTH:
            yield f"/gegevenselementen/{number}/grondslag", "past-niet", "Bij nood: klasse A, 6(1)(d); zorg 9(2)(c)."


def _reasons(glass: BreakGlass) -> Iterator[Fault]:
    codes = [one.code for one in glass.reasons]
    for number, code in enumerate(codes):
        place = f"/noodtoegang/redenen/{number}/code"
        if not code:
            yield place, "ontbreekt", "Geef elke reden een code: die stuurt wie in nood vraagt."
        elif code in codes[:number]:
            yield place, "dubbel", "Deze code staat er twee keer."


def _choice(version: ActivityVersion) -> Iterator[Fault]:
    if version.pressure and any(one.class_ == "C" for one in version.elements) and version.free_choice is None:
        yield "/vrijeKeuze", "ontbreekt", FREE_CHOICE
    if version.despite_objection and not version.objectable:
        yield "/doorBijBezwaar", "past-niet", "Bezwaar kan alleen bij 6(1)(e) en 6(1)(f)."
