"""Who may see, decide and stop for whom: every relation, deed, age and edge, without a database."""

import json
from datetime import UTC, datetime
from typing import get_args

import pytest

from consent.activity import ActivityVersion, Matter, Secrecy
from consent.mandates.acting import flagged
from consent.mandates.appointed import fits
from consent.mandates.rules import (
    AHEAD,
    APPOINTED,
    DEEDS,
    HOUR,
    MINUTE,
    Appointment,
    Authority,
    Deed,
    Reason,
    Relation,
    barred,
    grown_at,
    sees,
    stands,
)
from kernel.clock import instant, millis
from tests.consent.house import ANSWER, PLAN, activity

NOW = millis(datetime(2026, 9, 1, 9, tzinfo=UTC))
PLAIN = activity(elements={PLAN: "C"})
FOR_CHILDREN = PLAIN.model_copy(update={"child_help": True})
SPECIAL = PLAIN.model_copy(update={"elements": (PLAIN.elements[0].model_copy(update={"basis": "6(1)(a), 9(2)(a)"}),)})
ALSO_SPECIAL = PLAIN.model_copy(update={"elements": (PLAIN.elements[0].model_copy(update={"special": "9(2)(a)"}),)})
OTHER = activity("anders", {ANSWER: "C"})


@pytest.mark.parametrize(
    ("birth", "turns"),
    [
        ("2011-05-17", "2027-05-16T22:00:00Z"),  # midnight in the Netherlands, in summer
        ("2011-12-01", "2027-11-30T23:00:00Z"),  # and in winter
        ("2011-01-01", "2026-12-31T23:00:00Z"),
        ("2012-02-29", "2028-02-28T23:00:00Z"),  # a leap day, and one again
        ("2084-02-29", "2100-02-28T23:00:00Z"),  # 2100 has none: the first of March
        ("2011-03-27", "2027-03-26T23:00:00Z"),  # the clock goes forward that week
        ("2011-05", "2027-04-30T22:00:00Z"),  # the first day that it can be
        ("2011", "2026-12-31T23:00:00Z"),
    ],
)
def test_a_child_chooses_alone_from_midnight_of_its_birthday(birth: str, turns: str) -> None:
    assert instant(grown_at(birth)) == turns


@pytest.mark.parametrize("birth", ["", "onbekend", "2011-13-01", "2011-02-30", "0000", "9999-01-01", "20110517", "-"])
def test_a_birthday_that_nobody_knows_gives_nobody_authority(birth: str) -> None:
    assert grown_at(birth) == 0
    assert stands(Authority("ouder", grown_at(birth), NOW), "zien", NOW) == "voorbij"


def test_eighteen_is_the_same_day_two_years_later() -> None:
    assert instant(grown_at("2008-02-29", 18)) == "2026-02-28T23:00:00Z"


@pytest.mark.parametrize("relation", ["ouder", "voogd"])
@pytest.mark.parametrize(
    ("deed", "age", "reason"),
    [
        ("zien", HOUR, ""),
        ("zien", HOUR + 1, "nakijken"),
        ("stop", HOUR, ""),  # stopping never asks for more than looking
        ("nee", HOUR, ""),
        ("korter", HOUR, ""),
        ("stop", HOUR + 1, "nakijken"),
        ("ja", MINUTE, ""),
        ("ja", MINUTE + 1, "nakijken"),
        ("vernieuw", MINUTE + 1, "nakijken"),
        ("ja", -AHEAD, ""),  # two clocks
        ("zien", -AHEAD - 1, "nakijken"),  # a word from the future is none
        ("stop", NOW, "nakijken"),  # it was never asked
    ],
)
def test_what_the_brp_said_grows_old(relation: Relation, deed: Deed, age: int, reason: Reason) -> None:
    assert stands(Authority(relation, NOW + 1, NOW - age), deed, NOW) == reason


@pytest.mark.parametrize("relation", ["ouder", "voogd", "machtiging"])
@pytest.mark.parametrize("deed", DEEDS)
def test_it_ends_at_its_first_moment_for_every_deed(relation: Relation, deed: Deed) -> None:
    held = Authority(relation, NOW, NOW - 1, activities={"regeling"})
    assert stands(held, deed, NOW - 1) == ""
    assert stands(held, deed, NOW) == "voorbij"


@pytest.mark.parametrize("deed", DEEDS)
def test_who_may_only_see_decides_nothing(deed: Deed) -> None:
    looks = Authority("machtiging", NOW + 1, activities={"regeling"}, decides=False)
    assert stands(looks, deed, NOW) == ("" if deed == "zien" else "alleen-zien")


