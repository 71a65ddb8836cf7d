"""What runs under a disk that refuses: a log that writes, a signer that signs, a witness that cosigns and mirrors.

The log says what it is about to do and what it was told, line by line, so that whoever looks afterwards knows what was
acknowledged; of signer and witness the one who asks knows.
"""

import asyncio
import hashlib
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TextIO

from audit.contract import LogUnavailable, OutcomeUnknown, Receipt
from audit.event import Entry
from audit.fsck.checking import check_log
from audit.fsck.findings import Report
from audit.fsck.outside import outside_of
from audit.fsck.walk import Asked
from audit.keeping import write_whole
from audit.service import AuditService
from audit.signer import LogSigner
from audit.signing.process import door
from audit.signing.settings import SignerSettings
from audit.witness.process import witnessing
from audit.witness.settings import WitnessSettings
from kernel.clock import utc_now
from kernel.crypto.file_keys import FileKeyProvider
from kernel.failpoints import arm
from kernel.proof.tree import Edge, Growth
from kernel.sql import Database
from tests.audit.logs import DESK, TENANT, Place, act, fence, receipt

ROUNDS = 3
SUBJECTS = ("s0", "s1")


def log_url(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder}/audit.db"


def write(folder: Path, said: Path) -> None:
    """A log that founds itself, writes some batches, and closes. Who is refused goes on with the next."""
    with said.open("w", buffering=1) as file:
        asyncio.run(_written(Place(log_url(folder), folder, clock=utc_now), file))


async def begun(folder: Path) -> None:
    """A log without a line."""
    async with Place(log_url(folder), folder, clock=utc_now).opened():
        pass


async def _written(place: Place, said: TextIO) -> None:
    async with place.opened() as (service, _):
        for _ in range(ROUNDS):
            entries = [act("weigering", subject=subject) for subject in SUBJECTS] + [act("beperking", fence())]
            for entry in entries:
                print("asks", entry.model_dump_json(), file=said)
            with suppress(LogUnavailable, OutcomeUnknown):
                for entry, verdict in zip(entries, await service.door("consent").record(DESK, entries), strict=True):
                    assert isinstance(verdict, Receipt), verdict
                    print("has", entry.event.id, verdict.position, verdict.leaf, file=said)


async def demand_sound(folder: Path, said: Path) -> int:
    """The log opens again; what was acknowledged stands, what was not gets its one line now, and all of it fits. How
    many were acknowledged. Raises AssertionError."""
    asked, known = heard(said)
    async with Place(log_url(folder), folder, clock=utc_now).opened() as (service, component):
        await component.check()
        verdicts = await service.door("consent").record(DESK, list(asked.values())) if asked else []
        for event_id, verdict in zip(asked, verdicts, strict=True):
            now = (str(receipt(verdict).position), receipt(verdict).leaf)
            assert known.get(event_id, now) == now
        for subject in SUBJECTS:
            series = await service.door("web").lines(DESK, subject, limit=200)
            assert [line.n for line in series.lines] == list(range(series.total, 0, -1))
        assert service.desk(DESK).log.memory.size == len(asked), "an event has no line, or two"
        report = await fsck(folder, service)
        assert (report.status, report.size) == (0, len(asked)), (report.findings.first, report.unjudged)
    return len(known)


def heard(said: Path) -> tuple[dict[str, Entry], dict[str, tuple[str, str]]]:
    """What was asked, in order, and what was acknowledged: position and leaf. By id of the event."""
    asked: dict[str, Entry] = {}
    known: dict[str, tuple[str, str]] = {}
    for line in said.read_text().splitlines() if said.exists() else ():
        word, _, rest = line.partition(" ")
        if word == "asks":
            entry = Entry.model_validate_json(rest)
            asked[entry.event.id] = entry
        else:
            event_id, position, leaf = rest.split()
            known[event_id] = (position, leaf)
    return asked, known


async def fsck(folder: Path, service: AuditService) -> Report:
    """As `regie audit fsck`, with keys and beside the signer."""
    anchors = {origin: key.hex() for origin, key in service.public_keys.items()}
    outside = outside_of(partial(LogSigner, folder / "signer"), TENANT, anchors, with_key=True)
    assert not outside.wrong
    asked = Asked(TENANT, [TENANT], outside.signed, outside.origins, outside.unjudged)
    database = Database(log_url(folder), "audit")
    try:
        return await check_log(database, FileKeyProvider(folder / "keys"), asked)
    finally:
        await database.close()


def sign(kept: Path, socket: Path) -> None:
    """`regie serve signer`, without what it reads from its environment."""
    with door(SignerSettings(mode="test", folder=kept, socket=socket)) as served:
        served.serve_forever(poll_interval=0.02)


def cosign(settings: WitnessSettings, told: Path) -> None:
    """`regie serve witness`; the port is written down."""

    async def served() -> None:
        async with witnessing(settings) as address:
            write_whole(told, str(address.port))
            await asyncio.Event().wait()

    try:
        asyncio.run(served())
    except Exception as error:  # the command says it in a sentence
        sys.exit(str(error))


def grown(edge: Edge, count: int) -> Growth:
    """So many lines more."""
    return Growth(edge, [hashlib.sha256(f"{edge.size + at}".encode()).digest() for at in range(count)])


def sign_until(point: str, count: int, kept: Path, socket: Path) -> None:
    """The same, and it dies the count-th time that it comes to this point."""
    arm(point, count)
    sign(kept, socket)
