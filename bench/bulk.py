"""How many residents a second a bulk job decides, logs one by one and releases from the vault, in one process.

    python -m bench.bulk [residents]     400 when it is part of `make bench`

Each has an opened vault, two elements in it and a consent. Beside it, in the same run and process, how many lines of
the same shape the log alone takes, in calls of the same size: nothing that is logged one by one can be faster. Figures
per second of CPU are moved less by what else the machine does.
"""

import asyncio
import gc
import logging
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from joserfc.jwk import ECKey

from assembly.building import World
from assembly.clients import NewClient, add_client
from assembly.demo import register
from assembly.demo.recipient import Application
from assembly.founding import found
from assembly.house import House, assemble
from audit.contract import Receipt
from bench.acts import release
from connectors.bulk.weighing import AT_ONCE
from connectors.bulk.weighing import TOGETHER as PART
from consent.contract import Choice, ConsentRequest
from consent.contract import ResidentRef as ConsentResident
from kernel.caller import Caller, room_of
from kernel.logs import set_up_logs
from tests.connectors.bulk_house import Reader, numbers
from tests.faults.ground import as_settings
from tests.needles import RUN
from tests.postgres import borrowed_cluster
from vault.contract import Bsn, Deposit, ResidentRef

RESIDENTS, TOGETHER = 400, 50
URL = "https://regie.test"
STAFF = room_of(register.TENANT, "assembly")
PLACE = "/bulkverstrekkingen"


@asynccontextmanager
async def opened(folder: Path, postgres: str) -> AsyncIterator[House]:
    """A new house, with the demo's register."""
    tenant = {"id": register.TENANT, "name": register.MUNICIPALITY, "public_url": URL}
    login = {"issuer": URL + "/inlog", "client_id": "regie-portaal", "bsn_claim": "bsn"}
    said = {"mode": "test", "data": str(folder), "login": login, "tenants": [tenant], "postgres": postgres or None}
    settings = as_settings(said)
    await found(settings)
    house = await assemble(settings, world=World())
    async with house.app.router.lifespan_context(house.app):
        desk = house.consent("assembly")
        for recipient in register.recipients():
            await desk.admit(STAFF, recipient)
        for version in register.activities():
            await desk.publish(STAFF, version)
        yield house


async def people(house: House, bsns: Sequence[str]) -> None:
    """With what may be released of them."""
    refs = await house.vault("assembly").enrol(STAFF, [Bsn(bsn) for bsn in bsns])
    for begin in range(0, len(refs), TOGETHER):
        await asyncio.gather(*(_filled(house, ref) for ref in refs[begin : begin + TOGETHER]))


async def _filled(house: House, ref: ResidentRef) -> None:
    vault, consent = house.vault("assembly"), house.consent("assembly")
    own = Caller(tenant=register.TENANT, kind="inwoner", user=ref.id, acr="substantieel", auth_time=int(time.time()))
    loan = Caller(tenant=register.TENANT, organisation=register.LOAN_DESK, kind="automatisch")
    await vault.open_vault(own, ref)
    await vault.keep(own, ref, [Deposit(element=name, value="een verzonnen waarde") for name in register.EXERCISES])
    about = ConsentResident.model_validate(ref.model_dump())
    wanted = ConsentRequest(resident=about, activity=register.EXERCISE, elements=register.EXERCISES)
    asked = await consent.request(loan, wanted)
    await consent.choose(own, asked.id, Choice(answer="ja", text_hash="a" * 64, language="nl"))


async def log_alone(house: House, count: int) -> tuple[float, float]:
    """Lines per second, and per second of CPU."""
    door, clock, cpu = house.audit("connectors"), time.perf_counter(), time.process_time()
    for begin in range(0, count, PART):
        entries = [release(count) for _ in range(min(PART, count - begin))]
        calls = [entries[at : at + AT_ONCE] for at in range(0, len(entries), AT_ONCE)]
        for verdicts in await asyncio.gather(*(door.record(STAFF, call) for call in calls)):
            if not all(isinstance(verdict, Receipt) for verdict in verdicts):
                raise RuntimeError("the log refused a line")
    return count / (time.perf_counter() - clock), count / (time.process_time() - cpu)


async def job(app: Application, bsns: Sequence[str]) -> tuple[float, float]:
    """Residents per second from the order to the result, and per second of CPU. Raises when one was not released."""
    order = {"verwerkingsactiviteit": register.EXERCISE, "gegevenselementen": list(register.EXERCISES)}
    clock, cpu = time.perf_counter(), time.process_time()
    placed = await app.post("verstrekking", PLACE, {**order, "inwoners": [{"bsn": bsn} for bsn in bsns]})
    place = f"{URL}/verstrekking/v1{PLACE}/{placed.raise_for_status().json()['id']}"
    headers = {"authorization": f"Bearer {await app.token('verstrekking')}"}
    said: dict[str, Any] = {"status": ""}
    while said["status"] != "klaar":
        await asyncio.sleep(0.2)  # who asks how far it is costs something too
        said = (await app.http.get(place, headers=headers)).raise_for_status().json()
    took, spent = time.perf_counter() - clock, time.process_time() - cpu
    result = (await app.http.get(f"{place}/resultaat", headers=headers)).raise_for_status().text
    answers = Reader(ECKey.import_key(app.entry["ontsleutelJwk"])).read(result)
    if said["verstrekt"] != len(bsns) or {one["status"] for one in answers.values()} != {"verstrekt"}:
        raise RuntimeError("not everybody was released")
    return len(bsns) / took, len(bsns) / spent


async def measure(name: str, folder: Path, postgres: str, count: int) -> None:
    """Tells one line of the table."""
    async with opened(folder, postgres) as house:
        await people(house, bsns := numbers(count))
        client = NewClient("bench", "Bench", "automatisch")
        entry = await add_client(house.consent("assembly"), STAFF, register.LOAN_DESK, client, URL)
        gc.collect()
        gc.freeze()
        transport = httpx2.ASGITransport(app=house.app)
        async with httpx2.AsyncClient(transport=transport, base_url=URL, timeout=600) as http:
            app = Application(http, URL, URL + "/oauth/token", entry)
            await job(app, bsns[: count // 4])  # warm
            lines, ceiling = await log_alone(house, count)
            rate, each = await job(app, bsns)
    print(f"{name:12}{rate:10.0f}{each:14.0f}{lines:12.0f}{ceiling:14.0f}{each / ceiling:10.0%}", flush=True)


def _new(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    return folder


def main() -> int:
    """Both databases."""
    set_up_logs(sys.stderr, logging.WARNING)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else RESIDENTS
    with tempfile.TemporaryDirectory(prefix="regie-bench-bulk-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the servant of PostgreSQL walks through it
        os.environ[RUN] = str(folder)  # where what is made once lies
        print(f"\nBulk of {count} residents, 2 vault elements under consent; one process, {os.cpu_count()} processors,"
              f" load {os.getloadavg()[0]:.1f}")  # fmt: skip
        print(f"{'':12}{'per s':>10}{'per CPU s':>14}{'log per s':>12}{'per CPU s':>14}{'of it':>10}")
        asyncio.run(measure("SQLite", _new(folder / "sqlite"), "", count))
        with borrowed_cluster(folder / "cluster") as cluster:
            asyncio.run(measure("PostgreSQL", _new(folder / "postgres"), cluster.create(), count))
    return 0


if __name__ == "__main__":
    sys.exit(main())
