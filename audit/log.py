"""One tenant's log in this process: open it, append a batch, sign.

`memory` and `signed` are only ever replaced by a larger one that was checked, by writer and readers alike. `sealed` is
a sentence once something does not fit; then nothing is written any more, and people look (trust.md 2.7).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.batch import Made, Storing, fences_after, kinds_at, overlay_of, series_of
from audit.contract import EventIdTaken, LogUnavailable, OutcomeUnknown, Verdict
from audit.doubts import Stage, Unsound, verdict_on
from audit.event import Entry, Kind
from audit.heads import Head, read_head
from audit.judging import Asked, Barred, Draft, Judgement, Known, Overlay, SetBack, Stale, Taken, refusal
from audit.keychain import Keychain, Owner, TenantKeys
from audit.leaf import Previous, Spot, act_text, content_hash, write
from audit.nodes import consistency_proof
from audit.permit import Position, Receipt
from audit.receipts import grown, read_back, shown_of, stored_acts
from audit.remembering import Memory, followed
from audit.signer import Elsewhere, Fork, HeadSigner, SignedHead
from audit.slots import StateLost
from audit.witnessed import Witnessed
from kernel.clock import Clock, millis
from kernel.crypto import CannotOpen, DataKey, KeyUnavailable
from kernel.failpoints import reached
from kernel.logs import logger
from kernel.proof.hashes import ProofError
from kernel.proof.tree import Growth
from kernel.sql import Database, RowForged

ROLLBACK = "De database is ouder dan wat de ondertekenaar heeft getekend; het logboek is verzegeld."
TRIES = 5  # other instances that sign at the same moment

_log = logger("audit.log")


class Given(NamedTuple):
    """An entry as it came in. words: `words_of` it."""

    room: str
    entry: Entry
    words: Sequence[bytes]


@dataclass
class Batch:
    """One batch on its way. kinds: of the lines that moved what somebody required."""

    head: Head
    judged: list[Judgement]
    memory: Memory
    kinds: dict[Position, Kind] = field(default_factory=dict)
    made: list[Made] = field(default_factory=list)
    growth: Growth | None = None


@dataclass
class Progress:
    """How far the transaction is: before COMMIT nothing was written, during it nobody knows."""

    stage: Stage = "before"


class Log:
    """An open log. `head`: as it was found when opened, under which everything was checked."""

    def __init__(self, database: Database, keychain: Keychain, signer: HeadSigner, head: Head, clock: Clock) -> None:
        self.tenant, self.term, self.origin = head.tenant, head.term, head.origin
        self.database, self.keychain, self.signer = database, keychain, signer
        self._clock = clock
        self.memory = Memory()
        self.signed: SignedHead | None = None
        self.sealed = ""
        self.witnessed = Witnessed()

    async def keys(self) -> TenantKeys:
        """Of the open term. Raises LogUnavailable."""
        try:
            return await self.keychain.tenant_keys(self.term)
        except (CannotOpen, KeyUnavailable, SQLAlchemyError) as error:
            _log.error("keys_unavailable", error=type(error).__name__)
            raise LogUnavailable("De sleutels van het logboek zijn nu niet bereikbaar.") from error

    async def append(self, batch: Sequence[Given], keep_years: int) -> list[Verdict]:
        """Judge, store, sign and answer entries, in order; the steps of trust.md 2.4.

        Raises LogUnavailable or OutcomeUnknown for all of them: whatever is in doubt, nobody acts.
        """
        progress = Progress()
        try:
            return await self._appended(batch, keep_years, progress)
        except LogUnavailable as error:
            if progress.stage != "committed":
                raise
            raise OutcomeUnknown(error.detail) from error  # the lines stand, so nobody may be told that they do not

    async def _appended(self, batch: Sequence[Given], keep_years: int, progress: Progress) -> list[Verdict]:
        with self.guarded(progress):
            # 0 keys, before any lock
            keys = await self.keys()
            year = self._clock().year + keep_years
            owners = [(entry.event.subject, entry.event.keep_until or year) for _, entry, _ in batch]
            years = await self.keychain.lasting(owners)
            asked = [
                Asked(entry, room, content_hash(keys.content, words), years[owner])
                for (room, entry, words), owner in zip(batch, owners, strict=True)
            ]
            bodies = await self.keychain.bodies([(each.entry.event.subject, each.year) for each in asked], make=True)
            known = await self._known_before(batch)
            reached("audit.0")

            async def transact(tx: AsyncConnection) -> Batch:
                done = await self._transact(tx, asked, known, (keys, bodies))
                progress.stage = "committing"
                return done

            done = await self.database.written(self.tenant, transact)
            # A crash here leaves lines without a signed head: no receipt was given, the next start or batch signs them.
            reached("audit.committed")
            progress.stage = "committed"
            self.learn(done.memory)
            # f
            signed = await self.sign(done.memory, done.growth)
            reached("audit.signed")
            # g
            return await self._answers(done, signed, keys)

    async def _known_before(self, batch: Sequence[Given]) -> int:
        """What the signer knows now was committed before, so the head under the lock cannot be smaller. While it is
        away a restriction is written all the same, and what came with it: our own memory still finds a database that
        was set back, nobody gets a receipt, and the tail is signed later (trust.md 2.1, 2.4)."""
        try:
            return (await to_thread.run_sync(self.signer.remembered)).size
        except KeyUnavailable:
            if any(each.entry.advances for each in batch):
                return 0
            raise

    async def _transact(
        self, tx: AsyncConnection, asked: list[Asked], known: int, under: tuple[TenantKeys, dict[Owner, DataKey]]
    ) -> Batch:
        keys, bodies = under
        # a
        head = await read_head(tx, self.tenant, keys.rows, lock=True)
        memory = await self.follow(tx, self.memory, head, keys, known)
        reached("audit.a")
        # b
        at = max(millis(self._clock()), head.last_logged_at)
        overlay, buckets = await overlay_of(tx, head, asked, memory.fences, keys, at)
        overlay.barred = self.witnessed.objection(at)
        done = Batch(head, [overlay.judge(each) for each in asked], memory)
        done.kinds = await self._kinds(tx, done, overlay, keys)
        reached("audit.b")
        drafts = [each for each in done.judged if isinstance(each, Draft)]
        if drafts:
            # c
            before = await series_of(tx, self.tenant, {d.asked.entry.event.subject for d in drafts}, keys.rows)
            done.made = self._written(drafts, before, at, (keys.acts, bodies))
            reached("audit.c")
            # d
            done.growth = Growth(head.edge, [each.written.leaf_hash for each in done.made])
            done.head = await Storing(tx, head, at, keys).store(done.made, done.growth)
            done.memory = Memory(done.growth.edge, fences_after(memory.fences, buckets, done.made))
            reached("audit.d")
        return done

    async def follow(
        self, reading: AsyncConnection, before: Memory, head: Head, keys: TenantKeys, known: int = 0
    ) -> Memory:
        """The memory at `head`, with the lines that others wrote since `before`. known: the size that the signer knew.
        Both were there before `head` was read, so there cannot be less. Raises Unsound, ProofError, CannotOpen."""
        if max(known, before.size) > head.size:
            raise Unsound(ROLLBACK)
        return await followed(reading, before, head, keys)

    async def caught_up(self, keys: TenantKeys, known: int = 0) -> Memory:
        """Our memory at the head of the database as it is now. Raises as `follow`."""
        before = self.memory
        async with self.database.snapshot(self.tenant) as reading:
            head = await read_head(reading, self.tenant, keys.rows)
            self.learn(await self.follow(reading, before, head, keys, known))
        return self.memory

    def learn(self, memory: Memory) -> None:
        """What is committed and was held against what we knew; never less than that."""
        if memory.size >= self.memory.size:
            self.memory = memory

    async def _kinds(
        self, tx: AsyncConnection, done: Batch, overlay: Overlay, keys: TenantKeys
    ) -> dict[Position, Kind]:
        stale = (stand for each in done.judged if isinstance(each, Stale) for _, stand in each.moved)
        places = {stand.moved_at for stand in stale if stand.moved_at}
        drafts = (each for each in done.judged if isinstance(each, Draft))
        ours = {each.position: each.asked.entry.event.kind for each in drafts if each.position in places}
        return ours | await kinds_at(tx, self.tenant, places - set(ours), keys)

    def _written(
        self, drafts: list[Draft], before: dict[str, Previous], at: int, under: tuple[DataKey, dict[Owner, DataKey]]
    ) -> list[Made]:
        made = []
        for draft in drafts:
            event, year = draft.asked.entry.event, draft.asked.year
            previous = before.get(event.subject)
            n = previous.n + 1 if previous else 1
            spot = Spot(self.tenant, draft.asked.room, draft.position, at, year, n, previous)
            act = act_text(draft.asked.entry, at, draft.moved, draft.under_way)
            written = write(act, event, spot, under[0], under[1][event.subject, year])
            before[event.subject] = Previous(n, draft.position, written.leaf_hash)
            made.append(Made(draft, written, n))
        return made

    async def sign(self, memory: Memory, growth: Growth | None = None) -> SignedHead:
        """A signed head that covers `memory`; also signs the tail that a crash left. Raises Fork, ProofError."""
        size, root, map_root = memory.size, memory.edge.root(), memory.fences.root
        old, proof = (growth.old.size, growth.consistency()) if growth else (size, ())
        for _ in range(TRIES):
            answer = await to_thread.run_sync(self.signer.sign, size, root, old, proof, map_root)
            if not isinstance(answer, Elsewhere):
                if self.signed is None or self.signed.size < answer.size:
                    self.signed = answer
                return answer
            old = answer.size
            async with self.database.snapshot(self.tenant) as reading:
                proof = await consistency_proof(reading, (self.tenant, self.term), old, size)
        raise LogUnavailable("Het logboek wordt nu door te veel anderen getekend.")

    async def _answers(self, done: Batch, signed: SignedHead, keys: TenantKeys) -> list[Verdict]:
        shown, receipts, growth = shown_of(done.made), {}, done.growth
        again = [each.position for each in done.judged if isinstance(each, Known) and each.position not in shown]
        if growth is not None and growth.size == signed.size:
            receipts, shown = grown(done.head, shown, signed, growth), {}
        if shown or again:  # retries, or another instance signed more: its head counts for us too
            async with self.database.snapshot(self.tenant) as reading:
                shown |= await stored_acts(reading, self.tenant, again, keys) if again else {}
                receipts |= await read_back(reading, done.head, shown, signed)
        return [_verdict(each, receipts, done.kinds) for each in done.judged]

    @contextmanager
    def guarded(self, progress: Progress | None = None) -> Iterator[None]:
        """Turns every failure into one that says who may act: nobody. What does not fit seals the log."""
        if self.sealed:
            raise LogUnavailable(self.sealed)
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

    def seal(self, sentence: str) -> LogUnavailable:
        """From now on nothing is written here."""
        self.sealed = sentence
        _log.critical("log_sealed", tenant=self.tenant)
        return LogUnavailable(sentence)


def _verdict(judged: Judgement, receipts: dict[Position, Receipt], kinds: dict[Position, Kind]) -> Verdict:
    match judged:
        case Taken():
            return EventIdTaken("Dit kenmerk hoort bij een andere gebeurtenis.", position=str(judged.position))
        case Stale() | SetBack() | Barred():
            return refusal(judged, kinds)
        case _:
            return receipts[judged.position]
