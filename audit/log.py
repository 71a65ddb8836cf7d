"""One tenant's log in this process: open it, append a batch, sign.

Owned by that tenant's writer: `edge` and `signed` change only in its task. `sealed` is a sentence once something does
not fit; then nothing is written any more, and people look (trust.md 2.7).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from anyio import to_thread
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.batch import Made, Storing, kinds_at, overlay_of, series_of
from audit.contract import EventIdTaken, LogUnavailable, OutcomeUnknown, Verdict
from audit.doubts import Stage, Unsound, verdict_on
from audit.event import Entry, Kind
from audit.heads import Head, read_head
from audit.judging import Asked, Draft, Judgement, Known, Overlay, SetBack, Stale, Taken, refusal
from audit.keychain import Keychain, Owner, TenantKeys
from audit.leaf import Previous, Spot, act_text, content_hash, write
from audit.nodes import consistency_proof
from audit.permit import Position, Receipt
from audit.receipts import grown, read_back, shown_of, stored_acts
from audit.signer import Elsewhere, Fork, LogSigner, SignedHead
from audit.slots import StateLost
from kernel.clock import Clock, millis
from kernel.crypto import CannotOpen, DataKey, KeyUnavailable
from kernel.failpoints import reached
from kernel.logs import logger
from kernel.proof.checks import check_consistency
from kernel.proof.hashes import ProofError
from kernel.proof.tree import Edge, Growth
from kernel.sql import Database, RowForged

ROLLBACK = "De database is ouder dan wat de ondertekenaar heeft getekend; het logboek is verzegeld."
TRIES = 5  # other instances that sign at the same moment

_log = logger("audit.log")


@dataclass
class Batch:
    """One batch on its way. kinds: of the lines that moved what somebody required."""

    head: Head
    judged: list[Judgement]
    kinds: dict[Position, Kind] = field(default_factory=dict)
    made: list[Made] = field(default_factory=list)
    growth: Growth | None = None


@dataclass
class Progress:
    """How far the transaction is: before COMMIT nothing was written, during it nobody knows."""

    stage: Stage = "before"


class Log:
    """An open log. `head`: as it was found when opened, under which everything was checked."""

    def __init__(self, database: Database, keychain: Keychain, signer: LogSigner, head: Head, clock: Clock) -> None:
        self.tenant, self.term, self.origin = head.tenant, head.term, head.origin
        self.database, self.keychain, self.signer = database, keychain, signer
        self._clock = clock
        self.edge: Edge = head.edge
        self.signed: SignedHead | None = None
        self.sealed = ""

    async def keys(self) -> TenantKeys:
        """Of the open term. Raises LogUnavailable."""
        try:
            return await self.keychain.tenant_keys(self.term)
        except (CannotOpen, KeyUnavailable, SQLAlchemyError) as error:
            _log.error("keys_unavailable", error=type(error).__name__)
            raise LogUnavailable("De sleutels van het logboek zijn nu niet bereikbaar.") from error

    async def append(self, batch: Sequence[tuple[str, Entry]], keep_years: int) -> list[Verdict]:
        """Judge, store, sign and answer (room, entry) pairs, in order; the steps of trust.md 2.4.

        Raises LogUnavailable or OutcomeUnknown for all of them: whatever is in doubt, nobody acts.
        """
        progress = Progress()
        try:
            return await self._appended(batch, keep_years, progress)
        except LogUnavailable as error:
            if progress.stage != "committed":
                raise
            raise OutcomeUnknown(error.detail) from error  # the lines stand, so nobody may be told that they do not

    async def _appended(self, batch: Sequence[tuple[str, Entry]], keep_years: int, progress: Progress) -> list[Verdict]:
        with self.guarded(progress):
            # 0 keys, before any lock
            keys = await self.keys()
            year = self._clock().year + keep_years
            asked = [Asked(e, room, content_hash(keys.content, e), e.event.keep_until or year) for room, e in batch]
            bodies = await self.keychain.bodies([(each.entry.event.subject, each.year) for each in asked], make=True)
            reached("audit.0")
            async with self.database.writing(self.tenant) as tx:
                done = await self._transact(tx, asked, keys, bodies)
                progress.stage = "committing"
            # A crash here leaves lines without a signed head: no receipt was given, the next start or batch signs them.
            reached("audit.committed")
            progress.stage = "committed"
            self.edge = done.head.edge
            # f
            signed = await self.sign(done.head, done.growth)
            reached("audit.signed")
            # g
            return await self._answers(done, signed, keys)

    async def _transact(
        self, tx: AsyncConnection, asked: list[Asked], keys: TenantKeys, bodies: dict[Owner, DataKey]
    ) -> Batch:
        # a
        head = await read_head(tx, self.tenant, keys.rows, lock=True)
        await self._follow(tx, head)
        reached("audit.a")
        # b
        at = max(millis(self._clock()), head.last_logged_at)
        overlay = await overlay_of(tx, head, asked, keys.rows, at)
        done = Batch(head, [overlay.judge(each) for each in asked])
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
            reached("audit.d")
        return done

    async def _follow(self, tx: AsyncConnection, head: Head) -> None:
        """Lines that other instances wrote since; the signer and our own memory have not seen more than there is."""
        if self.signer.remembered().size > head.size or self.edge.size > head.size:
            raise Unsound(ROLLBACK)
        if self.edge.size:
            proof = await consistency_proof(tx, (self.tenant, self.term), self.edge.size, head.size)
            check_consistency(self.edge.size, head.size, self.edge.root(), head.root, proof)
        self.edge = head.edge

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

    async def sign(self, head: Head, growth: Growth | None = None) -> SignedHead:
        """A signed head that covers `head`; also signs the tail that a crash left. Raises Fork, ProofError."""
        old, proof = (growth.old.size, growth.consistency()) if growth else (head.size, ())
        for _ in range(TRIES):
            answer = await to_thread.run_sync(self.signer.sign, head.size, head.root, old, proof)
            if not isinstance(answer, Elsewhere):
                if self.signed is None or self.signed.size < answer.size:
                    self.signed = answer
                return answer
            old = answer.size
            async with self.database.snapshot(self.tenant) as reading:
                proof = await consistency_proof(reading, (self.tenant, self.term), old, head.size)
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
        except (RowForged, CannotOpen, ValidationError) as error:  # the last: a row that no message can be made of
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
        case Stale() | SetBack():
            return refusal(judged, kinds)
        case _:
            return receipts[judged.position]
