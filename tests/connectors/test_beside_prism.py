"""Each source that is shipped, against another party's reading of the document that its register publishes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from assembly.demo.brp.app import brp_app
from assembly.demo.brp.loader import own_residents
from connectors.brp import ANSWER_BYTES, CONTENT, Asking, BrpSource
from connectors.contract import SourceDown
from connectors.declared.declaration import Declaration
from connectors.gateway import Gateway
from connectors.outside.addresses import LOOPBACK, networks
from connectors.outside.asking import Asker
from connectors.outside.failing import SourceFailed
from connectors.outside.opening import open_outside
from kernel.http.server import serve
from tests.connectors.prism import Prism, Seed, prism
from tests.connectors.test_declared import BSN, CASES, HERE, ask, example, value
from tests.four_rooms import DESK_WORKER, FourRooms, nobody_hides
from tests.vault.test_permit import Maker
from vault.contract import Bsn, Values

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
BRP = "brp/openapi.yaml"
MADE_UP = {"Prefer": "dynamic=true"}
TIMES = 3
# Where the question goes by the document, and what of the question is spoilt so that the document forbids it. BAG and
# KVK are not here: no document of theirs is.
ASKED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "zaken": ("/zaken/_zoek", "post", {"headers": {}}),
    "documenten": ("/enkelvoudiginformatieobjecten/_zoek", "post", {"body": {"uuid__in": "no list"}}),
    "objecten": ("/objects/search", "post", {"body": {"type": 5, "data_attrs": "bsn__exact__{bsn}"}}),
    "klanten": ("/partijen/{uuid}", "get", {"path": "/partijen/no{party}"}),
    "woz": ("/wozobjecten", "get", {"query": {"adresseerbaarObjectIdentificatie": "{home}0"}}),
}


def changed(declared: Declaration, **question: Any) -> Declaration:
    assert declared.question is not None
    return declared.model_copy(update={"question": declared.question.model_copy(update=question)})


async def outcome(rooms: FourRooms, declared: Declaration, maker: Maker) -> Values | None:
    """None: refused."""
    _, _, known, expected = CASES[declared.name]
    allowed = [
        {"element": one, "bron": declared.name, "invoer": [[declared.name, one]], "hekken": []} for one in expected
    ]
    permit = await maker.permit(maker.decision(toegestaan=allowed, hekken=[["a" * 32, 0, "inwoner"]]))
    try:
        return await ask(rooms, declared, permit, {element: value(element, said) for element, said in known.items()})
    except SourceDown:
        return None


@pytest.mark.parametrize("name", ASKED)
async def test_a_shipped_source_asks_what_its_document_allows(empty: FourRooms, tmp_path: Path, name: str) -> None:
    register, answer, _, expected = CASES[name]
    path, method, spoilt = ASKED[name]
    maker = Maker(empty, "f" * 32, "a" * 32)
    async with prism(register.name, Seed(path, method, answer)) as other:
        limits = {"seconds": 20.0, "failures": 100}
        declared = example(name, tmp_path, url=other.url, networks=HERE, limits=limits)
        assert declared.question is not None
        found = await outcome(empty, declared, maker)
        assert found is not None and {one.element: one.value for one in found.values} == expected
        dreamt = changed(declared, headers={**declared.question.headers, **MADE_UP})
        for _ in range(TIMES):
            found = await outcome(empty, dreamt, maker)
            assert found is None or {one.element for one in found.values} <= set(expected)
        assert await other.broken(1 + TIMES) == []
        assert await outcome(empty, changed(declared, **spoilt), maker) is None
        assert await other.broken(2 + TIMES), "it looks at what is asked"


@asynccontextmanager
async def brp(rooms: FourRooms, other: Prism) -> AsyncIterator[BrpSource]:
    async with open_outside(other.url, networks(LOOPBACK), 20.0) as http:
        gateway = Gateway.model_validate({"supplier": "iconnect", "oin": "0" * 20, "purposes": {"*": "BRPACT-Totaal"}})
        yield BrpSource(
            Asker(http, other.url, ANSWER_BYTES),
            gateway,
            rooms.trusted,
            rooms.clock,
            lambda _: {"x-api-key": "sleutel"},
            20.0,
            hiding=nobody_hides,
        )


ELEMENTS = (
    "brp.naam", "brp.adres", "brp.geboortedatum", "brp.nationaliteit", "brp.gemeente", "brp.geslacht",
    "brp.adresSinds", "brp.inGemeenteSinds", "brp.verblijfsobject", "brp.nummeraanduiding",
    "brp.partner", "brp.kinderen", "brp.ouders", "brp.gezag",
)  # fmt: skip


async def fetched(source: BrpSource, maker: Maker, number: str, *elements: str) -> Values | None:
    """None: refused."""
    allowed = [{"element": one, "bron": "brp", "invoer": [["brp", one]], "hekken": []} for one in elements]
    permit = await maker.permit(maker.decision(toegestaan=allowed, hekken=[["a" * 32, 0, "inwoner"]]))
    try:
        return await source.fetch(DESK_WORKER, permit, Bsn(number))
    except SourceFailed:
        return None


async def test_every_question_to_the_brp_and_every_answer_of_our_stand_in_is_as_published(empty: FourRooms) -> None:
    maker, people = Maker(empty, "f" * 32, "a" * 32), own_residents()
    stand_in = brp_app(people, empty.clock)
    async with serve(stand_in) as register, prism(BRP, before=register.url) as other, brp(empty, other) as source:
        told = [await fetched(source, maker, number, *ELEMENTS) for number in people]
        asked = len(stand_in.state.requests)
        assert await other.broken(asked) == [] and asked > len(people)
        with pytest.raises(SourceFailed):
            await Asking(source.asker, {"content-type": CONTENT}, partial(nobody_hides, DESK_WORKER)).persons(
                ["12"], {"naam"}
            )
        assert await other.broken(asked + 1) and len(stand_in.state.requests) == asked, "it looks at what is asked"
    assert None not in told, "an answer that breaks the document would be a refusal"
    assert {value.element for found in told if found for value in found.values} == set(ELEMENTS)


async def test_what_the_brp_document_makes_up_is_read_or_refused(empty: FourRooms) -> None:
    maker = Maker(empty, "f" * 32, "a" * 32)
    async with prism(BRP) as other, brp(empty, other) as source:
        source.asker.http.headers.update(MADE_UP)
        for _ in range(TIMES):
            found = await fetched(source, maker, BSN, "brp.naam", "brp.adres", "brp.geboortedatum")
            assert found is None or not found.values, "the document makes up no answer that is about this person"
        asked = Asking(source.asker, {"content-type": CONTENT}, partial(nobody_hides, DESK_WORKER))
        assert await other.broken(TIMES) == []
        with pytest.raises(SourceFailed):
            await asked.persons(["12"], {"naam"})
        assert await other.broken(TIMES + 1), "it looks at what is asked"