@pytest.mark.parametrize(
    ("version", "by_parent", "by_mandate"),
    [
        (PLAIN, True, True),
        (FOR_CHILDREN, False, True),  # help that a child asks for itself
        (SPECIAL, False, True),  # health and the like: only whom the resident chose for it
        (ALSO_SPECIAL, False, True),
        (OTHER, True, False),  # not listed
    ],
)
def test_what_is_seen(version: ActivityVersion, by_parent: bool, by_mandate: bool) -> None:
    parent, mandate = Authority("ouder", NOW + 1, NOW), Authority("machtiging", NOW + 1, activities={"regeling"})
    for authority, seen in ((parent, by_parent), (mandate, by_mandate)):
        assert sees(authority, version) is seen
        for deed in DEEDS:
            assert barred(authority, deed, version, NOW) == ("" if seen else "buiten")  # type: ignore[arg-type]  # a Deed


def test_nobody_sets_going_again_what_somebody_else_stopped() -> None:
    """Stopping wins: there is no deed that leads back from a stop, a no or a pause of the other parent or the child."""
    assert not {"hervat", "pauze", "opnieuw"} & set(DEEDS)


def about(*matters: Matter, of: ActivityVersion = PLAIN) -> ActivityVersion:
    return of.model_copy(update={"matters": matters})


SEEN_BY: tuple[tuple[ActivityVersion, set[Appointment]], ...] = (
    (PLAIN, set()),  # nobody said what it is about
    (about("geld"), {"curator", "bewindvoerder"}),
    (about("zorg"), {"curator", "mentor"}),
    (about("geld", "zorg"), {"curator"}),  # part of it is none of the other two's business
    (about("nalatenschap"), {"executeur"}),
    (about("geld", "nalatenschap"), {"curator", "bewindvoerder", "executeur"}),  # of the living, and then of the dead
    (about("geld", of=SPECIAL), set()),
    (about("zorg", of=ALSO_SPECIAL), {"curator", "mentor"}),
    (about("zorg", "nalatenschap", of=SPECIAL), {"curator", "mentor"}),
    (about("zorg", of=FOR_CHILDREN), set()),
    (about("geld", of=PLAIN.model_copy(update={"secrecy": Secrecy(class_="vertrouwelijk", until=1, law="w")})), set()),
)


@pytest.mark.parametrize("relation", APPOINTED)
@pytest.mark.parametrize(("version", "seen_by"), SEEN_BY)
def test_who_was_appointed_sees_what_concerns_their_matters(
    relation: Appointment, version: ActivityVersion, seen_by: set[Appointment]
) -> None:
    held = Authority(relation, NOW + 1, decides=relation != "executeur", matters=APPOINTED[relation])
    assert sees(held, version) is (relation in seen_by)


def test_a_curator_has_what_the_order_says_and_the_others_have_one_thing() -> None:
    every: tuple[Appointment, ...] = get_args(Appointment)
    assert {relation: [one for one in POSSIBLE if fits(relation, one)] for relation in every} == {
        "curator": [("geld",), ("zorg",), ("geld", "zorg")],
        "bewindvoerder": [("geld",)],
        "mentor": [("zorg",)],
        "executeur": [("nalatenschap",)],
    }
    only_money = Authority("curator", NOW + 1, matters=frozenset({"geld"}))
    assert not sees(only_money, about("zorg")) and sees(only_money, about("geld"))


POSSIBLE: tuple[tuple[Matter, ...], ...] = ((), ("geld",), ("zorg",), ("nalatenschap",), ("geld", "zorg"),
                                           ("geld", "nalatenschap"))  # fmt: skip


@pytest.mark.parametrize("deed", DEEDS)
def test_an_executor_stops_and_never_says_yes(deed: Deed) -> None:
    held = Authority("executeur", NOW + 1, decides=False, matters=APPOINTED["executeur"])
    assert stands(held, deed, NOW) == ("" if deed in ("zien", "stop") else "alleen-zien")
    assert stands(held, deed, NOW + 1) == "voorbij"


@pytest.mark.parametrize(
    ("relation", "flags", "reason"),
    [
        ("bewindvoerder", [], ""),
        ("bewindvoerder", ["overleden"], "voorbij"),  # it ends with the resident (BW 1:449)
        ("curator", ["geheimhouding"], "voorbij"),
        ("machtiging", ["geheimhouding"], ""),
        ("machtiging", ["veilig-adres"], "voorbij"),  # it may be from before they fled
        ("ouder", ["veilig-adres"], "voorbij"),
        ("executeur", ["veilig-adres", "overleden"], "voorbij"),
        ("executeur", [], "voorbij"),  # nobody has died
        ("executeur", ["overleden"], ""),
        ("executeur", ["geheimhouding", "overleden"], "voorbij"),
    ],
)
def test_death_ends_the_one_and_begins_the_other(relation: Relation, flags: list[str], reason: Reason) -> None:
    state = {"status": "", "document": json.dumps({"flags": flags, "drafts": {}})}
    assert flagged(relation, state) == reason
    drafted = {"status": "", "document": json.dumps({"flags": [], "drafts": {"1": {"flags": flags}}})}
    assert flagged(relation, drafted) == ("voorbij" if relation == "executeur" else reason), "a draft begins nothing"
    assert flagged(relation, {**state, "status": "beperkt"}) == "voorbij"
