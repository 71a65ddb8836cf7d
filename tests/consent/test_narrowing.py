"""What takes something away from an application moves its fence: the row from before it no longer stands."""

import json
from typing import Any

import pytest

from audit.contract import Entry, LogUnavailable, Overtaken, record_one
from consent import tables
from consent.lines import application_of
from consent.parties.contract import Change
from consent.parties.overdue import OverdueEnds, entry_of
from consent.parties.rules import kids, only_adds, with_end
from kernel.caller import room_of
from kernel.clock import millis
from kernel.ids import random_id
from tests.consent.house import NAME, TENANT, House
from tests.consent.test_consent_faults import AFTER, Interrupted
from tests.consent.test_parties import OLD, ONE, TWO, admitted, application, comes_in, holder, lines, new_key

pytestmark = pytest.mark.anyio
on_files = pytest.mark.parametrize("house", ["sqlite"], indirect=True)


@on_files
async def test_who_puts_the_older_row_of_an_application_back_gets_nothing_with_it(house: House) -> None:
    """Once a key that had ended came back so: its end moved no fence."""
    await house.ready()
    parties = house.consent.parties
    await admitted(house, Change(application=application(OLD, new_key("2"), activities=("regeling", "x")), of="loket"))
    older = await stored_row(house)
    sealed, decision = await house.decided(NAME)
    assert decision.toegestaan
    await parties.end_key(ONE, "loket-app", "1", millis(house.clock()) + 86_400_000)
    with pytest.raises(Overtaken):  # as after any restriction: decide anew
        await house.released(sealed)
    await house.released((await house.decided(NAME))[0])
    await put_back(house, older)
    assert await comes_in(house, holder("1")), "the row alone does not tell"
    with pytest.raises(Overtaken):
        await house.released((await house.decided(NAME))[0])
    # what is ended after that is not what this row says: it is suspended, for a move before it was missed
    await parties.end_key(ONE, "loket-app", "2", 0)
    assert (await state_of(house)) == "geschorst"
    await admitted(house, Change(application=application(new_key("4"), activities=("regeling", "x")), of="loket"))
    await house.released((await house.decided(NAME))[0])
    # fewer activities, in one step of two persons: the row from before no longer stands
    older = await stored_row(house)
    four = [json.loads(key) for key in sorted(_kept(older))]
    await admitted(house, Change(application=application(*four, activities=("regeling",)), of="loket"))
    await house.released((await house.decided(NAME))[0])
    await put_back(house, older)
    with pytest.raises(Overtaken):
        await house.released((await house.decided(NAME))[0])
    kinds = [kind for kind, name, _ in await lines(house) if name == "loket-app" and "concept" not in kind]
    assert kinds[-4:] == ["sleutel-beeindigd", "sleutel-beeindigd", "ontvanger-toegelaten", "toepassing-vervangen"]


@on_files
async def test_an_end_of_a_key_and_a_narrowing_survive_a_crash(house: House) -> None:
    await house.ready()
    two = application(OLD, new_key("2"))
    await admitted(house, Change(application=two, of="loket"))
    row = await stored_row(house)
    # 1 the line of an end, and nobody who writes the row: another instance does, from the line
    end = {"sleutel": "1", "einde": "5"}
    said = {"id": random_id(), "kind": "sleutel-beeindigd", "application": "loket-app", "details": end}
    entry = Entry.model_validate({"event": said, "advances": (row["own_fence"],)})
    await record_one(house.log, room_of(TENANT, "consent"), entry)
    other = await house.second()
    await other.finish(TENANT)
    known = await other.clients.client_of(TENANT, "loket-app")
    assert known and kids(known[0]) == ("2",) and await state_of(house) == "toegelaten"
    # 2 the line of what replaces it, and a crash: suspended until the second person admits it again, with that line
    keys = [json.loads(key) for key in sorted(_kept(row))]
    fewer = Change(application=application(keys[1] if keys[1]["kid"] == "2" else keys[0]), of="loket")
    waiting = await house.consent.parties.save(ONE, fewer)
    await house.consent.parties.step(ONE, waiting.name, "voorstellen", waiting.digest)
    broken = await house.second(Interrupted(house.log, AFTER, "toepassing-vervangen"))
    with pytest.raises(LogUnavailable):
        await broken.parties.step(TWO, waiting.name, "toelaten", waiting.digest)
    await other.finish(TENANT)
    assert await state_of(house) == "geschorst" and not await comes_in(house, holder("2"))
    await house.consent.parties.step(TWO, waiting.name, "toelaten", waiting.digest)
    assert await state_of(house) == "toegelaten" and await comes_in(house, holder("2"))
    await house.released((await house.decided(NAME))[0])
    assert [kind for kind, *_ in await lines(house)].count("toepassing-vervangen") == 1


