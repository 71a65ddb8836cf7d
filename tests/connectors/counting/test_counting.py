"""A table from the front door to the log: what it says, what it costs, who is in it, and what never leaves."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from audit.contract import SYSTEM, Entry, Line, Permit, Receipt
from connectors.contract import NotReleased, StaleAnswer
from connectors.counting.contract import CannotCount, CountFailed
from kernel.caller import Caller
from tests.audit.logs import Place
from tests.audit.test_turn import fits
from tests.connectors.counting.town import ASKING, PER_WARD, SLUG, WARD, Town, bsn, counting, many, request, shown
from tests.four_rooms import STAFF, FourRooms
from vault.contract import Bsn

pytestmark = pytest.mark.anyio
WIDER = {"rij": WARD | {"groepen": ["Noord", "Oost", "Zuid", "West"]}}


async def runs(rooms: FourRooms) -> list[Line]:
    """Lines that are about nobody, newest first, when all is written."""
    await rooms.desk.lines.finished()
    return list((await rooms.audit.door("connectors").lines(ASKING, SYSTEM)).lines)


async def counted(rooms: FourRooms, at: int) -> list[Line]:
    """Lines of a person of the town that say so."""
    return [line for line in await rooms.lines(bsn(at)) if line.event.kind == "meegeteld"]


async def test_a_table_is_counted_inside_and_everybody_in_it_has_a_line(both: FourRooms) -> None:
    crowd = [*many(60, wijk="Noord"), *many(30, wijk="Oost"), *many(14, wijk="Zuid")]
    town = await Town.built(both, [*crowd, *many(3, wijk="Elders")])
    table = await town.table()
    found = shown(table)
    assert abs((found["Noord", None] or 0) - 60) < 20
    assert [found[ward, None] for ward in ("Oost", "Zuid", "overig")] == [None, None, None]
    assert (table.smallest, table.spent.now, table.spent.whole) == (15, "3.000", "12.000")
    ended, run = (await runs(both))[:2]
    assert (run.event.kind, run.event.details["tabel"], run.outcome) == ("statistiek", "per-wijk", "geleverd")
    assert (ended.event.kind, table.line.index) == ("afloop", run.position.index)
    assert (run.event.elements, run.event.used) == ((), ("bevolking.wijk",))
    (line,) = await counted(both, 0)
    assert line.position.index > run.position.index
    assert (line.event.elements, line.event.used, line.event.activity) == ((), ("bevolking.wijk",), SLUG)
    assert line.event.details == {"tabel": "per-wijk"}, "never in which group"
    await fits(Place(both.urls["audit"], both.folder), both.audit)


async def test_ages_means_and_squares(house: FourRooms) -> None:
    old, young = {"geboortedatum": "1950-01-01"}, {"geboortedatum": "2000-05-05", "wijk": "Oost"}
    homes = [old | {"x": 110_000 + 2 * at, "inkomen": "2000.00"} for at in range(30)]
    crowd = [*many(30, **young, x=112_000), *homes, *many(30, x=111_000, wijk="Zuid", geboortedatum="2012-01-01")]
    town = await Town.built(house, crowd)
    desk = await town.exact()
    table = await desk.count(ASKING, request("wijk-en-leeftijd"))
    cells = {(cell.row, cell.column): cell for cell in table.cells}
    assert {row for row, _ in cells} == {"Noord", "Oost", "Zuid", "overig"}
    assert {column for _, column in cells} == {"0-17", "18-64", "65+"}
    assert not any(cell.count for cell in cells.values()), "each row and column has one group: all would be known"
    squares = await desk.count(ASKING, request("per-vak"))
    # thirty people at one door are no square; with them gone, the square of homes would be alone
    assert squares.cells == ()


async def test_whoever_objects_is_secret_or_unknown_is_not_counted(house: FourRooms) -> None:
    town = await Town.built(house, [*many(2), *many(1, geheim=1), *many(1, wijk=None), *many(2)])
    await town.object(0)
    desk = await town.exact()
    now = await desk.gathering.members(await town.round(desk), [bsn(at) for at in range(6)])
    assert [one.person.at for one in now] == [("Noord", "")] * 3
    assert [len(await counted(house, at)) for at in range(6)] == [0, 1, 1, 1, 1, 1]
    # and who objects while a table is made is left out of it
    await town.object(1)
    assert len(await desk.gathering.still(ASKING, now)) == 2

    # whom the register knows to be secret, or at a safe address, is not even read
    await house.register.flag(STAFF, town.ref(await house.resident(bsn(4))), ["geheimhouding"])
    await house.register.flag(STAFF, town.ref(await house.resident(bsn(5))), ["veilig-adres"])
    await town.table()
    assert [len(await counted(house, at)) for at in range(6)] == [0, 1, 2, 2, 1, 1]


async def test_only_the_tables_of_the_register_exist_and_nobody_is_given_one_by_one(house: FourRooms) -> None:
    town = await Town.built(house, many(2))
    for more, code in [({"tabel": "per-straat"}, "buiten-doel"), ({"verwerkingsactiviteit": "oefening"}, None)]:
        answer = await town.ask(**more)
        assert answer.status_code == 403 and answer.json()["code"] == (code or answer.json()["code"])
        assert "tabel" in answer.json()["detail"], "it is no element that was asked"
    house.who = ASKING.model_copy(update={"organisation": "burgerzaken", "application": "oefen-app"})
    assert (await town.ask()).json()["code"] == "ontvanger-niet-bevoegd"
    house.who = ASKING
    with pytest.raises(NotReleased) as refused:
        await house.release("bevolking.wijk", verwerkingsactiviteit=SLUG, zaak=None, bsn=bsn())
    assert refused.value.code == "buiten-doel"
    assert not await counted(house, 0)
    assert {line.event.kind for line in await runs(house)} >= {"weigering"}


async def test_a_second_run_in_the_year_is_too_often(house: FourRooms) -> None:
    town = await Town.built(house, many(1), frequentie={"keer": 1, "per": "jaar"})
    assert (await town.ask()).status_code == 200
    answer = await town.ask("per-vak")
    assert (answer.status_code, answer.json()["code"]) == (403, "te-vaak")


async def test_an_answer_that_was_lost_is_given_again_for_nothing(house: FourRooms) -> None:
    town, key = await Town.built(house, many(50)), str(uuid4())
    first = await town.ask(key=key)
    assert (await town.ask(key=key)).content == first.content
    assert (await town.ask("per-vak", key=key)).json()["code"] == "sleutel-andere-vraag"
    async with house.http() as http:
        place = f"/verstrekking/v1/statistieken/{first.json()['id']}"
        assert (await http.get(place)).content == first.content
        house.who = ASKING.model_copy(update={"application": "andere-app"})
        assert (await http.get(place)).status_code == 404, "of the same recipient, and another application"
        house.who = ASKING.model_copy(update={"organisation": "burgerzaken"})
        assert (await http.get(place)).status_code == 404
        assert (await http.get(place.removesuffix(place[-36:]) + str(uuid4()))).status_code == 404
    assert len([one for one in await runs(house) if one.event.kind == "statistiek"]) == 1


async def test_a_source_that_is_silent_for_somebody_makes_no_table(house: FourRooms) -> None:
    town = await Town.built(house, many(2))
    town.said("ALTER TABLE bevolking_nu RENAME COLUMN wijk TO buurt")
    desk = await town.exact()
    with pytest.raises(CountFailed):
        await desk.count(ASKING, request())
    town.said("DROP TABLE bevolking_nu")
    with pytest.raises(CountFailed):
        await desk.count(ASKING, request())
    outcomes = [line.outcome for line in await runs(house) if line.event.kind == "statistiek"]
    assert outcomes == ["mislukt", "mislukt"]
    (kept,) = [await desk.ledger.spend("gm9901", town.run(), 12_000, 2)]
    assert kept.spent == 7_000, "what it cost stays spent"


BAD: list[dict[str, Any]] = [
    {"tabel": "Per Wijk"}, {"tabel": ""}, {"tabel": None}, {"extra": 1}, {"gebruiker": "999993653"},
    {"gebruiker": "a" * 65}, {"gebruiker": None}, {"verwerkingsactiviteit": "x" * 61},
]  # fmt: skip


async def test_what_cannot_be_read_or_counted_spends_nothing(house: FourRooms) -> None:
    town = await Town.built(house, many(1))
    for more in BAD:
        answer = await town.ask(**more)
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json"), more
    desk = await town.exact()
    for broken in (replace(desk, noise=None), replace(desk, populations={})):
        with pytest.raises(CannotCount):
            await broken.count(ASKING, request())
    assert (await desk.count(ASKING, request())).spent.until_now == "3.000"


async def test_a_version_that_ends_meanwhile_gives_no_table(house: FourRooms) -> None:
    town = await Town.built(house, many(1))
    desk = await town.exact()

    class Ending:
        async def numbers(self, caller: Caller, permit: Permit) -> list[Bsn]:
            await house.register.suspend(STAFF, "inkomensloket")
            return [bsn()]

    stopped = replace(desk, populations={"gm9901": {"bevolking": Ending()}})
    with pytest.raises(NotReleased) as refused:
        await stopped.count(ASKING, request())
    assert refused.value.code == "ontvanger-niet-bevoegd"


async def test_tables_that_change_before_the_line_give_none_of_before(house: FourRooms) -> None:
    town = await Town.built(house, many(1))
    desk, published = await town.exact(), list[object]()

    class Publishing:
        """Somebody publishes between the decision and its line."""

        def __getattr__(self, verb: str) -> Any:
            return getattr(house.desk.lines, verb)

        async def release(self, caller: Caller, entry: Entry) -> Receipt:
            if not published:
                other = {"bevolking": "bevolking", "gebied": "vak", "budget": 12_000, "tabellen": [PER_WARD | WIDER]}
                published.append(await house.register.publish(STAFF, counting(statistiek=other)))
            return await house.desk.lines.release(caller, entry)

    changed = replace(desk, gathering=replace(desk.gathering, lines=Publishing()))  # type: ignore[arg-type]  # all of it
    with pytest.raises(StaleAnswer):
        await changed.count(ASKING, request())
    assert published and not [one for one in await runs(house) if one.event.kind == "statistiek"]
