"""People around a resident: who is looked up, and what of them is told. Families by the thousand: tests/families."""

from typing import Any

import pytest

from connectors.around import MOST, around, authority, household
from connectors.outside.data import Unreadable


def test_a_family_that_is_too_large_to_look_up_is_not_told() -> None:
    many = {"kinderen": [{"burgerservicenummer": f"{one:09d}"} for one in range(MOST + 1)]}
    assert around(many, ["brp.kinderen"], "999993653").named == {"brp.kinderen": None}


def test_who_was_not_asked_for_is_not_looked_up() -> None:
    person = {"partners": [{"burgerservicenummer": "999993653"}], "kinderen": [{"burgerservicenummer": "999990001"}]}
    assert around(person, ["brp.naam", "brp.kinderen"], "999990019").numbers == ("999990001",)


@pytest.mark.parametrize("secret", [True, "ja", 1, None, {}])
def test_anything_but_a_plain_no_is_secret(secret: object) -> None:
    one = {"burgerservicenummer": "999990001", "geheimhoudingPersoonsgegevens": secret}
    person = {"kinderen": [{"burgerservicenummer": "999990001"}]}
    assert around(person, ["brp.kinderen"], "x").may_be_told([one]) == frozenset()
    assert household([one, {"burgerservicenummer": "own"}], "own") is None
    assert household([{"burgerservicenummer": "own"}], "own") == 1
    assert household([{"burgerservicenummer": "other"}], "own") is None


@pytest.mark.parametrize("said", [{}, "x", [1], [{"minderjarige": 1, "ouders": [2]}], None])
def test_authority_of_another_shape_is_not_read(said: Any) -> None:
    if isinstance(said, list) and isinstance(said[0], dict):
        assert authority(said) == [{"type": "None", "minderjarige": {"naam": {}}, "ouders": [{"naam": {}}]}]
    else:
        with pytest.raises(Unreadable):
            authority(said)
