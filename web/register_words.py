"""Words of the registers in one language. Pure. A code without words is said so, never guessed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from consent.contract import ActivityVersion, CatalogueElement, Recipient, Words
from web.language import N_, Language, translations

SOURCES: Final[Mapping[str, str]] = {
    "brp": N_("De lijst van inwoners (BRP)"),
    "kluis": N_("Uw eigen kluis"),
    "bag": N_("De lijst van adressen en gebouwen (BAG)"),
    "bijstand": N_("Het systeem voor de bijstand"),
    "documenten": N_("Het archief van de gemeente"),
    "klanten": N_("Het klantcontactcentrum"),
    "koppeling": N_("Een tabel van de gemeente"),
    "kvk": N_("Het Handelsregister (KVK)"),
    "objecten": N_("Een register van de gemeente"),
    "woz": N_("De lijst van woningwaarden (WOZ)"),
    "zaken": N_("Het zaaksysteem van de gemeente"),
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
NEWEST: Final = N_("Alleen het nieuwste, ook als dat oud is")
TIMES: Final[Mapping[str, str]] = {
    "zaak": N_("Hoogstens %(keer)s keer per zaak"),
    "dag": N_("Hoogstens %(keer)s keer per dag"),
    "maand": N_("Hoogstens %(keer)s keer per maand"),
    "jaar": N_("Hoogstens %(keer)s keer per jaar"),
}


YES_OR_NO: Final = ("of ", "whether ")  # how the label of an answer begins, inside a sentence


@dataclass(frozen=True)
class RegisterWords:
    """Labels, purposes and articles as a page says them. activities: those in force, by slug; recipients too. stopped:
    what else a page tells of, with nothing in force in its place."""

    language: Language
    elements: Mapping[str, CatalogueElement]
    activities: Mapping[str, ActivityVersion]
    recipients: Mapping[str, Recipient] = field(default_factory=dict)
    stopped: Mapping[str, ActivityVersion] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        language: Language,
        catalogue: Iterable[CatalogueElement],
        activities: Iterable[ActivityVersion],
        recipients: Iterable[Recipient] = (),
    ) -> "RegisterWords":
        """From what the register gave."""
        return cls(
            language,
            {one.name: one for one in catalogue},
            {one.slug: one for one in activities},
            {one.slug: one for one in recipients},
        )

    def version(self, activity: str) -> ActivityVersion | None:
        """In force, or the last one of what was stopped."""
        return self.activities.get(activity) or self.stopped.get(activity)

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

    def exact(self, elements: Iterable[str]) -> tuple[str, ...]:
        """For "lees meer": what the short labels leave out."""
        known = [self.elements[one].exact for one in elements if one in self.elements]
        return tuple(dict.fromkeys(self.chosen(words) for words in known if words is not None))

    def may(self, elements: Iterable[str]) -> str:
        """Behind "mag het loket": `uw naam en uw adres bekijken`, `weten of uw inkomen onder de grens is`."""
        return self._both(elements, N_("%(wat)s bekijken"), N_("weten %(wat)s"))

    def may_not(self, elements: Iterable[str]) -> str:
        """The same, denied."""
        return self._both(elements, N_("%(wat)s niet bekijken"), N_("niet weten %(wat)s"))

    def answers_only(self, elements: Iterable[str]) -> bool:
        """Whether all of these are yes or no."""
        return all(label.lower().startswith(YES_OR_NO) for label in self.labels(elements))

    def _both(self, elements: Iterable[str], see: str, know: str) -> str:
        small = [text[:1].lower() + text[1:] for text in self.labels(elements)]
        values = [self._yours(text) for text in small if not text.startswith(YES_OR_NO)]
        answers = [text for text in small if text.startswith(YES_OR_NO)]
        said = [self.say(how) % {"wat": self._list(these)} for how, these in ((see, values), (know, answers)) if these]
        return self._list(said)

    def _list(self, texts: list[str]) -> str:
        if len(texts) < 2:
            return "".join(texts)
        return self.say(N_("%(meer)s en %(laatste)s")) % {"meer": ", ".join(texts[:-1]), "laatste": texts[-1]}

    def _yours(self, label: str) -> str:
        return label if label.startswith(("uw ", "your ")) else self.say(N_("uw %(wat)s")) % {"wat": label}

    def recipient(self, slug: str, logged: str) -> str:
        """Who: as the line itself says it; in English as the register does, for lines are Dutch. Empty: nobody."""
        known = self.recipients.get(slug)
        if known is not None and (self.language == "en" or not logged):
            return self.chosen(known.name)
        return logged

    def purpose(self, activity: str, logged: str) -> str:
        """What for: the words of the line itself, so that a later version does not change the past; in English the
        present ones, for lines are Dutch. Empty when nobody wrote it down."""
        known = self.version(activity)
        if self.language == "en" and known is not None:
            return known.purpose.en
        return logged or (self.chosen(known.purpose) if known else "")

    def title(self, activity: str) -> str:
        """What staff call it; empty when it is no longer in force."""
        known = self.version(activity)
        return self.chosen(known.title) if known else ""

    def retention(self, activity: str) -> str:
        """How long the recipient keeps it."""
        known = self.version(activity)
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
