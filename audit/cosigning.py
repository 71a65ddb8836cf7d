"""Rounds of one log along its witnesses: the newest head out, cosignatures in, until a quorum has seen it.

What a witness says is believed by its signature only. A witness that knows another head shows it to everybody, signed
by the key of this very log: only that seals the log, for a word alone would let one witness close a municipality.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from anyio import to_thread

from audit.cosigned import Cosigned, Keeping
from audit.doubts import Unsound
from audit.foreseeing import empty_head
from audit.log import Log
from audit.nodes import consistency_proof, edge_at
from audit.proving import Prover
from audit.signer import SignedHead
from audit.terms import half_year, origin_in
from audit.witness.client import Declined, Elsewhere, WitnessAway, WitnessClient
from audit.witnessed import APART_S
from kernel.clock import Clock, millis
from kernel.crypto import verify
from kernel.logs import logger
from kernel.proof.checkpoint import open_checkpoint
from kernel.proof.hashes import MAX_SIZE, ProofError
from kernel.proof.note import VerifierKey, signed_at, signed_only_by

TRIES = 3  # sizes that a witness may name before we believe that it cannot be satisfied
BEHIND = "Een getuige heeft een langer logboek gezien, met onze handtekening; het logboek is verzegeld."
FORKED = "Er is een ander logboek met onze handtekening; het logboek is verzegeld."

_log = logger("audit.cosigning")


@dataclass(frozen=True)
class Word:
    """What a witness answered, and when it came in: POSIX seconds of our own clock."""

    key: VerifierKey
    text: str
    heard: float


class Cosigning:
    """Of one log. `log.witnessed` is written here only."""

    def __init__(
        self, log: Log, prover: Prover, witnesses: Sequence[WitnessClient], keeping: Keeping, clock: Clock
    ) -> None:
        self._log, self._prover, self._clock = log, prover, clock
        self._witnesses, self._keeping, self._policy = witnesses, keeping, keeping.policy
        self._stands: dict[VerifierKey, int] = {}  # the size that each cosigned last, as far as we know
        self._alone = asyncio.Lock()  # two rounds at once would write one file

    async def start(self) -> None:
        """What was cosigned before this start; seals a log that does not continue it. Raises LogUnavailable,
        OSError."""
        found = await to_thread.run_sync(self._keeping.kept, self._log.origin)
        with self._log.guarded():
            if found is not None and await self._is_ours(found.head.note):
                self._log.witnessed.newest = found

    async def round(self) -> None:
        """Ask everybody once. Raises LogUnavailable, OSError; a witness that is away raises nothing."""
        async with self._alone:
            await self._round()

    async def _round(self) -> None:
        log = self._log
        with log.guarded():
            head = await self._prover.signed(MAX_SIZE)
            asked = [self._asked(each, head) for each in self._witnesses]
            # all of them to their end, also when one shows that this log is not the only one
            given = [_told(each) for each in await asyncio.gather(*asked, return_exceptions=True)]
            cosigned = self._weighed(head, [each for each in given if each])
        if cosigned is not None:
            # on the disk first: what permits rest on is not less after a crash
            await to_thread.run_sync(self._keeping.keep, log.origin, cosigned)
            log.witnessed.heard(cosigned)
        else:
            silent = [each.name for each, word in zip(self._witnesses, given, strict=True) if not word]
            _log.warning("no_quorum", tenant=log.tenant, size=head.size, silent=silent)
        if warning := log.witnessed.warning(millis(self._clock())):
            _log.warning("witnesses_missed", tenant=log.tenant, warning=warning)
        await self._look_ahead()

    async def _look_ahead(self) -> None:
        """A term that is due begins once a quorum knows its key."""
        log, wanted = self._log, half_year(self._clock())
        origin = origin_in(log.origin, wanted)
        if wanted <= log.term or log.witnessed.expected == origin:
            return
        head = await to_thread.run_sync(empty_head, log.signers.of(origin))
        known = await knowing(self._witnesses, head) if head else set()
        if head and self._policy.holds(known):
            log.witnessed.expected = origin
        else:
            _log.warning("next_key_unknown", tenant=log.tenant, term=wanted, made=bool(head), witnesses=len(known))

    async def _asked(self, witness: WitnessClient, head: SignedHead) -> Word | None:
        """Raises Unsound."""
        try:
            answer = await self._dialogue(witness, head)
            if isinstance(answer, str):
                self._stands[witness.key] = head.size
                # its hour is weighed against ours of now: another one may keep this round waiting
                return Word(witness.key, answer, self._clock().timestamp())
            _log.error("witness_declined", tenant=self._log.tenant, witness=witness.name, answer=repr(answer))
            shown = await witness.newest(self._log.origin)
        except WitnessAway as away:
            _log.warning("witness_away", tenant=self._log.tenant, witness=witness.name, reason=str(away))
            return None
        if shown:
            await self._is_ours(shown)
        return None

    async def _dialogue(self, witness: WitnessClient, head: SignedHead) -> str | Elsewhere | Declined:
        old = self._stands.get(witness.key, 0)
        answer: str | Elsewhere | Declined = Elsewhere(min(old, head.size))
        for _ in range(TRIES):
            if not isinstance(answer, Elsewhere) or answer.size > head.size:
                break
            old = answer.size
            async with self._log.database.snapshot(self._log.tenant) as reading:
                proof = await consistency_proof(reading, (self._log.tenant, self._log.term), old, head.size)
            answer = await witness.cosign(old, proof, head.note)
        return answer

    async def _is_ours(self, note: str) -> bool:
        """Whether our key signed this head. Raises Unsound when it did and this log is another one, or is shorter."""
        log = self._log
        try:
            shown = open_checkpoint(note, (VerifierKey(log.origin, log.signer.public_key),), verify)
        except ProofError:
            return False
        memory = await log.caught_up()  # what was signed was committed before
        if shown.size > memory.size:
            raise Unsound(BEHIND)
        async with log.database.snapshot(log.tenant) as reading:
            edge = await edge_at(reading, (log.tenant, log.term), shown.size)
        if edge.root() != shown.root:
            raise Unsound(FORKED)
        return True

    def _weighed(self, head: SignedHead, words: Sequence[Word]) -> Cosigned | None:
        """The head with the cosignatures that hold, when they are a quorum whose clocks agree with ours."""
        timely: dict[VerifierKey, int] = {}
        note = head.note
        elsewhen: set[VerifierKey] = set()
        for word in words:
            said = head.note + word.text
            try:
                _, found = signed_at(said, (word.key,), verify)
            except ProofError:
                _log.error("cosignature_refused", tenant=self._log.tenant, witness=word.key.name)
                continue
            if abs(found[word.key] - word.heard) > APART_S:
                elsewhen.add(word.key)
            else:
                timely |= found
                note += _without_text(signed_only_by(said, (word.key,)))
        at = self._policy.quorum_at(timely)
        self._log.witnessed.clock_off = at is None and self._policy.holds(elsewhen)
        return None if at is None else Cosigned(SignedHead(head.size, head.root, note), at)


def _told(answer: Word | BaseException | None) -> Word | None:
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _without_text(note: str) -> str:
    return note.rpartition("\n\n")[2]


async def knowing(witnesses: Iterable[WitnessClient], head: SignedHead) -> set[VerifierKey]:
    """Those of them that put their name to the empty head."""
    asked = list(witnesses)
    found = await asyncio.gather(*(_knows(each, head) for each in asked))
    return {each.key for each, knows in zip(asked, found, strict=True) if knows}


async def _knows(witness: WitnessClient, head: SignedHead) -> bool:
    try:
        answer = await witness.cosign(0, (), head.note)
        return isinstance(answer, str) and witness.key in signed_at(head.note + answer, (witness.key,), verify)[1]
    except (WitnessAway, ProofError):
        return False
