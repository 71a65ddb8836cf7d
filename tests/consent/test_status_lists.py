"""How a receipt stands now: as the log has it, by a reader of others, and telling nobody whose it is or how many."""

import asyncio
import json
import zlib
from base64 import urlsafe_b64decode
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Any

import httpx2
import pytest
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS
from sd_jwt.verifier import SDJWTVerifier
from sqlalchemy import delete, select, update

from audit.contract import Entry, Event, LogUnavailable, record_one
from consent.contract import Choice, NoSuchThing, RegisterUnavailable
from consent.receipts.places import EACH
from consent.receipts.service import AT_ONCE, FAILED_MS, Receipts
from consent.receipts.statuslist import (
    BUSY_MS,
    FRESH_MS,
    INVALID,
    LIFE_S,
    ROOM,
    SIZE,
    SUSPENDED,
    TTL_S,
    VALID,
    decoy,
    decoys,
    packed,
)
from consent.receipts.tables import status_lists
from consent.service import ConsentService
from consent.tables import activities, consents
from kernel.caller import Caller
from kernel.clock import millis
from tests.consent.house import ANNA, ANNA_HERSELF, ANSWER, HASH, LOKET, PLAN, STAFF, START, TENANT, House, no, stop
from tests.consent.test_consent_faults import AFTER, Interrupted
from tests.consent.test_receipts import issuer
from tests.patience import until
from tests.serving import app_of

pytestmark = pytest.mark.anyio
DAY = 86_400
Place = tuple[str, int]


def receipts_of(consent: ConsentService) -> Receipts:
    assert consent.receipts is not None
    return consent.receipts


def claims_of(text: str) -> dict[str, Any]:
    """Not looked at whether they were signed."""
    payload = text.split(".")[1]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found


async def placed(house: House, consent_id: str, who: Caller = ANNA_HERSELF) -> Place:
    """The list and the place that a new receipt names."""
    said = claims_of((await house.consent.receipt(who, consent_id)).sd_jwt.split("~")[0])["status"]["status_list"]
    address, _, listed = said["uri"].rpartition("/")
    assert address == "http://localhost:8000/toestemming/v1/statuslijsten"
    return listed, said["idx"]


def read(told: str) -> bytes:
    """One byte per place, as the draft has it and written without looking at ours."""
    said = claims_of(told)["status_list"]
    raw = zlib.decompress(urlsafe_b64decode(said["lst"] + "=" * (-len(said["lst"]) % 4)))
    return bytes(byte >> shift & 3 for byte in raw for shift in (0, 2, 4, 6))


async def listed(house: House, list_id: str, consent: ConsentService | None = None) -> bytes:
    """Anew: what was kept is over."""
    house.clock.forward(milliseconds=FRESH_MS)
    return read(await receipts_of(consent or house.consent).status_list(TENANT, list_id))


async def stands(house: House, place: Place, consent: ConsentService | None = None) -> int:
    return (await listed(house, place[0], consent))[place[1]]


def say(answer: str, **more: object) -> Choice:
    return Choice.model_validate({"answer": answer, "text_hash": HASH, "language": "nl", **more})


def test_places_are_packed_as_the_draft_shows() -> None:
    """draft-ietf-oauth-status-list, its example with two bits."""
    assert packed(bytes([1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3])).hex() == "c944f9"
    assert zlib.decompress(urlsafe_b64decode("eNo76fITAAPfAgc=")).hex() == "c944f9"


def test_places_of_nobody_live_and_none_comes_back_from_its_end() -> None:
    for first in (0, 255):
        seed, before = bytes([first]) * 32, decoys(bytes([first]) * 32, 0)
        assert [decoy(seed, place, 0) for place in range(100)] == list(before[:100]) and len(before) == SIZE
        ended, years = before.count(INVALID), [decoys(seed, year * 365 * DAY) for year in (0, 1, 2, 3, 30)]
        assert SIZE / 20 < ended < SIZE / 4  # a new list looks used
        assert all(count[0] > 3 * ROOM and count[1] > ROOM and count[2] > 100 for count in map(Counter, years))
        for earlier, later in pairwise(years):
            assert all(now == INVALID for was, now in zip(earlier, later, strict=True) if was == INVALID)
        week = decoys(seed, 7 * DAY)
        assert {(was, now) for was, now in zip(before, week, strict=True) if was != now} == {
            (VALID, INVALID), (VALID, SUSPENDED), (SUSPENDED, VALID), (SUSPENDED, INVALID)
        }  # fmt: skip
    assert decoys(b"a" * 32, 0) != decoys(b"b" * 32, 0)


