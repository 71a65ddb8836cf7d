"""A value of a declared source that has not the form of its element: it is not there, and the others are."""

from collections.abc import Mapping
from typing import Any

import pytest

from connectors.declared.answering import values_of
from connectors.declared.declaration import read
from connectors.outside.data import Unreadable
from tests.connectors.test_declared import BSN, CASES, GOOD, page, read_as, zaak
from tests.four_rooms import NOON
from vault.contract import Bsn


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("zaken", page([zaak(identificatie={"a": 1})])),
        ("kvk", {"naam": ["x"], "sbiActiviteiten": []}),
        ("bag", {"oppervlakte": "groot"}),
        ("klanten", {"voorkeurstaal": "<script>alert(1)</script>", "indicatieGeheimhouding": False}),
    ],
)
def test_a_value_of_another_form_takes_no_other_with_it(name: str, wrong: Any) -> None:
    found = read_as(name, wrong)
    assert len(found.unreadable) == 1 and found.unreadable[0] not in {one.element for one in found.values}
    if isinstance(CASES[name][1], Mapping) and not {"results"} & set(wrong):
        others = {one.element: one.value for one in read_as(name, CASES[name][1]).values}
        mixed = read_as(name, {**CASES[name][1], **wrong})
        assert {one.element: one.value for one in mixed.values} == {
            one: said for one, said in others.items() if one not in mixed.unreadable
        }


def test_a_path_that_its_answer_does_not_fit_is_one_element_and_a_flag_that_does_not_is_all_of_them() -> None:
    permits, benefit = "objecten.parkeervergunning", "bijstand.uitkering"
    declared = read(
        GOOD
        | {
            "secrecy": "length(geheim) == `1`",
            "elements": {permits: "permits[].{nummer: nummer}", benefit: "length(benefit)"},
        }
    )
    answer: dict[str, Any] = {"geheim": "nee", "permits": [{"nummer": "P-1"}], "benefit": 7}
    found = values_of(declared, [permits, benefit], answer, Bsn(BSN), NOON)
    assert ([one.element for one in found.values], found.unreadable, found.flags) == ([permits], (benefit,), ())
    with pytest.raises(Unreadable):
        values_of(declared, [permits, benefit], answer | {"geheim": 7}, Bsn(BSN), NOON)
    left_out = declared.model_copy(update={"secrecy": "geheim"})
    for secrecy, flags in (([], ("geheimhouding",)), (False, ())):
        answer["geheim"] = secrecy
        said = values_of(left_out, [benefit], answer, Bsn(BSN), NOON)
        assert (said.values, said.unreadable, said.flags) == ((), (benefit,), flags), (
            "beside nothing that can be read too"
        )
