"""Weighs a head against the one it cosigned before, and puts its name to it. Waits for the disk.

The steps and their answers are those of C2SP tlog-witness. What it remembers lies in a file per log, as the signer's
does (`audit.slots`), and is read anew under its lock for every question: any number of processes may share a folder.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from audit import slots
from audit.keeping import read_limited, write_whole
from audit.witness.submitted import Submitted, submitted
from kernel.clock import Clock
from kernel.crypto import KeyUnavailable, Signer, verify
from kernel.crypto.private_files import check_folder, read_private
from kernel.failpoints import reached
from kernel.logs import logger
from kernel.proof.checks import check_consistency
from kernel.proof.hashes import EMPTY_ROOT, ProofError
from kernel.proof.note import COSIGNATURE, VerifierKey, cosignature_line, open_note, signed_only_by
from kernel.proof.notetext import MAX_NOTE_BYTES
from kernel.proof.policy import Known

SEED = 32
TEXT, SIZE = "text/plain; charset=utf-8", "text/x.tlog.size"
_HASH = re.compile("[0-9a-f]{64}", re.ASCII)

_log = logger("audit.witness")


@dataclass(frozen=True)
class Answer:
    """What HTTP says."""

    status: HTTPStatus
    text: str
    kind: str = TEXT


def origin_hash(origin: str) -> str:
    """How C2SP names a log in a path."""
    return hashlib.sha256(origin.encode()).hexdigest()


class Shelf:
    """The files of a witness: its key, and for each log what was cosigned last and the head in which it said so. Of a
    mirror also the lines, and the key with which it asks for them: a key has one use."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.seed = folder, folder / "witness.seed"
        self.mirror, self.mirror_seed = folder / "mirror.db", folder / "mirror.seed"

    def state(self, origin: str) -> Path:
        """Two slots; see `audit.slots`."""
        return self.folder / f"{origin_hash(origin)}.state"

    def head(self, named: str) -> Path:
        """By the hash of its origin. Lost: the next head makes it again."""
        return self.folder / f"{named}.checkpoint"


class Cosigner:
    """logs: whom it knows; more than one key of a log may be known. Raises KeyUnavailable."""

    def __init__(self, folder: Path, name: str, logs: Sequence[Known], clock: Clock) -> None:
        check_folder(folder)
        self._shelf, self._clock = Shelf(folder), clock
        self._signer = Signer(read_private(self._shelf.seed, SEED))
        self.key = VerifierKey(name, self._signer.public, COSIGNATURE)
        self._logs: dict[str, list[VerifierKey]] = {}
        for one in logs:
            self._logs.setdefault(one.key.name, []).append(one.key)

    @property
    def origins(self) -> tuple[str, ...]:
        """Of the logs it knows."""
        return tuple(self._logs)

    def check(self) -> str:
        """What is not well, in a sentence; "" when it can cosign every log that it knows."""
        for origin in self._logs:
            try:
                slots.glance(self._shelf.state(origin))
            except (OSError, slots.StateLost):
                return f"Wat van {origin} het laatst is getekend, is er niet of is onleesbaar."
        return ""

    def newest(self, named: str) -> str | None:
        """The last head that it cosigned, with its word and the log's. Raises OSError."""
        if _HASH.fullmatch(named) is None or named not in map(origin_hash, self._logs):
            return None
        found = read_limited(self._shelf.head(named), MAX_NOTE_BYTES)
        return None if found is None else found.decode()

    def add(self, body: bytes) -> Answer:
        """The answer to one add-checkpoint, whatever the body is. What it cosigns is durable before it answers."""
        reached("witness.asked")
        try:
            asked = submitted(body)
        except ProofError:
            return _refused(HTTPStatus.BAD_REQUEST, "this is not a request to cosign a head")
        keys = self._logs.get(asked.head.origin)
        if keys is None:
            return _refused(HTTPStatus.NOT_FOUND, "this log is not known here")
        try:
            open_note(asked.note, keys, verify)
        except ProofError:
            return _refused(HTTPStatus.FORBIDDEN, "the head is not signed by the key of its log")
        if asked.old > asked.head.size:
            return _refused(HTTPStatus.BAD_REQUEST, "the old size is larger than the head")
        return self._guarded(asked, keys)

    def _guarded(self, asked: Submitted, keys: Sequence[VerifierKey]) -> Answer:
        origin = asked.head.origin
        try:
            with slots.opened(self._shelf.state(origin)) as state:
                return self._weighed(asked, keys, state)
        except ProofError:
            # the log's own key signed what does not continue what it signed before
            _log.critical("fork_refused", origin=origin, old=asked.old, size=asked.head.size)
            return _refused(HTTPStatus.UNPROCESSABLE_ENTITY, "the head does not continue the one that was cosigned")
        except (OSError, slots.StateLost, KeyUnavailable) as error:
            _log.critical("witness_state_unreadable", origin=origin, error=type(error).__name__)
            return _refused(HTTPStatus.SERVICE_UNAVAILABLE, "the witness cannot remember now")

    def _weighed(self, asked: Submitted, keys: Sequence[VerifierKey], state: slots.StateFile) -> Answer:
        now, head = state.read(), asked.head
        if asked.old != now.size:
            return Answer(HTTPStatus.CONFLICT, f"{now.size}\n", SIZE)
        _demand_continues(now, asked)
        if head.size > now.size:
            state.write(now, head.size, head.root, slots.ZERO)
        # A crash here leaves a memory of which nobody was told: the log asks again, and learns the size.
        reached("witness.kept")
        # under the lock: at this moment no larger head was seen
        at = int(self._clock().timestamp())
        line = cosignature_line(asked.text, self.key, at, self._signer.sign)
        write_whole(self._shelf.head(origin_hash(head.origin)), signed_only_by(asked.note, keys) + line)
        reached("witness.signed")
        return Answer(HTTPStatus.OK, line)


def _demand_continues(now: slots.Remembered, asked: Submitted) -> None:
    """Raises ProofError."""
    head = asked.head
    if head.size == 0 and head.root != EMPTY_ROOT:
        raise ProofError("another root of an empty tree")
    if asked.old in (0, head.size) and asked.proof:
        raise ProofError("a proof where nothing has to be shown")
    if asked.old == head.size:
        if head.root != now.root:
            raise ProofError("another root at the same size")
    elif asked.old:
        check_consistency(asked.old, head.size, now.root, head.root, asked.proof)


def _refused(status: HTTPStatus, why: str) -> Answer:
    _log.warning("head_not_cosigned", status=status.value)
    return Answer(status, f"{why}\n")
