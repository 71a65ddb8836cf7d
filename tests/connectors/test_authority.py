"""Over whom somebody has authority: every kind of relation, who is left out, and no question without its line."""

from typing import Any

import httpx2
import pytest

from assembly.demo.register import TENANT
from connectors.authority.relations import Minor, acted_for, beside, minors_of
from connectors.contract import AuthorityUnknown
from kernel.caller import Caller, room_of
from tests.four_rooms import FourRooms
from vault.contract import Bsn

pytestmark = pytest.mark.anyio
PARENT, OTHER, CHILD, SECOND = "999993653", "999998730", "999994645", "999994049"
PORTAL = Caller(
    tenant=TENANT, kind="inwoner", user="a" * 32, organisation="gemeente-spaarnewoude", application="portaal"
)


def one(number: str) -> dict[str, Any]:
    return {"burgerservicenummer": number}


def relation(kind: str, **holders: Any) -> dict[str, Any]:
    return {"gezag": [{"type": kind, "minderjarige": one(CHILD), **holders}]}


BOTH = relation("GezamenlijkOuderlijkGezag", ouders=[one(PARENT), one(OTHER)])


@pytest.mark.parametrize(
    ("person", "found"),
    [
        (relation("EenhoofdigOuderlijkGezag", ouder=one(PARENT)), "ouder"),
        (relation("EenhoofdigOuderlijkGezag", ouder=one(OTHER)), ""),  # the other one has it, alone
        (BOTH, "ouder"),
        (relation("TweehoofdigOuderlijkGezag", ouders=[one(OTHER), one(PARENT)]), "ouder"),  # before 2.7
        (relation("GezamenlijkGezag", ouder=one(PARENT), derde=one(OTHER)), "ouder"),
        (relation("GezamenlijkGezag", ouder=one(OTHER), derde=one(PARENT)), "voogd"),
        (relation("Voogdij", derden=[one(PARENT)]), "voogd"),
        (relation("Voogdij", derden=[]), ""),  # an institution
        (relation("TijdelijkGeenGezag"), ""),
        (relation("GezagNietTeBepalen"), ""),
        (relation("NieuwSoortGezag", ouder=one(PARENT)), ""),
        (relation("EenhoofdigOuderlijkGezag", ouder=one(PARENT), inOnderzoek=True), ""),
        (relation("EenhoofdigOuderlijkGezag", ouder=one(PARENT), minderjarige={}), ""),
        (relation("EenhoofdigOuderlijkGezag", ouder=one(PARENT), minderjarige=one(PARENT)), ""),  # is the child
        (relation("EenhoofdigOuderlijkGezag", ouder={"naam": {}}), ""),
        (relation("EenhoofdigOuderlijkGezag", ouder=[]), ""),
        ({"gezag": "ja"}, ""),
        ({"gezag": [None, 1]}, ""),
        ({}, ""),
    ],
)
def test_who_has_authority(person: dict[str, Any], found: str) -> None:
    assert minors_of(person, PARENT) == ({CHILD: found} if found else {})


def test_more_children_than_fit_in_one_question_are_none() -> None:
    many = [{"type": "Voogdij", "minderjarige": one(f"{number:09}"), "derden": [one(PARENT)]} for number in range(21)]
    assert minors_of({"gezag": many}, PARENT) == {}
    assert len(minors_of({"gezag": many[:20]}, PARENT)) == 20


@pytest.mark.parametrize(
    ("person", "others"),
    [
        (relation("EenhoofdigOuderlijkGezag", ouder=one(PARENT)), frozenset()),
        (BOTH, frozenset({OTHER})),
        (relation("GezamenlijkGezag", ouder=one(PARENT), derde={"naam": {}}), None),  # cannot be looked up
        ({"gezag": [*BOTH["gezag"], *relation("Voogdij", derden=[one(SECOND)])["gezag"]]}, frozenset({OTHER, SECOND})),
        ({"gezag": [*relation("Voogdij", derden=[{"naam": {}}])["gezag"], *BOTH["gezag"]]}, None),
        ({"gezag": [1, *relation("TijdelijkGeenGezag")["gezag"]]}, frozenset()),
    ],
)
def test_who_else_has_authority_over_a_child(person: dict[str, Any], others: frozenset[str] | None) -> None:
    assert beside(person, PARENT, [CHILD]).named == {CHILD: others}
    assert beside(person, PARENT, []).named == {}


