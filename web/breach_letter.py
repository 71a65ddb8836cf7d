"""A draft of the letter to who was affected by a breach (AVG 34), in plain words. Pure.

What the log knows stands in it; what only people know is left open, between brackets. The same for everybody: the file
with people says who had what.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from web.language import N_, Language, format_day, translations

TOPIC: Final = N_("Onderwerp: er ging iets mis met uw gegevens")
GREETING: Final = N_("Beste inwoner,")
OPENING: Final = N_(
    "Er ging iets mis met gegevens van u. Dat vinden wij heel vervelend. In deze brief leest u wat u kunt doen."
)
HAPPENED: Final = N_("Wat is er gebeurd?")
OPEN_HAPPENED: Final = N_("[Vul in: wat er gebeurde, en bij wie]")
WHEN: Final = N_("Dit was van %(van)s tot en met %(tot)s.")
WHICH: Final = N_("Om welke gegevens gaat het?")
PERHAPS: Final = N_("Het kan gaan om deze gegevens van u:")
OPEN_SEEN: Final = N_("[Vul in: weet u zeker dat een ander ze zag?]")
MEANS: Final = N_("Wat kan dit voor u betekenen?")
OPEN_MEANS: Final = N_("[Vul in: wat iemand met deze gegevens kan doen]")
DONE: Final = N_("Wat doen wij?")
OPEN_DONE: Final = N_("[Vul in: wat u deed, en wat u nog gaat doen]")
YOURS: Final = N_("Wat kunt u zelf doen?")
WATCH: Final = N_("Let goed op bij post, mail, berichten en telefoontjes die u niet verwacht.")
NEVER: Final = N_("Geef nooit zomaar een wachtwoord, een code of het nummer van uw bank.")
BANK: Final = N_("Kijk of alles op uw bankrekening klopt. Ziet u iets vreemds? Bel dan uw bank.")
MISUSE: Final = N_("Gebruikt iemand uw burgerservicenummer? Bel ons dan meteen.")
OPEN_YOURS: Final = N_("[Vul in: wat nog meer helpt]")
QUESTIONS: Final = N_("Hebt u vragen?")
CALL: Final = N_("Bel ons op %(nummer)s. Vraag naar de privacy-toezichthouder van de gemeente.")
COMPLAIN: Final = N_("U kunt ook een klacht sturen naar de Autoriteit Persoonsgegevens.")
REGARDS: Final = N_("Met vriendelijke groet,")
OPEN_NAME: Final = N_("[Vul in: naam en functie]")


def letter(
    language: Language,
    window: tuple[date, date],
    labels: Sequence[str],
    kinds: Sequence[str],
    sender: tuple[str, str],
) -> str:
    """Text to copy. labels: of what could be had, kinds: of data, sender: the municipality and its phone."""
    say = translations(language).gettext
    since, until = (format_day(day, language) for day in window)
    name, phone = sender
    more = [BANK] * ("financieel" in kinds) + [MISUSE] * ("bsn" in kinds)
    which = [say(PERHAPS), *(f"- {label}" for label in labels)] if labels else []
    blocks = (
        [say(TOPIC)],
        [say(GREETING)],
        [say(OPENING)],
        [say(HAPPENED), say(OPEN_HAPPENED), say(WHEN) % {"van": since, "tot": until}],
        [say(WHICH), *which, say(OPEN_SEEN)],
        [say(MEANS), say(OPEN_MEANS)],
        [say(DONE), say(OPEN_DONE)],
        [say(YOURS), *(f"- {say(one)}" for one in (WATCH, NEVER, *more)), f"- {say(OPEN_YOURS)}"],
        [say(QUESTIONS), say(CALL) % {"nummer": phone}, say(COMPLAIN)],
        [say(REGARDS), say(OPEN_NAME), name],
    )
    return "\n\n".join("\n".join(block) for block in blocks)
