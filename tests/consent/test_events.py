"""What recipients hear: every change under one id, in order, nothing about anybody, and after a kill all the same."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest
from anyio import to_thread
from pydantic import ValidationError

from consent.contract import NoSuchThing
from consent.events import ending, sending
from consent.events.address import Webhook
from consent.events.kinds import TYPES
from consent.events.outbox import DEAD
from consent.events.service import TRIES, Events
from consent.events.tables import events
from consent.rows import Register
from consent.tables import keys
from kernel import failpoints
from kernel.clock import millis
from kernel.crypto import Keyring
from kernel.crypto.file_keys import FileKeyProvider
from kernel.sql import Database
from kernel.sql.key_rows import KeyRows
from regie_client import NotGenuine, Webhooks
from tests.consent.house import (
    ANNA_HERSELF,
    BERT,
    LOKET,
    PLAN,
    STAFF,
    START,
    TENANT,
    Hand,
    House,
    activity,
    no,
    opened_house,
    stop,
)
from tests.consent.receiver import HANG, Receiver, receiving
from tests.consent.test_life_cycle import choose
from tests.imports import ROOT
from tests.patience import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
POINTS = ("consent.event-sent",)
NAME = f"{TENANT}/loket"


def hook(port: int) -> Webhook:
    return Webhook(url=f"http://127.0.0.1:{port}/in", private=("127.0.0.1",))


@asynccontextmanager
async def told(house: House, receiver: Receiver) -> AsyncIterator[Events]:
    ring = Keyring(house.provider, life=timedelta(minutes=1))
    register = house.consent.register
    made = Events(register, KeyRows(register.database, keys, ring), {TENANT: "https://regie.example"},
                  {NAME: hook(receiver.port)}, house.clock)  # fmt: skip
    try:
        yield made
    finally:
        await made.close()


async def until_quiet(made: Events, house: House, rounds: int = 12) -> None:
    for _ in range(rounds):
        await made.round(TENANT)
        house.clock.forward(minutes=6)


async def test_a_whole_life_is_told_in_order_signed_and_says_nothing_of_anybody(house: House) -> None:
    await house.ready()
    consent_id = await house.given(PLAN)
    await choose(house, consent_id, "pauze")
    await choose(house, consent_id, "hervat")
    await choose(house, consent_id, "korter", until=millis(START + timedelta(days=9)))
    await choose(house, consent_id, "vernieuw")
    await house.consent.choose(ANNA_HERSELF, consent_id, stop())
    async with receiving() as receiver, told(house, receiver) as made:
        await made.round(TENANT)
        await made.round(TENANT)
        webhooks = Webhooks([await made.public_key(TENANT)], clock=lambda: house.clock().timestamp())
    words = ["gevraagd", "gegeven", "gepauzeerd", "hervat", "verkort", "vernieuwd", "ingetrokken"]
    assert [one for one in receiver.types if one.startswith("toe")] == [f"toestemming.{word}" for word in words]
    assert [one["sequence"] for one in receiver.events] == [str(n + 1) for n in range(8)]
    assert len({one["id"] for one in receiver.events}) == 8 and set(receiver.types) <= TYPES
    for (headers, body), event in zip(receiver.got, receiver.events, strict=True):
        with webhooks.receiving(headers, body) as got:
            assert (got.id, f"nl.regie.{got.type}", got.subject) == (event["id"], event["type"], event["subject"])
        with pytest.raises(NotGenuine), webhooks.receiving(headers, body[:-1]):
            raise AssertionError
        assert headers["content-type"] == "application/cloudevents+json"
        assert event.keys() == {"specversion", "id", "source", "type", "subject", "time", "dataref", "sequence",
                                "sequencetype"}  # fmt: skip
        assert event["source"] == "urn:nld:regie.example:systeem:regie"
        assert event["dataref"].endswith(f"/{event['subject']}") and event["dataref"].startswith(
            "https://regie.example"
        )
        for secret in (ANNA_HERSELF.user, "b" * 32, "999993653", PLAN):
            assert secret not in body.decode()


async def test_a_no_and_silence_are_one_event_and_an_end_by_the_clock_is_told_once(house: House) -> None:
    await house.ready()
    refused, silent = await house.request(), await house.request(of=BERT)
    await house.consent.choose(ANNA_HERSELF, refused.id, no())
    again = await house.consent.anew(ANNA_HERSELF, refused.id)
    await choose(house, again.id, "ja")
    async with receiving() as receiver, told(house, receiver) as made:
        await made.round(TENANT)
        house.clock.forward(days=27)
        await made.round(TENANT)
        assert not [one for one in receiver.types if one.endswith(".geen")], "an hour of its own would tell which"
        house.clock.forward(days=2)
        await made.round(TENANT)
        assert receiver.types[-2:] == ["toestemming.geen"] * 2
        house.clock.forward(days=28)
        for _ in range(3):
            await made.round(TENANT)
        house.clock.forward(days=-40)  # a clock that goes back tells nothing twice
        await made.round(TENANT)
        house.clock.forward(days=40)
        await made.round(TENANT)
        ends = [one for one in receiver.events if one["type"].endswith((".geen", ".verlopen"))]
        said = {one["subject"]: one["type"] for one in ends}
        assert said == {
            refused.id: "nl.regie.toestemming.geen",
            silent.id: "nl.regie.toestemming.geen",
            again.id: "nl.regie.toestemming.verlopen",
        }
        assert len(ends) == 3 and len({frozenset(one) for one in ends}) == 1
        await house.consent.publish(STAFF, activity(maximalePeriode=28))
        await made.round(TENANT)
    assert receiver.types[-1] == "verwerkingsactiviteit.gewijzigd"


@pytest.mark.parametrize("wrong", [500, 302, HANG])
async def test_what_does_not_arrive_is_sent_again_and_what_is_behind_it_waits(
    house: House, wrong: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SECONDS", 2.0)  # a busy machine takes a while to answer too
    await house.ready()
    await house.given(PLAN)
    async with receiving(wrong, wrong) as receiver, told(house, receiver) as made:
        assert await made.round(TENANT) == 0
        assert await made.round(TENANT) == 0, "not before its time"
        assert len(receiver.got) == 1
        await until_quiet(made, house, 3)
        assert [one["id"] for one in receiver.events][:3] == [receiver.events[0]["id"]] * 3
        assert [one["sequence"] for one in receiver.events] == ["1", "1", "1", "2", "3"]


async def test_what_never_arrives_is_given_up_and_can_be_asked_for_again(house: House) -> None:
    await house.ready()
    await house.given(PLAN)
    async with receiving(410) as receiver, told(house, receiver) as made:
        await made.round(TENANT)
        async with house.database().writing(TENANT) as connection:
            await connection.execute(events.update().where(events.c.sequence == 1).values(tries=TRIES - 1, due_at=0))
        receiver.answers = [410]
        await until_quiet(made, house, 2)
        async with house.database().snapshot(TENANT) as connection:
            states = (await connection.execute(events.select().order_by(events.c.sequence))).mappings().all()
        assert [one["state"] for one in states] == [DEAD, "geleverd", "geleverd"]
        assert [one["sequence"] for one in await made.listed(LOKET, 0)] == ["1", "2", "3"]
        assert await made.listed(LOKET, 3) == []
        before = len(receiver.got)
        assert await made.again(LOKET, 0) == 3
        await until_quiet(made, house, 1)
        assert [one["sequence"] for one in receiver.events[before:]] == ["1", "2", "3"]
        other = LOKET.model_copy(update={"organisation": "ander"})
        assert await made.listed(other, 0) == [] and await made.again(other, 0) == 0
        with pytest.raises(NoSuchThing):
            await made.listed(ANNA_HERSELF, 0)


async def test_a_withdrawal_is_known_within_seconds_while_another_recipient_hangs(house: House) -> None:
    await house.ready()
    consent_id = await house.given(PLAN)
    async with receiving() as receiver, receiving(*[HANG] * 20) as hanging, told(house, receiver) as made:
        made._webhooks = {NAME: hook(receiver.port), f"{TENANT}/ander": hook(hanging.port)}
        async with house.consent.register.writing(TENANT) as rows:
            row = {"id": "f" * 32, "recipient": "ander", "type": "toestemming.gevraagd", "subject": "x", "step": 0,
                   "state": "wacht", "at": 0, "sequence": 0, "tries": 0, "due_at": 0, "delivered_at": 0}  # fmt: skip
            await rows.add(events, row)
        await made.round(TENANT)
        started = monotonic()
        await house.consent.choose(ANNA_HERSELF, consent_id, stop())
        await made.round(TENANT)
        assert receiver.types[-1] == "toestemming.ingetrokken"
        assert monotonic() - started < 30, "60 seconds are promised; a round is two seconds away at most"


async def test_only_public_places_of_the_settings_are_called(house: House) -> None:
    public = Webhook(url="https://ontvanger.example/in")
    for inside in ("127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.1", "0.1.2.3", "::1", "fc00::1",
                   "::ffff:10.0.0.1", "fe80::1", "64:ff9b::a00:1", "2002:a00:1::", "224.0.0.1"):  # fmt: skip
        assert not public.may_call(inside), inside
    assert public.may_call("93.184.215.14") and hook(80).may_call("127.0.0.1") and not hook(80).may_call("10.0.0.1")
    for url in (
        "http://ontvanger.example/in",
        "ftp://ontvanger.example",
        "https://u:p@ontvanger.example/",
        "https:///",
    ):
        with pytest.raises(ValidationError):
            Webhook(url=url)
    with pytest.raises(ValidationError):  # that a loopback address is meant says nothing about another
        Webhook(url="http://ontvanger.example/in", private=("127.0.0.1",))
    await house.ready()
    async with receiving() as receiver, told(house, receiver) as made:
        made._webhooks = {NAME: Webhook(url=f"https://localhost:{receiver.port}/in")}
        await house.given(PLAN)
        assert await made.round(TENANT) == 0 and receiver.got == []


def dies(folder: Path, port: int) -> None:
    """In a process of its own: everything happened, one event was sent, and then the power went."""

    async def run() -> None:
        urls = (f"sqlite+aiosqlite:///{folder}/audit.db", f"sqlite+aiosqlite:///{folder}/consent.db")
        async with opened_house(folder, urls) as house:
            await house.ready()
            await house.given(PLAN)
            async with told(house, Receiver(port=port)) as made:
                failpoints.arm(*POINTS)
                await made.round(TENANT)

    asyncio.run(run())


async def test_an_event_that_was_sent_when_the_power_went_is_sent_again_under_its_id(tmp_path: Path) -> None:
    async with receiving() as receiver:
        code = "import sys; from pathlib import Path; from tests.consent.test_events import dies; "
        call = [
            sys.executable,
            "-c",
            f"{code} dies(Path(sys.argv[1]), int(sys.argv[2]))",
            str(tmp_path),
            str(receiver.port),
        ]
        ended = await to_thread.run_sync(lambda: subprocess.run(call, cwd=ROOT, check=False, timeout=PATIENCE))
        assert ended.returncode == -9 and len(receiver.got) == 1
        database, clock = Database(f"sqlite+aiosqlite:///{tmp_path}/consent.db", "consent"), Hand(START)
        ring = KeyRows(database, keys, Keyring(FileKeyProvider(tmp_path / "keys"), life=timedelta(minutes=1)))
        made = Events(Register(database, ring), ring, {TENANT: "https://regie.example"},
                      {NAME: hook(receiver.port)}, clock)  # fmt: skip
        assert await made.round(TENANT) == 0, "somebody may still be sending it"
        clock.forward(seconds=31)
        assert await made.round(TENANT) == 3
        ids = [one["id"] for one in receiver.events]
        assert ids[0] == ids[1] and len(set(ids)) == 3
        await made.close()
        await database.close()


async def test_all_that_end_at_one_moment_are_told_and_what_ends_later_too(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "PAGE", 2)
    await house.ready()
    asked = {(await house.request(case=f"Z-{number}")).id for number in range(5)}
    house.clock.forward(hours=1)
    asked.add((await house.request(case="Z-9")).id)
    house.clock.forward(days=57)
    async with receiving() as receiver, told(house, receiver) as made:
        for _ in range(12):
            await made.round(TENANT)
        silent = [one["subject"] for one in receiver.events if one["type"].endswith(".geen")]
    assert len(silent) == len(asked) and set(silent) == asked


async def test_a_shorter_term_ends_an_older_yes_and_that_is_told_once(house: House) -> None:
    await house.ready()
    consent_id = await house.given(PLAN)
    async with receiving() as receiver, told(house, receiver) as made:
        house.clock.forward(days=30)
        await made.round(TENANT)
        await house.consent.publish(STAFF, activity(maximalePeriode=28))
        for days in (0, 1, 1, 28, 1):
            house.clock.forward(days=days, hours=1)
            await made.round(TENANT)
        over = [one["subject"] for one in receiver.events if one["type"].endswith(".verlopen")]
    assert over == [consent_id]
    seen = (await house.consent.choice(ANNA_HERSELF, consent_id)).consent
    assert (seen.state, seen.valid_until) == ("verlopen", seen.decided_at + 28 * 86_400_000)
    assert (await house.consent.requested(LOKET, consent_id)).state == "verlopen"
    assert (await house.consent.anew(ANNA_HERSELF, consent_id)).state == "gevraagd", "and it may be given again"


async def test_events_go_after_their_term_and_the_next_is_numbered_after_the_last(house: House) -> None:
    await house.ready()
    await house.given(PLAN)
    async with receiving() as receiver, told(house, receiver) as made:
        made.keep_days = 7
        await made.round(TENANT)
        assert len(await made.listed(LOKET, 0)) == 3
        house.clock.forward(days=8)
        await made.round(TENANT)
        assert [one["sequence"] for one in await made.listed(LOKET, 0)] == ["3"]
        await house.consent.publish(STAFF, activity(maximalePeriode=55))
        await made.round(TENANT)
        assert [one["sequence"] for one in await made.listed(LOKET, 0)][:2] == ["3", "4"]


async def test_what_waits_for_nobody_hides_no_one_and_a_name_that_is_none_stops_nothing(house: House) -> None:
    await house.ready()
    await house.given(PLAN)
    async with receiving() as receiver, told(house, receiver) as made:
        there = made._webhooks
        made._webhooks = {f"{TENANT}/ander": hook(receiver.port), NAME: Webhook(url="https://a..nl/in")}
        assert await made.round(TENANT) == 0 and receiver.got == []
        made._webhooks = there
        house.clock.forward(minutes=6)
        assert await made.round(TENANT) > 0


async def test_a_token_for_another_task_reads_no_events(house: House) -> None:
    await house.ready()
    await house.given(PLAN)
    async with receiving() as receiver, told(house, receiver) as made:
        await made.round(TENANT)
        assert await made.listed(LOKET, 0)
        narrow = LOKET.model_copy(update={"scope": ("toestemming:beheer",)})
        for verb in (made.listed, made.again):
            with pytest.raises(NoSuchThing):
                await verb(narrow, 0)
