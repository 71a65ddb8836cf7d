"""What recipients must remove: what is due, what they say, what the resident reads, and what a crash leaves."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from assembly.demo.register import INCOME_ANSWER, LOAN_DESK, STORY, TENANT, TRAINERS, activities
from audit.contract import Line
from connectors.removals.contract import MOST, Confirmed, Dues, NoSuchRelease, Removal
from connectors.removals.following import Following
from connectors.removals.rules import LATER, due_of
from connectors.removals.service import RemovalDesk
from connectors.removals.stored import RemovalRows
from connectors.removals.tables import removals
from kernel.caller import Caller
from kernel.errors import BadInput, NoAccess
from tests.four_rooms import BY_LAW, DESK_WORKER, R1, STAFF, FourRooms

pytestmark = pytest.mark.anyio
PLACE = "/verstrekking/v1/vernietigingen"
FG = Caller(tenant=TENANT, kind="medewerker", user="fg-1", roles=("fg",))
OTHER = Caller(tenant=TENANT, organisation=TRAINERS, application="oefen-app", kind="mens", user="mw-9")
TERM, ERASE = 30, 7  # days


def test_data_goes_after_its_term_or_sooner_when_its_consent_ended() -> None:
    day = 86_400_000
    assert due_of(5, 30, 0, 7) == (5 + 30 * day, "bewaartermijn")
    assert due_of(5, 30, 9 * day, 7) == (16 * day, "toestemming")
    assert due_of(5, 2, 9 * day, 7) == (5 + 2 * day, "bewaartermijn")  # it was gone by then
    assert due_of(5, 0, 9 * day, None) == (LATER, "bewaartermijn")  # it stays, under an article


def position(release: Any) -> str:
    return str(release.line.proof.split("/")[-2])


async def lived_in(house: FourRooms) -> None:
    """The story's activity keeps its data for TERM days, ERASE after a consent ended."""
    (version,) = (one for one in activities() if one.slug == STORY)
    said = {"kept_days": TERM, "erase_days": ERASE, "keep_law": ""}
    await house.register.publish(STAFF, version.model_copy(update=said))


def desk_of(house: FourRooms) -> RemovalDesk:
    assert isinstance(house.desk.removals, RemovalDesk)
    return house.desk.removals


async def followed(house: FourRooms, later: timedelta = timedelta(minutes=6)) -> None:
    """Some time later, and a round of the room on the clock of that moment."""
    house.now += later
    desk = desk_of(house)
    await house.desk.lines.finished()
    await Following(desk.audit, house.register, house.register, desk.rows).round(TENANT)


async def due(house: FourRooms, who: Caller = DESK_WORKER, until: str = "2030-01-01") -> Dues:
    return await desk_of(house).due(who, "", until)


async def confirm(house: FourRooms, *places: str, who: Caller = DESK_WORKER, **more: Any) -> Confirmed:
    said = {"verstrekkingen": places, "verwijderdOp": house.now.date().isoformat(), **more}
    return await desk_of(house).confirm(who, Removal.model_validate(said))


async def told(house: FourRooms) -> list[Line]:
    return [line for line in reversed(await house.lines()) if line.event.kind == "gegevens-verwijderd"]


def kept(*names: str, until: str = "2033-12-31") -> dict[str, Any]:
    return {"gegevenselementen": names, "artikel": "Awr artikel 52", "tot": until}


async def test_what_was_given_is_due_until_its_recipient_says_it_is_gone(both: FourRooms) -> None:
    house = both
    await lived_in(house)
    place, given_on = position(await house.release(*BY_LAW)), house.now.date()
    assert not (await due(house)).found  # no row is written while a release goes out
    await followed(house)
    (one,) = (await due(house)).found
    assert (one.release, one.activity, set(one.elements), one.why, one.late) == (
        place, STORY, set(BY_LAW), "bewaartermijn", False,
    )  # fmt: skip
    assert one.day == (given_on + timedelta(days=TERM)).isoformat()
    assert not (await due(house, until="2026-09-15")).found and not (await due(house, OTHER)).found
    house.now += timedelta(days=TERM + 1)
    assert (await due(house)).found[0].late
    mine, resident = house.self_of(await house.resident()), await house.resident()
    desk = desk_of(house)
    assert [each.release for each in (await desk.open_of(mine, resident.subject)).found] == [place]
    assert not (await desk.open_of(mine, "somebody-else")).found
    (late,) = (await desk.overdue(FG)).releases
    assert (late.recipient, late.activity, late.count, late.oldest) == (LOAN_DESK, STORY, 1, one.day)
    owner = FG.model_copy(update={"roles": ("proceseigenaar", f"afdeling:{LOAN_DESK}")})
    assert (await desk.overdue(owner)).releases == (late,), "an owner: of their own department"
    other = owner.model_copy(update={"roles": ("proceseigenaar", "afdeling:elders")})
    assert not (await desk.overdue(other)).releases
    nowhere, worker = ("proceseigenaar",), (f"afdeling:{LOAN_DESK}",)
    for nobody in (mine, *(owner.model_copy(update={"roles": roles}) for roles in (nowhere, worker))):
        with pytest.raises(NoAccess):
            await desk.overdue(nobody)


