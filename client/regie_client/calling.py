"""Questions to Regie under a token of their own, each turned away at the door asked once more with a new one."""

import json
from dataclasses import dataclass
from typing import Any, BinaryIO
from uuid import UUID, uuid4

import httpx2

from regie_client.asking import WHOLE, Ask, expected, send
from regie_client.errors import NoReceipt, NotConfigured, RegieError
from regie_client.messages import LineRef
from regie_client.tokens import Clock, Credentials, Tokens

RELEASE, CONSENT, LOG = "verstrekking", "toestemming", "logboek"  # roots, and the roles that open them
TEXT = "text/plain"


@dataclass(frozen=True)
class Call:
    """A question to one root. activity: what its token is good for. method: "" for GET, or POST with a body."""

    root: str
    path: str
    activity: str = ""
    body: dict[str, Any] | None = None
    key: str = ""
    kind: str = "application/json"
    most: int = 64 << 10
    seconds: float = WHOLE
    method: str = ""
    wait: float = 0.0
    into: BinaryIO | None = None


class Calls:
    """Of one application."""

    def __init__(self, credentials: Credentials, http: httpx2.AsyncClient, clock: Clock) -> None:
        self.credentials, self.tokens, self.clock, self._http = (
            credentials,
            Tokens(credentials, http, clock),
            clock,
            http,
        )

    async def ask(self, call: Call) -> bytes:
        """Raises Problem, CannotReach, Unusable, TokenRefused."""
        token = await self.tokens.get(call.root, call.activity)
        answer = await send(self._http, ask := self._made(call, token))
        if answer.status == 401:  # turned away before it was read: the key or the register of applications moved
            self.tokens.forget(token)
            token = await self.tokens.get(call.root, call.activity)
            answer = await send(self._http, ask := self._made(call, token))
        return expected(answer, ask)

    async def proof(self, line: LineRef, id_: str, activity: str) -> str:
        """Of the line that an answer names, from the address that we know: never from one that an answer gave. Raises
        NoReceipt. id_: of what it is a receipt for."""
        try:
            call = Call(LOG, f"/logregels/{line.place}/bewijs", activity, kind=TEXT)
            return (await self.ask(call)).decode()
        except (RegieError, UnicodeDecodeError) as trouble:
            why = "it is no text" if isinstance(trouble, UnicodeDecodeError) else str(trouble)
            raise NoReceipt(f"the proof did not come: {why}", id_, line) from None

    def _made(self, call: Call, token: str) -> Ask:
        method = call.method or ("GET" if call.body is None else "POST")
        url = self.credentials.root(call.root) + call.path
        proof = self.tokens.holder.proof(method, url.partition("?")[0], self.clock(), token)
        headers = {"authorization": f"DPoP {token}", "dpop": proof}
        if call.key:
            headers["idempotency-key"] = call.key
        content = b""
        if call.body is not None:
            headers["content-type"] = "application/json"
            content = json.dumps(call.body).encode()
        return Ask(method, url, headers, content, call.kind, call.most, call.seconds, call.wait, call.into)


def uuid_of(key: str) -> str:
    """An Idempotency-Key, made where there is none. Raises NotConfigured."""
    try:
        return str(UUID(key)) if key else str(uuid4())
    except ValueError:
        raise NotConfigured("an Idempotency-Key is a UUID") from None
