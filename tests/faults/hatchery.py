"""Houses that may die: one process imports everything once and forks a house per order, before any event loop runs.

`Hatchery` starts it; it reads an order per line (JSON) and says, also a line each: {"id", "pid"} once forked,
{"id", "url"} when that house is served, {"id", "status"} when it is gone. Ends, houses and all, when its input ends.
"""

import asyncio
import ctypes
import gc
import json
import logging
import os
import select
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from sqlalchemy.exc import DBAPIError

from assembly.building import World
from assembly.demo.register import TENANT
from assembly.house import House, assemble
from connectors.catalogue import catalogue_elements
from consent.contract import Choice
from kernel.caller import Caller, room_of
from kernel.clock import utc_now
from kernel.crypto.file_keys import FileKeyProvider
from kernel.failpoints import arm
from kernel.http.client import open_client, trusted
from kernel.http.server import serve
from kernel.ids import random_id
from kernel.logs import set_up_logs
from tests.faults.ground import VALUE, as_settings
from tests.faults.proofs import proofs_of
from tests.patience import PATIENCE, SOURCES
from vault.contract import Bsn, Deposit

ROOT = Path(__file__).parents[2]
OF_A_RESIDENT = b"\x00\x00\x00\x01D"  # in the place of a wrapped key: purpose D, then length and owner
# Looking for waste among what is only being loaded takes a third of a start.
LOADED = "import gc; gc.disable(); from tests.faults import hatchery; hatchery.main()"


class WatchedKeys(FileKeyProvider):
    """Says whose key is about to be opened before it is: the one thing that no opening of the vault can do without."""

    def __init__(self, folder: Path, opening: Callable[[str], Awaitable[None]]) -> None:
        super().__init__(folder)
        self._opening = opening

    async def unwrap(self, name: str, wrapped: bytes, aad: bytes) -> bytes:
        """As the contract says."""
        before, found, after = aad.partition(OF_A_RESIDENT)
        if found and before:
            await self._opening(after[4 : 4 + int.from_bytes(after[:4], "big")].decode())
        return await super().unwrap(name, wrapped, aad)


def resident_of(person: str) -> Caller:
    return Caller(tenant=TENANT, kind="inwoner", user=person, acr="substantieel", auth_time=int(utc_now().timestamp()))


def levers(house: Callable[[], House]) -> APIRouter:
    """What a test does from outside: arm a fail point, and act as the portal would for who is logged in."""
    router = APIRouter(include_in_schema=False)

    @router.post("/proef/val")
    async def fall(body: dict[str, Any]) -> None:
        arm(body["name"], body["count"])

    @router.post("/proef/keuze")
    async def choose(body: dict[str, Any]) -> dict[str, Any]:
        choice = Choice(answer=body["answer"], text_hash="a" * 64, language="nl")
        chosen = await house().consent("web").choose(resident_of(body["resident"]), body["consent"], choice)
        named = {str(position): outcome for position, outcome in chosen.under_way}
        line = {"index": chosen.receipt.position.index}
        return {"logregel": line, "bewijs": chosen.receipt.proof, "onderweg": named}

    @router.post("/proef/kluis")
    async def own_vault(body: dict[str, Any]) -> dict[str, Any]:
        """Without an element it is opened; with one, that is kept."""
        vault = house().vault("web")
        (one,) = await vault.identify(room_of(TENANT, "web"), (Bsn(body["bsn"]),))
        caller, kept = resident_of(one.id), [Deposit(element=name, value=VALUE) for name in body["elementen"]]
        receipts = await vault.keep(caller, one, kept) if kept else [await vault.open_vault(caller, one)]
        return {"logregel": {"index": receipts[0].position.index}}

    @router.post("/proef/bewijzen")
    async def proofs(body: dict[str, Any]) -> list[str]:
        """Of these lines, as an auditor may have them."""
        log = house().log
        asked = (log.desk(room_of(TENANT, "audit")), body["term"], body["indices"]) if log else None
        try:
            return await proofs_of(*asked) if asked else []
        except DBAPIError:  # a connection that died with its database: no release takes one of these, so we find it
            return await proofs_of(*asked) if asked else []

    return router


