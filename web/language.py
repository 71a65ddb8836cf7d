"""Two languages on screen: Dutch is the source, English comes from `locale/en`, dates and numbers from CLDR.

Screen time is local time in the Netherlands; exports keep UTC and do not come here.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

Language = Literal["nl", "en"]

LANGUAGES: Final[tuple[Language, ...]] = ("nl", "en")
LOCALE: Final = Path(__file__).parent / "locale"
AMSTERDAM: Final = ZoneInfo("Europe/Amsterdam")


def N_(text: str) -> str:
    """Mark a text for the catalogue (the name that extractors know); it is translated where it is shown."""
    return text


class Translations:
    """Source text to screen text. A text without translation is shown in Dutch: a test keeps the catalogue whole."""

    def __init__(self, language: Language, texts: Mapping[str, str | tuple[str, ...]]) -> None:
        """`texts` maps a source text (the singular of a plural) to what is shown; Dutch needs none."""
        self.language = language
        self._texts = texts

    def gettext(self, text: str) -> str:
        """The text in this language."""
        found = self._texts.get(text, text)
        return found if isinstance(found, str) else found[0]

    def ngettext(self, one: str, more: str, count: int) -> str:
        """Singular or plural; both our languages have exactly these two."""
        found = self._texts.get(one, (one, more))
        forms = (one, more) if isinstance(found, str) else found
        return forms[0] if count == 1 else forms[1]


@cache
def translations(language: Language) -> Translations:
    """Read from the .po itself, once: no compiled file can lag behind its source. Raises OSError."""
    if language == "nl":
        return Translations("nl", {})
    with (LOCALE / language / "LC_MESSAGES" / "regie.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    texts: dict[str, str | tuple[str, ...]] = {}
    for message in catalogue:
        key = message.id if isinstance(message.id, str) else message.id[0]
        texts[key] = message.string if isinstance(message.string, str) else tuple(message.string or ())
    texts.pop("", None)
    return Translations(language, texts)


def format_day(day: date | datetime, language: Language) -> str:
    """`14 november 2026`; a moment is first brought to the Netherlands. Raises ValueError without a zone."""
    if isinstance(day, datetime):
        day = _local(day).date()
    return format_date(day, "d MMMM y", locale=language)


def format_moment(moment: datetime, language: Language) -> str:
    """`14 november 2026 om 14.05 uur`, `14 November 2026 at 14:05`. Raises ValueError without a zone."""
    day, local = format_day(moment, language), _local(moment)
    return f"{day} om {local:%H.%M} uur" if language == "nl" else f"{day} at {local:%H:%M}"


def format_short(moment: datetime, language: Language) -> str:
    """`22-11-2026 03.58`, `22/11/2026 03:58`: for the tables of staff. Raises ValueError without a zone."""
    local = _local(moment)
    return f"{local:%d-%m-%Y %H.%M}" if language == "nl" else f"{local:%d/%m/%Y %H:%M}"


def format_time(moment: datetime, language: Language) -> str:
    """`14.05 uur`, `14:05`. Raises ValueError without a zone."""
    local = _local(moment)
    return f"{local:%H.%M} uur" if language == "nl" else f"{local:%H:%M}"


def format_month(day: date, language: Language) -> str:
    """`november`, `November`: the month alone, as in the title of the overview."""
    return format_date(day, "MMMM", locale=language)


def format_number(number: int, language: Language) -> str:
    """`18.233`, `18,233`."""
    return format_decimal(number, locale=language)


def path_in(path: str, language: Language) -> str:
    """The same page in a language: `/gebruik`, `/en/gebruik`."""
    if language == "nl":
        return path
    return "/en" if path == "/" else f"/en{path}"


def _local(moment: datetime) -> datetime:
    """Amsterdam time; a moment without a zone is refused, for it could be off by two hours."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone")
    return moment.astimezone(AMSTERDAM)
