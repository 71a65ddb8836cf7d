"""The receipt comes to its resident outside the portal: to nobody else, once, in words that give nothing away."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
from anyio import run_process

from audit.contract import Audit, Entry, LogUnavailable
from consent.contract import ConsentDetail
from consent.delivery.api import intern_routes
from consent.delivery.client import DeliveryClient
from consent.delivery.component import build_delivery
from consent.delivery.contract import Delivery, Reached
from consent.delivery.sending import Post
from consent.delivery.service import DAYS, Around, Delivering
from consent.delivery.settings import Service
from consent.delivery.tables import messages, reachable
from consent.events.outbox import number
from consent.tables import consents, keys
from kernel import failpoints
from kernel.caller import Caller, room_of
from kernel.clock import millis
from kernel.crypto import Keyring
from kernel.errors import BadInput, NoAccess
from kernel.hidden import Hidden
from kernel.http.app import make_app
from kernel.http.client import RoomLine
from kernel.http.health import StartGate
from kernel.http.rooms import RoomGate, RoomKey
from kernel.settings import SettingsWrong
from kernel.sql.key_rows import KeyRows
from tests.consent.house import (
    ANNA,
    ANNA_HERSELF,
    BERT,
    LOKET,
    PLAN,
    TENANT,
    WEB_SEED,
    House,
    opened_house,
    stop,
    yes,
)
from tests.consent.receiver import Receiver, receiving
from tests.consent.test_consent_faults import touch
from tests.consent.test_life_cycle import choose
from tests.imports import ROOT

pytestmark = pytest.mark.anyio
POINTS = ("consent.message-sent",)
on_files = pytest.mark.parametrize("house", ["sqlite"], indirect=True)
BSN = "999993653"


class Died(BaseException):
    """As a power cut: nothing after it runs."""


class Mortal(Post):
    """Dies when the service has the message, as often as told."""

    deaths = 0

    async def send(self, message_id: str, body: bytes) -> None:
        await super().send(message_id, body)
        if self.deaths:
            self.deaths -= 1
            raise Died


def around(house: House) -> Around:
    register, rows = house.consent.register, house.consent.receipts
    ring = KeyRows(register.database, keys, Keyring(house.provider, life=timedelta(minutes=1)))
    assert rows
    return Around(register, house.log, house.consent.choice, rows, ring, {TENANT: "https://regie.example"}, house.clock)


def service(receiver: Receiver) -> Service:
    return Service(url=f"http://127.0.0.1:{receiver.port}", private=("127.0.0.1",))


@asynccontextmanager
async def mailing(house: House, receiver: Receiver) -> AsyncIterator[tuple[Delivering, Mortal]]:
    post = Mortal(service(receiver))
    made = Delivering(around(house), {TENANT: post})
    yield made, post
    await made.close()


async def rounds(house: House, made: Delivering) -> int:
    async with house.consent.register.writing(TENANT) as rows:
        await number(rows, millis(house.clock()), [])
    return await made.round(TENANT)


async def wants(made: Delivery, who: Caller, number: Hidden) -> Reached:
    """They turn it on, and log in once more."""
    assert (await made.choose(who, on=True)).state == "wacht"
    return await made.known(who, number)


async def stored(house: House, table: Any) -> list[dict[str, Any]]:
    async with house.consent.register.reading(TENANT) as rows:
        return await rows.find(table)


@on_files
async def test_the_receipt_comes_once_and_says_nothing_on_its_outside(house: House) -> None:
    await house.ready()
    async with receiving() as receiver, mailing(house, receiver) as (made, post):
        before = await house.given(PLAN)  # nobody knew whom to reach
        assert await rounds(house, made) == 0 and (await made.reached(ANNA_HERSELF)).state == "uit"
        house.clock.forward(minutes=1)
        assert (await made.known(ANNA_HERSELF, Hidden(BSN))).state == "uit", "nobody asked for it"
        assert not await stored(house, reachable), "and no number is kept"
        assert (await wants(made, ANNA_HERSELF, Hidden(BSN))).state == "aan"
        assert await rounds(house, made) == 0 and not receiver.got
        house.clock.forward(minutes=1)
        await choose(house, before, "pauze")
        post.deaths = 1
        with pytest.raises(Died):
            await rounds(house, made)
        assert await rounds(house, made) == 0, "somebody may still be sending it"
        house.clock.forward(minutes=2)
        assert await rounds(house, made) == 1 and await rounds(house, made) == 0
        # sent twice, since the first time it was not marked: the same message, by its key and its bytes
        (headers, body), (again, same) = receiver.got
        told = json.loads(body)
        assert body == same and headers["idempotency-key"] == again["idempotency-key"] == told["id"]
        assert told["ontvanger"] == {"bsn": BSN} and BSN not in json.dumps(headers)
        proof, words = told["bijlage"]["inhoud"], told["onderwerp"] + told["tekst"]
        assert proof["ontvangstbewijs"]["dpv:hasRecordOfActivity"]["dct:identifier"] == before and proof["sdjwt"]
        assert "staat stil" in words and BSN not in json.dumps(proof)
        for secret in (PLAN, "loket", "regeling", "tekst.", before):
            assert secret not in words.lower().replace("het bewijs zit hierbij", ""), secret
        assert (await house.kinds()).count("bericht") == 1, "one line, before it went"
        assert [one["content"] for one in await stored(house, messages)] == [b""], "nothing stays of what was sent"
        assert BSN.encode() not in (await stored(house, reachable))[0]["sealed"]
        assert told["taal"] == "nl"


def dies(folder: Path, port: int, minutes: int, *points: str) -> None:
    """In a process of its own: one message, at that many minutes after the start. points: where the power goes."""

    async def run() -> None:
        urls = (f"sqlite+aiosqlite:///{folder}/audit.db", f"sqlite+aiosqlite:///{folder}/consent.db")
        async with opened_house(folder, urls, messages={TENANT: service(Receiver(port=port))}) as house:
            made = house.consent.mail
            assert isinstance(made, Delivering)
            if points:
                await house.ready()
                await wants(made, ANNA_HERSELF, Hidden(BSN))
            house.clock.forward(minutes=minutes)
            if points:
                await house.given(PLAN)
            for point in points:
                failpoints.arm(point)
            await rounds(house, made)

    asyncio.run(run())


async def test_a_message_that_was_sent_when_the_power_went_is_sent_again_as_it_was(tmp_path: Path) -> None:
    call = "import sys; from pathlib import Path; from tests.consent.test_delivery import dies; dies("
    async with receiving() as receiver:
        for rest, status in ((f"1, *{POINTS})", -9), ("5)", 0)):
            said = [sys.executable, "-c", f"{call}Path(sys.argv[1]), {receiver.port}, {rest}", str(tmp_path)]
            ended = await run_process(said, cwd=ROOT, check=False)
            assert ended.returncode == status
        (headers, body), (again, same) = receiver.got
        assert body == same and headers["idempotency-key"] == again["idempotency-key"]


@on_files
async def test_what_fails_is_tried_again_with_measure_and_given_up_in_the_end(house: House) -> None:
    await house.ready()
    async with receiving(500, 302) as receiver, mailing(house, receiver) as (made, _):
        await wants(made, ANNA_HERSELF, Hidden(BSN))
        house.clock.forward(minutes=1)
        consent = await house.given(PLAN)
        for expected in (0, 0, 0, 1):  # refused; not due yet; led elsewhere; there
            assert await rounds(house, made) == expected
            house.clock.forward(seconds=1 if expected == 0 and len(receiver.got) == 1 else 60)
        assert len({body for _, body in receiver.got}) == 1 and len(receiver.got) == 3
        await house.consent.choose(ANNA_HERSELF, consent, stop())
        receiver.answers = [500] * 200
        for _ in range(4 * DAYS - 1):
            await rounds(house, made)
            house.clock.forward(hours=6)
        assert 'state="wacht",tenant="gm9901"} 1.0' in made.counted.text()
        assert sorted(one["state"] for one in await stored(house, messages)) == ["bezorgd", "wacht"]
        for _ in range(3):
            house.clock.forward(hours=6)
            await rounds(house, made)
        assert len(receiver.got) < 80, "with a pause that grows"
        assert 'state="dood",tenant="gm9901"} 1.0' in made.counted.text(), "whoever operates this sees it"
        assert sorted(one["state"] for one in await stored(house, messages)) == ["bezorgd", "dood"]


class Deaf:
    """A log that is away."""

    async def record(self, caller: Caller, entries: Sequence[Entry]) -> Sequence[object]:
        raise LogUnavailable


@on_files
async def test_who_stops_stops_at_once_with_a_line_and_no_message(house: House) -> None:
    await house.ready()
    async with receiving() as receiver, mailing(house, receiver) as (made, _):
        await house.given(PLAN)
        await wants(made, ANNA_HERSELF, Hidden(BSN))
        deaf = Delivering(replace(around(house), audit=cast(Audit, Deaf())), {TENANT: Post(service(receiver))})
        assert (await deaf.choose(ANNA_HERSELF, on=False)).state == "uit", "fear does not wait for a log"
        with pytest.raises(LogUnavailable):
            await rounds(house, deaf)
        assert [one["sealed"] for one in await stored(house, reachable)] == [b""]
        for _ in range(2):
            assert await rounds(house, made) == 0
        line = (await house.log.lines(room_of(TENANT, "consent"), ANNA.subject, None, 1)).lines[0].event
        assert (line.kind, line.details) == ("bericht", {"stap": "gestopt", "reden": "zelf"})
        assert (await house.kinds()).count("bericht") == 1 and not receiver.got
        # off and on again before the line is there, or the service gone: it is told all the same
        await wants(made, ANNA_HERSELF, Hidden(BSN))
        house.clock.forward(minutes=1)
        await deaf.choose(ANNA_HERSELF, on=False)
        assert (await wants(deaf, ANNA_HERSELF, Hidden(BSN))).state == "aan"
        await rounds(house, made)
        assert (await house.kinds()).count("bericht") == 2
        assert (await made.reached(ANNA_HERSELF)).state == "aan"
        house.clock.forward(minutes=1)
        await deaf.choose(ANNA_HERSELF, on=False)
        nobody = build_delivery(around(house), {})
        assert await nobody.round(TENANT) == 0 and (await house.kinds()).count("bericht") == 3
        await nobody.close()
        await deaf.close()


@on_files
@pytest.mark.parametrize("why", ["overleden", "lang-weg"])
async def test_who_died_or_stays_away_is_reached_no_more(house: House, why: str) -> None:
    await house.ready()
    async with receiving() as receiver, mailing(house, receiver) as (made, _):
        await house.given(PLAN)
        await rounds(house, made)
        await wants(made, ANNA_HERSELF, Hidden(BSN))
        bert = Caller(tenant=TENANT, kind="inwoner", user=BERT.id)
        await wants(made, bert, Hidden("999990019"))
        house.clock.forward(days=23 * 30.5)
        await made.known(bert, Hidden("999990019"))  # logs in now and then
        assert await rounds(house, made) == 0 and (await made.reached(ANNA_HERSELF)).state == "aan"
        if why == "overleden":
            await house.consent.flag(room_of(TENANT, "connectors"), ANNA, ("overleden",))
        house.clock.forward(days=31 if why == "lang-weg" else 1)
        await rounds(house, made)
        now = await made.reached(ANNA_HERSELF)
        assert (now.state, now.away) == ("uit", why == "lang-weg") and (await made.reached(bert)).state == "aan"
        assert {one["resident"]: len(one["sealed"]) > 0 for one in await stored(house, reachable)} == {
            ANNA.id: False, BERT.id: True,
        }  # fmt: skip
        line = (await house.log.lines(room_of(TENANT, "consent"), ANNA.subject, None, 1)).lines[0].event
        assert (line.kind, line.details["reden"]) == ("bericht", why)
        assert (await made.choose(ANNA_HERSELF, on=True)).state == "wacht" and not receiver.got


@on_files
async def test_who_turned_it_off_or_is_secret_gets_nothing(house: House) -> None:
    await house.ready()
    async with receiving() as receiver, mailing(house, receiver) as (made, _):
        for stranger in (LOKET, ANNA_HERSELF.model_copy(update={"acting_for": "x"})):
            with pytest.raises(NoAccess):
                await made.known(stranger, Hidden(BSN))
        await wants(made, ANNA_HERSELF, Hidden(BSN))
        house.clock.forward(minutes=1)
        consent = await house.given(PLAN)
        assert (await made.choose(ANNA_HERSELF, on=False)).state == "uit"
        assert await rounds(house, made) == 0 and not receiver.got, "what waits is not sent any more"
        assert [one["sealed"] for one in await stored(house, reachable)] == [b""], "and the number is gone"
        assert (await made.known(ANNA_HERSELF, Hidden(BSN))).state == "uit", "a login turns nothing on"
        assert (await made.choose(ANNA_HERSELF, on=True)).state == "wacht", "there is no number yet"
        assert (await made.known(ANNA_HERSELF, Hidden(BSN))).state == "aan"
        house.clock.forward(minutes=1)
        await choose(house, consent, "pauze")
        await house.consent.flag(LOKET.model_copy(update={"kind": "kamer"}), ANNA, ("geheimhouding",))
        assert await rounds(house, made) == 0 and not receiver.got
        assert (await made.reached(ANNA_HERSELF)).withheld
        assert {one["state"] for one in await stored(house, messages)} == {"vervallen"}


@on_files
async def test_what_is_of_one_resident_goes_to_no_other_and_turned_off_it_is_gone(house: House) -> None:
    await house.ready()
    bert = Caller(tenant=TENANT, kind="inwoner", user=BERT.id)
    async with receiving(500, 500) as receiver, mailing(house, receiver) as (made, _):
        await wants(made, bert, Hidden("999990019"))
        await wants(made, ANNA_HERSELF, Hidden(BSN))
        house.clock.forward(minutes=1)
        consent, theirs = await house.given(PLAN), await house.request(of=BERT)
        assert await rounds(house, made) == 0 and len(receiver.got) == 1
        # an administrator of the database makes Anna's message one to Bert, about a consent of Bert's own
        await touch(house, messages, resident=BERT.id, consent=theirs.id, due_at=0)
        assert await rounds(house, made) == 0 and len(receiver.got) == 1
        (row,) = await stored(house, messages)
        assert (row["state"], row["tries"]) == ("wacht", 2)
        await touch(house, messages, resident=ANNA.id, consent=consent)
        await made.choose(ANNA_HERSELF, on=False)
        (row,) = await stored(house, messages)
        assert (row["state"], row["content"]) == ("vervallen", b""), "at once, and not when it would have been tried"
        # and what waited before it was turned off is not sent when it is on again
        await touch(house, messages, state="wacht", due_at=0)
        house.clock.forward(seconds=1)
        await made.choose(ANNA_HERSELF, on=True)
        await wants(made, ANNA_HERSELF, Hidden(BSN))
        assert await rounds(house, made) == 0 and len(receiver.got) == 1


class Meanwhile:
    """A log beside which something happens while a line is written."""

    def __init__(self, log: Audit, what: Callable[[], Awaitable[object]]) -> None:
        self._log, self._what = log, what

    async def record(self, caller: Caller, entries: Sequence[Entry]) -> Sequence[object]:
        found = await self._log.record(caller, entries)
        await self._what()
        return found


@on_files
async def test_who_becomes_secret_while_the_line_is_written_gets_nothing(house: House) -> None:
    await house.ready()

    async def flagged() -> None:
        await house.consent.flag(LOKET.model_copy(update={"kind": "kamer"}), ANNA, ("geheimhouding",))

    async with receiving() as receiver:
        slow = replace(around(house), audit=cast(Audit, Meanwhile(house.log, flagged)))
        made = Delivering(slow, {TENANT: Post(service(receiver))})
        await wants(made, ANNA_HERSELF, Hidden(BSN))
        house.clock.forward(minutes=1)
        await house.given(PLAN)
        assert await rounds(house, made) == 0 and not receiver.got
        assert [one["state"] for one in await stored(house, messages)] == ["vervallen"]
        await made.close()


@on_files
async def test_a_consent_that_was_renewed_or_a_row_that_was_forged_keeps_no_message(house: House) -> None:
    await house.ready()
    number_of = iter(range(1, 9))

    async def renewed(caller: Caller, consent_id: str) -> ConsentDetail:
        detail = await house.consent.choice(caller, consent_id)
        version = detail.activity.model_copy(update={"number": next(number_of)})
        return detail.model_copy(update={"activity": version})

    async with receiving(500) as receiver:
        made = Delivering(replace(around(house), choice=renewed), {TENANT: Post(service(receiver))})
        await wants(made, ANNA_HERSELF, Hidden(BSN))
        house.clock.forward(minutes=1)
        await house.given(PLAN)
        assert await rounds(house, made) == 0
        house.clock.forward(minutes=2)
        assert await rounds(house, made) == 1, "its line says of which version it was told first"
        # a yes of Bert's was altered in the database: what Anna chose is told all the same
        asked = await house.request(of=BERT)
        await house.consent.choose(Caller(tenant=TENANT, kind="inwoner", user=BERT.id), asked.id, yes())
        async with house.database().writing(TENANT) as connection:
            await connection.execute(consents.update().where(consents.c.id == asked.id).values(recipient="ander"))
        (consent,) = await house.consent.choices(ANNA_HERSELF)
        await choose(house, consent.id, "pauze")
        assert await rounds(house, made) == 1
        await made.close()


@on_files
async def test_a_portal_elsewhere_asks_the_same(house: House) -> None:
    start = StartGate()
    start.open()
    app, gate = make_app("register", start), RoomGate("consent", {"web": RoomKey("web", WEB_SEED).public}, house.clock)
    async with receiving() as receiver, mailing(house, receiver) as (made, _):
        app.include_router(intern_routes(made, gate))
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://consent") as http:
            far = DeliveryClient(RoomLine(http, RoomKey("web", WEB_SEED, house.clock), "consent"))
            assert (await far.reached(ANNA_HERSELF)).state == "uit"
            assert (await wants(far, ANNA_HERSELF, Hidden(BSN))).state == "aan"
            assert (await far.choose(ANNA_HERSELF, on=False)).state == "uit"
            with pytest.raises(NoAccess):
                await far.choose(LOKET, on=True)
            with pytest.raises(BadInput) as refused:
                await far.known(ANNA_HERSELF, Hidden("99999365x"))
            assert "99999365x" not in str(refused.value.members)


@on_files
async def test_without_a_service_nothing_is_kept(house: House) -> None:
    await house.ready()
    nobody = build_delivery(around(house), {})
    assert (await nobody.known(ANNA_HERSELF, Hidden(BSN))).state == "geen"
    assert (await nobody.choose(ANNA_HERSELF, on=True)).state == "geen"
    await house.given(PLAN)
    assert await nobody.round(TENANT) == 0 and not await stored(house, reachable)
    async with receiving(500, 500) as receiver, mailing(house, receiver) as (made, _):  # there is one for a while
        await wants(made, ANNA_HERSELF, Hidden(BSN))
        house.clock.forward(minutes=1)
        await house.consent.choose(ANNA_HERSELF, (await house.consent.choices(ANNA_HERSELF))[0].id, stop())
        assert await rounds(house, made) == 0 and all(one["content"] for one in await stored(house, messages))
        nobody = build_delivery(around(house), {})
        assert await nobody.round(TENANT) == 0
        assert [(one["state"], one["sealed"]) for one in await stored(house, reachable)] == [("gevraagd", b"")]
        assert {(one["state"], one["content"]) for one in await stored(house, messages)} == {("vervallen", b"")}
        assert (await made.known(ANNA_HERSELF, Hidden(BSN))).state == "aan", "at a login when there is one again"
    with pytest.raises(SettingsWrong):
        build_delivery(around(house), {"gm0000": Service(url="https://berichten.example")})
    await nobody.close()