async def test_a_part_goes_a_part_stays_and_what_is_gone_does_not_come_back(both: FourRooms) -> None:
    house = both
    await lived_in(house)
    place = position(await house.release(*BY_LAW))
    await followed(house)
    # most goes, the address stays for the tax office; that is due again by then
    answer = await confirm(house, place, bewaart=kept("brp.adres"))
    assert [(each.release, each.left) for each in answer.written] == [(place, ("brp.adres",))]
    (one,) = (await due(house, until="2034-01-01")).found
    assert (one.elements, one.day, one.why, one.late) == (("brp.adres",), "2033-12-31", "wet", False)
    # said again it is the same line, and what is gone does not come back
    again = await confirm(house, place, bewaart=kept("brp.adres"))
    assert again.written == answer.written and len(await told(house)) == 1
    with pytest.raises(BadInput) as wrong:
        await confirm(house, place, bewaart=kept("brp.naam"))
    assert wrong.value.members["fouten"][0]["code"] == "al-verwijderd"
    ended = await confirm(house, place)
    assert ended.written[0].left == () and not (await due(house, until="2034-01-01")).found
    lines = await told(house)
    assert [(set(line.event.elements), line.event.details.get("bewaart", "")) for line in lines] == [
        ({"brp.naam", "brp.leeftijd.isMeerderjarig"}, "brp.adres"), ({"brp.adres"}, ""),
    ]  # fmt: skip
    assert {str(at) for line in lines for at in line.event.closes} == {place}
    assert (await confirm(house, place)).written[0].line == str(lines[-1].position)


async def test_what_is_said_again_after_something_else_is_said_again(house: FourRooms) -> None:
    await lived_in(house)
    place = position(await house.release(*BY_LAW))
    await followed(house)
    for year in (2033, 2035, 2033):
        await confirm(house, place, bewaart=kept(*BY_LAW, until=f"{year}-12-31"))
    assert [one.day for one in (await due(house, until="2036-01-01")).found] == ["2033-12-31"]
    assert [line.event.details["tot"][:4] for line in await told(house)] == ["2033", "2035", "2033"]
    await desk_of(house).rows.forget(TENANT)
    await followed(house)
    assert [one.day for one in (await due(house, until="2036-01-01")).found] == ["2033-12-31"]


async def test_rows_that_are_lost_are_read_again_from_the_log(house: FourRooms) -> None:
    desk = desk_of(house)
    await lived_in(house)
    place = position(await house.release(*BY_LAW))
    await confirm(house, place, bewaart=kept("brp.adres"))
    await confirm(house, place)
    await desk.rows.forget(TENANT)
    await followed(house)
    assert not (await due(house, until="2034-01-01")).found
    again_given = position(await house.release(*BY_LAW))
    await desk.rows.forget(TENANT)
    await followed(house)
    assert [each.release for each in (await due(house)).found] == [again_given]


async def test_what_is_not_theirs_is_not_there_and_bad_input_changes_nothing(house: FourRooms) -> None:
    await lived_in(house)
    place = position(await house.release(*BY_LAW))
    refused = await house.lines()
    today = house.now.date()
    # unknown, another's and no release at all are one answer; with one that is there, the others are named
    for who, where in ((OTHER, place), (DESK_WORKER, "2026h2-999999"), (DESK_WORKER, str(refused[0].position))):
        with pytest.raises(NoSuchRelease) as gone:
            await confirm(house, where, who=who)
        assert gone.value.detail == "Deze verstrekkingen zijn er niet, of u kreeg ze niet."
    narrow = DESK_WORKER.model_copy(update={"scope": ("oefening",)})
    with pytest.raises(NoSuchRelease):
        await confirm(house, place, who=narrow)
    for said, code in (
        ({"verwijderdOp": (today + timedelta(days=1)).isoformat()}, "dag"),
        ({"verwijderdOp": (today - timedelta(days=1)).isoformat()}, "voor-verstrekking"),
        ({"verwijderdOp": "2026-02-30"}, "dag"),
        ({"bewaart": kept("brp.naam", until=today.isoformat())}, "dag"),
        ({"bewaart": kept("brp.naam") | {"artikel": f"zie {R1.reveal()}"}}, "lijkt-op-bsn"),
        ({"bewaart": kept(INCOME_ANSWER)}, "niet-verstrekt"),
        ({"gegevenselementen": [INCOME_ANSWER]}, "niet-verstrekt"),
        ({"gegevenselementen": ["brp.naam"], "bewaart": kept("brp.naam")}, "dubbel"),
    ):
        with pytest.raises(BadInput) as wrong:
            await confirm(house, place, **said)
        assert code in {each["code"] for each in wrong.value.members["fouten"]}, said
    assert not await told(house)
    mixed = await confirm(house, "2026h2-999999", place, gegevenselementen=["brp.naam"])
    assert mixed.unknown == ("2026h2-999999",) and [each.release for each in mixed.written] == [place]
    assert set(mixed.written[0].left) == {"brp.adres", "brp.leeftijd.isMeerderjarig"}
    # over HTTP: one form, and every fault at once
    async with house.http() as client:
        body = {"verstrekkingen": [place, place], "verwijderdOp": "2027-01-01"}
        answer = await client.post(PLACE, json=body)
        assert answer.status_code == 400 and {each["code"] for each in answer.json()["fouten"]} == {"dubbel", "dag"}
        assert (await client.post(PLACE, json=body | {"verstrekkingen": []})).status_code == 400
        answer = await client.post(PLACE, json=body | {"verstrekkingen": [place], "verwijderdOp": today.isoformat()})
        assert answer.status_code == 201 and answer.json()["vastgelegd"][0]["nogAanwezig"] == []
        assert (await client.get(PLACE, params={"tot": "morgen"})).status_code == 400


