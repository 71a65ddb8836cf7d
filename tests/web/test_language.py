"""Dutch and English say everything, in plain words; times are local."""

import re
import sys
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from web import words
from web.language import format_day, format_moment, format_number, path_in, translations

WEB = Path(words.__file__).parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
STAFF = re.compile(r"(templates/(fg|beheer)_|pages/(keeping|assessing))")
# portal.md G11: legal words stay out of what residents read first. Staff pages may use them.
LEGAL_NL = re.compile(
    r"verwerking|verstrekking|grondslag|intrekk|doelbinding|bewaartermijn|betrokkene|verwerkingsverantwoordelijke|bezwaar|"
    r"gemachtigde|vertrouwelijk|raadpleg|notificatie|consent|autorisatie|\bOIN\b|applicatie|rechtmatig",
    re.IGNORECASE,
)
LEGAL_EN = re.compile(
    r"consent|processing|legal basis|controller|data subject|lawful|authori[sz]ation|retention", re.IGNORECASE
)


@cache
def messages() -> dict[str | tuple[str, ...], set[str]]:
    """Every text for the screen and the files that say it."""
    found: dict[str | tuple[str, ...], set[str]] = {}
    for name, _, text, _, _ in extract_from_dir(
        WEB, METHODS, {"templates/**.html": {"silent": "false"}}, keywords=KEYWORDS
    ):
        found.setdefault(text, set()).add(name)
    return found


def test_every_text_has_an_english_one_with_the_same_blanks() -> None:
    english = translations("en")
    for text in messages():
        for dutch in (text,) if isinstance(text, str) else text:
            count = 1 if isinstance(text, tuple) and dutch == text[0] else 2
            translated = english.gettext(dutch) if isinstance(text, str) else english.ngettext(text[0], text[1], count)
            assert translated, f"no English for {dutch!r}"
            blanks = r"%\(\w+\)s|\{\w+\}"
            assert sorted(re.findall(blanks, translated)) == sorted(re.findall(blanks, dutch)), dutch
    keys = {text if isinstance(text, str) else text[0] for text in messages()}
    assert keys == set(english._texts), "the catalogue and the sources differ"


def test_residents_read_no_legal_words() -> None:
    english = translations("en")
    for text, places in messages().items():
        if all(STAFF.search(place) for place in places):
            continue
        for dutch in (text,) if isinstance(text, str) else text:
            assert not LEGAL_NL.search(dutch), dutch
        shown = english.gettext(text) if isinstance(text, str) else english.ngettext(text[0], text[1], 2)
        assert not LEGAL_EN.search(shown), shown


def test_nobody_is_shouted_at() -> None:
    assert not [text for text in messages() if "!" in "".join(text)]


def test_moments_are_shown_in_dutch_time() -> None:
    summer, winter = datetime(2026, 7, 1, 22, 30, tzinfo=UTC), datetime(2026, 11, 14, 13, 5, tzinfo=UTC)
    assert format_moment(winter, "nl") == "14 november 2026 om 14.05 uur"
    assert format_moment(winter, "en") == "14 November 2026 at 14:05"
    assert format_day(summer, "nl") == "2 juli 2026"
    assert format_day(date(2026, 11, 14), "en") == "14 November 2026"
    assert (format_number(18233, "nl"), format_number(18233, "en")) == ("18.233", "18,233")


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        format_moment(datetime(2026, 7, 1), "nl")  # noqa: DTZ001 - the very thing refused


def test_english_pages_mirror_the_dutch_ones() -> None:
    assert [path_in(path, "en") for path in ("/", "/gebruik")] == ["/en", "/en/gebruik"]
    assert path_in("/gebruik", "nl") == "/gebruik"


def test_a_refusal_names_the_day_only_where_it_is_known() -> None:
    assert words.reason_for("toestemming-ingetrokken", "nl", date(2026, 11, 21)) == "U stopte dit op 21 november 2026."
    assert words.reason_for("toestemming-ingetrokken", "en") == "You stopped this."
    assert words.reason_for("verdwenen-code", "nl") == "Wij zoeken dit uit."


def test_all_refusal_codes_have_their_words() -> None:
    plan = Path(sys.modules[__name__].__file__ or "").parents[2].parent / "shared" / "design" / "architecture.md"
    assert set(words.REFUSALS).isdisjoint(words.OTHER_CODES)
    if plan.exists():
        text = plan.read_text(encoding="utf-8")
        section = text[text.index("Refusal codes (closed list") : text.index("Unknown, deceased")]
        named = {code for code in re.findall(r"`([a-z-]+)`", section) if code not in ("geweigerd",)}
        assert named == set(words.REFUSALS)
