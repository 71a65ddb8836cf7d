"""Lifting covert lines (trust.md 4.4): each old line gets a new one in its resident's own series, which opens it.

Two custodians opened the bodies elsewhere (`audit.escrow`); here each is held against its leaf, so nobody can lift what
was not written. A crash in between: do it again, what was lifted is not lifted twice.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, select, tuple_

from audit.contract import EventIdTaken, Line
from audit.covert import PREFIX, SEALED_TO, is_covert
from audit.escrow import OpenedLine, SealedLine, demand_told, fits
from audit.event import Entry, Event
from audit.kinds import LIFTED, OUTCOME
from audit.leaf import BODY, SALT, act_place, body_place, escrow_of, event_of, opened
from audit.log import Log
from audit.permit import Position
from audit.reading import Reader
from audit.searchline import AT_ONCE, Record, receipts_of
from audit.tables import lines, tags
from audit.tags import tag
from kernel.canonical import read_canonical
from kernel.crypto import CannotOpen, hmac_sha256, same
from kernel.errors import BadInput, Problem
from kernel.ids import derived_id

_BODY_COMMIT = slice(36, 68)
PAGE = 200  # lines looked at together
NOT_COVERT = "Regel {place} is geen heimelijke regel van dit logboek."
NOT_THIS = "Regel {place} is geen heimelijke regel van dit logboek, of deze inhoud hoort er niet bij."


class Lifter:
    """Of one open log. `record`: as the room audit. Every verb raises LogUnavailable, BadInput."""

    def __init__(self, log: Log, reader: Reader, record: Record) -> None:
        self._log, self._tenant, self._reader, self._record = log, log.tenant, reader, record

    async def sealed(self, recipient: str, case: str) -> tuple[SealedLine, ...]:
        """Covert lines of this case that were not lifted yet, and of the searches that found them. In log order: all of
        them, or more than one file holds."""
        keys = await self._log.keys()
        wanted = [tag(keys.tags, "recipient", recipient), tag(keys.tags, "case", case)]
        here = select(tags.c.term, tags.c.idx).where(tags.c.tenant_id == self._tenant)
        named = [tuple_(lines.c.term, lines.c.idx).in_(here.where(tags.c.tag == mark)) for mark in wanted]
        return await self._left(select(lines.c.subject).where(*self._covert, *named))

    async def sealed_with(self, place: Position) -> tuple[SealedLine, ...]:
        """The same of the case that this line is of: lines that came back from a mirror have nothing else to be found
        by. Raises BadInput for another line."""
        series = select(lines.c.subject).where(*self._covert, lines.c.term == place.term, lines.c.idx == place.index)
        with self._log.guarded():
            async with self._log.database.snapshot(self._tenant) as reading:
                there = await reading.scalar(series)
        if there is None:
            raise BadInput(NOT_COVERT.format(place=place))
        return await self._left(series)

    @property
    def _covert(self) -> tuple[ColumnElement[bool], ...]:
        return lines.c.tenant_id == self._tenant, lines.c.subject.like(f"{PREFIX}%")

    async def _left(self, series: Select[str]) -> tuple[SealedLine, ...]:
        """What of these series was not lifted, until that is more than a file holds: what was, takes no room."""
        found: list[SealedLine] = []
        last = ("", -1)
        page = select(lines).where(*self._covert, lines.c.subject.in_(series)).order_by(lines.c.term, lines.c.idx)
        while fits(found):
            with self._log.guarded():
                rows = await self._rows(page.where(tuple_(lines.c.term, lines.c.idx) > last).limit(PAGE))
                places = [Position(term=row["term"], index=row["idx"]) for row in rows]
                done = await self._reader.told_of(LIFTED, places)
                left = [row for row, place in zip(rows, places, strict=True) if place not in done]
                found += [one for row in left if (one := await self._sealed(row))]
            if len(rows) < PAGE:
                break
            last = (rows[-1]["term"], rows[-1]["idx"])
        return tuple(found)

    async def _sealed(self, row: RowMapping) -> SealedLine | None:
        """None for a line that is no secret in itself, or of which the key went."""
        keys = await self._log.keys(row["term"])
        said = _said(self._tenant, row, keys.act(row["term"]))
        bodies = await self._log.keychain.bodies([(row["subject"], row["year"])])
        if SEALED_TO not in said or not bodies:
            return None
        place = body_place(self._tenant, row["subject"], row["event_id"], row["year"])
        inner = escrow_of(bodies[row["subject"], row["year"]], place, bytes(row["body"]))
        return SealedLine(
            place=Position(term=row["term"], index=row["idx"]),
            event_id=row["event_id"],
            key=said[SEALED_TO],
            sealed=base64.b64encode(inner).decode(),
        )

    async def lift(self, found: Sequence[OpenedLine], reason: str) -> int:
        """How many lines were written. reason: for the resident, why it was hidden and may be seen now."""
        demand_told(reason)
        which = tuple_(lines.c.term, lines.c.idx).in_([(one.place.term, one.place.index) for one in found])
        with self._log.guarded():
            there = await self._rows(select(lines).where(lines.c.tenant_id == self._tenant, which))
            rows = {(row["term"], row["idx"]): row for row in there}
            keys = await self._log.keys(*{term for term, _ in rows})
        read = []
        for one in found:
            row = rows.get((one.place.term, one.place.index))
            if row is None or not is_covert(row["subject"]):
                raise BadInput(NOT_THIS.format(place=one.place))
            read.append((one, row, _said(self._tenant, row, keys.act(row["term"])), _read(one, row)))
        whose = {row["subject"]: _subject(body) for _, row, _, body in read if not is_covert(_subject(body))}
        for series in {row["subject"] for _, row, _, _ in read} - set(whose):
            whose |= await self._whose(series)
        if nobody := [one.place for one, row, _, _ in read if row["subject"] not in whose]:
            raise BadInput(f"Van regel {nobody[0]} is niet bekend wie zij betreft: open de hele zaak.")
        events = [_event(one, said, body, whose[row["subject"]], reason) for one, row, said, body in read]
        return sum([await self._written(events[at : at + AT_ONCE]) for at in range(0, len(events), AT_ONCE)])

    async def _rows(self, query: Select[Any]) -> list[RowMapping]:
        async with self._log.database.snapshot(self._tenant, patient=True) as reading:
            return list((await reading.execute(query)).mappings())

    async def _whose(self, series: str) -> dict[str, str]:
        """Whose lines these are, by their series, when the first of them were lifted before: the last of them need not
        say so themselves, as a search does not."""
        first = select(lines).where(lines.c.tenant_id == self._tenant, lines.c.subject == series).order_by(lines.c.n)
        keys = await self._log.keys()
        with self._log.guarded():
            places = [Position(term=row["term"], index=row["idx"]) for row in await self._rows(first.limit(PAGE))]
            named = tags.c.tag.in_([tag(keys.tags, LIFTED, str(place)) for place in places])
            at = await self._rows(select(tags).where(tags.c.tenant_id == self._tenant, named).limit(1))
        if not at:
            return {}
        line: Line = await self._reader.line(Position(term=at[0]["term"], index=at[0]["idx"]))
        is_so = line.event.kind == LIFTED and set(line.event.closes) & set(places)  # a tag alone says nothing
        return {series: line.event.subject} if is_so else {}

    async def _written(self, events: Sequence[Event]) -> int:
        """A line that stands there already was written by who was first, in their words."""
        verdicts = await self._record([Entry(event=event) for event in events])
        new = [verdict for verdict in verdicts if not isinstance(verdict, EventIdTaken)]
        receipts_of([verdict for verdict in new if isinstance(verdict, Problem)])
        return len(new)


def _said(tenant: str, row: RowMapping, key: Any) -> dict[str, Any]:
    said: dict[str, Any] = read_canonical(
        opened(key, act_place(tenant, row["term"], row["event_id"]), bytes(row["act"]))[0]
    )
    return said


def _read(one: OpenedLine, row: RowMapping) -> dict[str, Any]:
    """The body, held against what the leaf commits to."""
    try:
        body, salt = (base64.b64decode(text, validate=True) for text in (one.body, one.salt))
        spelt = [base64.b64encode(part).decode() for part in (body, salt)]  # as the one who checks it spells it
        if (
            spelt != [one.body, one.salt]
            or len(salt) != SALT
            or not same(hmac_sha256(salt, BODY, body), bytes(row["leaf"])[_BODY_COMMIT])
        ):
            raise CannotOpen
        read: dict[str, Any] = read_canonical(body.decode())
    except (CannotOpen, ValueError):
        raise BadInput(NOT_THIS.format(place=one.place)) from None
    return read


def _subject(read: Mapping[str, Any]) -> str:
    return str(read["dpl.core.data_subject_id"])


def _event(one: OpenedLine, said: Mapping[str, Any], read: Mapping[str, Any], whose: str, reason: str) -> Event:
    """Says what the old line says, and opens it. Kept as long: the one makes no sense without the other."""
    old = event_of(said, read)
    told = {"reden": reason, "soort": old.kind, "sinds": said["tijd"], OUTCOME: old.details.get(OUTCOME, "")}
    own: dict[str, Any] = {
        "id": derived_id(old.id, LIFTED),
        "kind": LIFTED,
        "subject": whose,
        "decision": "",
        "valid_until": 0,
        "closes": (one.place,),
        "actor": "",
        "key": "",
        "trace": None,
        "sealed": "",
        "seal": "",
        "withheld_until": 0,
        "covert": "",
        "destroys": 0,
        "gone": (),
        "details": {name: value for name, value in told.items() if value},
        "shows": {"body": one.body, "bodyZout": one.salt, "plaats": str(one.place)},
    }
    return Event.model_validate(dict(old) | own)  # what is written must be readable: every limit holds here too