async def live(order: dict[str, Any]) -> None:
    """Serve the house until somebody kills it. ahead: seconds that its clock is before ours."""
    houses: list[House] = []

    def clock() -> datetime:
        return utc_now() + timedelta(seconds=order["ahead"])

    async with open_client(order["witness"], timeout_seconds=PATIENCE) as http:

        async def opening(owner: str) -> None:
            (await http.post("/sleutel", json={"resident": owner})).raise_for_status()

        environ = {**SOURCES, **order["settings"].pop("environ", {})}  # what rooms read themselves
        extra, keys = (levers(lambda: houses[0]),), partial(WatchedKeys, opening=opening)
        world = World(clock=clock, extra=extra, keys=keys, environ=environ)
        houses.append(await assemble(as_settings(order["settings"]), world=world))
        async with serve(houses[0].app) as address:
            say({"id": order["id"], "url": address.url})
            await asyncio.Event().wait()


def say(what: dict[str, Any]) -> None:
    """One write, so that lines of several processes do not mix."""
    os.write(1, json.dumps(what).encode() + b"\n")


def main() -> None:
    """Fork and reap, until nobody orders any more. What every house reads or makes the same is there before a fork."""
    catalogue_elements()
    trusted()
    gc.freeze()
    gc.enable()
    houses: dict[int, str] = {}
    with os.fdopen(0, "rb", buffering=0) as orders:
        while True:
            ready, _, _ = select.select([0, *houses], [], [])
            for handle in set(ready) & set(houses):
                result = os.waitid(os.P_PIDFD, handle, os.WEXITED)
                os.close(handle)
                say({"id": houses.pop(handle), "status": result.si_status if result else 0})
            if 0 in ready:
                line = orders.readline()
                if not line:
                    return
                hatch(json.loads(line), houses)


def hatch(order: dict[str, Any], houses: dict[int, str]) -> None:
    """A house in a process of its own. houses: whom to wait for, by the handle of the process."""
    pid = os.fork()
    if pid:
        houses[os.pidfd_open(pid)] = order["id"]
        say({"id": order["id"], "pid": pid})
        return
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: no house outlives the hatchery
    set_up_logs(sys.stderr, logging.WARNING, personal=frozenset())
    try:
        asyncio.run(live(order))
    except BaseException:
        traceback.print_exc()
    os._exit(1)


@dataclass
class Hatched:
    """A house as its test sees it. url: where it is served. gone: the signal or status with which it ended."""

    pid: int
    url: str
    gone: asyncio.Future[int]

    async def kill(self) -> None:
        """Now."""
        if not self.gone.done():
            os.kill(self.pid, signal.SIGKILL)
        await self.gone

    async def arm(self, name: str, count: int) -> None:
        """It dies the count-th time that it comes there."""
        async with open_client(self.url, timeout_seconds=PATIENCE) as http:
            (await http.post("/proef/val", json={"name": name, "count": count})).raise_for_status()


class Hatchery:
    """The process, from the test's side."""

    def __init__(self, errors: Path) -> None:
        self._errors = errors
        self._told: dict[tuple[str, str], asyncio.Future[Any]] = {}

    async def __aenter__(self) -> "Hatchery":
        command = [sys.executable, "-W", "error", "-c", LOADED]
        pipe = asyncio.subprocess.PIPE
        with self._errors.open("ab") as errors:
            self._process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=pipe, stdout=pipe,
                                                                 stderr=errors)  # fmt: skip
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        await self._process.wait()
        await self._listening

    async def hatch(self, settings: dict[str, Any], witness: str, ahead: float = 0) -> Hatched:
        """A new house on these files. Raises RuntimeError with what it said when it did not start."""
        name = random_id()
        order = {"id": name, "settings": settings, "witness": witness, "ahead": ahead}
        pid, url, gone = (self._future(name, word) for word in ("pid", "url", "status"))
        if self._process.stdin is None:
            raise RuntimeError("the hatchery takes no orders")
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        await asyncio.wait({url, gone}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if not url.done():
            raise RuntimeError(self._errors.read_text()[-3000:])
        return Hatched(await pid, await url, gone)

    def _future(self, name: str, word: str) -> "asyncio.Future[Any]":
        return self._told.setdefault((name, word), asyncio.get_running_loop().create_future())

    async def _listen(self) -> None:
        while self._process.stdout and (line := await self._process.stdout.readline()):
            said = json.loads(line)
            name = said.pop("id")
            for word, value in said.items():
                self._future(name, word).set_result(value)
