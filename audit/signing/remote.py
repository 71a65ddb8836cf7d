"""The signer at the other end of a Unix socket, with the verbs of `LogSigner`. Waits: call it in a worker thread.

KeyUnavailable is: nobody answered, or not in time. What it may have signed without saying so, it says when asked again.
"""

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from audit.signer import Elsewhere, Fork, Known, SignedHead
from audit.signing import dialogue
from audit.signing.dialogue import LINE_MAX, Asked, Told
from audit.slots import ZERO, Remembered, StateLost
from kernel.crypto import KeyUnavailable, verify
from kernel.proof.checkpoint import open_checkpoint
from kernel.proof.hashes import ProofError
from kernel.proof.note import VerifierKey, vkey

SECONDS = 2.0  # for each step of a question; an fdatasync on a slow disk fits in it
AWAY = "the signer of the log does not answer: see that `regie serve signer` runs"


class RemoteSigner:
    """One origin. A connection per question: none is left half read by a caller that gave up."""

    def __init__(self, path: Path, origin: str) -> None:
        self.origin, self._path = origin, path
        self._public = b""

    def newest(self) -> Known | None:
        """See LogSigner."""
        told = self._ask("newest")
        return Known(told.origin, _remembered(told)) if told.origin else None

    def found(self) -> None:
        """See LogSigner."""
        self._public = bytes.fromhex(self._ask("found").key)

    def adopt(self, size: int, root: bytes, map_root: bytes) -> None:
        """See LogSigner. Raises KeyUnavailable when nobody said so to the signer itself."""
        self._ask("adopt", size=size, root=root.hex(), map_root=map_root.hex())

    def open(self) -> None:
        """Learn the public key; the other half never leaves its process."""
        self._public = bytes.fromhex(self._ask("open").key)

    @property
    def public_key(self) -> bytes:
        """32 bytes."""
        if not self._public:
            raise RuntimeError("open the signer first")
        return self._public

    @property
    def vkey(self) -> str:
        """As C2SP writes it."""
        return vkey(self.origin, self.public_key)

    def remembered(self) -> Remembered:
        """See LogSigner."""
        return _remembered(self._ask("remembered"))

    def sign(
        self, size: int, root: bytes, old: int, proof: Sequence[bytes], map_root: bytes = ZERO
    ) -> SignedHead | Elsewhere:
        """See LogSigner. Raises ProofError for an answer that is not what was asked, under the key of this log."""
        roots, hashes = {"root": root.hex(), "map_root": map_root.hex()}, tuple(each.hex() for each in proof)
        told = self._ask("sign", size=size, old=old, proof=hashes, **roots)
        if told.status == dialogue.ELSEWHERE:
            return Elsewhere(told.size)
        head = open_checkpoint(told.note, (VerifierKey(self.origin, self.public_key),), verify)
        if head.size < size or (head.size == size and head.root != root):
            raise ProofError("the signer signed something else")
        return SignedHead(head.size, head.root, told.note)

    def _ask(self, verb: str, **more: Any) -> Told:
        asked = Asked.model_validate({"verb": verb, "origin": self.origin, **more})
        told = self._told(asked.model_dump_json(exclude_defaults=True).encode() + b"\n")
        match told.status:
            case dialogue.OK | dialogue.ELSEWHERE:
                return told
            case dialogue.FORK:
                raise Fork("the signer refused")
            case dialogue.LOST:
                raise StateLost("the signer cannot read its state")
            case dialogue.GONE:
                raise FileNotFoundError("the signer has no state of this log")
        raise KeyUnavailable(f"the signer of the log refused ({told.status}): its own log says why")

    def _told(self, line: bytes) -> Told:
        try:
            with socket.socket(socket.AF_UNIX) as line_to_signer:
                line_to_signer.settimeout(SECONDS)
                line_to_signer.connect(str(self._path))
                line_to_signer.sendall(line)
                with line_to_signer.makefile("rb") as answer:
                    return Told.model_validate_json(answer.readline(LINE_MAX))
        except (OSError, ValueError):  # ValueError: half an answer
            raise KeyUnavailable(AWAY) from None


def _remembered(told: Told) -> Remembered:
    return Remembered(told.sequence, told.size, bytes.fromhex(told.root), bytes.fromhex(told.map_root))
