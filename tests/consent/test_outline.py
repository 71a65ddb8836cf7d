"""What is remembered of a version is of that version alone."""

from consent.outline import KEPT, outline_of
from tests.consent.house import NAME, PLAN, activity, element


def test_a_copy_that_says_something_else_has_its_own_outline() -> None:
    one = activity()
    assert outline_of(one).parties == {"loket"} and outline_of(one).unasked
    other = one.model_copy(update={"elements": tuple(used for used in one.elements if used.class_ == "C")})
    assert NAME not in outline_of(other).elements and not outline_of(other).unasked
    assert outline_of(one).elements == {used.name: used for used in one.elements}


def test_of_two_elements_with_one_name_the_first_counts() -> None:
    twice = activity(gegevenselementen=[element(PLAN, "C"), element(PLAN, "A")])
    assert outline_of(twice).elements[PLAN] == twice.element(PLAN) == twice.elements[0]


def test_what_is_forgotten_is_worked_out_again() -> None:
    one = activity()
    before = outline_of(one)
    held = [one.model_copy(update={"number": number}) for number in range(KEPT)]
    assert all(outline_of(copy) == before for copy in held)
    assert outline_of(one) == before
