"""The turn: the open term ends and the next one begins (trust.md 4.5).

    1 the key and the empty memory of the new log are made, and its key for acts     nothing counts yet
    2 under the lock of the head: the old log's last head is signed
    3 in one transaction: the first line of the new log, which carries that head; the head's row is the new log's
    4 the new head is signed; from then on the signer lets the old log grow no more

A crash before 3 leaves the old term open: whoever comes next turns. After 3 the new term is open, and its tail is
signed like any other. A signer that is away puts the turn off: the name of a term is no promise of its first day.
"""

from collections.abc import Mapping
from typing import Final

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.batch import series_of
from audit.contract import LogUnavailable
from audit.ended import BEFORE, BEGUN
from audit.event import SYSTEM, Entry, Event
from audit.heads import Head, empty_head, read_head
from audit.judging import Asked, Draft
from audit.keychain import Owner, TenantKeys
from audit.leaf import content_hash, words_of
from audit.log import HELD, Log
from audit.permit import Position
from audit.remembering import Memory
from audit.signed import TRIES
from audit.signer import SignedHead
from audit.storing import Storing
from audit.terms import TermMoved, half_year, origin_in
from kernel.clock import millis
from kernel.crypto import CannotOpen, DataKey, KeyUnavailable
from kernel.failpoints import reached
from kernel.ids import derived_id
from kernel.logs import logger

ROOM: Final = "audit"
NAME = "Nieuwe termijn van het logboek"

_log = logger("audit.turning")


async def turn_when_due(log: Log, keep_years: int) -> None:
    """Once the clock has passed the half-year of the open term. What stands in its way now, the next batch or watch
    meets again; nobody's line waits for it. Where witnesses are asked, a quorum of them must know its key first
    (`audit.foreseeing`): one that they were not told would stop every permit within the hour."""
    wanted = half_year(log.clock())
    if wanted <= log.term or log.sealed or log.held:
        return
    if log.witnessed.asked and log.witnessed.expected != origin_in(log.origin, wanted):
        return
    try:
        await turn(log, wanted, keep_years)
    except (LogUnavailable, CannotOpen, KeyUnavailable, SQLAlchemyError, OSError) as error:
        _log.warning("turn_put_off", error=type(error).__name__)


async def turn(log: Log, term: str, keep_years: int, said: Mapping[str, str] | None = None) -> None:
    """Into `term`, unless the log is there already. said: more details of its first line. Raises LogUnavailable."""
    if log.held:
        raise LogUnavailable(HELD)
    for _ in range(TRIES):
        if log.term >= term:
            return
        try:
            await _turned(log, term, log.clock().year + keep_years, said or {})
        except TermMoved as moved:
            await log.join(moved.origin)


async def _turned(log: Log, term: str, year: int, said: Mapping[str, str]) -> None:
    with log.guarded():
        # 1
        origin = origin_in(log.origin, term)
        await to_thread.run_sync(log.signers.of(origin).found)
        reached("audit.turn.key")
        await log.keychain.found(term)
        keys = await log.keys(term)
        bodies = await log.keychain.bodies([(SYSTEM, year)], make=True)
        await to_thread.run_sync(log.signers.open, origin)
        reached("audit.turn.keys")
        async with log.database.writing(log.tenant) as tx:
            head = await read_head(tx, log.tenant, keys.rows, lock=True)
            if head.term > log.term or head.term >= term:  # another instance, or another task of ours, was first
                raise TermMoved(head.origin)
            # 2
            memory = await log.follow(tx, log.memory, head, keys)
            last = await log.heads.sign(memory)
            reached("audit.turn.last")
            # 3
            event = first_event(origin, {BEFORE: _seen(log, last), **said})
            new = await begun(tx, head, origin, (event, year), (log, keys, bodies))
            reached("audit.turn.line")
        reached("audit.turn.begun")
        memory = Memory(origin, new.edge, memory.fences)
        log.learn(memory)
        log.on_turn()
        # 4
        await log.heads.sign(memory)
        reached("audit.turn.signed")
        _log.info("term_begun", tenant=log.tenant, term=term)


def first_event(origin: str, details: Mapping[str, str]) -> Event:
    """What the first line of a term says."""
    return Event(id=derived_id(origin, BEGUN), kind=BEGUN, subject=SYSTEM, name=NAME, details=dict(details))


def _seen(log: Log, last: SignedHead) -> str:
    """With the words of the witnesses, where they saw this very head."""
    seen = log.witnessed.covering(log.origin, last.size)
    return seen.note if seen and seen.root == last.root else last.note


async def begun(
    tx: AsyncConnection,
    head: Head,
    origin: str,
    told: tuple[Event, int],
    under: tuple[Log, TenantKeys, Mapping[Owner, DataKey]],
) -> Head:
    """The first line of a term, and the head's row for it in place of `head`. told: the line and its year of
    destruction. Nothing of it counts before the commit."""
    (event, year), (log, keys, bodies) = told, under
    at, entry = max(millis(log.clock()), head.last_logged_at), Entry(event=event)
    new = empty_head(head.tenant, origin)
    asked = Asked(entry, ROOM, content_hash(keys.content, words_of(entry)), year)
    before = await series_of(tx, head.tenant, {SYSTEM}, keys.rows)
    draft = Draft(asked, Position(term=new.term, index=0), {}, ())
    return (await Storing(tx, new, keys).write([draft], before, (at, bodies), after=head)).head
