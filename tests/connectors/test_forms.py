"""The form of an element: what a register sends of test persons fits, and what only a hostile one sends does not."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from assembly.demo.brp.app import brp_app
from assembly.demo.brp.loader import own_residents, read_persons
from connectors.around import HOUSE, MOST, NUMBER
from connectors.brp import BY_NUMBER
from connectors.catalogue import BRP, catalogue, fields_of, fits
from connectors.person import apart, read_answer
from tests.connectors.published import REFERENCE

NOW = datetime(2026, 9, 1, tzinfo=UTC)
FIELDS = fields_of(name for name, known in catalogue().items() if known.element.source == BRP and name != HOUSE)
OFFICIAL = list((REFERENCE / "brp").glob("persons.json"))  # the published test persons, where the reference is here
WANTED = sorted({path for paths in FIELDS.values() for path in paths} | {NUMBER})


@pytest.mark.anyio
@pytest.mark.parametrize("file", [None, *OFFICIAL])
async def test_everything_that_is_known_of_a_test_person_has_its_form(file: Path | None) -> None:
    persons = read_persons(file) if file else own_residents()
    numbers, told = list(persons), 0
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=brp_app(persons, lambda: NOW))) as http:
        for begin in range(0, len(numbers), MOST):
            some = numbers[begin : begin + MOST]
            said: dict[str, Any] = {"type": BY_NUMBER, NUMBER: some, "fields": WANTED}
            answer = (await http.post("http://brp.test/personen", json=said)).json()
            for one in apart(answer, some).values():
                for value in read_answer(one, FIELDS, 1).values:
                    told += 1
                    assert fits(value.element, value.value), (value.element, value.value)
    assert told > 5 * len(numbers)


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ("brp.naam", {"volledigeNaam": "x" * 451}),
        ("brp.adres", {"officieleStraatnaam": {"a": "b"}}),
        ("brp.adres", {"huisnummer": "1 <script>"}),
        ("brp.adres", {"regel1": "x" * 201}),
        ("brp.adres", {"land": {"code": "6030", "extra": "x"}}),
        ("brp.nationaliteit", [{"nationaliteit": "Nederlandse"}]),
        ("brp.kinderen", [{"naam": {}, "geboorte": {"plaats": {"code": "0518"}}}]),
        ("objecten.parkeervergunning", [{"nummer": {"a": 1}, "geldigTot": None}]),
    ],
)
def test_what_a_register_would_not_send_does_not_fit(element: str, value: Any) -> None:
    assert fits(element, catalogue()[element].described.example)
    assert not fits(element, value)
