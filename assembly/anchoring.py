"""The anchors: public keys that permits are checked with, in a file of this house. They follow the turns of the logs.

{"logs": {origin: hex}, "stolen": {origin: hex}, "turned": {tenant: ms},
 "registers": {tenant: hex}, "rooms": {room: hex}}

The process in which the log lives writes a new term's key down; other processes of this machine read the file again
when it changes. On other machines somebody brings it. Until then their rooms refuse permits of the new term.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from assembly.settings import Folder
from audit.contract import Trust
from audit.service import AuditService
from kernel.clock import Clock, millis
from kernel.logs import logger

LIFE_MS = 30_000  # W of trust.md: a permit of the term before may be on its way
SECONDS = 1.0

_log = logger("assembly")


def trusted(anchors: Mapping[str, Any], now: int) -> Trust:
    """The open log of each tenant, and for the life of a permit after a turn the one before. now: ms."""
    by_tenant: dict[str, list[str]] = {}
    for origin in anchors["logs"]:
        by_tenant.setdefault(origin.split("/")[-2], []).append(origin)
    logs: dict[str, bytes] = {}
    for tenant, origins in by_tenant.items():
        recent = 0 <= now - anchors.get("turned", {}).get(tenant, -LIFE_MS) < LIFE_MS
        newest = sorted(origins, key=lambda one: one.rpartition("/")[2])[-2 if recent else -1 :]
        logs |= {origin: bytes.fromhex(anchors["logs"][origin]) for origin in newest}
    return Trust(logs, {tenant: bytes.fromhex(key) for tenant, key in anchors["registers"].items()})


def with_logs(anchors: Mapping[str, Any], logs: Mapping[str, bytes], now: int) -> dict[str, Any] | None:
    """The anchors with these logs as well; None when they are there. now: ms, when a term was seen to begin."""
    known = {**anchors["logs"], **anchors.get("stolen", {})}
    new = {origin: key.hex() for origin, key in logs.items() if origin not in known}
    if not new:
        return None
    begun = {origin.split("/")[-2]: now for origin in new}
    return {**anchors, "logs": {**anchors["logs"], **new}, "turned": {**anchors.get("turned", {}), **begun}}


def without_stolen(anchors: Mapping[str, Any], origins: Iterable[str]) -> dict[str, Any]:
    """No permit under these keys counts any more; proofs that were made before are still checked with them."""
    gone = {origin: anchors["logs"][origin] for origin in origins if origin in anchors["logs"]}
    left = {origin: key for origin, key in anchors["logs"].items() if origin not in gone}
    return {**anchors, "logs": left, "stolen": {**anchors.get("stolen", {}), **gone}}


def write_anchors(folder: Folder, anchors: Mapping[str, Any]) -> None:
    """In one step: who reads meanwhile sees the old or the new ones. Raises OSError."""
    draft = folder.anchors.with_suffix(f".draft{os.getpid()}")
    draft.write_text(json.dumps(anchors, indent=1))
    draft.replace(folder.anchors)


class Anchors:
    """As they are in the file now. The log, when it lives in this process, has its new terms written down before there
    is a receipt under their keys."""

    def __init__(self, folder: Folder, clock: Clock, given: Mapping[str, Any] | None = None) -> None:
        self._folder, self._clock = folder, clock
        self._given = given  # while a house is founded there is no file
        self._read: Mapping[str, Any] = given or folder.read_anchors()
        self._seen = self._stamp()
        self._log: AuditService | None = None
        self._trust: tuple[Mapping[str, Any], int, Trust] | None = None

    def of(self, log: AuditService) -> None:
        """This one lives here."""
        self._log = log
        for desk in log.desks:
            desk.log.on_turn = self._follow_or_say

    @property
    def now(self) -> Mapping[str, Any]:
        """Read again when the file changed."""
        stamp = self._stamp()
        if self._given is None and stamp != self._seen:
            self._read, self._seen = self._folder.read_anchors(), stamp
        return self._read

    async def trust(self) -> Trust:
        """What permits are checked with; worked out once a second."""
        self.follow()
        anchors, now = self.now, millis(self._clock())
        if self._trust is None or self._trust[0] is not anchors or self._trust[1] != now // 1_000:
            self._trust = anchors, now // 1_000, trusted(anchors, now)
        return self._trust[2]

    def follow(self) -> None:
        """Write down the terms that began."""
        changed = with_logs(self.now, self._log.public_keys, millis(self._clock())) if self._log else None
        if changed is None:
            return
        if self._given is None:
            write_anchors(self._folder, changed)
        self._read = changed

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """What another process turned, each second."""
        task = asyncio.create_task(self._every_second())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _every_second(self) -> None:
        while True:
            self._follow_or_say()
            await asyncio.sleep(SECONDS)

    def _follow_or_say(self) -> None:
        try:
            self.follow()
        except OSError as error:
            _log.error("anchors_not_written", error=type(error).__name__)

    def _stamp(self) -> int:
        try:
            return self._folder.anchors.stat().st_mtime_ns
        except OSError:
            return 0