def child(**more: Any) -> dict[str, Any]:
    birth = {"datum": {"type": "Datum", "datum": "2017-05-21"}}
    return {**one(CHILD), "naam": {"volledigeNaam": "Sami Bakker"}, "geboorte": birth, **more}


@pytest.mark.parametrize(
    ("said", "birth"),
    [
        (child(), "2017-05-21"),
        (child(geboorte={"datum": {"type": "JaarMaandDatum", "jaar": 2017, "maand": 5}}), "2017-05"),
        (child(geboorte={"datum": {"type": "JaarDatum", "jaar": 2017}}), "2017"),
        (child(geboorte={"datum": {"type": "DatumOnbekend", "onbekend": True}}), ""),
        (child(geboorte={}), ""),
        (child(geboorte={"datum": "2017-05-21"}), ""),
        (child(geboorte={"datum": {"datum": "2017-05-21"}, "inOnderzoek": {"datum": True}}), ""),
        (child(geheimhoudingPersoonsgegevens=True), ""),  # whoever acts for it could learn where it lives
        (child(geheimhoudingPersoonsgegevens="misschien"), ""),
        (child(overlijden={"indicatieOverleden": True}), ""),
        (child(opschortingBijhouding={"reden": {"code": "O"}}), ""),
        (child(burgerservicenummer=SECOND), ""),  # somebody that was not asked about
    ],
)
def test_which_children_may_be_acted_for(said: dict[str, Any], birth: str) -> None:
    assert acted_for({CHILD: "ouder"}, [said]) == ((Minor(CHILD, "ouder", "Sami Bakker", birth),) if birth else ())


def test_a_name_is_made_of_what_there_is() -> None:
    (named,) = acted_for({CHILD: "voogd"}, [child(naam={"voornamen": "Sami", "geslachtsnaam": "Bakker"})])
    assert (named.name, named.relation) == ("Sami Bakker", "voogd")


async def test_the_brp_is_asked_after_its_line_and_says_who(house: FourRooms) -> None:
    assert house.desk.authority is not None
    resident = await house.resident(Bsn(PARENT))
    before = len(house.brp.state.requests)
    (found,) = await house.desk.authority.over(PORTAL, Bsn(PARENT))
    assert (found.relation, found.birth, found.resident) == (
        "ouder", "2017-05-21", await house.resident(Bsn(CHILD)),
    )  # fmt: skip
    assert len(house.brp.state.requests) == before + 3, "and whether the other parent hides"
    assert house.brp.state.requests[-2].fields == ("burgerservicenummer",), "of whom nothing else is asked"
    lines = (await house.audit.door("web").lines(room_of(TENANT, "web"), resident.subject, None, 5)).lines
    line = next(one for one in lines if one.event.kind == "verstrekking")
    assert (line.event.activity, line.event.elements, line.outcome) == ("regie-namens", ("brp.gezag",), "geleverd")
    assert not await house.desk.authority.over(PORTAL, Bsn("999995261")), "who has no children"


async def test_a_silent_brp_gives_nobody_authority_and_an_unregistered_purpose_asks_nothing(house: FourRooms) -> None:
    def refuse(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("away", request=request)

    await house.wire(transport=httpx2.MockTransport(refuse))
    assert house.desk.authority is not None
    resident = await house.resident(Bsn(PARENT))
    with pytest.raises(AuthorityUnknown):
        await house.desk.authority.over(PORTAL, Bsn(PARENT))
    lines = (await house.audit.door("web").lines(room_of(TENANT, "web"), resident.subject, None, 9)).lines
    line = next(one for one in lines if one.event.kind == "verstrekking")
    assert (line.event.activity, line.outcome) == ("regie-namens", "mislukt")
    await house.wire()
    before = len(house.brp.state.requests)
    for stranger in ("inkomensloket", "", "niemand"):
        with pytest.raises(AuthorityUnknown):
            await house.desk.authority.over(PORTAL.model_copy(update={"organisation": stranger}), Bsn(PARENT))
    assert len(house.brp.state.requests) == before
