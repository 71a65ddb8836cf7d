"""The BRP answers a first question and not the next: what it said first is not lost."""

import asyncio
from functools import partial
from typing import Any

import pytest

from connectors.around import HOUSE
from connectors.brp import Asking, BrpSource
from connectors.catalogue import fields_of
from connectors.gateway import Gateway
from connectors.outside.data import Unreadable
from connectors.outside.failing import SourceFailed
from tests.four_rooms import DESK_WORKER, NOON, nobody_hides
from vault.contract import Values

pytestmark = pytest.mark.anyio
OWN, CHILD, PARTNER, FORMER = "999993653", "999995261", "999998614", "999995649"
HOME = {"functieAdres": {"code": "W"}, "adresseerbaarObjectIdentificatie": "9901010000000001"}
SECRET = {"geheimhoudingPersoonsgegevens": True}
FAULTS = (SourceFailed("status", 500), SourceFailed("afgebroken"), Unreadable(), TimeoutError())


nobody = partial(nobody_hides, DESK_WORKER)


class Halfway(Asking):
    """Answers about the resident; then `after`: an error, people, or nothing at all (None)."""

    def __init__(self, person: dict[str, Any], after: Any) -> None:
        super().__init__(None, {}, nobody)  # type: ignore[arg-type]  # nobody is asked
        self.__dict__ |= {"person": person, "after": after, "asked": []}

    async def _ask(self, question: Any) -> Any:
        said = self.__dict__
        said["asked"].append(question)
        if len(said["asked"]) == 1:
            return {"personen": [said["person"]]}
        if said["after"] is None:
            await asyncio.sleep(60)
        if isinstance(said["after"], Exception):
            raise said["after"]
        return {"personen": said["after"]}


async def read(asking: Halfway, *elements: str) -> Values:
    made = (None, Gateway.off(), None, lambda: NOON)
    source = BrpSource(*made, seconds=0.2, hiding=nobody_hides)  # type: ignore[arg-type]  # nobody is asked
    return await source._read(asking, fields_of(elements), OWN)


def person(**more: Any) -> dict[str, Any]:
    child = {"burgerservicenummer": CHILD, "naam": {"voornamen": "Kind"}}
    return {"naam": {"voornamen": "Jan"}, "kinderen": [child], "verblijfplaats": HOME, **more}


@pytest.mark.parametrize("element", ["brp.kinderen", HOUSE])
@pytest.mark.parametrize("after", [*FAULTS, None])
async def test_secrecy_is_told_also_when_a_further_question_fails(element: str, after: Any) -> None:
    found = await read(Halfway(person(**SECRET), after), "brp.naam", element)
    assert found.flags == ("geheimhouding",)
    assert [one.element for one in found.values] == ["brp.naam"]


async def test_secrecy_is_told_also_when_people_around_are_unreadable() -> None:
    found = await read(Halfway(person(kinderen="x", **SECRET), []), "brp.naam", "brp.kinderen")
    assert found.flags == ("geheimhouding",)


@pytest.mark.parametrize("after", FAULTS)
async def test_without_a_flag_a_source_that_fails_halfway_failed(after: Exception) -> None:
    with pytest.raises(type(after)):
        await read(Halfway(person(), after), "brp.naam", "brp.kinderen")


async def test_who_was_a_partner_is_not_looked_up_and_hides_nobody() -> None:
    ended = {"ontbindingHuwelijkPartnerschap": {"datum": {"type": "Datum", "datum": "2020-01-01"}}}
    partners = [
        {"burgerservicenummer": FORMER, "naam": {"voornamen": "Eerder"}, **ended},
        {"burgerservicenummer": PARTNER, "naam": {"voornamen": "Nu"}},
    ]
    asking = Halfway(person(partners=partners), [{"burgerservicenummer": PARTNER}])
    (value,) = (await read(asking, "brp.partner")).values
    assert "Nu" in str(value.value) and "Eerder" not in str(value.value)
    assert FORMER not in str(asking.__dict__["asked"])
