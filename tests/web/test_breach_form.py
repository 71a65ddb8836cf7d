"""What the FG types about a breach: moments on the clock of the Netherlands, and a letter that claims no more."""

from datetime import UTC, date, datetime

import pytest

from audit.breaches.contract import Window
from web.breach_form import Typed, again, faults, people_faults, read, read_people, window_of
from web.breach_letter import letter
from web.breach_views import clock_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
GOOD = {"reden": "datalek", "zaak": "FG-1", "ontvanger": "r", "van": "2026-08-01T00:00", "tot": "2026-08-20T23:59"}


def wrong(**typed: str) -> dict[str, str]:
    return faults(read(GOOD | typed), {"r": "R"}, {"a": "A"}, NOW)


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def test_a_good_form_is_a_window_to_the_end_of_its_last_minute_and_back() -> None:
    assert wrong() == {}
    window = window_of(read(GOOD))
    assert (window.since, window.until) == (ms("2026-07-31T22:00"), ms("2026-08-20T22:00") - 1)
    assert (window.discovered, clock_of(window, NOW).due) == (0, None), "nobody said when"
    assert window_of(again(window)) == window


def test_an_hour_that_comes_twice_counts_whole() -> None:
    window = window_of(read(GOOD | {"van": "2026-10-25T02:30", "tot": "2026-10-25T02:30"}))
    assert (window.since, window.until) == (ms("2026-10-25T00:30"), ms("2026-10-25T01:31") - 1)


@pytest.mark.parametrize(
    ("typed", "field", "code"),
    [
        ({"ontvanger": ""}, "ontvanger", "lek-wie"),
        ({"ontvanger": "x"}, "ontvanger", "ontvanger"),
        ({"toepassing": "x"}, "toepassing", "toepassing"),
        ({"gebruiker": "999993653"}, "gebruiker", "bsn-in-tekst"),
        ({"sleutel": "k" * 201}, "sleutel", "te-lang"),
        ({"van": ""}, "van", "moment"),
        ({"van": "2026-08-01T00:00+02:00"}, "van", "moment"),
        ({"van": "1999-08-01T00:00"}, "van", "moment"),
        ({"van": "2026-11-22T14:00", "tot": "2026-11-23T14:00"}, "van", "nog-niet"),
        ({"tot": "2026-07-01T00:00"}, "tot", "einde-voor-begin"),
        ({"tot": "9999-12-31T23:59"}, "tot", "moment"),
        ({"ontdekt": "2026-11-22T13:01"}, "ontdekt", "nog-niet"),
        ({"ontdekt": "0001-01-01T00:00"}, "ontdekt", "moment"),
        ({"samenvatting": "x" * 501}, "samenvatting", "te-lang"),
        ({"samenvatting": "Van 9999.93.653"}, "samenvatting", "bsn-in-tekst"),
        ({"zaak": ""}, "zaak", "zaak"),
        ({"reden": "zomaar"}, "reden", "reden"),
    ],
)
def test_each_fault_has_its_field(typed: dict[str, str], field: str, code: str) -> None:
    assert wrong(**typed) == {field: code}


def test_a_pasted_key_may_have_lines_and_is_a_key() -> None:
    pasted = read_people(
        {"reden": "datalek", "zaak": "1", "sleutel": "L+V9o0fNYkMVKNqsX7spBzD/\n 9oSvxM/C7ZCZX1jLO3Q=\n"}
    )
    assert people_faults(pasted) == {} and pasted.part == "tijdvak"
    for bad in ("", "AAAA", "A" * 43 + "=", "é" * 44, "0" * 5000):
        assert people_faults(read_people({"reden": "datalek", "zaak": "1", "sleutel": bad})) == {
            "sleutel": "publieke-sleutel"
        }


@pytest.mark.parametrize(("hours", "left", "late"), [(0, 72, False), (71.5, 0, False), (72, 0, False), (72.1, 0, True)])
def test_the_clock_runs_from_the_discovery(hours: float, left: int, late: bool) -> None:
    window = Window(recipient="r", since=0, until=1, discovered=ms("2026-11-22T12:00") - int(hours * 3_600_000))
    clock = clock_of(window, NOW)
    assert (clock.hours, clock.late) == (left, late) and clock.due is not None


def test_the_letter_leaves_open_what_only_people_know() -> None:
    days = (date(2026, 8, 1), date(2026, 8, 20))
    text = letter("nl", days, ("naam",), ("naam-en-adres",), ("Spaarnewoude", "14 0"))
    assert "Dit was van 1 augustus 2026 tot en met 20 augustus 2026." in text and "- naam\n" in text
    assert text.count("[Vul in:") == 6 and "Bel ons op 14 0." in text and "bankrekening" not in text
    english = letter("en", days, (), ("financieel", "bsn"), ("Spaarnewoude", "14 0"))
    assert "It may be about" not in english and "bank account" in english and "citizen service number" in english


def test_what_was_never_typed_is_not_a_choice() -> None:
    assert again(Window(key="k", since=0, until=59_999)) == Typed(
        key="k", since="1970-01-01T01:00", until="1970-01-01T01:00"
    )