async def test_between_any_two_days_there_are_it_is_a_list(house: FourRooms) -> None:
    await house.wire()
    async with house.http() as client:
        for asked in ({}, {"tot": "9999-12-31"}, {"vanaf": "9999-12-31"}, {"vanaf": "0001-01-01"}):
            said = (await client.get(PLACE, params=asked)).json()
            assert said == {"vernietigingen": [], "meer": False, "volgende": None}


async def test_a_long_list_is_read_page_by_page(both: FourRooms) -> None:
    """Two fences of one release on one moment are not lost between two pages, nor is what is done meanwhile."""
    await both.wire()
    row = {"term": "2026h2", "recipient": LOAN_DESK, "activity": STORY, "subject": "s", "at": 1, "withheld_until": 0,
           "elements": '{"brp.naam": 0}', "keep_year": 2040, "kept_days": 1, "erase_days": -1,
           "ended_at": 0}  # fmt: skip
    listed = [{**row, "idx": n // 2, "fence": f"{n % 2:032x}", "due_at": 5 + n // 100} for n in range(2 * MOST + 1)]
    async with desk_of(both).rows.rows.writing(TENANT) as rows:
        await rows.add(removals, listed)
    found, after, pages = list[str](), "", 0
    async with both.http() as client:
        while after is not None:
            answer = (await client.get(PLACE, params={"na": after})).json()
            found += [each["verstrekking"] for each in answer["vernietigingen"]]
            after, pages = answer["volgende"], pages + 1
        assert (await client.get(PLACE, params={"na": "1.2026h2.x."})).status_code == 400
    assert found == [f"2026h2-{n // 2}" for n in range(2 * MOST + 1)] and pages == 3


async def test_what_stood_on_a_consent_must_go_sooner_when_that_ends(house: FourRooms) -> None:
    await lived_in(house)
    await house.income()
    consent = await house.consent()
    place = position(await house.release("brp.naam", INCOME_ANSWER))
    await followed(house)
    assert {each.why for each in (await due(house)).found} == {"bewaartermijn"}
    await house.choose(consent, "stop")
    stopped = house.now.date()
    await followed(house)
    by_why = {each.why: each for each in (await due(house)).found}
    assert by_why["toestemming"].elements == (INCOME_ANSWER,) and by_why["toestemming"].release == place
    assert by_why["toestemming"].day == (stopped + timedelta(days=ERASE)).isoformat()
    assert by_why["bewaartermijn"].elements == ("brp.naam",)  # what the law gave stays its term
    # read anew after the end, the same comes out
    await desk_of(house).rows.forget(TENANT)
    await followed(house)
    assert {each.why: each for each in (await due(house)).found} == by_why
    await confirm(house, place, gegevenselementen=[INCOME_ANSWER])
    assert [each.elements for each in (await due(house)).found] == [("brp.naam",)]


class Dying:
    """Rows of a process that is killed once the line stands."""

    def __init__(self, rows: RemovalRows) -> None:
        self.now = rows.now

    async def told(self, *_: Any) -> None:
        raise ConnectionError


async def test_a_crash_between_line_and_rows_is_mended_by_the_next_round(house: FourRooms) -> None:
    await lived_in(house)
    place = position(await house.release(*BY_LAW))
    await followed(house)
    desk, dying = desk_of(house), Dying(desk_of(house).rows)
    said = {"verstrekkingen": [place], "verwijderdOp": house.now.date().isoformat()}
    with pytest.raises(ConnectionError):
        await replace(desk, rows=cast("RemovalRows", dying)).confirm(DESK_WORKER, Removal.model_validate(said))
    assert len(await told(house)) == 1 and (await due(house)).found
    answer = await confirm(house, place)  # said again: the same line
    assert answer.written[0].line == str((await told(house))[0].position)
    await followed(house)
    assert not (await due(house)).found
