"""What must go, and the word that it is gone, as an application sends and reads it."""

from datetime import date
from pathlib import Path

import httpx2
import pytest

from regie_client import Keeps, Problem, Removal
from tests.client.counterpart import PLACE, Counterpart, problem

pytestmark = pytest.mark.anyio
ROOT = "/verstrekking/v1/vernietigingen"
KEEPS = Keeps(("brp.adres",), "Awr artikel 52", date(2033, 12, 31))
GONE = Removal("witgoed", (PLACE,), date(2026, 11, 22), keeps=KEEPS)


async def test_what_must_go_is_read_and_what_went_is_said(tmp_path: Path) -> None:
    due = {"verstrekking": PLACE, "ontvanger": "x", "verwerkingsactiviteit": "witgoed", "reden": "bewaartermijn",
           "gegevenselementen": ["brp.naam"], "uiterlijk": "2026-12-01", "teLaat": False}  # fmt: skip
    written = {"verstrekking": PLACE, "logregel": "2026h2-9", "nogAanwezig": ["brp.adres"]}

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            assert request.url.query == b"tot=2026-12-31&na=1.2026h2.7."
            return httpx2.Response(200, json={"vernietigingen": [due], "meer": True, "volgende": "2.2026h2.8."})
        return httpx2.Response(201, json={"vastgelegd": [written], "nietGevonden": []})

    made = Counterpart(tmp_path, {ROOT: answer})
    page = await made.regie().to_remove("witgoed", date(2026, 12, 31), "1.2026h2.7.")
    (one,), after = page.found, page.next
    assert after == "2.2026h2.8."
    assert (one.release, one.elements, one.day, one.late) == (PLACE, ("brp.naam",), date(2026, 12, 1), False)
    said = await made.regie().removed(GONE)
    assert (said.written[0].left, said.unknown) == (("brp.adres",), ())
    assert made.asked[-1][3] == {
        "verstrekkingen": [PLACE], "verwijderdOp": "2026-11-22",
        "bewaart": {"gegevenselementen": ["brp.adres"], "artikel": "Awr artikel 52", "tot": "2033-12-31"},
    }  # fmt: skip


async def test_what_is_not_there_is_a_problem(tmp_path: Path) -> None:
    made = Counterpart(tmp_path, {ROOT: lambda _: problem(404, "verstrekking-onbekend")})
    with pytest.raises(Problem) as gone:
        await made.regie().removed(GONE)
    assert gone.value.code == "verstrekking-onbekend"


async def test_what_was_corrected_is_read_by_the_event(tmp_path: Path) -> None:
    had = {"verstrekking": PLACE, "verwerkingsactiviteit": "witgoed", "gegevenselementen": ["brp.adres"]}
    told = {"id": "c" * 32, "gecorrigeerdOp": "2026-11-22T12:00:00Z", "meer": False, "verstrekkingen": [had]}
    place = f"/verstrekking/v1/correcties/{'c' * 32}"
    made = Counterpart(tmp_path, {place: lambda _: httpx2.Response(200, json=told)})
    found = await made.regie().correction("c" * 32)
    assert [(one.release, one.elements) for one in found.had] == [(PLACE, ("brp.adres",))] and not found.more
