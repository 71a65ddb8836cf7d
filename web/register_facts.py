"""An activity in the words of residents: the facts of AVG art. 30, without its terms. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Final

from consent.contract import ActivityVersion, Changed, Party, Words
from web.language import N_, format_day
from web.register_views import Told, UsedData
from web.register_words import NEWEST, RegisterWords

EFFECTS: Final[Mapping[str, str]] = {
    "ruimer": N_("Er mag meer"),
    "smaller": N_("Er mag minder"),
    "bewoording": N_("Andere woorden"),
}
FIELDS: Final[Mapping[str, str]] = {
    "titel": N_("De naam"),
    "doel": N_("Waarom"),
    "ontvangers": N_("Wie de gegevens krijgt"),
    "gegevenselementen": N_("Welke gegevens"),
    "maximalePeriode": N_("Hoe lang dit mag"),
    "frequentie": N_("Hoe vaak"),
    "geschiedenis": N_("Hoe ver zij terugkijken"),
    "bewaartermijn": N_("Hoe lang zij dit bewaren"),
    "bewaarDagen": N_("Hoe lang zij dit bewaren"),
    "gevolgVanWeigeren": N_("Als u nee zegt"),
    "naIntrekking": N_("Als u stopt"),
    "zaak": N_("Of er een aanvraag van u moet zijn"),
    "statistiek": N_("Welke tabellen en lijsten zij krijgen"),
    "noodtoegang": N_("Of dit alleen in nood mag"),
    "doorgiften": N_("Of gegevens buiten Europa komen"),
    "geautomatiseerd": N_("Of een computer meekijkt"),
    "beoordeling": N_("Onze controle vooraf"),
}
TABLES: Final = N_("Alleen aantallen in tabellen. Een groep is nooit kleiner dan %(getal)s mensen.")
PUBLIC: Final = N_("Vanaf %(datum)s staan de tabellen bij de open cijfers, ook als de uitkomst tegenvalt.")
ROWS: Final = N_(
    "Een lijst voor onderzoek, onder een schuilnaam. Uw naam en nummer staan er niet in. "
    "Minstens %(getal)s mensen hebben daarin dezelfde gegevens. Na hoogstens %(dagen)s dagen moet de lijst weg zijn."
)
OTHER: Final = N_("Iets anders")
BY: Final[Mapping[str, str]] = {
    "verwerker": N_("%(wie)s werkt voor %(baas)s"),
    "gezamenlijk": N_("%(wie)s, samen met een ander"),
}
STEPS: Final[Mapping[str, str]] = {
    "wet": N_("Mag het van de wet?"),
    "kwaliteit": N_("Kloppen de gegevens?"),
    "waarden": N_("Is het goed voor mensen?"),
    "ontwerp": N_("Is het goed gemaakt?"),
}
VALUES: Final[Mapping[str, str]] = {
    "privacy": N_("Privacy"),
    "veiligheid": N_("Veiligheid"),
    "autonomie": N_("Zelf kiezen"),
    "controle": N_("Mensen houden de controle"),
    "menselijke waardigheid": N_("Respect voor mensen"),
    "rechtvaardigheid": N_("Eerlijk voor iedereen"),
    "machtsverhoudingen": N_("Wie heeft de macht"),
}


def facts(version: ActivityVersion, said: RegisterWords) -> tuple[Told, ...]:
    """In a fixed order; what was not said is left out, but for the two that people ask about first."""
    told = [Told(term=said.say(term), texts=tuple(texts)) for term, texts in _said(version, said)]
    return tuple(one for one in told if any(one.texts))


def _said(version: ActivityVersion, said: RegisterWords) -> Iterator[tuple[str, Sequence[str]]]:
    yield N_("Wie is de baas over de gegevens"), [version.controller]
    yield N_("Wie krijgt de gegevens"), [_party(party, said) for party in version.parties]
    yield N_("Wat er naar buiten gaat"), list(_only(version, said))
    yield N_("Over wie gaat het"), _texts(version.residents, said)
    yield N_("Alleen in nood"), _texts(version.break_glass.reasons if version.break_glass else [], said)
    yield N_("Hoe lang dit mag"), [_days(version.period, said)]
    yield N_("Hoe vaak"), [said.frequency(version)]
    yield N_("Hoe ver zij terugkijken"), [_days(version.history, said) or said.say(NEWEST)]
    yield N_("Hoe lang bewaren zij dit"), [said.chosen(version.retention)]
    if any(one.class_ == "C" for one in version.elements):
        yield N_("Als u nee zegt"), [said.chosen(version.consequence)]
        yield N_("Als u stopt"), [said.chosen(version.after_withdrawal)]
    abroad = [f"{one.country}: {said.chosen(one.to)}" for one in version.transfers]
    yield N_("Komen gegevens buiten Europa?"), abroad or [said.say(N_("Nee."))]
    automated = (
        [said.chosen(version.automated.person)] if version.automated else [said.say(N_("Nee, een mens beslist."))]
    )
    yield N_("Beslist een computer mee?"), automated
    yield N_("Hoe wij de gegevens beschermen"), _texts(version.measures, said)
    yield (
        N_("Wordt dit openbaar?"),
        [*_texts([version.published] if version.published else [], said), *_promised(version, said)],
    )
    yield N_("Vragen"), [version.contact]
    yield N_("Privacy-toezichthouder"), [version.officer]


def data(version: ActivityVersion, said: RegisterWords) -> tuple[UsedData, ...]:
    """Each piece of data, as the version says it."""
    return tuple(
        UsedData(
            label=said.label(one.name),
            reason=said.chosen(one.reason),
            letter=one.class_,
            rules="; ".join(filter(None, (said.article(one.basis, one.law), one.special, one.giving_ground))),
        )
        for one in version.elements
    )


def assessed(version: ActivityVersion, said: RegisterWords) -> tuple[Told, ...]:
    """The four steps and the seven values, in short."""
    steps = [(STEPS[name], text) for name, text in version.assessment.steps.items()]
    values = [(VALUES.get(name, name), text) for name, text in version.assessment.values.items()]
    return tuple(Told(term=said.say(term), texts=(text,)) for term, text in [*steps, *values])


def changed(changes: Sequence[Changed], said: RegisterWords) -> tuple[Told, ...]:
    """By what they mean, the widest first: which parts."""
    found = {effect: [one.field for one in changes if one.effect == effect] for effect in EFFECTS}
    return tuple(
        Told(term=said.say(EFFECTS[effect]), texts=tuple(dict.fromkeys(said.say(_field(place)) for place in places)))
        for effect, places in found.items()
        if places
    )


def _only(version: ActivityVersion, said: RegisterWords) -> Iterator[str]:
    """Where people are counted or studied: that nobody is given anything about one of them."""
    counted = version.statistics
    if counted and counted.tables:
        yield said.say(TABLES) % {"getal": counted.smallest}
    if counted and counted.sets:
        yield said.say(ROWS) % {"getal": counted.smallest, "dagen": max(one.days for one in counted.sets)}


def _promised(version: ActivityVersion, said: RegisterWords) -> Iterator[str]:
    if version.statistics and version.statistics.public:
        told = version.statistics.public
        with suppress(ValueError):  # of a draft: that there is no such day is told beside it
            told = format_day(date.fromisoformat(told), said.language)
        yield said.say(PUBLIC) % {"datum": told}


def _field(place: str) -> str:
    return FIELDS.get(place.split("/")[1], OTHER)


def _party(party: Party, said: RegisterWords) -> str:
    name = _name(party.recipient, said)
    how = BY.get(party.role)
    return said.say(how) % {"wie": name, "baas": _name(party.processor_of or "", said)} if how else name


def _name(slug: str, said: RegisterWords) -> str:
    return said.recipient(slug, "") or slug


def _days(days: int, said: RegisterWords) -> str:
    return said.say(N_("%(dagen)s dagen")) % {"dagen": days} if days else ""


def _texts(words: Sequence[Words], said: RegisterWords) -> list[str]:
    return [said.chosen(one) for one in words]
