"""Rooms beside each other share bytes, not types: what one writes the other must read as the same."""

from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

import audit.contract
import consent.contract
import vault.contract
from audit.contract import Ground
from audit.permit import Allowed as AllowedAsRead
from connectors.around import more_fields
from connectors.catalogue import PATHS, catalogue, catalogue_elements, fields_of
from connectors.overtaken import WEIGHED_ANEW
from consent.contract import Allowed, Code, Decision, FenceKind
from kernel.canonical import canonical, read_canonical

ROOT = Path(__file__).parents[2]
FIELDS = ROOT.parent / "shared" / "reference" / "brp" / "fields-filtered-Persoon.csv"
DECISION: dict[str, Any] = {
    "nonce": "0" * 32,
    "gemeente": "gm9901",
    "inwoner": "r",
    "betrokkene": "s",
    "ontvanger": "o",
    "toepassing": "t",
    "activiteit": "a",
    "versie": "3",
    "toegestaan": (
        {"element": "x.ja", "bron": "kluis", "invoer": (("kluis", "x.bedrag"), ("brp", "brp.naam")), "hekken": (1,)},
        {"element": "brp.naam", "bron": "brp", "invoer": (("brp", "brp.naam"),)},
    ),
    "geweigerd": (("x.bedrag", "geen-toestemming"),),
    "hekken": (("a" * 32, 0, "inwoner"), ("b" * 32, 7, "toestemming")),
    "feiten": (("consents", "c", "2"),),
    "beslist": 1_790_000_000_000,
    "geldigTot": 1_800_000_000_000,
}


def members(model: type[BaseModel]) -> set[str]:
    return set(model.model_fields)


def test_decision_and_ground_have_the_same_members() -> None:
    assert members(Decision) == members(Ground)
    assert members(Allowed) == members(AllowedAsRead)


def test_sealed_bytes_of_a_decision_are_read_alike_on_both_sides() -> None:
    decision = Decision.model_validate(DECISION)
    text = canonical(decision.model_dump())
    assert Decision.model_validate(read_canonical(text)) == decision
    ground = Ground.model_validate(read_canonical(text))
    assert ground.model_dump() == decision.model_dump()
    assert ground.inputs_of("kluis") == ("x.bedrag",)
    assert ground.inputs_of("brp") == ("brp.naam",)


def test_absent_members_read_as_absent() -> None:
    text = canonical(Decision.model_validate(DECISION).model_dump(exclude={"zaak", "namens"}))
    assert "zaak" not in text
    assert Ground.model_validate(read_canonical(text)).zaak == ""


def test_a_resident_is_the_same_thing_in_three_rooms() -> None:
    refs = (vault.contract.ResidentRef, consent.contract.ResidentRef, audit.contract.ResidentRef)
    shapes = [{name: (field.annotation, field.default) for name, field in ref.model_fields.items()} for ref in refs]
    assert shapes[0] == shapes[1] == shapes[2]


def test_every_fence_that_is_weighed_anew_is_one_that_decisions_name() -> None:
    assert set(get_args(FenceKind)) > WEIGHED_ANEW
    assert "geen-toestemming" in get_args(Code)


def test_what_is_made_is_not_read_and_what_is_read_is_not_made() -> None:
    made = {name for name, known in catalogue().items() if known.rule}
    assert made == {one.name for one in catalogue_elements() if (one.source, one.name) not in one.inputs}


def test_fields_of_the_brp_are_those_that_it_lets_through() -> None:
    used = {path for paths in fields_of(catalogue()).values() for path in paths}
    assert used == PATHS
    if FIELDS.exists():
        assert set(FIELDS.read_text().split()) >= PATHS | set(more_fields(catalogue()))
