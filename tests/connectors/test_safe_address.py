"""Somebody at a safe address at the real desk: what the law still gives, what a flag stops that is under way, and who
else's data names them."""

from typing import Any

import pytest

from assembly.demo.register import INCOME_ANSWER, STORY
from assembly.ports import AuditHiding
from connectors.contract import NotReleased
from connectors.declared.answering import values_of
from connectors.declared.loading import read_file
from connectors.hiding import Known
from consent.contract import Question
from consent.contract import ResidentRef as ConsentResident
from consent.explained import Explained
from kernel.errors import Problem
from tests.connectors.test_declared import BSN, CASES, EXAMPLES
from tests.connectors.test_races import Around, ready
from tests.four_rooms import BY_LAW, DESK_WORKER, NOON, R1, SECRET, STAFF, STRANGER, FourRooms
from vault.contract import Bsn

pytestmark = pytest.mark.anyio
CLERK = STAFF.model_copy(update={"kind": "medewerker", "user": "een", "roles": ("burgerzaken",)})


async def flagged(rooms: FourRooms) -> None:
    resident = ConsentResident.model_validate((await rooms.resident(R1)).model_dump())
    await rooms.register.safety.protect(CLERK, resident, "verzoek")


async def test_the_law_gives_with_the_flag_and_a_yes_gives_nothing(house: FourRooms) -> None:
    await ready(house)
    assert set((await house.release("brp.naam", INCOME_ANSWER)).values) == {"brp.naam", INCOME_ANSWER}
    await flagged(house)
    release = await house.release(*BY_LAW, INCOME_ANSWER)
    assert set(release.values) == {*BY_LAW}
    assert (release.secrecy, release.safe_address) == (True, True)
    assert [(one.element, one.code) for one in release.refused] == [(INCOME_ANSWER, "geheimhouding")]
    resident = ConsentResident.model_validate((await house.resident(R1)).model_dump())
    asked = Question(resident=resident, activity=STORY, elements=(*BY_LAW, INCOME_ANSWER), case="Z-1")
    (explained,) = await house.register.explain(DESK_WORKER, [asked])
    assert isinstance(explained, Explained)
    assert [(one.element, one.code) for one in explained.refused] == [(INCOME_ANSWER, "geheimhouding")]


async def test_whoever_is_asked_about_by_the_log_is_told_as_the_register_says(house: FourRooms) -> None:
    await ready(house)
    (other,), me = await house.safe.enrol(STAFF, (STRANGER,)), await house.resident(R1)
    hiding, subjects = AuditHiding(house.safe, house.register), [me.subject, "heimelijk-1", other.subject]
    assert await hiding.hidden(STAFF, subjects) == [False, None, False]
    await flagged(house)
    assert await hiding.hidden(STAFF, subjects) == [True, None, False]


@pytest.mark.parametrize("door", ["decide", "fetch", "sending"])
async def test_a_flag_while_a_release_is_under_way_stops_what_rests_on_a_yes(house: FourRooms, door: str) -> None:
    await ready(house)

    async def flag() -> None:
        house.boot += 1.5 if door == "sending" else 0.0  # so that the desk asks once more
        await flagged(house)

    wired: dict[str, dict[str, Any]] = {
        "decide": {"consent": Around(house.register, "decide", flag, after=True)},
        "fetch": {"vault": Around(house.safe, "fetch", flag)},
        "sending": {"vault": Around(house.safe, "fetch", flag, after=True)},
    }
    await house.wire(**wired[door])
    release = await house.release("brp.naam", INCOME_ANSWER)
    assert (set(release.values), release.safe_address) == ({"brp.naam"}, True)
    assert [one.code for one in release.refused] == ["geheimhouding"]
    assert not any(INCOME_ANSWER in one.values for one in house.seen)


async def test_a_caller_without_a_ground_reads_the_same_before_and_after(house: FourRooms) -> None:
    async def refusal() -> dict[str, Any]:
        with pytest.raises(NotReleased) as refused:
            await house.release("kluis.oefening.een", verwerkingsactiviteit="oefening", zaak=None)
        said = dict(refused.value.members)
        said.pop("logregel")
        return {"code": refused.value.code, **said}

    before = await refusal()
    await flagged(house)
    assert await refusal() == before and before["code"] == "geen-toestemming"


async def test_people_around_somebody_are_known_by_their_number_and_in_doubt_they_hide(house: FourRooms) -> None:
    hiding = Known(house.safe, house.register)
    numbers = [R1.reveal(), SECRET.reveal(), STRANGER.reveal()]
    assert await hiding(DESK_WORKER, numbers) == frozenset()
    await flagged(house)
    assert await hiding(DESK_WORKER, numbers) == {R1.reveal()}
    assert await hiding(DESK_WORKER, ["geen-nummer", SECRET.reveal()]) == {"geen-nummer"}
    assert await hiding(DESK_WORKER, []) == frozenset()
    away = Known(Around(house.safe, "identify", _away), house.register)
    with pytest.raises(Problem):
        await away(DESK_WORKER, numbers)


async def _away() -> None:
    raise Problem("weg")


@pytest.mark.parametrize(("said", "flags"), [(False, ()), (True, ("veilig-adres",)), (None, ("veilig-adres",))])
def test_a_declared_source_tells_it_and_only_a_plain_no_is_none(said: object, flags: tuple[str, ...]) -> None:
    declared = read_file(EXAMPLES / "klanten.toml")
    declared = declared.model_copy(update={"secrecy": None, "safe_address": declared.secrecy})
    answer = {**CASES["klanten"][1], "indicatieGeheimhouding": said}
    found = values_of(declared, tuple(declared.elements), answer, Bsn(BSN), NOON)
    assert found.flags == flags and found.values
