"""One tenant's log in this process: open it, append a batch, sign.

`memory` and `signed` are only ever replaced by what comes after them and was checked, by writer and readers alike; the
term is that of the memory. `sealed` is a sentence once something does not fit; then nothing is written any more, and
people look (trust.md 2.7).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.answering import Batch, Progress, answered
from audit.batch import kinds_at, overlay_of, series_of
from audit.chain import hold_of
from audit.contract import LogSealed, LogUnavailable, OutcomeUnknown, Verdict
from audit.covert import in_series
from audit.doubts import Unsound, verdict_on
from audit.event import Entry, Kind, Trace
from audit.heads import Head, read_head
from audit.judging import Asked, Draft, Overlay, Stale
from audit.keychain import Keychain, Owner, TenantKeys
from audit.leaf import content_hash
from audit.permit import Position
from audit.readback import demand_stored
from audit.remembering import Memory, followed
from audit.signed import TRIES, SignedHeads
from audit.signer import Elsewhere, Fork, HeadSigner, SignedHead, Signers
from audit.slots import StateLost
from audit.storing import Storing, fences_after
from audit.terms import TermMoved, term_of
from audit.witnessed import Witnessed
from kernel.clock import Clock, millis
from kernel.crypto import CannotOpen, DataKey, KeyUnavailable
from kernel.failpoints import reached
from kernel.logs import logger
from kernel.proof.hashes import ProofError
from kernel.sql import Database, RowForged
from kernel.sql.direct import in_numbers

MANY = 32  # lines of one batch, as when so many wait: at a thousand a second there are two or three
HELD = "Het logboek miste regels en wordt hersteld; er is niets geopend of verstuurd."
ROLLBACK = "De database is ouder dan wat de ondertekenaar heeft getekend; het logboek is verzegeld."

_log = logger("audit.log")


class Given(NamedTuple):
    """An entry as it came in. words: `words_of` it. trace: under which it is recorded."""

    room: str
    entry: Entry
    words: Sequence[bytes]
    trace: Trace


def asked_of(given: Given, placed: Entry, key: bytes, year: int) -> Asked:
    """As it is judged. placed: the entry in its series, which is not always that of whose line it is."""
    whose = given.entry.event.subject
    about = whose if whose != placed.event.subject else ""
    return Asked(placed, given.room, content_hash(key, given.words), year, about, given.trace)


class Log:
    """An open log. tenant, origin: as it was found when opened, under which everything was checked."""

    def __init__(
        self, database: Database, keychain: Keychain, signers: Signers, named: tuple[str, str], clock: Clock
    ) -> None:
        self.tenant, origin = named
        self.database, self.keychain, self.signers, self.clock = database, keychain, signers, clock
        self.memory = Memory(origin)
        self.heads = SignedHeads(self.tenant, database, signers)
        self.on_turn: Callable[[], None] = _nobody_told  # before there is a receipt under the key of a new term
        self.sealed = ""
        self.held = False  # after a rollback, until two persons released it: restrictions are written, nothing permits
        self.witnessed = Witnessed()

    @property
    def origin(self) -> str:
        """Of the open term."""
        return self.memory.origin

    @property
    def term(self) -> str:
        """In which lines are written now."""
        return self.memory.term

    @property
    def signer(self) -> HeadSigner:
        """Of the open term."""
        return self.signers.of(self.origin)

    @property
    def signed(self) -> SignedHead | None:
        """The newest head of the open term that this process knows."""
        return self.heads.newest(self.term)

    async def keys(self, *terms: str) -> TenantKeys:
        """Of the open term and those before; `terms`: of rows that were read. Raises LogUnavailable."""
        try:
            return await self.keychain.tenant_keys(max((self.term, *terms)))
        except (CannotOpen, KeyUnavailable, SQLAlchemyError) as error:
            _log.error("keys_unavailable", error=type(error).__name__)
            raise LogUnavailable("De sleutels van het logboek zijn nu niet bereikbaar.") from error

    async def append(self, batch: Sequence[Given], keep_years: int) -> list[Verdict]:
        """Judge, store, sign and answer entries, in order; the steps of trust.md 2.4.

        Raises LogUnavailable or OutcomeUnknown for all of them: whatever is in doubt, nobody acts.
        """
        progress = Progress()
        try:
            for _ in range(TRIES):
                try:
                    return await self._appended(batch, keep_years, progress)
                except TermMoved as moved:
                    await self.join(moved.origin)
            raise LogUnavailable("Het logboek is van termijn gewisseld. Probeer het opnieuw.")
        except LogUnavailable as error:
            if progress.stage != "committed":
                raise
            raise OutcomeUnknown(error.detail) from error  # the lines stand, so nobody may be told that they do not

    async def _appended(self, batch: Sequence[Given], keep_years: int, progress: Progress) -> list[Verdict]:
        with self.guarded(progress):
            # 0 keys, before any lock
            keys = await self.keys()
            year = self.clock().year + keep_years
            placed = [in_series(given.entry, keys.tags) for given in batch]
            owners = [(entry.event.subject, entry.event.keep_until or year) for entry in placed]
            years = await self.keychain.lasting(owners)
            asked = [
                asked_of(given, entry, keys.content, years[owner])
                for given, entry, owner in zip(batch, placed, owners, strict=True)
            ]
            bodies = await self.keychain.bodies([(each.entry.event.subject, each.year) for each in asked], make=True)
            reached("audit.0")
            try:
                done, answer = await self.database.alone(partial(self._stored, asked, (keys, bodies), progress))
            finally:
                if progress.done:
                    self.learn(progress.done.memory)
            signed = await self.heads.sign(done.memory, answer)
            # g
            return await answered(done, signed, (self.database, self.heads), keys)

    def _stored(
        self, asked: list[Asked], under: tuple[TenantKeys, dict[Owner, DataKey]], progress: Progress
    ) -> tuple[Batch, SignedHead | Elsewhere]:
        """What waits for a disk, in one worker thread: going to and fro took as long as the rest of a short batch."""
        known = self._known_before(asked)

        async def transact(tx: AsyncConnection) -> Batch:
            done = await self._transact(tx, asked, known, under)
            progress.stage = "committing"
            return done

        progress.done = done = self.database.written_here(self.tenant, transact)
        # A crash here leaves lines without a signed head: no receipt was given, the next start or batch signs them.
        reached("audit.committed")
        progress.stage = "committed"
        # e
        if done.made:
            demand_stored(self.database, self.tenant, done.made)
        # f
        since = (done.growth.old.size, done.growth.consistency()) if done.growth else None
        answer = self.heads.step(done.memory, since)()
        reached("audit.signed")
        return done, answer

    def _known_before(self, asked: Sequence[Asked]) -> int:
        """What the signer knows now was committed before, so the head under the lock cannot be smaller. While it is
        away a restriction is written all the same, and what came with it: our own memory still finds a database that
        was set back, nobody gets a receipt, and the tail is signed later (trust.md 2.1, 2.4)."""
        try:
            return self.signer.remembered().size
        except KeyUnavailable:
            if any(each.entry.advances for each in asked):
                return 0
            raise

    async def _transact(
        self, tx: AsyncConnection, asked: list[Asked], known: int, under: tuple[TenantKeys, dict[Owner, DataKey]]
    ) -> Batch:
        keys, bodies = under
        await in_numbers(tx, len(asked) >= MANY)
        # a
        head = await read_head(tx, self.tenant, keys.rows, lock=True)
        if head.term > self.term:
            raise TermMoved(head.origin)
        memory = await self.follow(tx, self.memory, head, keys, known)
        reached("audit.a")
        # b
        at = max(millis(self.clock()), head.last_logged_at)
        overlay, buckets = await overlay_of(tx, head, asked, memory.fences, keys, at)
        overlay.barred = self.witnessed.objection(at)
        done = Batch(head, [overlay.judge(each) for each in asked], memory)
        done.kinds = await self._kinds(tx, done, overlay, keys)
        reached("audit.b")
        drafts = [each for each in done.judged if isinstance(each, Draft)]
        if drafts:
            # c, d
            before = await series_of(tx, self.tenant, {d.asked.entry.event.subject for d in drafts}, keys.rows)
            done.made, done.growth, done.head = await Storing(tx, head, keys).write(drafts, before, (at, bodies))
            done.memory = Memory(head.origin, done.growth.edge, fences_after(memory.fences, buckets, done.made))
            reached("audit.d")
        return done

    async def follow(
        self, reading: AsyncConnection, before: Memory, head: Head, keys: TenantKeys, known: int = 0
    ) -> Memory:
        """The memory at `head`, with the lines that others wrote since `before`. known: the size that the signer knew.
        Both were there before `head` was read, so there cannot be less. Raises Unsound, ProofError, CannotOpen."""
        if (head.term, head.size) < (before.term, max(known, before.size)):
            raise Unsound(ROLLBACK)
        return await followed(reading, before, head, keys)

    async def demand_released(self) -> None:
        """Nothing is permitted while lines are known to be lost and nobody released the log. Raises LogUnavailable."""
        if await self.is_held():
            raise LogUnavailable(HELD)

    async def is_held(self) -> bool:
        """Whether it is, looked up once more when it was. Raises LogUnavailable."""
        if not self.held:
            return False
        keys = await self.keys()
        with self.guarded():
            async with self.database.snapshot(self.tenant) as reading:
                self.held = bool(await hold_of(reading, await read_head(reading, self.tenant, keys.rows), keys))
        return self.held

    async def caught_up(self) -> Memory:
        """Our memory at the head of the database as it is now, in whatever term. Raises as `follow`."""
        before, keys = self.memory, await self.keys()
        async with self.database.snapshot(self.tenant) as reading:
            head = await read_head(reading, self.tenant, keys.rows)
            if head.term <= before.term:
                self.learn(await self.follow(reading, before, head, keys))
        return self.memory if head.term <= before.term else await self.join(head.origin)

    async def join(self, origin: str) -> Memory:
        """Follow the log into the term in which others write by now. Raises as `follow`."""
        with self.guarded():
            await to_thread.run_sync(self.signers.open, origin)
            before, keys = self.memory, await self.keys(term_of(origin))
            async with self.database.snapshot(self.tenant) as reading:
                head = await read_head(reading, self.tenant, keys.rows)
                self.learn(await self.follow(reading, before, head, keys))
        return self.memory

    def learn(self, memory: Memory) -> None:
        """What is committed and was held against what we knew; never less than that."""
        if memory.place >= self.memory.place:
            self.memory = memory

    async def _kinds(
        self, tx: AsyncConnection, done: Batch, overlay: Overlay, keys: TenantKeys
    ) -> dict[Position, Kind]:
        stale = (stand for each in done.judged if isinstance(each, Stale) for _, stand in each.moved)
        places = {stand.moved_at for stand in stale if stand.moved_at}
        drafts = (each for each in done.judged if isinstance(each, Draft))
        ours = {each.position: each.asked.entry.event.kind for each in drafts if each.position in places}
        return ours | await kinds_at(tx, self.tenant, places - set(ours), keys)

    @contextmanager
    def guarded(self, progress: Progress | None = None) -> Iterator[None]:
        """Turns every failure into one that says who may act: nobody. What does not fit seals the log."""
        if self.sealed:
            raise LogSealed(self.sealed)
        try:
            yield
        except Unsound as error:
            raise self.seal(str(error)) from error
        except (ProofError, Fork, StateLost, FileNotFoundError) as error:
            _log.critical("log_unsound", error=type(error).__name__)
            raise self.seal("De boom, de kop en de ondertekenaar kloppen niet met elkaar.") from error
        except (RowForged, CannotOpen, ValueError) as error:  # the last: no place, no number, no name of a fence
            _log.critical("row_unsound", error=type(error).__name__)
            raise LogUnavailable("Een rij van het logboek is niet zoals wij haar schreven.") from error
        except (SQLAlchemyError, OSError, KeyUnavailable) as error:
            _log.error("log_not_written", error=type(error).__name__)
            raise verdict_on(error, progress.stage if progress else "before") from error

    def seal(self, sentence: str) -> LogSealed:
        """From now on nothing is written here."""
        self.sealed = sentence
        _log.critical("log_sealed", tenant=self.tenant)
        return LogSealed(sentence)


def _nobody_told() -> None:
    pass
