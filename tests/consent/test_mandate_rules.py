"""Who may see, decide and stop for whom: every relation, deed, age and edge, without a database."""

from datetime import UTC, datetime

import pytest

from consent.activity import ActivityVersion
from consent.mandates.rules import (
    AHEAD,
    DEEDS,
    HOUR,
    MINUTE,
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
