"""HTTP out: one witness, as a log asks it. Nothing that it says is believed here: who asked looks at signatures."""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus

import httpx2

from audit.witness.cosigner import origin_hash
from audit.witness.submitted import body_of
from kernel.http.client import limited
from kernel.proof.encoding import number_of
from kernel.proof.hashes import ProofError
from kernel.proof.note import VerifierKey

SECONDS = 5.0  # for a question and its answer: a witness waits for its disk
ANSWER_BYTES = 16 << 10  # an Ed25519 line is 150 bytes, one of ML-DSA-44 is 3.3 kB
NOTE_BYTES = 64 << 10


class WitnessAway(Exception):
    """No answer in time, or one that cannot be read."""


@dataclass(frozen=True)
class Elsewhere:
    """It cosigned a head of this size, and the proof must begin there."""

    size: int


@dataclass(frozen=True)
class Declined:
    """It will not put its name to this head."""

    status: int


@dataclass(frozen=True)
class WitnessClient:
    """http: with the submission prefix as its base. name: in the policy."""

    http: httpx2.AsyncClient
    key: VerifierKey
    name: str

    async def cosign(self, old: int, proof: tuple[bytes, ...], note: str) -> str | Elsewhere | Declined:
        """The lines that it answers with. Raises WitnessAway."""
        status, content = await self._asked("POST", "/add-checkpoint", ANSWER_BYTES, body_of(old, proof, note))
        try:
            if status == HTTPStatus.OK:
                return content.decode()
            if status == HTTPStatus.CONFLICT:
                return Elsewhere(number_of(content.decode().removesuffix("\n")))
        except (UnicodeDecodeError, ProofError):
            raise WitnessAway("an answer that cannot be read") from None
        return Declined(status)

    async def newest(self, origin: str) -> str | None:
        """The head that it serves to everybody; None when it serves none. Raises WitnessAway."""
        status, content = await self._asked("GET", f"/{origin_hash(origin)}/checkpoint", NOTE_BYTES)
        try:
            return content.decode() if status == HTTPStatus.OK else None
        except UnicodeDecodeError:
            raise WitnessAway("an answer that cannot be read") from None

    async def _asked(self, method: str, path: str, most: int, body: bytes = b"") -> tuple[int, bytes]:
        try:
            async with asyncio.timeout(SECONDS), self.http.stream(method, path, content=body) as answer:
                content = await limited(answer, most)
                status = answer.status_code
        except (httpx2.HTTPError, TimeoutError) as error:
            raise WitnessAway(type(error).__name__) from None
        if content is None:
            raise WitnessAway("an answer that is too long")
        return status, content
