"""The work behind the door for files: judged, kept, logged, and only then read."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from anyio import to_thread

from audit.contract import Audit, Event, EventIdTaken, Kind, Overtaken, record_one
from connectors.bulk.jobs import client_of
from connectors.uploads.columns import Sheet
from connectors.uploads.contract import KEEPER, Judged, NoSuchSheet, SheetState, SheetView, UploadUnderWay
from connectors.uploads.reading import Row, Sheets
from connectors.uploads.rows import COUNTS, WHOLE, File, UploadRows
from connectors.uploads.sealing import Sealing
from connectors.uploads.standing import REMOVED, TAKEN, Files, entry_of
from kernel.caller import Caller, room_of
from kernel.clock import Clock, moment, utc_now
from kernel.errors import Problem
from kernel.failpoints import reached
from kernel.ids import derived_id, random_id
from kernel.logs import logger
from vault.contract import Bsn

SCOPE = "verstrekking:bronhouder"
TAKEN_STEP, REMOVED_STEP, JUDGED = "overgenomen", "verwijderd", "nagekeken"
FACT: Final[Kind] = "bronbestand"
BY_HAND = "medewerker:"
_log = logger("connectors.uploads")


@dataclass(frozen=True)
class Taking:
    """A source that takes files: who may send them, and how they are read."""

    sheet: Sheet
    sheets: Sheets


@dataclass(frozen=True)
class UploadDesk:
    """Satisfies Uploads and PortalUploads. taking: by tenant and source."""

    taking: Mapping[str, Mapping[str, Taking]]
    rows: UploadRows
    audit: Audit
    clock: Clock = utc_now

    async def take(self, caller: Caller, source: str, raw: bytes) -> SheetView:
        """See Uploads.take."""
        taking, tenant = self._own(caller, source), caller.tenant
        found = await to_thread.run_sync(taking.sheets.read, raw)
        kept = (len(found), taking.sheet.keep_days)
        epoch = await self._files.next_epoch(tenant, source)
        file, sealing = await self.rows.begin(tenant, source, _client(caller, taking), kept, epoch)
        await self.rows.fill(tenant, file, await to_thread.run_sync(_sealed, sealing, found))
        reached("uploads.whole")
        # what somebody may learn of residents from here on stands in the log before anybody can
        await self._finish(tenant, file)
        return _view(source, file)

    async def sheets(self, caller: Caller) -> list[SheetState]:
        """See PortalUploads.sheets."""
        ours = sorted((name, one) for name, one in self.taking.get(caller.tenant, {}).items() if _keeps(caller, one))
        return [_state(one.sheet, await self.view(caller, name), self.clock()) for name, one in ours]

    async def judge(self, caller: Caller, source: str, raw: bytes) -> Judged:
        """See PortalUploads.judge."""
        taking, tenant = self._own(caller, source), caller.tenant
        found = await to_thread.run_sync(taking.sheets.read, raw)
        file, both = await self._now(tenant, source), 0
        if file is not None:
            # of a list of one it tells whether that one is in it: who asks is written down before anybody looks
            asked = replace(file, client=_client(caller, taking), rows=len(found))
            await self._line(tenant, asked, JUDGED, event_id=random_id())
            owners = await to_thread.run_sync(_owners, await self.rows.sealing(tenant, file), list(found))
            both = await self.rows.among(tenant, file, owners)
        return Judged(rows=len(found), new=len(found) - both, both=both, gone=(file.rows if file else 0) - both)

    async def view(self, caller: Caller, source: str) -> SheetView:
        """See Uploads.view."""
        self._own(caller, source)
        return _view(source, await self._now(caller.tenant, source))

    async def remove(self, caller: Caller, source: str) -> None:
        """See Uploads.remove."""
        # also one that waits for its line, or it would come to count after it was removed; and one that came meanwhile
        by = _client(caller, self._own(caller, source))
        while there := await self.rows.there(caller.tenant, source):
            for file in there:
                await self._remove(caller.tenant, file, by)

    async def tidy(self, tenant: str) -> None:
        """What was broken off is finished or cleared, what is over goes. Raises nothing: again in ten minutes."""
        try:
            left = await self.rows.left(tenant)
        except Problem as problem:
            _log.warning("uploads_not_tidied", code=problem.code)
            return
        for file in left:
            try:
                await self._tidied(tenant, file)
            except Problem as problem:  # the next one may not wait for it: its term is over
                _log.warning("uploads_not_tidied", code=problem.code)

    async def _tidied(self, tenant: str, file: File) -> None:
        newer = file.state == WHOLE and await self.rows.counting(tenant, file.source)
        if file.state == WHOLE and not (newer and newer.version > file.version):
            with suppress(UploadUnderWay):  # another came in its place
                await self._finish(tenant, file)
        else:
            await self._remove(tenant, file)

    async def _finish(self, tenant: str, file: File) -> None:
        try:
            await self._line(tenant, file, TAKEN_STEP, TAKEN)
        except Overtaken:  # another counts, or it was removed: of this one nothing was ever read
            await self.rows.drop(tenant, file)
            raise UploadUnderWay("Dit bestand is ingehaald. Lever het opnieuw.", wachtSeconden=60) from None
        reached("uploads.recorded")
        await self.rows.count(tenant, file)

    async def _remove(self, tenant: str, file: File, by: str = "") -> None:
        """by: who removed it, "" where its term was over or a newer one came."""
        if file.state in (WHOLE, COUNTS):  # whole: its line may stand already
            organisation = file.client.partition("/")[0]
            # a crash after the line of who removed it: that line counts, and not this one
            with suppress(EventIdTaken):
                # where a newer one counts this one is read no more, and what moved now would take that one with it
                last = await self.rows.newest(tenant, file.source) <= file.version
                by_whom = replace(file, client=by or f"{organisation}/")
                await self._line(tenant, by_whom, REMOVED_STEP, REMOVED if last else FACT)
        await self.rows.drop(tenant, file)

    async def _now(self, tenant: str, source: str) -> File | None:
        """The file that is read now."""
        file = await self.rows.counting(tenant, source)
        return file if file and await self._files.stands(tenant, file) else None

    @property
    def _files(self) -> Files:
        return Files(self.rows, self.audit)

    async def _line(self, tenant: str, file: File, step: str, kind: Kind = FACT, event_id: str = "") -> None:
        """The same for the same file and step, whoever writes it. event_id: of a step that may be taken again."""
        organisation, _, who = file.client.partition("/")
        by_hand = who.startswith(BY_HAND)
        told = {"stap": step, "bron": file.source, "versie": str(file.version), "regels": str(file.rows),
                "bewaardTot": moment(file.until).date().isoformat()}  # fmt: skip
        # where pseudonyms of staff are searched, and kept from who may not read them
        actor = who.removeprefix(BY_HAND) if by_hand else ""
        event = Event(id=event_id or derived_id(file.id, step), kind=kind, name="Bestand van een bron",
                      recipient=organisation, application="" if by_hand else who, actor=actor,
                      details=told)  # fmt: skip
        await record_one(self.audit, room_of(tenant, "connectors"), entry_of(tenant, file, event))

    def _own(self, caller: Caller, source: str) -> Taking:
        """Raises NoSuchSheet."""
        taking = self.taking.get(caller.tenant, {}).get(source)
        if taking is None or not _keeps(caller, taking):
            raise NoSuchSheet("Deze bron is er niet, of u levert er geen bestanden voor.")
        return taking


def _keeps(caller: Caller, taking: Taking) -> bool:
    """Whether this application, or this person at a page, sends the files of this source."""
    owner = taking.sheet.owner
    if caller.kind == "medewerker":
        return f"{KEEPER}{owner}" in caller.roles
    return SCOPE in caller.scope and caller.organisation == owner


def _client(caller: Caller, taking: Taking) -> str:
    """Who sends it: an application, or the pseudonym of a person."""
    return f"{taking.sheet.owner}/{BY_HAND}{caller.user}" if caller.kind == "medewerker" else client_of(caller)


def _owners(sealing: Sealing, found: Sequence[Bsn]) -> list[str]:
    return [sealing.owner(bsn) for bsn in found]


def _state(sheet: Sheet, now: SheetView, at: datetime) -> SheetState:
    """soon: in the last quarter of its term."""
    left = datetime.fromisoformat(now.until) - at if now.until else None
    headings = (sheet.number, *(column.heading for column in sheet.columns.values()))
    soon = left is not None and left <= timedelta(days=sheet.keep_days) / 4
    return SheetState(now=now, headings=headings, most=sheet.rows, days=sheet.keep_days, soon=soon)


def _sealed(sealing: Sealing, found: Mapping[Bsn, Row]) -> list[dict[str, object]]:
    """In the order of their hashes: the place of a row says nothing of its place in the file."""
    by_owner: Iterable[tuple[str, Row]] = sorted(((sealing.owner(bsn), row) for bsn, row in found.items()), key=_owner)
    return [{"owner": owner, "sealed": sealing.sealed(owner, row)} for owner, row in by_owner]


def _owner(pair: tuple[str, Row]) -> str:
    return pair[0]


def _view(source: str, file: File | None) -> SheetView:
    if file is None:
        return SheetView(source=source)
    taken, until = (f"{moment(at):%Y-%m-%dT%H:%M:%SZ}" for at in (file.made_at, file.until))
    return SheetView(source=source, version=file.version, rows=file.rows, taken=taken, until=until)
