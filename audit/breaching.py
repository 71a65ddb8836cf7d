"""Files on breaches: whose data somebody could have had, in versions. A search like any other: its own line first.

A file keeps what was asked and the numbers that came out, never the list of people: that is made anew for whoever asks,
and each person on it gets a line first. A crash between line and file leaves a line and no file: ask again. A file is
sealed under the municipality's own key of its year of destruction, and goes with that.
"""

from collections.abc import AsyncIterator, Mapping, Sequence

from sqlalchemy import ColumnElement, RowMapping, func, insert, or_, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.breach import (
    BEFORE,
    KEPT,
    SENT,
    WINDOW,
    Affected,
    Decision,
    Leak,
    Page,
    Part,
    Row,
    Tally,
    Tallying,
    Version,
    Window,
    people,
)
from audit.breach_window import days_of, during, held_before, lines_with, named
from audit.contract import Reason
from audit.covert import sees_covert
from audit.event import NOBODY, SYSTEM, Entry
from audit.gone import OPEN, emptied
from audit.kinds import RELEASES, REPORTED
from audit.label import Label
from audit.labels import labels_where
from audit.leaf import VERSION
from audit.leaking import Leaks, stands
from audit.log import Log
from audit.permit import Position, Receipt
from audit.reading import OUTCOME_OF
from audit.refusals import JustDecided
from audit.searching import before, is_person, not_sheltering
from audit.searchline import Record, demand_searcher, receipts_of, search_event, show
from audit.tables import breaches, lines, outcomes
from audit.tags import tag, used_tag
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.crypto import CannotOpen, DataKey, Place, seal, unseal
from kernel.errors import BadInput, NotFound
from kernel.ids import random_id

PAGE = 200  # people shown together
EXPORT = 5_000  # people in one export
VERSIONS = 100  # of one file
FILES = 200  # in one list
Within = tuple[Mapping[bytes, Label], list[ColumnElement[bool]]]  # labels by id, and which lines
COUNTED, SHOWN, EXPORTED = "Een datalek onderzoeken", "Betrokkenen van een datalek zien", "Betrokkenen uitvoeren"


