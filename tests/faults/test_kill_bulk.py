"""Killed between every two steps of a bulk job: each resident has one answer and one line that counts, nobody two."""

import asyncio
import os
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import pytest
from joserfc.jwk import ECKey

from connectors.bulk.steps import release_of
from kernel.http.server import serve
from kernel.ids import ordered_id
from tests.connectors.bulk_house import Reader, numbers
from tests.faults.dice import thrown
from tests.faults.ground import BY_CHOICE, CHOICES, Ground
from tests.faults.hatchery import Hatched, Hatchery
from tests.faults.load import Clients, Witness
from tests.patience import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.slow]
KILLS = int(os.environ.get("REGIE_BULK_KILLS", "0"))  # 0: each point once, half of them on each database
PART, COUNT, GIVING = 10, 34, 12
PARTS = -(-COUNT // PART)
GIVING_PARTS = -(-GIVING // PART)
WORKING = {  # and how often each is passed in one job
    **dict.fromkeys(("bulk.decided", "bulk.recorded", "bulk.sealed", "bulk.stored", "bulk.closed"), PARTS),
    **dict.fromkeys(("audit.a", "audit.committed", "audit.signed"), PARTS),
    **dict.fromkeys(("bulk.opened", "vault.permitted"), GIVING_PARTS),
}
HANDING = dict.fromkeys(("bulk.handing", "bulk.handed"), PARTS)
POINTS = WORKING | HANDING
CLEARING = "bulk.clearing"
QUICK = 12.0  # seconds within which a part goes on with the lines that it had
ATTEMPTS = 6
DESK = {"REGIE_CONNECTORS_BULK_PART": str(PART), "REGIE_CONNECTORS_BULK_HELD_SECONDS": "1"}
PLACE = "/bulkverstrekkingen"


class Story:
    """One house that is killed again and again, with a job after the other."""

    def __init__(self, ground: Ground, hatchery: Hatchery, clients: Clients, witness_url: str) -> None:
        self.ground, self.hatchery, self.clients, self.witness_url = ground, hatchery, clients, witness_url
        self.reader = Reader(ECKey.import_key(ground.entry["ontsleutelJwk"]))
        self.people = [one.bsn for one in ground.people[:GIVING]] + numbers(COUNT - GIVING)

    async def start(self) -> Hatched:
        settings = {**self.ground.settings(self.witness_url, 15), "environ": DESK}
        house = await self.hatchery.hatch(settings, self.witness_url)
        await self.clients.at(house.url)
        return house

    async def place(self, key: str) -> str:
        order = {"verwerkingsactiviteit": BY_CHOICE, "gegevenselementen": list(CHOICES)}
        body = {**order, "inwoners": [{"bsn": one} for one in self.people]}
        answer = await self.clients.app.post("verstrekking", PLACE, body, **{"idempotency-key": key})
        assert answer.status_code == 202, answer.text
        job: str = answer.json()["id"]
        return job

    async def get(self, place: str) -> httpx2.Response:
        token = await self.clients.app.token("verstrekking")
        root = self.ground.entry["resources"]["verstrekking"] + PLACE
        return await self.clients.http.get(f"{root}/{place}", headers={"authorization": f"Bearer {token}"})

    async def delete(self, job: str) -> None:
        token = await self.clients.app.token("verstrekking")
        root = self.ground.entry["resources"]["verstrekking"] + PLACE
        await self.clients.http.delete(f"{root}/{job}", headers={"authorization": f"Bearer {token}"})

    async def ended(self, job: str) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            while True:
                said: dict[str, Any] = (await self.get(job)).json()
                if said["status"] == "klaar":
                    return said
                await asyncio.sleep(0.05)

    def lines(self, job: str) -> dict[int, list[tuple[str, str]]]:
        """What was written about each resident of the list under the ids of this job: (kind, outcome)."""
        ids = {event: (nr, kind) for nr in range(COUNT) for event, kind in _ids(release_of(job, nr))}
        query = (
            "SELECT l.event_id, o.outcome FROM lines l LEFT JOIN outcomes o "
            "ON o.tenant_id = l.tenant_id AND o.term = l.term AND o.idx = l.idx"
        )
        found: dict[int, list[tuple[str, str]]] = {nr: [] for nr in range(COUNT)}
        for event, outcome in self.ground.rows(query):
            if event in ids:
                nr, kind = ids[event]
                found[nr].append((kind, outcome or ""))
        return found


def _ids(release: str) -> list[tuple[str, str]]:
    words = [f"{attempt}{round_}" for attempt in range(1, ATTEMPTS) for round_ in ("", "/1", "/2")]
    return [(ordered_id(release, word), "verstrekking") for word in words] + [
        (ordered_id(release, f"{word}weigering"), "weigering") for word in words
    ]


def chosen(chance: Random, postgres: bool) -> list[str]:
    """Where to die, in order."""
    every = sorted(POINTS)
    if not KILLS:
        return chance.sample(every[postgres::2], len(every[postgres::2]))
    return [name for _ in range(KILLS // len(every) + 1) for name in chance.sample(every, len(every))][:KILLS]


async def give(story: Story) -> None:
    """A yes of each of the first."""
    for one in story.ground.people[:GIVING]:
        consent = await story.clients.request(one)
        assert (await story.clients.choose(one, consent, "ja")).status == 200


def judge(story: Story, job: str, answers: dict[int, dict[str, Any]], quick: bool) -> None:
    assert sorted(answers) == list(range(COUNT)), "nobody is missing, nobody twice"
    for nr, lines in story.lines(job).items():
        told = answers[nr]
        assert told["inwoner"]["bsn"] == story.people[nr]
        assert told["status"] == ("verstrekt" if nr < GIVING else "geweigerd"), (nr, told)
        counting = [line for line in lines if line != ("verstrekking", "mislukt")]
        assert counting == [("verstrekking", "geleverd") if nr < GIVING else ("weigering", "")], (nr, lines)
        assert not quick or len(lines) == 1, "who goes on at once goes on with the lines that are there"


@pytest.mark.long(40)
async def test_killed_anywhere_each_resident_has_one_answer_and_one_line_that_counts(
    ground: Ground, tmp_path: Path
) -> None:
    chance = thrown()
    witness, clients = Witness(ground), Clients(ground)
    points = chosen(chance, bool(ground.postgres))
    async with clients.http, serve(witness.app()) as there, Hatchery(tmp_path / "errors.txt") as hatchery:
        story = Story(ground, hatchery, clients, there.url)
        house = await story.start()
        await give(story)
        for number, name in enumerate(points):
            begun, count = time.monotonic(), chance.randint(1, POINTS[name])
            key = f"00000000-0000-4000-8000-{number:012d}"
            if name in WORKING:
                await house.arm(name, count)
            job = ""
            with suppress(httpx2.TransportError):
                job = await story.place(key)
                await story.ended(job)
                if name in HANDING:
                    await house.arm(name, count)
                await story.get(f"{job}/resultaat")
            await asyncio.wait_for(house.gone, PATIENCE)
            house = await story.start()
            again = await story.place(key)
            assert again == job or not job, "the same order is the same job"
            said = await story.ended(again)
            assert (said["verstrekt"], said["geweigerd"]) == (GIVING, COUNT - GIVING)
            result = await story.get(f"{again}/resultaat")
            judge(story, again, story.reader.read(result.text), time.monotonic() - begun < QUICK)
            assert witness.complaints == []
            await story.delete(again)  # an application has ten at most
        await cleared(story, house, chance.randint(1, PARTS))


async def cleared(story: Story, house: Hatched, count: int) -> None:
    """Killed while a job that nobody fetched is emptied: who starts again finishes, and says that nothing went out."""
    job = await story.place("00000000-0000-4000-8000-999999999999")
    await story.ended(job)
    await house.arm(CLEARING, count)
    with suppress(httpx2.TransportError):
        await story.delete(job)
    await asyncio.wait_for(house.gone, PATIENCE)
    house = await story.start()
    assert (await story.get(f"{job}/resultaat")).status_code == 410
    async with asyncio.timeout(PATIENCE):
        while story.ground.rows("SELECT no FROM bulk_parts WHERE job_id = ? AND done < 2", (job,), "connectors"):  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.05)
    assert {line for lines in story.lines(job).values() for line in lines} == {
        ("verstrekking", "mislukt"), ("weigering", "")
    }  # fmt: skip
    await house.kill()
