"""Which text could hold somebody's number."""

import pytest

from kernel.numbers import has_number, has_written_number, without_numbers

RUN = ["999993653", "zaak 999993653", "x999993653y", "123456789", "٩999993653"]
WRITTEN = ["9999.93.653", "999 993 653", "999-993-653", "mijn nummer: 9 9 9 9 9 3 6 5 3.", "9999\u00a093\u00a0653"]
NEITHER = [
    "",
    "9999936531",
    "99999365",
    "020 123 45 67",
    "9999.93.654",
    "22-11-2026 om 10.30",
    "12345678 en 9",
    "9999..93653",
]


@pytest.mark.parametrize("text", RUN)
def test_nine_digits_in_a_row_are_seen_whatever_stands_around_them(text: str) -> None:
    assert has_number(text) and has_written_number(text)


@pytest.mark.parametrize("text", WRITTEN)
def test_in_prose_a_number_is_seen_through_one_sign_between_its_digits(text: str) -> None:
    assert has_written_number(text) and not has_number(text)


@pytest.mark.parametrize("number", ["999993653", "9999.93.653", "123456789"])
def test_the_rest_of_the_text_stays(number: str) -> None:
    assert without_numbers(f"Ik ben {number}, en ik vraag iets.") == "Ik ben •••, en ik vraag iets."


@pytest.mark.parametrize("text", NEITHER)
def test_other_digits_are_left_alone(text: str) -> None:
    assert not has_written_number(text) and not has_number(text)