class Breaches:
    """Of one open log. Every verb raises NoAccess, LogUnavailable, OutcomeUnknown."""

    def __init__(self, log: Log, record: Record, clock: Clock, keep_years: int) -> None:
        self._log, self._tenant, self._record, self._clock = log, log.tenant, record, clock
        self._keep_years, self.page = keep_years, PAGE
        self._leaks = Leaks(log, record, clock, self._read, self._keep)

    async def report(self, caller: Caller, window: Window, reason: Reason, file_id: str = "") -> Version:
        """A new file, or the next version of one. Raises BadInput, JustDecided, NotFound (no such file)."""
        demand_searcher(caller)
        _demand(window)
        known = await self.versions(caller, file_id) if file_id else ()
        if len(known) >= VERSIONS:
            raise BadInput("Dit dossier heeft te veel versies. Begin een nieuw.")
        made = file_id or random_id()
        receipt = await self._line(caller, reason, made, window)  # numbers, and nobody
        counted, reached = await self._counted(window, receipt.position, WINDOW)
        held = None
        if window.names_recipient:
            held, before = await self._counted(window, receipt.position, BEFORE)
            reached |= before
        version = Version(
            id=made,
            version=len(known) + 1,
            made_at=millis(self._clock()),
            line=receipt.position,
            keep_until=self._clock().year + self._keep_years,
            window=window,
            tally=counted,
            held=held,
            reached=len(reached),
        )
        await self._keep(version)
        return version

    async def versions(self, caller: Caller, file_id: str) -> tuple[Version, ...]:
        """Oldest first; numbers, no people. Raises NotFound."""
        demand_searcher(caller)
        query = select(breaches).where(breaches.c.tenant_id == self._tenant, breaches.c.id == file_id)
        with self._log.guarded():
            async with self._log.database.snapshot(self._tenant) as reading:
                rows = list((await reading.execute(query.order_by(breaches.c.version))).mappings())
            found = await self._read(rows)
        if not found:
            raise NotFound("Dit dossier is er niet.")
        return found

    async def newest(self, caller: Caller) -> tuple[Version, ...]:
        """The newest version of each of the last FILES files, newest first."""
        demand_searcher(caller)
        last = select(breaches.c.id, func.max(breaches.c.version)).where(breaches.c.tenant_id == self._tenant)
        query = select(breaches).where(
            breaches.c.tenant_id == self._tenant,
            tuple_(breaches.c.id, breaches.c.version).in_(last.group_by(breaches.c.id)),
        )
        with self._log.guarded():
            async with self._log.database.snapshot(self._tenant) as reading:
                rows = list((await reading.execute(query.order_by(breaches.c.made_at.desc()).limit(FILES))).mappings())
            return await self._read(rows)

    async def decide(self, caller: Caller, file_id: str, reason: Reason, said: Decision) -> Version:
        """See PortalBreaches.decide."""
        try:
            return await self._leaks.decide(caller, await self.versions(caller, file_id), reason, said)
        except JustDecided:
            same = stands(await self.versions(caller, file_id), said)  # who pressed twice decided once
            if same is None:
                raise
            return same

    async def leaks(self, caller: Caller, subject: str) -> tuple[Leak, ...]:
        """See PortalBreaches.leaks."""
        return await self._leaks.of(caller, subject)

    async def people(
        self, caller: Caller, file_id: str, reason: Reason, asked: Page, export: bool = False
    ) -> tuple[Receipt, tuple[Affected, ...], str]:
        """People of the newest version in the order of their pseudonyms; with the search's own line, and the cursor to
        go on ("" at the end). Each has a line before anybody is shown. Raises BadInput for a part that is not there."""
        newest = (await self.versions(caller, file_id))[-1]
        if asked.part == BEFORE and newest.held is None:
            raise BadInput("Dit dossier noemt geen ontvanger of toepassing.")
        seen = [] if sees_covert(caller) else [OPEN]
        if not is_person(caller):  # of its employees Burgerzaken's alone gave a list of who hides
            seen.append(not_sheltering((await self._log.keys()).tags, self._tenant))
        own_id, name, limit = random_id(), EXPORTED if export else SHOWN, EXPORT if export else self.page
        receipt = await self._line(caller, reason, file_id, newest.window, (own_id, name))
        with self._log.guarded():
            async with self._log.database.snapshot(self._tenant, patient=True) as reading:
                within = await self._within(reading, newest.window, newest.line, asked.part)
                page = select(lines.c.subject).distinct().select_from(lines.outerjoin(outcomes, OUTCOME_OF))
                page = (
                    page.where(*within[1], *seen, lines.c.subject > asked.after)
                    .order_by(lines.c.subject)
                    .limit(limit + 1)
                )
                subjects = [str(subject) for (subject,) in await reading.execute(page)]
                theirs = lines.c.subject.in_(subjects[:limit])
                rows = [row async for row in _grouped(reading, within, theirs, *seen)]
        found = tuple(people(rows))
        shown = [(row.subject, row.label.withheld_until) for row in rows]
        await show(self._record, caller, reason, own_id, shown, millis(self._clock()))
        return receipt, found, subjects[limit - 1] if len(subjects) > limit else ""

    async def _line(
        self, caller: Caller, reason: Reason, file_id: str, window: Window, own: tuple[str, str] = ("", COUNTED)
    ) -> Receipt:
        """own: id and name of the line."""
        told = {
            "datalek": file_id,
            "gezochtOntvanger": window.recipient,
            "gezochtToepassing": window.application,
            "gezochtGebruiker": window.actor,
            "gezochtSleutel": window.key,
            "van": str(window.since),
            "tot": str(window.until),
        }
        event = search_event(caller, reason, own[0] or random_id(), SYSTEM, told)
        entry = Entry(event=event.model_copy(update={"name": own[1]}))
        return receipts_of(await self._record([entry]))[0]

    async def _counted(self, window: Window, until: Position, part: Part) -> tuple[Tally, set[str]]:
        """The numbers, and of whom."""
        tallying = Tallying()
        with self._log.guarded():
            async with self._log.database.snapshot(self._tenant, patient=True) as reading:
                within = await self._within(reading, window, until, part)
                async for row in _grouped(reading, within, OPEN):  # a file is for every auditor
                    tallying.add(row)
            async with self._log.database.snapshot(self._tenant, patient=True) as reading:
                gone = await emptied(reading, self._tenant, window.since, window.until)
        return tallying.result().model_copy(update={"destroyed": gone}), tallying.residents

    async def _within(self, reading: AsyncConnection, window: Window, until: Position, part: Part) -> Within:
        keys = await self._log.keys()
        found = await labels_where(
            reading, self._tenant, keys, lambda label: label.kind in RELEASES or label.kind == REPORTED
        )
        marks = {name: tag(keys.tags, name, value) for name, value in named(window, part).items() if value}
        days = [used_tag(keys.tags, at) for at in days_of(window)]
        when = during(window, found, days) if part == WINDOW else held_before(window, found)
        return found, [
            lines.c.tenant_id == self._tenant,
            before(until),
            *(lines_with(self._tenant, mark, window, part) for mark in marks.values()),
            when,
            lines.c.subject.not_in((SYSTEM, NOBODY)),
            func.coalesce(outcomes.c.outcome, "") != KEPT,
        ]

    async def _keep(self, version: Version) -> None:
        with self._log.guarded():
            (key,) = (await self._log.keychain.bodies([(SYSTEM, version.keep_until)], make=True)).values()
        text = version.model_dump_json().encode()
        row = {
            "tenant_id": self._tenant,
            "id": version.id,
            "version": version.version,
            "made_at": version.made_at,
            "term": version.line.term,
            "idx": version.line.index,
            "year": version.keep_until,
            "sealed": seal(key, _place(self._tenant, version.id, version.version), text),
        }
        with self._log.guarded():
            try:
                async with self._log.database.writing(self._tenant) as tx:
                    await tx.execute(insert(breaches), [row])
            except IntegrityError:
                raise JustDecided("Iemand anders schreef net in dit dossier. Kijk opnieuw.") from None

    async def _read(self, rows: Sequence[RowMapping]) -> tuple[Version, ...]:
        owners = {(SYSTEM, row["year"]) for row in rows}
        keys = await self._log.keychain.bodies(owners)
        if len(keys) < len(owners):
            raise CannotOpen
        return tuple(read_version(keys[SYSTEM, row["year"]], self._tenant, row) for row in rows)


