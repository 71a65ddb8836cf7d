"""Answers the questions of logs, for every log whose key and state lie in one folder. Waits for the disk.

Nothing here is remembered but opened keys: each answer is read from the state anew, under its lock.
"""

from pathlib import Path
from threading import Lock

from pydantic import ValidationError

from audit.signer import Elsewhere, Fork, LogSigner
from audit.signing import dialogue
from audit.signing.dialogue import Asked, Told
from audit.slots import Remembered, StateLost
from kernel.crypto import KeyUnavailable
from kernel.failpoints import reached
from kernel.logs import logger

_log = logger("audit.signing")


class Office:
    """adopt: a person says that this host is new, and lets logs tell once where they stand."""

    def __init__(self, folder: Path, adopt: bool = False) -> None:
        self._folder, self._adopt = folder, adopt
        self._open: dict[str, LogSigner] = {}  # only logs that have a key, so their number has a limit
        self._lock = Lock()

    def answer(self, line: bytes) -> Told:
        """To one question, whatever it is."""
        try:
            asked = Asked.model_validate_json(line)
        except ValidationError:
            return Told(status=dialogue.UNREADABLE)
        reached("signer.asked")
        told = self._judged(asked)
        if told.status not in (dialogue.OK, dialogue.ELSEWHERE):
            _log.warning("question_refused", verb=asked.verb, origin=asked.origin, status=told.status)
        return told

    def _judged(self, asked: Asked) -> Told:
        try:
            return self._answered(asked)
        except Fork:
            _log.critical("fork_refused", origin=asked.origin, size=asked.size)
            return Told(status=dialogue.FORK)
        except StateLost:
            return Told(status=dialogue.LOST)
        except FileNotFoundError:
            return Told(status=dialogue.GONE)
        except (OSError, KeyUnavailable) as error:
            _log.error("signer_away", error=type(error).__name__)
            return Told(status=dialogue.AWAY)

    def _answered(self, asked: Asked) -> Told:
        signer = LogSigner(self._folder, asked.origin)
        match asked.verb:
            case "found":
                signer.found()
                return Told(status=dialogue.OK, key=signer.public_key.hex())
            case "adopt":
                if self._adopt:
                    signer.adopt(asked.size, bytes.fromhex(asked.root), bytes.fromhex(asked.map_root))
                return Told(status=dialogue.OK if self._adopt else dialogue.FORBIDDEN)
            case "newest":
                newest = signer.newest()
                return _remembered(newest.state, newest.origin) if newest else Told(status=dialogue.OK)
            case "remembered":
                return _remembered(signer.remembered())
            case "open":
                return Told(status=dialogue.OK, key=self._opened(asked.origin).public_key.hex())
            case "sign":
                return self._signed(asked)

    def _signed(self, asked: Asked) -> Told:
        proof = [bytes.fromhex(each) for each in asked.proof]
        root, map_root = bytes.fromhex(asked.root), bytes.fromhex(asked.map_root)
        answer = self._opened(asked.origin).sign(asked.size, root, asked.old, proof, map_root)
        # A crash here leaves a state that nobody was told of: the same question gets the same bytes.
        reached("signer.signed")
        if isinstance(answer, Elsewhere):
            return Told(status=dialogue.ELSEWHERE, size=answer.size)
        return Told(status=dialogue.OK, size=answer.size, root=answer.root.hex(), note=answer.note)

    def _opened(self, origin: str) -> LogSigner:
        with self._lock:
            if origin not in self._open:
                signer = LogSigner(self._folder, origin)
                signer.open()
                self._open[origin] = signer
            return self._open[origin]


def _remembered(known: Remembered, origin: str = "") -> Told:
    roots = {"root": known.root.hex(), "map_root": known.map_root.hex()}
    return Told(status=dialogue.OK, origin=origin, size=known.size, sequence=known.sequence, **roots)
