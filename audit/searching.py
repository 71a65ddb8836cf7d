"""A search is an act (trust.md 4.3): its own line first, a line in the series of each person shown, then the result."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from sqlalchemy import ColumnElement, Select, case, func, literal, select, tuple_, union_all

from audit.contract import Found, Lines, Query, Reason, Totals
from audit.covert import sees_covert
from audit.event import NOBODY, SYSTEM, Entry
from audit.gone import EMPTIED, OPEN, emptied
from audit.kinds import FLAGGED, RELEASES
from audit.label import Label
from audit.labels import labels_where
from audit.log import Log
from audit.permit import Position
from audit.reading import OUTCOME_OF, Reader, line_rows
from audit.searchline import BASIS, Record, demand_searcher, receipts_of, search_event, show
from audit.tables import lines, outcomes, tags
from audit.tags import day, tag
from audit.withholding import SHELTERING, unrevealing
from kernel.caller import Caller
from kernel.clock import millis
from kernel.errors import BadInput
from kernel.ids import random_id

DAY_MS = 86_400_000
DAYS_MOST = 31  # of a period that is all there is to search by


class Searcher:
    """Searches one open log. `record`: as the room `audit`."""

    def __init__(self, log: Log, reader: Reader, record: Record) -> None:
        self._log, self._reader, self._record = log, reader, record

    async def search(self, caller: Caller, query: Query, reason: Reason) -> Found:
        """See Audit.search. Raises NoAccess, BadInput (nothing to search by), LogUnavailable."""
        demand_searcher(caller)
        if query.until and query.until < query.since:
            raise BadInput("Het tijdvak eindigt voor het begint.")
        if not (any(_tagged(query).values()) or query.element or self._days(query)):
            raise BadInput(
                "Zoek op een inwoner, ontvanger, toepassing, medewerker, sleutel, activiteit, zaak of gegevenselement, "
                f"of noem een tijdvak van hoogstens {DAYS_MOST} dagen."
            )
        # 1 the search's own line
        own = search_event(caller, reason, random_id(), SYSTEM, _asked(query))
        receipt = receipts_of(await self._record([Entry(event=own)]))[0]
        # 2 what was there before it
        found, totals = await self._found(caller, query, receipt.position)
        # 3 a line in the series of each person shown; only then the result
        shown = [(line.event.subject, line.event.withheld_until) for line in found.lines]
        await show(self._record, caller, reason, own.id, shown, millis(self._log.clock()))
        return Found(receipt=receipt, found=found, totals=totals)

    async def _found(self, caller: Caller, query: Query, until: Position) -> tuple[Lines, Totals]:
        shut = not sees_covert(caller)
        with self._log.guarded():
            within = [*await self._within(query, until), *((OPEN,) if shut else ())]
            if not any(_tagged(query).values()) or not (query.subject or is_person(caller)):
                within.append(await self._without(partial(_left_out, caller, query)))
            if not (query.subject or is_person(caller)):
                within.append(not_sheltering((await self._log.keys()).tags, self._log.tenant))
            page = line_rows().where(*within)
            if query.before is not None:
                page = page.where(before(query.before))
            page = page.order_by(lines.c.term.desc(), lines.c.idx.desc()).limit(query.limit + 1)
            async with self._log.database.snapshot(self._log.tenant, patient=True) as reading:
                rows = list((await reading.execute(page)).mappings())
                total, residents = (await reading.execute(_totals(within))).one()
                gone = await emptied(reading, self._log.tenant, query.since, query.until, query.subject, shut)
            found = await self._reader.as_lifted(await self._reader.opened(rows[: query.limit]))
        if not is_person(caller):
            found = [unrevealing(line, named=bool(query.subject)) for line in found]
        more = found[-1].position if len(rows) > query.limit else None
        totals = Totals(lines=total, residents=residents, destroyed=gone)
        return Lines(lines=tuple(found), before=more, total=total), totals

    async def _within(self, query: Query, until: Position) -> list[ColumnElement[bool]]:
        keys, tenant = await self._log.keys(), self._log.tenant
        within = [lines.c.tenant_id == tenant, before(until)]
        if _only_subject(query):
            within.append(_of_subject(keys.tags, tenant, query))
        elif any(_tagged(query).values()):
            within += tagged_lines(keys.tags, tenant, _tagged(query), query.since)
        elif days := self._days(query):
            within.append(_of_days(tenant, [tag(keys.tags, "day", day(at)) for at in days]))
        if query.element or query.basis or query.kind or query.outcome == "open":
            async with self._log.database.snapshot(tenant) as reading:
                found = await labels_where(reading, tenant, keys, partial(_labelled, query))
            within.append(lines.c.label.in_(list(found)))
        within.append(lines.c.logged_at >= query.since)
        if query.until:
            within.append(lines.c.logged_at <= query.until)
        if query.outcome == "open":
            within.append(outcomes.c.outcome.is_(None))
        elif query.outcome:
            within.append(outcomes.c.outcome == query.outcome)
        return within

    async def _without(self, left_out: Callable[[Label], bool]) -> ColumnElement[bool]:
        keys, tenant = await self._log.keys(), self._log.tenant
        async with self._log.database.snapshot(tenant) as reading:
            return lines.c.label.not_in(list(await labels_where(reading, tenant, keys, left_out)))

    def _days(self, query: Query) -> range:
        """A moment on each day (UTC) of its period, ms; none where that is too long to look at by itself."""
        until = query.until or millis(self._log.clock())
        days = range(query.since - query.since % DAY_MS, until + 1, DAY_MS)
        return days if len(days) <= DAYS_MOST + 1 else range(0)  # one more: a month seldom begins at midnight


def before(place: Position) -> ColumnElement[bool]:
    """Lines that stood in the log earlier than this one."""
    return _place() < tuple_(literal(place.term), literal(place.index))


def not_sheltering(key: bytes, tenant: str) -> ColumnElement[bool]:
    """Lines of another activity than the one that has lines of nobody but of who hides."""
    theirs = (tags.c.tenant_id == tenant, tags.c.tag == tag(key, "activity", SHELTERING))
    return _place().not_in(select(tags.c.term, tags.c.idx).where(*theirs))


def tagged_lines(key: bytes, tenant: str, named: Mapping[str, str], since: int) -> list[ColumnElement[bool]]:
    """A line has all of these tags; what is empty is left out."""
    return [
        _place().in_(
            select(tags.c.term, tags.c.idx).where(
                tags.c.tenant_id == tenant, tags.c.tag == tag(key, name, value), tags.c.logged_at >= since
            )
        )
        for name, value in named.items()
        if value
    ]


def _of_days(tenant: str, marks: Sequence[bytes]) -> ColumnElement[bool]:
    """Lines that were logged on one of these days: who says a period and nothing else looks at no other line."""
    return _place().in_(select(tags.c.term, tags.c.idx).where(tags.c.tenant_id == tenant, tags.c.tag.in_(marks)))


def _only_subject(query: Query) -> bool:
    rest = (query.element, query.basis, query.kind, query.outcome)
    return not any(rest) and [name for name, value in _tagged(query).items() if value] == ["subject"]


def _of_subject(key: bytes, tenant: str, query: Query) -> ColumnElement[bool]:
    """All lines of one series, also those that were destroyed: these have no tags any more."""
    tagged = select(tags.c.term, tags.c.idx).where(
        tags.c.tenant_id == tenant, tags.c.tag == tag(key, "subject", query.subject), tags.c.logged_at >= query.since
    )
    gone = select(lines.c.term, lines.c.idx).where(
        lines.c.tenant_id == tenant, lines.c.subject == query.subject, EMPTIED
    )
    # of a subquery SQLite looks up each place; of a bare union it looks at every line of the log
    both = union_all(tagged, gone).subquery()
    return _place().in_(select(both.c.term, both.c.idx))


def _tagged(query: Query) -> dict[str, str]:
    return {
        "subject": query.subject, "recipient": query.recipient, "application": query.application, "actor": query.actor,
        "activity": query.activity, "case": query.case, "trace": query.trace, "key": query.key,
    }  # fmt: skip


def _labelled(query: Query, label: Label) -> bool:
    return (
        (not query.element or label.names(query.element))
        and _article(query.basis) in ("", _article(label.basis))
        and (not query.kind or label.kind == query.kind)
        and (query.outcome != "open" or label.kind in RELEASES)
    )


def _left_out(caller: Caller, query: Query, label: Label) -> bool:
    """What an application collects is a list that can be stolen, of who hides, unless it names the one. And where
    nothing is named the log's own searches, unless they are asked: each leaves a line of all it shows, and the next
    would show those."""
    own = label.kind == "zoeking" and label.basis == BASIS and not query.kind and not any(_tagged(query).values())
    return own or (label.kind in FLAGGED and not (query.subject or is_person(caller)))


def is_person(caller: Caller) -> bool:
    """No application: what that collects can be stolen."""
    return caller.kind == "medewerker"


def _article(basis: str) -> str:
    """Of lines, some name the law before it and some do not; so do people."""
    return basis.removeprefix("AVG").strip()


def _place() -> ColumnElement[tuple[str, int]]:
    return tuple_(lines.c.term, lines.c.idx)


def _totals(within: Sequence[ColumnElement[bool]]) -> Select[int, int]:
    people = case((OPEN, func.nullif(func.nullif(lines.c.subject, SYSTEM), NOBODY)))
    rows = select(func.count(), func.count(people.distinct())).select_from(lines.outerjoin(outcomes, OUTCOME_OF))
    return rows.where(*within)


def _asked(query: Query) -> dict[str, str]:
    period = {"van": str(query.since or ""), "tot": str(query.until or "")}
    return {
        "gezochtInwoner": query.subject,
        "gezochtOntvanger": query.recipient,
        "gezochtToepassing": query.application,
        "gezochtGebruiker": query.actor,
        "gezochtActiviteit": query.activity,
        "gezochtZaak": query.case,
        "gezochtTrace": query.trace,
        "gezochtSleutel": query.key,
        "gezochtElement": query.element,
        "gezochtGrondslag": query.basis,
        "gezochtSoort": query.kind,
        "gezochtAfloop": query.outcome,
    } | period
