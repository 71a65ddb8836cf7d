"""The room, put together: logs opened, writers, sweepers and watchers running, readiness."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from urllib.parse import urlsplit

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from audit.contract import LogUnavailable, Trace
from audit.copy_api import copy_routes
from audit.cosigning import Cosigning
from audit.founding import LogPlace, open_log
from audit.heads import read_head
from audit.intern import intern_routes
from audit.keychain import Keychain
from audit.log import Log
from audit.metrics import LogMetrics
from audit.service import AuditService, Desk
from audit.settings import AuditSettings
from audit.signer import HeadSigner, LogSigner
from audit.signing.remote import RemoteSigner
from audit.witnesses import STARTING_SECONDS, Witnesses, witnesses_of
from kernel.clock import Clock, millis, utc_now
from kernel.component import Component, Doors, Tenant
from kernel.crypto import KeyProvider
from kernel.http.rooms import RoomGate
from kernel.http.trace import current_trace
from kernel.logs import logger
from kernel.settings import SettingsWrong
from kernel.sql import Database

ROOM = "audit"
# trust.md 2.4: who takes over this process could sign what it likes
IN_PROCESS = (
    "De ondertekenaar van het logboek draait in hetzelfde proces; dat mag niet in productie. "
    "Start `regie serve signer` en zet REGIE_AUDIT_SIGNER_SOCKET."
)
# what is acknowledged survives a power cut, and a failed write stops the server: it is not tried again
_POSTGRES_MUST = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "data_sync_retry": "off"}

_log = logger("audit.component")


def signer_of(settings: AuditSettings) -> Callable[[str], HeadSigner]:
    """The signer of an origin: at the other end of the socket, or here."""
    if settings.signer_socket is not None:
        return partial(RemoteSigner, settings.signer_socket)
    return partial(LogSigner, settings.signer)


async def build_audit(
    settings: AuditSettings,
    tenants: Mapping[str, Tenant],
    provider: KeyProvider,
    clock: Clock = utc_now,
    gate: RoomGate | None = None,
) -> tuple[AuditService, Component]:
    """Opens every tenant's log, or founds it. Its tables are at the newest version and its KEK
    `regie/<tenant>/audit` exists. gate: for neighbours over HTTP; without it there is no intern door.
    Raises SettingsWrong, KeyUnavailable, SQLAlchemyError: then nothing starts."""
    if settings.mode == "productie" and settings.signer_socket is None:
        raise SettingsWrong([IN_PROCESS])
    signer, witnesses = signer_of(settings), witnesses_of(settings)
    database = Database(settings.database, ROOM)
    desks = {}
    try:
        for tenant in tenants.values():
            place = LogPlace(tenant.id, urlsplit(tenant.public_url).netloc, signer, settings.adopt)
            log = await open_log(
                place, database, Keychain(database, provider, tenant.id, escrow=settings.escrowed(tenant.id)), clock
            )
            log.witnessed = witnesses.seen()
            desks[tenant.id] = Desk(log, settings.kept(tenant.id), clock, _here)
    except BaseException:
        await database.close()
        raise
    service = AuditService(desks)
    running = _Running(service, database, settings, witnesses, clock)
    metrics = LogMetrics(service.desks, clock)

    def doors() -> Doors:
        return Doors(
            plain=(copy_routes(service, settings.mirrors, clock),) if settings.mirrors else (),
            intern=lambda: (intern_routes(service, gate),) if gate else (),
        )

    return service, Component(
        ROOM, running.check, running.run, doors, metrics.text, running.warning, shut=lambda: service.sealed
    )


class _Running:
    """The tasks of this room; each is held here until it ended."""

    def __init__(
        self, service: AuditService, database: Database, settings: AuditSettings, witnesses: Witnesses, clock: Clock
    ) -> None:
        self._service, self._database, self._settings = service, database, settings
        self._witnesses, self._along = witnesses, witnesses.rounds(service.desks, clock)
        self._clock = clock

    def warning(self) -> str:
        """Of each municipality whose log is sealed, or was not seen by witnesses; "" for none."""
        sealed = (f"{tenant}: {sentence}" for tenant, sentence in self._service.sealed.items())
        unseen = (desk.log.witnessed.warning(millis(self._clock())) for desk in self._service.desks)
        return " ".join(filter(None, (*sealed, *unseen)))

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Writers, sweepers and watchers, until left; then the queue is written and the database closed."""
        writers = [asyncio.create_task(desk.writer.run()) for desk in self._service.desks]
        await asyncio.gather(*map(_first, self._along.values()))
        rounds = [asyncio.create_task(each) for desk in self._service.desks for each in self._rounds(desk)]
        try:
            yield
        finally:
            for each in rounds:
                each.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*rounds, return_exceptions=True)
            for desk in self._service.desks:
                desk.writer.stop()
            await asyncio.gather(*writers)
            await self._witnesses.close()
            await self._database.close()

    def _rounds(self, desk: Desk) -> Iterator[Coroutine[None, None, None]]:
        settings, along = self._settings, self._along.get(desk.log.tenant)
        yield _every(settings.sweep_seconds, "sweep_failed", desk.sweeper.sweep, desk.log)
        yield _every(settings.sweep_seconds, "count_failed", desk.emergencies.count, desk.log)
        yield _every(settings.watch_seconds, "watch_failed", desk.watcher.watch, desk.log)
        if along:
            yield _every(settings.cosign_seconds, "cosigning_failed", along.round, desk.log)

    async def check(self) -> None:
        """Raises LogUnavailable with a sentence: sealed, unreadable, or a database that forgets."""
        self._service.check()
        for log in (desk.log for desk in self._service.desks if not desk.log.sealed):
            keys = await log.keys()
            with log.guarded():
                async with self._database.snapshot(log.tenant) as reading:
                    await read_head(reading, log.tenant, keys.rows)
        try:
            await self._durable()
        except SQLAlchemyError as error:
            raise LogUnavailable("De database van het logboek antwoordt niet.") from error

    async def _durable(self) -> None:
        if self._database.postgres:
            for name, safe in _POSTGRES_MUST.items():
                if await self._value(f"SHOW {name}") != safe:
                    word = "aan" if safe == "on" else "uit"
                    raise LogUnavailable(f"PostgreSQL staat onveilig: {name} moet {word} staan.")
            if await self._value("SHOW data_checksums") != "on":
                _log.warning("data_checksums_off")
                if self._settings.mode == "productie":
                    raise LogUnavailable("PostgreSQL heeft geen data checksums (initdb -k).")
        elif await self._value("PRAGMA synchronous") != "2":
            raise LogUnavailable("SQLite staat onveilig: synchronous moet FULL zijn.")

    async def _value(self, question: str) -> str:
        async with self._database.snapshot("") as reading:
            return str(await reading.scalar(text(question)))


def _here() -> Trace:
    now = current_trace()
    return Trace(trace_id=now.trace_id, span_id=now.span_id, parent_span_id=now.parent_span_id)


async def _first(along: Cosigning) -> None:
    """Before anything is asked of this log; without a quorum it opens all the same, and nothing is permitted."""
    try:
        async with asyncio.timeout(STARTING_SECONDS):
            await along.start()
            await along.round()
    except Exception as error:  # whatever it was: the rounds go on
        _log.error("cosigning_failed", exc_info=error)


async def _every(seconds: float, failed: str, work: Callable[[], Awaitable[object]], log: Log) -> None:
    while not log.sealed:
        try:
            await work()
        except Exception as error:  # whatever it was: what one round met, the next may be spared
            _log.error(failed, exc_info=error)
        await asyncio.sleep(seconds)
