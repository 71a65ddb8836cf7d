"""Lines that are withheld until a day, shown before it: two of the FG's people say so, each with a login of their own.

The first one's word is a line that waits for the second's. The second writes a line in the resident's series that names
the lines which may be read from then on: those of the same use, its case and how it ended. More of them than one act
names are more of such lines.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from audit.contract import EventIdTaken, Lifting, Line, Reason
from audit.covert import sees_covert
from audit.event import NAMES_MAX, SYSTEM, Entry, Event
from audit.kinds import LIFT_ASKED, LIFTED
from audit.log import Log
from audit.permit import Position
from audit.reading import Reader, line_rows
from audit.searching import tagged_lines
from audit.searchline import Record, receipts_of
from audit.tables import lines, tags
from audit.tags import tag
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.errors import BadInput, NoAccess
from kernel.ids import derived_id, random_id

PAGE = 500  # lines read together
WAITS_MS = timedelta(days=30) / timedelta(milliseconds=1)  # a word older than this is given again
NAMES = {LIFT_ASKED: "Opheffing gevraagd", LIFTED: "Vertrouwelijkheid opgeheven"}
NOT_WITHHELD = "Deze regel is niet vertrouwelijk, of al te zien voor de inwoner."


class Early:
    """Of one open log. `record`: as the room audit."""

    def __init__(self, log: Log, reader: Reader, record: Record, clock: Clock) -> None:
        self._log, self._tenant, self._reader, self._record, self._clock = log, log.tenant, reader, record, clock

    async def lift(self, caller: Caller, place: Position, reason: Reason) -> Lifting:
        """See Audit.lift."""
        if not sees_covert(caller) or not caller.user:
            raise NoAccess("Opheffen is voor de FG.")
        (line,) = await self._reader.as_lifted([await self._reader.line(place)])
        now = millis(self._clock())
        if line.event.covert or line.gone or line.event.withheld_until <= now:
            raise BadInput(NOT_WITHHELD)
        first = await self._asked(place, now)
        if first is None or first.event.actor == caller.user:
            entry = Entry(event=self._event(LIFT_ASKED, random_id(), caller, reason, (place,)))
            return Lifting(receipt=receipts_of(await self._record([entry]))[0], done=False)
        found = [line, *await self._together(line, now)]
        parts = [found[at : at + NAMES_MAX] for at in range(0, len(found), NAMES_MAX)]
        said = [self._lifted(some, first.event.id, caller, reason) for some in parts]
        # this line last: who dies half-way says it again, and what was lifted by then is not lifted twice
        verdicts = await self._record([Entry(event=_about(event, line, found)) for event in said[::-1]])
        if isinstance(verdicts[-1], EventIdTaken):  # somebody else was second, at the same moment
            raise BadInput(NOT_WITHHELD)
        left = [verdict for verdict in verdicts if not isinstance(verdict, EventIdTaken)]
        return Lifting(receipt=receipts_of(left)[-1], done=True)

    async def _asked(self, place: Position, now: int) -> Line | None:
        """The newest word about this line that still counts."""
        mark = tag((await self._log.keys()).tags, LIFT_ASKED, str(place))
        query = select(tags.c.term, tags.c.idx).where(tags.c.tenant_id == self._tenant, tags.c.tag == mark)
        query = query.where(tags.c.logged_at >= now - WAITS_MS).order_by(tags.c.term.desc(), tags.c.idx.desc())
        with self._log.guarded():
            async with self._log.database.snapshot(self._tenant) as reading:
                at = (await reading.execute(query.limit(1))).first()
        if at is None:
            return None
        found = await self._reader.line(Position(term=at.term, index=at.idx))
        return found if found.event.kind == LIFT_ASKED and place in found.event.closes else None

    async def _together(self, line: Line, now: int) -> list[Line]:
        """Other withheld lines of the same resident, recipient, activity and case, however many."""
        event, keys = line.event, await self._log.keys()
        named = {"subject": event.subject, "recipient": event.recipient, "activity": event.activity, "case": event.case}
        mine = (lines.c.tenant_id == self._tenant, *tagged_lines(keys.tags, self._tenant, named, 0))
        page, found, last = line_rows().where(*mine).order_by(lines.c.n).limit(PAGE), list[Line](), 0
        while True:
            with self._log.guarded():
                async with self._log.database.snapshot(self._tenant) as reading:
                    rows = list((await reading.execute(page.where(lines.c.n > last))).mappings())
                read: list[Line] = await self._reader.opened(rows)
            same = [one for one in await self._reader.as_lifted(read) if one.event.case == event.case]
            found += [one for one in same if one.event.withheld_until > now and one.position != line.position]
            if len(rows) < PAGE:
                return found
            last = rows[-1]["n"]

    def _lifted(self, some: Sequence[Line], word: str, caller: Caller, reason: Reason) -> Event:
        """Of as many lines as one act names. word: the event id of the first person's."""
        event_id = derived_id(word, f"{LIFTED}/{some[0].position}")
        return self._event(LIFTED, event_id, caller, reason, [one.position for one in some])

    def _event(self, kind: str, event_id: str, caller: Caller, reason: Reason, closes: Sequence[Position]) -> Event:
        details = {"reden": reason.code, "toelichting": reason.note, "zaakFg": reason.case}
        return Event(
            id=event_id,
            kind=LIFTED if kind == LIFTED else LIFT_ASKED,
            subject=SYSTEM,
            name=NAMES[LIFTED if kind == LIFTED else LIFT_ASKED],
            actor=caller.user,
            closes=tuple(closes),
            details={name: value for name, value in details.items() if value},
        )


def _about(said: Event, line: Line, found: Sequence[Line]) -> Event:
    """In the resident's series, and kept as long as what it shows."""
    event = line.event
    same = ("subject", "activity", "version", "purpose", "recipient", "recipient_name", "case")
    kept = max(one.event.keep_until for one in found)
    return said.model_copy(update={name: getattr(event, name) for name in same} | {"keep_until": kept})
