"""What falls when a fence moved under a decision, and what is weighed anew."""

import pytest

from audit.contract import Ground, LogUnavailable, Overtaken
from connectors.contract import Halted
from connectors.overtaken import concerns, fallen

CONSENT, OTHER, RECIPIENT, RESIDENT, OBJECTION, HOUSE = (letter * 32 for letter in "abcdef")
FENCES = (
    (CONSENT, 1, "toestemming"),
    (OTHER, 1, "toestemming"),
    (RECIPIENT, 0, "ontvanger"),
    (RESIDENT, 0, "inwoner"),
    (OBJECTION, 0, "bezwaar"),
    (HOUSE, 0, "gemeente"),
)


def ground() -> Ground:
    allowed = [
        {"element": "x.een", "bron": "kluis", "invoer": [("kluis", "x.een")], "hekken": (0,)},
        {"element": "x.twee", "bron": "kluis", "invoer": [("kluis", "x.twee")], "hekken": (1,)},
        {"element": "brp.naam", "bron": "brp", "invoer": [("brp", "brp.naam")]},
    ]
    said = dict.fromkeys(("gemeente", "inwoner", "betrokkene", "ontvanger", "toepassing", "activiteit", "versie"), "x")
    rest = {"v": "1", "nonce": "0" * 32, "geweigerd": (), "hekken": FENCES, "feiten": (), "beslist": 1, "geldigTot": 0}
    return Ground.model_validate({**said, **rest, "toegestaan": allowed})


def moved(*lines: tuple[str, str]) -> Overtaken:
    return Overtaken(moved=[{"fence": f, "epoch": 9, "kind": kind} for f, kind in lines], position="2026h2-7")


def codes(overtaken: Overtaken, class_: str = "A", last: bool = False) -> dict[str, tuple[str, str]]:
    return {one.told.element: (one.told.code, one.code) for one in fallen(ground(), overtaken, class_, last)}


def test_a_withdrawal_takes_only_what_stood_on_it() -> None:
    found = codes(moved((CONSENT, "toestemming-ingetrokken"), (OTHER, "toestemming-gepauzeerd")))
    assert found == {"x.een": ("toestemming-ingetrokken",) * 2, "x.twee": ("gepauzeerd",) * 2}


@pytest.mark.parametrize("line", ["ontvanger-geschorst", "sleutel-beeindigd", "toepassing-vervangen"])
def test_a_fence_that_nobody_names_carries_everything(line: str) -> None:
    found = codes(moved((RECIPIENT, line)))
    assert {shown for shown, _ in found.values()} == {"ontvanger-niet-bevoegd"}
    assert len(found) == 3


@pytest.mark.parametrize(("fence", "line"), [(RESIDENT, "vlag"), (OBJECTION, "beperking")])
def test_the_residents_own_fences_are_weighed_anew_once_and_then_refused(fence: str, line: str) -> None:
    assert codes(moved((fence, line))) == {}
    assert len(codes(moved((fence, line)), last=True)) == 3


def test_who_has_no_ground_does_not_learn_of_secrecy() -> None:
    assert codes(moved((RESIDENT, "vlag")), "C", last=True)["x.een"] == ("geen-toestemming", "geheimhouding")
    assert codes(moved((RESIDENT, "vlag")), "A", last=True)["x.een"] == ("geheimhouding", "geheimhouding")


def test_the_second_time_nothing_is_left() -> None:
    assert set(codes(moved((CONSENT, "toestemming-ingetrokken")), last=True)) == {"x.een", "x.twee", "brp.naam"}


def test_an_emergency_stop_is_no_refusal() -> None:
    with pytest.raises(Halted):
        codes(moved((HOUSE, "beperking")))


def test_a_fence_of_the_source_alone_is_not_the_decisions() -> None:
    assert not concerns(ground(), moved(("9" * 32, "kluis-bewaard")))
    assert concerns(ground(), moved((CONSENT, "toestemming-ingetrokken")))


def test_too_busy_twice_is_said_as_such_and_refuses_nothing() -> None:
    assert codes(moved()) == {}
    with pytest.raises(LogUnavailable):
        codes(moved(), last=True)
