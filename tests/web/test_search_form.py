"""What the FG types is a question to the log, and a number in it goes nowhere else."""

from datetime import date

import pytest

from web.language import LANGUAGES
from web.register_words import RegisterWords
from web.search_form import Asked, faults, read
from web.words import WRONG

TODAY = date(2026, 9, 1)
GOOD = {"reden": "inzage", "zaak": "FG-1", "soort": "inwoner", "bsn": "999993653"}


def asked(**typed: str) -> Asked:
    return read(GOOD | typed, TODAY)


def wrong(**typed: str) -> dict[str, str]:
    found = faults(asked(**typed), {}, RegisterWords.of(LANGUAGES[0], (), ()))
    return {one.id: one.text for one in found}


def test_a_good_search_has_no_faults() -> None:
    assert wrong() == {}


@pytest.mark.parametrize("case", ["999993653", "999993654", "FG-999993653/1", "\u0660" * 9])
def test_nine_digits_in_the_case_are_a_fault_of_the_form(case: str) -> None:
    """The log refuses such a case: the page came as "Er gaat iets mis bij ons", with nothing to mend."""
    assert wrong(zaak=case) == {"zaak": WRONG["bsn-in-tekst"]}


def test_more_or_fewer_digits_are_a_case() -> None:
    assert wrong(zaak="12345678") == wrong(zaak="1234567890") == {}


@pytest.mark.parametrize("number", ["999993653", "999993654"])
def test_what_was_typed_is_not_in_what_was_read(number: str) -> None:
    """The search kept the whole form, and with it the number in the clear."""
    read_back = asked(bsn=number)
    assert number not in repr(read_back)
    assert read_back.tail == ("653" if read_back.bsn else "")


def test_everybody_is_looked_for_in_a_month_at_most() -> None:
    assert wrong(soort="tijd", bsn="", van="", tot="") == {}, "of the last month, when no days are said"
    everybody = {"soort": "tijd", "bsn": "", "van": "2026-08-01"}
    assert wrong(**everybody, tot="2026-08-31") == {}
    assert wrong(**everybody, tot="2026-09-01") == {"tot": WRONG["maand"]}
    assert wrong(**everybody, tot="2026-08-31", doel="verzonnen", gegeven="x") == {
        "doel": WRONG["welk-doel"], "gegeven": WRONG["welk-gegeven"]
    }  # fmt: skip