async def test_a_receipt_follows_its_consent_from_yes_to_stop(house: House) -> None:
    await house.ready()
    consent_id = await house.given(PLAN)
    place = await placed(house, consent_id)
    seen = [await stands(house, place)]
    soon = millis(START + timedelta(days=30))
    for answer, more in (("pauze", {}), ("hervat", {}), ("korter", {"until": soon}), ("vernieuw", {}), ("stop", {})):
        await house.consent.choose(ANNA_HERSELF, consent_id, say(answer, **more))
        seen.append(await stands(house, place))
    assert seen == [VALID, SUSPENDED, VALID, VALID, VALID, INVALID]
    late = await placed(house, consent_id)
    assert await stands(house, late) == INVALID and late != place


async def test_a_consent_that_is_over_by_the_clock_is_over_in_the_list(house: House) -> None:
    await house.ready()
    consent_id = await house.given(PLAN)
    until = millis(START + timedelta(days=3))
    await house.consent.choose(ANNA_HERSELF, consent_id, say("korter", until=until))
    place = await placed(house, consent_id)
    assert await stands(house, place) == VALID
    house.clock.forward(days=3, milliseconds=1)
    assert await stands(house, place) == INVALID
    asked = await house.request()
    await house.consent.choose(ANNA_HERSELF, asked.id, no())
    assert await stands(house, await placed(house, asked.id)) == INVALID  # a no is no consent


async def test_a_reader_of_others_finds_the_list_and_its_signature(house: House) -> None:
    await house.ready()
    list_id, place = await placed(house, consent_id := await house.given(PLAN))
    keys = {one["kid"]: JWK(**one) for one in (await issuer(house))["jwks"]["keys"]}
    receipt = (await house.consent.receipt(ANNA_HERSELF, consent_id)).sd_jwt
    whole = SDJWTVerifier(receipt, lambda _, header: keys[header["kid"]]).get_verified_payload()
    assert whole["toestand"] == "gegeven" and whole["status"]["status_list"]["uri"].endswith(list_id)
    told = JWS()
    told.deserialize(await receipts_of(house.consent).status_list(TENANT, list_id))
    assert told.jose_header["typ"] == "statuslist+jwt" and told.jose_header["alg"] == "EdDSA"
    told.allowed_algs = ["EdDSA"]
    told.verify(keys[told.jose_header["kid"]])
    said, now = json.loads(told.payload), int(house.clock().timestamp())
    assert said.keys() == {"sub", "iat", "exp", "ttl", "status_list"} and said["status_list"].keys() == {"bits", "lst"}
    assert (said["iat"], said["exp"], said["ttl"]) == (now, now + LIFE_S, TTL_S)
    assert FRESH_MS / 1000 + 2 * TTL_S <= 60  # so long at most nobody sees a stop, also behind a cache
    assert said["sub"] == whole["status"]["status_list"]["uri"] and place < SIZE


async def test_taking_a_place_changes_nothing_that_anybody_sees(house: House) -> None:
    """Nor does the size tell how many there are, or the number in what order."""
    await house.ready()
    consent_id = await house.given(PLAN)
    taken = [await placed(house, consent_id) for _ in range(EACH)]
    list_id = taken[0][0]
    before = await listed(house, list_id)
    theirs = [await placed(house, consent_id, LOKET) for _ in range(EACH)]
    assert len({*taken, *theirs}) == 2 * EACH and {one for one, _ in (*taken, *theirs)} == {list_id}
    assert await placed(house, consent_id) in taken and await placed(house, consent_id, LOKET) in theirs
    ordered = [place for _, place in taken]
    assert ordered != sorted(ordered) and len(before) == SIZE
    again = await listed(house, list_id)  # ten seconds on: of nobody's places one may have changed
    assert all(again[place] == before[place] for _, place in (*taken, *theirs))
    await house.consent.choose(ANNA_HERSELF, consent_id, stop())
    after = await listed(house, list_id)
    changed = {place for place in range(SIZE) if before[place] != after[place]}
    assert {place for _, place in (*taken, *theirs)} <= changed
    text = json.dumps(claims_of(await receipts_of(house.consent).status_list(TENANT, list_id)))
    assert consent_id not in text and TENANT not in text


async def test_secrecy_death_and_erasure_are_in_no_list(house: House) -> None:
    """They stop releases; whoever was shown a receipt must not learn of them."""
    await house.ready()
    place = await placed(house, await house.given(PLAN))
    before = await listed(house, place[0])
    await house.consent.flag(LOKET, ANNA, ["geheimhouding", "overleden"])
    erased = Event(id="1" * 32, kind="wissing-begonnen", subject=ANNA.subject)
    await record_one(house.audit.door("vault"), STAFF, Entry(event=erased, advances=(ANNA.fence,)))
    assert (await house.decided(PLAN))[1].geweigerd
    assert (await listed(house, place[0]))[place[1]] == before[place[1]] == VALID


