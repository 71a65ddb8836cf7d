"""What is wrong with a request is told by what may be there, and never by what was."""

from typing import Annotated, Literal

from pydantic import Field, ValidationError

from kernel.faults import bad_input
from kernel.message import Body
from kernel.numbers import NO_NUMBER


class Asked(Body):
    way: Literal["wel", "niet"] = "wel"
    many: Literal[tuple(f"keuze-{n}" for n in range(60))] = "keuze-1"  # type: ignore[valid-type]  # made here
    text: Annotated[str, Field(pattern=NO_NUMBER)] = ""


def test_choices_are_named_when_they_are_few_and_a_number_is_called_one() -> None:
    said = {"way": "999993653", "many": "x", "text": "Van 999993653 gezien"}
    try:
        Asked.model_validate(said)
    except ValidationError as wrong:
        told = {one["veld"]: (one["code"], one["detail"]) for one in bad_input(wrong.errors()).members["fouten"]}
    assert told["/way"] == ("ongeldige-waarde", "Deze waarde kan hier niet. Dit kan wel: 'wel' of 'niet'.")
    assert told["/many"] == ("ongeldige-waarde", "Deze waarde kan hier niet. Wat hier wel kan, staat in openapi.json.")
    assert told["/text"][0] == "negen-cijfers"
    assert "999993653" not in str(told)
