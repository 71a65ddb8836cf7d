"""Words of the registers in one language. Pure. A code without words is said so, never guessed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from consent.contract import ActivityVersion, CatalogueElement, Words
from web.language import N_, Language, translations

SOURCES: Final[Mapping[str, str]] = {
    "brp": N_("De lijst van inwoners (BRP)"),
    "kluis": N_("Uw eigen kluis"),
    "regie": N_("Wij rekenen dit uit en geven alleen het antwoord door"),
}
ARTICLES: Final[Mapping[str, str]] = {
    "6(1)(a)": N_("AVG artikel 6 lid 1 onder a"),
    "6(1)(b)": N_("AVG artikel 6 lid 1 onder b"),
    "6(1)(c)": N_("AVG artikel 6 lid 1 onder c"),
    "6(1)(d)": N_("AVG artikel 6 lid 1 onder d"),
    "6(1)(e)": N_("AVG artikel 6 lid 1 onder e"),
    "6(1)(f)": N_("AVG artikel 6 lid 1 onder f"),
}
TIMES: Final[Mapping[str, str]] = {
    "zaak": N_("Hoogstens %(keer)s keer per zaak"),
    "dag": N_("Hoogstens %(keer)s keer per dag"),
    "maand": N_("Hoogstens %(keer)s keer per maand"),
    "jaar": N_("Hoogstens %(keer)s keer per jaar"),
}


@dataclass(frozen=True)
class RegisterWords:
    """Labels, purposes and articles as a page says them. activities: those in force, by slug."""

    language: Language
    elements: Mapping[str, CatalogueElement]
    activities: Mapping[str, ActivityVersion]

    @classmethod
    def of(
        cls, language: Language, catalogue: Iterable[CatalogueElement], activities: Iterable[ActivityVersion]
    ) -> "RegisterWords":
        """From what the register gave."""
        return cls(language, {one.name: one for one in catalogue}, {one.slug: one for one in activities})

    def say(self, text: str) -> str:
        """A marked text in this language."""
        return translations(self.language).gettext(text)

    def chosen(self, words: Words) -> str:
        """The text of this language."""
        return words.en if self.language == "en" else words.nl

    def label(self, element: str) -> str:
        """What a resident calls it."""
        known = self.elements.get(element)
        return self.chosen(known.words) if known else self.say(N_("Een gegeven dat wij niet meer gebruiken"))

    def labels(self, elements: Iterable[str]) -> tuple[str, ...]:
        """Each once, in order."""
        return tuple(dict.fromkeys(self.label(one) for one in elements))

    def phrase(self, elements: Iterable[str]) -> str:
        """In a sentence: `uw naam en uw adres`."""
        small = [self._inside(text[:1].lower() + text[1:]) for text in self.labels(elements)]
        if len(small) < 2:
            return "".join(small)
        both = self.say(N_("%(meer)s en %(laatste)s"))
        return both % {"meer": ", ".join(small[:-1]), "laatste": small[-1]}

    def _inside(self, label: str) -> str:
        if label.startswith(("of ", "whether ")):
            return self.say(N_("het antwoord op de vraag %(wat)s")) % {"wat": label}
        return label if label.startswith(("uw ", "your ")) else self.say(N_("uw %(wat)s")) % {"wat": label}

    def purpose(self, activity: str, logged: str) -> str:
        """What for: the words of the line itself, so that a later version does not change the past; in English the
        present ones, for lines are Dutch. Empty when nobody wrote it down."""
        known = self.activities.get(activity)
        if self.language == "en" and known is not None:
            return known.purpose.en
        return logged or (self.chosen(known.purpose) if known else "")

    def retention(self, activity: str) -> str:
        """How long the recipient keeps it."""
        known = self.activities.get(activity)
        return self.chosen(known.retention) if known else self.say(N_("Wij zoeken dit uit."))

    def article(self, basis: str, law: str) -> str:
        """For "lees meer"."""
        general = ARTICLES.get(basis)
        return "; ".join(part for part in (law, self.say(general) if general else basis) if part)

    def frequency(self, activity: ActivityVersion) -> str:
        """How often, at most; empty where nothing is agreed."""
        if activity.frequency is None:
            return ""
        return self.say(TIMES[activity.frequency.per]) % {"keer": activity.frequency.times}

    def sources(self, elements: Iterable[str]) -> str:
        """Where it comes from."""
        known = [self.elements[one].source for one in elements if one in self.elements]
        return ". ".join(dict.fromkeys(self.say(SOURCES[one]) for one in known if one in SOURCES))