async def test_a_full_list_gives_way_to_another(house: House) -> None:
    await house.ready()
    consent_id = await house.given(PLAN)
    first, _ = place = await placed(house, consent_id)
    strangers = [number for number in range(ROOM + 1) if number != place[1]][:ROOM]
    full = json.dumps({str(number): f"{number:036}/inwoner" for number in strangers})
    async with house.consent.register.writing(TENANT) as rows:
        row = await rows.one(status_lists, id=first, lock=True)
        assert row is not None
        await rows.put(status_lists, row, document=full)
    other = await placed(house, await house.given(PLAN))
    assert other[0] != first and await stands(house, other) == VALID
    assert len(await listed(house, first)) == SIZE
    async with house.consent.register.reading(TENANT) as rows:
        assert [row["id"] for row in await rows.find(status_lists, status_lists.c.open == 1)] == [other[0]]


async def test_a_stop_that_died_after_its_line_is_in_the_next_list(house: House) -> None:
    await house.ready()
    consent_id = await house.given(PLAN)
    place = await placed(house, consent_id)
    dying = await house.second(Interrupted(house.log, AFTER, "toestemming-ingetrokken"))
    with pytest.raises(LogUnavailable):
        await dying.choose(ANNA_HERSELF, consent_id, stop())
    assert await stands(house, place) == INVALID


@pytest.mark.parametrize("change", ["set back", "altered", "gone"])
async def test_a_consent_whose_row_was_touched_is_not_valid_and_others_are(house: House, change: str) -> None:
    await house.ready()
    consent_id, other = await house.given(PLAN), await house.given(ANSWER)
    place, theirs = await placed(house, consent_id), await placed(house, other)
    mine = consents.c.id == consent_id
    async with house.database().writing(TENANT) as connection:
        (before,) = (await connection.execute(select(consents).where(mine))).mappings().all()
    await house.consent.choose(ANNA_HERSELF, consent_id, stop())
    assert await stands(house, place) == INVALID  # the rows know the move: nothing brings it again
    touched = {"set back": update(consents).where(mine).values(**before), "gone": delete(consents).where(mine),
               "altered": update(consents).where(mine).values(status="gegeven")}[change]  # fmt: skip
    async with house.database().writing(TENANT) as connection:
        await connection.execute(touched)
    assert await stands(house, place) == SUSPENDED and await stands(house, theirs) == VALID


async def test_in_doubt_there_is_no_list(house: House) -> None:
    await house.ready()
    consent_id = await house.given(PLAN)
    list_id, place = await placed(house, consent_id)
    told = await receipts_of(house.consent).status_list(TENANT, list_id)
    assert await receipts_of(house.consent).status_list(TENANT, list_id) == told  # for seconds the same
    with pytest.raises(NoSuchThing):
        await receipts_of(house.consent).status_list(TENANT, "0" * 32)
    taken = json.dumps({str((place + 1) % SIZE): f"{consent_id}/inwoner"})
    async with house.database().writing(TENANT) as connection:
        await connection.execute(update(status_lists).values(document=taken))
    with pytest.raises(RegisterUnavailable):
        await listed(house, list_id)
    with pytest.raises(RegisterUnavailable):
        await house.consent.receipt(ANNA_HERSELF, consent_id)


async def test_an_activity_that_was_forged_makes_its_own_consents_doubtful_and_no_list_fail(house: House) -> None:
    await house.ready()
    place = await placed(house, await house.given(PLAN))
    assert await stands(house, place) == VALID
    async with house.database().writing(TENANT) as connection:
        await connection.execute(update(activities).values(position="2026h2-1"))
    assert await stands(house, place) == SUSPENDED


class Places:
    """Lists that take as long to make as a test wants, or fail. `most`: at one moment."""

    def __init__(self) -> None:
        self.go_on, self.now, self.most, self.made = asyncio.Event(), 0, 0, 0
        self.error: Exception | None = None

    async def listed(self, _: str, list_id: str) -> dict[str, Any]:
        """See Places.listed."""
        if list_id.startswith("0"):
            raise NoSuchThing()
        return {}

    async def statuses(self, *_: object) -> bytes:
        """See Places.statuses."""
        self.now, self.made = self.now + 1, self.made + 1
        self.most = max(self.most, self.now)
        try:
            await self.go_on.wait()
            if self.error:
                raise self.error
            return bytes(SIZE)
        finally:
            self.now -= 1


