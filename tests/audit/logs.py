"""A log for tests: its tables, its keys, its signer, in a folder of its own."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from audit.component import build_audit
from audit.contract import Event, LogUnavailable, Position, Receipt
from audit.custodians import key_founded
from audit.event import Entry, FenceAt, Kind
from audit.service import AuditService
from audit.settings import AuditSettings, MirrorOf
from kernel.caller import Caller, room_of
from kernel.clock import Clock, millis
from kernel.component import Component, Tenant
from kernel.crypto import KeyExists
from kernel.crypto.file_keys import FileKeyProvider
from kernel.errors import Problem
from kernel.http.rooms import RoomGate
from tests.once import tables

TENANT, OTHER = "gm9901", "gm9902"
HOST = "regie.example"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DESK = room_of(TENANT, "connectors")
FG = Caller(tenant=TENANT, organisation="Gemeente", kind="medewerker", user="fg-1", roles=("fg",))


@dataclass
class Ticking:
    """A clock that stands still until a test moves it."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Place:
    """Where a log lives; may be opened as often as one likes."""

    url: str
    folder: Path
    tenants: tuple[str, ...] = (TENANT,)
    clock: Clock = field(default_factory=Ticking)
    adopt: bool = False
    sweep_seconds: float = 60
    watch_seconds: float = 30
    socket: Path | None = None  # of a signer in its own process
    policy: Path | None = None  # of witnesses
    cosign_seconds: float = 60
    mirrors: tuple[MirrorOf, ...] = ()
    escrow: dict[str, str] = field(default_factory=dict)

    @asynccontextmanager
    async def opened(self, gate: RoomGate | None = None) -> AsyncIterator[tuple[AuditService, Component]]:
        """An instance of the room, with its writers running."""
        service, component = await self.built(gate)
        async with component.run():
            with suppress(LogUnavailable):  # a sealed one: tests look at that too
                for tenant, public in self.escrow.items():
                    await told_of_key(service, public, tenant)
            yield service, component

    async def built(self, gate: RoomGate | None = None) -> tuple[AuditService, Component]:
        """The same before anything runs."""
        await tables("audit", self.url)
        keys = self.folder / "keys"
        keys.mkdir(mode=0o700, exist_ok=True)
        provider = FileKeyProvider(keys)
        for tenant in self.tenants:
            try:
                await provider.found(f"regie/{tenant}/audit")
            except KeyExists:
                continue
        hosts = {TENANT: HOST, OTHER: f"other.{HOST}"}
        tenants = {each: Tenant(each, each, f"https://{hosts[each]}") for each in self.tenants}
        return await build_audit(self.settings(), tenants, provider, self.clock, gate)

    def settings(self) -> AuditSettings:
        """Of this log."""
        return AuditSettings(
            mode="test", database=self.url, signer=self.folder / "signer", keep_years=20, adopt=self.adopt,
            sweep_seconds=self.sweep_seconds, signer_socket=self.socket,
            watch_seconds=self.watch_seconds, policy=self.policy, cosign_seconds=self.cosign_seconds,
            mirrors=self.mirrors, escrow=self.escrow,
        )  # fmt: skip


async def told_of_key(service: AuditService, public: str, tenant: str = TENANT) -> None:
    """As `regie audit escrow found` does: without its line nothing covert is written."""
    await service.door("audit").record(room_of(tenant, "audit"), [Entry(event=key_founded(public))])


def fence() -> str:
    return secrets.token_hex(16)


def release(fences: dict[str, int], now: datetime = NOON, subject: str = "s1", **more: object) -> Entry:
    """A release that requires these fences."""
    event = Event(
        id=secrets.token_hex(16),
        kind="verstrekking",
        subject=subject,
        name="Verstrekking",
        decision="ab" * 32,
        decided_at=millis(now),
        activity="regeling",
        version="1",
        recipient="r1",
        elements=("brp.naam",),
    ).model_copy(update=more)
    return Entry(event=event, requires=tuple(FenceAt(fence=name, epoch=epoch) for name, epoch in fences.items()))


def act(kind: Kind, *advances: str, subject: str = "s1", **more: object) -> Entry:
    """A restriction when it moves something, else a fact."""
    event = Event(id=secrets.token_hex(16), kind=kind, subject=subject).model_copy(update=more)
    return Entry(event=event, advances=advances)


def outcome(of: Position, word: str = "geleverd", subject: str = "s1") -> Entry:
    return act("afloop", subject=subject, closes=(of,), details={"uitkomst": word})


def receipt(verdict: Receipt | Problem) -> Receipt:
    assert isinstance(verdict, Receipt), verdict
    return verdict
