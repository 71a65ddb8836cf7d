"""What tests of bulk share: an application with a key to read with, and a reader of results that knows only JOSE."""

import asyncio
import json
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import httpx2
from joserfc import jwe
from joserfc.jwk import ECKey, JWKRegistry

from assembly.clients import make_client_key, make_sealing_key
from assembly.demo.register import LOAN_DESK, MOVING, activities
from consent.contract import Application
from kernel.caller import Caller
from tests.four_rooms import DESK_WORKER, STAFF, FourRooms
from tests.patience import PATIENCE

BY_LAW = "bulk-wet"
BULK = "/verstrekking/v1/bulkverstrekkingen"
ROBOT = Caller(tenant=DESK_WORKER.tenant, organisation=LOAN_DESK, application="bulk-app", kind="automatisch", scope=())
ALGORITHMS = ["ECDH-ES+A256KW", "dir", "A256GCM"]


def numbers(count: int, start: int = 999_930_000) -> list[str]:
    """Of the range for tests, that nobody has here."""
    return list(islice(filter(None, map(_whole, range(start // 10, 100_000_000))), count))


def _whole(eight: int) -> str:
    """With the digit that makes it fit; "" when there is none."""
    last = sum(weight * int(digit) for weight, digit in zip(range(9, 1, -1), f"{eight:08}", strict=True)) % 11
    return f"{eight:08}{last}" if last < 10 else ""


@dataclass
class Reader:
    """The recipient's side."""

    key: ECKey
    parts: int = 0
    fallen: set[int] = field(default_factory=set)

    def read(self, text: str) -> dict[int, dict[str, Any]]:
        """Every answer by its number."""
        answers, key, self.parts, self.fallen = {}, None, 0, set()
        for line in map(json.loads, text.splitlines()):
            if "sleutel" in line:
                opened = jwe.decrypt_compact(line["sleutel"], self.key, algorithms=ALGORITHMS)
                key = JWKRegistry.import_key(json.loads(opened.plaintext or b""))
                self.parts += 1
            elif "vervallen" in line:
                self.fallen.add(line["nr"])
            else:
                assert key is not None
                said = json.loads(jwe.decrypt_compact(line["antwoord"], key, algorithms=ALGORITHMS).plaintext or b"")
                assert said["nr"] == line["nr"]
                answers[said["nr"]] = said
        return answers


async def ready(rooms: FourRooms, **settings: Any) -> Reader:
    """The robot of the loan desk may ask about everybody by law, and about the exercise with consent."""
    law = next(one for one in activities() if one.slug == MOVING)
    exercise = next(one for one in activities() if one.slug == "oefening")
    loan = tuple(one for one in exercise.parties if one.recipient == LOAN_DESK)
    await rooms.register.publish(
        STAFF, law.model_copy(update={"slug": BY_LAW, "case": "geen", "frequency": None, "parties": loan})
    )
    _, public = make_client_key()
    private, sealing = make_sealing_key()
    jwks = json.dumps({"keys": [*public["keys"], sealing]})
    robot = Application(client_id="bulk-app", name="Bulk", kind="automatisch", jwks=jwks)
    await rooms.register.add_client(STAFF, LOAN_DESK, robot)
    rooms.who = ROBOT.model_copy(update={"scope": (BY_LAW, "oefening")})
    rooms.desk_settings = {"bulk_workers": 2, "bulk_part": 50, **settings}
    return Reader(ECKey.import_key(private))


async def placed(http: httpx2.AsyncClient, people: list[str], activity: str, *elements: str) -> str:
    """The id of a job."""
    order = {"verwerkingsactiviteit": activity, "gegevenselementen": elements}
    answer = await http.post(BULK, json={**order, "inwoners": [{"bsn": one} for one in people]})
    assert answer.status_code == 202, answer.text
    job: str = answer.json()["id"]
    assert answer.headers["location"] == f"{BULK}/{job}"
    return job


async def ended(http: httpx2.AsyncClient, job: str, seconds: float = PATIENCE) -> dict[str, Any]:
    """The view of a job that is done."""
    async with asyncio.timeout(seconds):
        while True:
            said: dict[str, Any] = (await http.get(f"{BULK}/{job}")).json()
            if said["status"] not in ("wacht", "loopt"):
                return said
            await asyncio.sleep(0.05)