async def test_who_cycles_through_lists_has_two_made_at_once_and_a_failure_is_not_tried_again_at_once(
    house: House,
) -> None:
    places: Any = Places()
    real = receipts_of(house.consent)
    receipts = Receipts(house.log, real._keys, places, real._houses, house.clock)
    asked = [asyncio.create_task(receipts.status_list(TENANT, f"{number:x}" * 32)) for number in range(1, 6)]
    with pytest.raises(RegisterUnavailable):  # two are made, the others waited for too long
        for one in asyncio.as_completed(asked):
            await one
    with pytest.raises(NoSuchThing):
        await receipts.status_list(TENANT, "0" * 32)
    places.go_on.set()
    assert places.most == AT_ONCE
    await asyncio.gather(*asked, return_exceptions=True)
    places.error, places.made = LogUnavailable(), 0
    for error in (LogUnavailable, RegisterUnavailable):
        with pytest.raises(error):
            await receipts.status_list(TENANT, "f" * 32)
    assert places.made == 1
    places.error = None
    house.clock.forward(milliseconds=FAILED_MS)
    assert len(read(await receipts.status_list(TENANT, "f" * 32))) == SIZE


async def test_while_lists_are_made_one_that_is_kept_lasts_longer_and_a_stop_is_known_in_a_minute(house: House) -> None:
    places: Any = Places()
    places.go_on.set()
    receipts = Receipts(house.log, (real := receipts_of(house.consent))._keys, places, real._houses, house.clock)
    kept = await receipts.status_list(TENANT, "a" * 32)
    places.go_on.clear()
    busy = [asyncio.create_task(receipts.status_list(TENANT, one * 32)) for one in "bc"]
    await until(lambda: places.now == AT_ONCE)
    house.clock.forward(milliseconds=BUSY_MS - 1)
    assert await receipts.status_list(TENANT, "a" * 32) == kept
    house.clock.forward(milliseconds=1)
    late = asyncio.create_task(receipts.status_list(TENANT, "a" * 32))
    done, _ = await asyncio.wait([late], timeout=0.05)
    assert not done, "it waits for a turn, as any other"
    places.go_on.set()
    assert await late != kept and len(await asyncio.gather(*busy)) == AT_ONCE
    assert BUSY_MS // 1_000 + 2 * TTL_S <= 60, "a cache, and who reads"


async def test_a_log_that_is_away_gives_no_list(house: House) -> None:
    await house.ready()
    place = await placed(house, await house.given(PLAN))
    deaf = await house.second(Away(house.log, "holds"))
    with pytest.raises(LogUnavailable):
        await stands(house, place, deaf)
    blind = await house.second(Away(house.log, "moves"))
    with pytest.raises(LogUnavailable):
        await stands(house, place, blind)


class Away:
    """A log that no longer answers one question."""

    def __init__(self, log: Any, what: str) -> None:
        self._log, self._what = log, what

    def __getattr__(self, name: str) -> Any:
        return self._gone if name == self._what else getattr(self._log, name)

    async def _gone(self, *_: object) -> Any:
        raise LogUnavailable()


async def test_anybody_may_fetch_a_list_and_keep_it_for_less_than_a_minute(house: House) -> None:
    await house.ready()
    list_id, _ = await placed(house, await house.given(PLAN))
    inside = httpx2.ASGITransport(app=app_of(house.component.doors()))
    async with httpx2.AsyncClient(transport=inside, base_url="http://localhost:8000") as http:
        place = f"/toestemming/v1/statuslijsten/{list_id}"
        answer = await http.get(place)
        assert answer.status_code == 200 and answer.headers["content-type"] == "application/statuslist+jwt"
        assert answer.headers["cache-control"] == f"public, max-age={TTL_S}"
        assert answer.headers["access-control-allow-origin"] == "*" and len(answer.content) < 20_000
        again = await http.get(place, headers={"if-none-match": f'"x", W/{answer.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        house.clock.forward(milliseconds=FRESH_MS)
        assert (await http.get(place, headers={"if-none-match": answer.headers["etag"]})).status_code == 200
        for wrong, status in (("0" * 32, 404), (list_id.upper() + "x", 400)):
            refused = await http.get(f"/toestemming/v1/statuslijsten/{wrong}")
            assert refused.status_code == status and refused.headers["cache-control"] == "no-store"
        elsewhere = await http.get(place, headers={"host": "elders.example"})
        assert elsewhere.status_code == 404