@on_files
async def test_an_end_from_before_fences_moved_gets_its_line_once(house: House) -> None:
    await house.ready()
    await admitted(house, Change(application=application(OLD, new_key("2")), of="loket"))
    async with house.consent.register.writing(TENANT) as rows:  # as an end of a key was written once
        row = await rows.one(tables.applications, lock=True, client_id="loket-app")
        assert row
        document = with_end(application_of(row), "1", 5).model_dump_json()
        await rows.put(tables.applications, row, own_fence=None, own_epoch=None, document=document)
    older = await stored_row(house)
    for _ in range(2):
        other = await house.second()
        await other.finish(TENANT)
        await other.finish(TENANT)
    assert [kind for kind, *_ in await lines(house)].count("sleutel-beeindigd") == 1
    assert await state_of(house) == "toegelaten" and not await comes_in(house, holder("1"))
    await house.released((await house.decided(NAME))[0])
    await put_back(house, older)
    with pytest.raises(Overtaken):
        await house.released((await house.decided(NAME))[0])


@on_files
async def test_an_end_that_was_told_in_other_words_holds_up_no_other(house: House) -> None:
    """Its line moved the fence already; the round goes on to the next application."""
    await house.ready()
    await admitted(house, Change(application=application(OLD, new_key("2")), of="loket"))
    async with house.consent.register.writing(TENANT) as rows:
        row = await rows.one(tables.applications, lock=True, client_id="loket-app")
        assert row
        document = with_end(application_of(row), "1", 5).model_dump_json()
        old = await rows.put(tables.applications, row, own_fence=None, own_epoch=None, document=document)
        fence = rows.keys.application("loket-app")
    entry = entry_of({**old, "own_fence": fence})
    other = entry.event.model_copy(update={"details": {**entry.event.details, "eindigtOp": "toen"}})
    await house.audit.door("consent").record(room_of(TENANT, "consent"), [entry.model_copy(update={"event": other})])
    assert await OverdueEnds(house.consent.register, house.audit.door("consent")).sweep(TENANT) == 1


async def stored_row(house: House) -> dict[str, Any]:
    async with house.database().writing(TENANT) as connection:
        mine = tables.applications.select().where(tables.applications.c.client_id == "loket-app")
        return dict((await connection.execute(mine)).mappings().one())


async def put_back(house: House, row: dict[str, Any]) -> None:
    """As a DBA would: every byte, with the MAC that it had."""
    async with house.database().writing(TENANT) as connection:
        mine = tables.applications.c.client_id == row["client_id"]
        await connection.execute(tables.applications.update().where(mine).values(row))


async def state_of(house: House) -> str:
    states = await house.consent.parties.registered(ONE)
    return next(one.status for state in states for one in state.systems if one.application.client_id == "loket-app")


def _kept(row: dict[str, Any]) -> list[str]:
    return [json.dumps(key) for key in json.loads(json.loads(row["document"])["jwks"])["keys"]]


@pytest.mark.parametrize(
    ("before", "after", "adds"),
    [
        ({}, {"name": "anders"}, True),
        ({"activities": ("a",)}, {"activities": ("a", "b")}, True),
        ({"activities": ("a", "b")}, {"activities": ()}, True),
        ({"activities": ("a", "b")}, {"activities": ("a",)}, False),
        ({"activities": ()}, {"activities": ("a",)}, False),
        ({}, {"roles": ("verstrekking",)}, False),
        ({}, {"roles": ("toestemming", "verstrekking", "melden")}, True),
        ({}, {"bound": True}, False),
        ({"bound": True}, {"bound": False}, True),
        ({}, {"returns": ("https://a.example",)}, True),
        ({"returns": ("https://a.example",)}, {}, False),
        ({"processor": "bureau"}, {}, False),
        ({}, {"key_ends": (("1", 5),)}, False),
        ({"key_ends": (("1", 5),)}, {"key_ends": (("1", 4),)}, False),
        ({"key_ends": (("1", 5),)}, {"key_ends": (("1", 6),)}, True),
        ({"key_ends": (("1", 5),)}, {}, True),
        ({}, {"jwks": "", "jwks_url": "https://keys.example/jwks"}, False),
        ({}, {"jwks": json.dumps({"keys": [OLD, {**OLD, "kid": "2"}]}), "key_ends": (("2", 5),)}, True),
        ({"jwks": json.dumps({"keys": [OLD, {**OLD, "kid": "2"}]})}, {}, False),
    ],
)  # fmt: skip
def test_only_what_adds_leaves_the_older_row_standing(before: Any, after: Any, adds: bool) -> None:
    assert only_adds(application(OLD, **before), application(OLD, **after)) is adds