def read_version(key: DataKey, tenant: str, row: RowMapping) -> Version:
    """One row of a file. Raises CannotOpen for one that was put elsewhere."""
    text = unseal(key, _place(tenant, row["id"], row["version"]), bytes(row["sealed"]))
    return Version.model_validate_json(text)


def _place(tenant: str, file_id: str, version: int) -> Place:
    return Place(tenant, "datalek", file_id, version, "breach", VERSION, "normaal")


def _demand(window: Window) -> None:
    if not any(named(window, WINDOW).values()):
        raise BadInput("Noem een ontvanger, een toepassing, een medewerker of een sleutel.")
    if window.since > window.until:
        raise BadInput("Het tijdvak eindigt voor het begint.")


async def _grouped(reading: AsyncConnection, within: Within, *more: ColumnElement[bool]) -> AsyncIterator[Row]:
    labels, conditions = within
    # another system says what it did itself: there is no outcome to wait for
    reported = lines.c.label.in_([name for name, label in labels.items() if label.kind == REPORTED])
    certain = or_(func.coalesce(outcomes.c.outcome, "") == SENT, reported)
    query = select(
        lines.c.subject, lines.c.label, certain.label("certain"), func.count(), func.min(lines.c.logged_at),
        func.max(lines.c.logged_at),
    ).select_from(lines.outerjoin(outcomes, OUTCOME_OF))  # fmt: skip
    query = query.where(*conditions, *more).group_by(lines.c.subject, lines.c.label, certain).order_by(lines.c.subject)
    async for subject, label, sure, count, first, last in await reading.stream(query):
        yield Row(subject, labels[bytes(label)], bool(sure), count, first, last)
