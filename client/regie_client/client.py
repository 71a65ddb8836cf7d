"""The calls of a municipal application. Async; in other code: `asyncio.run`.

Nothing is asked twice by itself: each release is a line that the resident reads. Only a question that Regie turned away
at its door, because a token had ended, goes again with a new one.
"""

import json
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx2

from regie_client.asking import ANSWER_MOST, Ask, expected, open_http, read, send
from regie_client.errors import NoReceipt, NotConfigured, RegieError, Unusable
from regie_client.messages import Case, CaseState, ConsentState, Question, Release, ReleaseBody, Said
from regie_client.receipts import Receipts, Wanted
from regie_client.tokens import Clock, Credentials, Tokens

RELEASE, CONSENT, LOG = "verstrekking", "toestemming", "logboek"  # roots, and the roles that open them
TEXT = "text/plain"


class _WebhookKey(Said):
    sleutel: str


@dataclass(frozen=True)
class _Call:
    """A question to one root. activity: what its token is good for."""

    root: str
    path: str
    activity: str = ""
    body: dict[str, Any] | None = None
    key: str = ""
    kind: str = "application/json"
    most: int = 64 << 10


class Regie:
    """One application at one municipality. Use it as `async with`, and as long as the program runs."""

    def __init__(
        self,
        credentials: Credentials,
        receipts: Receipts,
        http: httpx2.AsyncClient | None = None,
        clock: Clock = time.time,
    ) -> None:
        """receipts: without the keys of the log there is no release. http: of your own, with your own time-outs; then
        you close it."""
        self._credentials, self._receipts, self._clock = credentials, receipts, clock
        self._mine, self._http = http is None, http or open_http()
        self._tokens = Tokens(credentials, self._http, clock)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Give the connections back."""
        if self._mine:
            await self._http.aclose()

    async def release(self, question: Question, key: str = "") -> Release:
        """What may be released, and a receipt for it. key: a UUID (Idempotency-Key); the same key and question again is
        the same release, decided and logged anew, for a day.

        Raises NoReceipt when data came whose line the log cannot prove: it is not handed over. Raises NotReleased when
        nothing may be released; Problem, CannotReach, Unusable, TokenRefused.
        """
        await self._tokens.get(LOG, question.activity)  # who could not fetch the proof asks for no data
        since, key = self._clock(), _uuid(key)
        call = _Call(RELEASE, "/verstrekkingen", question.activity, question.body(), key, most=ANSWER_MOST)
        came = read(await self._ask(call), ReleaseBody)
        if set(came.values) - set(question.elements):
            raise Unusable("it holds what was not asked", 200)
        proof = await self._proof(came, question.activity)
        wanted = Wanted(came.id, key, self._credentials.client_id, came.line, since, self._clock())
        receipt = self._receipts.demand(proof, wanted)
        return Release(came.id, came.values, came.refused, came.not_delivered, receipt, came.secrecy)

    async def open_case(self, case: Case) -> CaseState:
        """State a case, for activities that need one. Raises Problem, CannotReach, Unusable, TokenRefused."""
        return read(await self._ask(_Call(CONSENT, "/zaken", case.activity, case.body())), CaseState)

    async def close_case(self, reference: str, activity: str) -> CaseState:
        """From its line on nothing is released for it. Raises as `open_case`."""
        call = _Call(CONSENT, f"/zaken/{quote(reference, safe='')}/sluiting", activity, {})
        return read(await self._ask(call), CaseState)

    async def request_consent(self, question: Question, return_url: str = "") -> ConsentState:
        """Ask the resident, for one purpose; then send them to `portal`. return_url: where the portal leads back to.
        Raises Problem (`niet-opnieuw-vragen`: not again yet), CannotReach, Unusable, TokenRefused."""
        body = question.body() | ({"terugkeerUrl": return_url} if return_url else {})
        return read(await self._ask(_Call(CONSENT, "/toestemmingsverzoeken", question.activity, body)), ConsentState)

    async def consent(self, consent_id: str, activity: str) -> ConsentState:
        """How your own consent stands. Raises as `open_case`."""
        call = _Call(CONSENT, f"/toestemmingen/{quote(consent_id, safe='')}", activity)
        return read(await self._ask(call), ConsentState)

    async def webhook_key(self) -> str:
        """The key that signs events, to be kept in a setting once it was compared by another way. Raises as
        `open_case`."""
        return read(await self._ask(_Call(CONSENT, "/gebeurtenissen/sleutel")), _WebhookKey).sleutel

    async def _proof(self, came: ReleaseBody, activity: str) -> str:
        """Of the line that the answer names, from the address that we know: never from one that an answer gave."""
        try:
            call = _Call(LOG, f"/logregels/{came.line.place}/bewijs", activity, kind=TEXT)
            return (await self._ask(call)).decode()
        except (RegieError, UnicodeDecodeError) as trouble:
            why = "it is no text" if isinstance(trouble, UnicodeDecodeError) else str(trouble)
            raise NoReceipt(f"the proof did not come: {why}", came.id, came.line) from None

    async def _ask(self, call: _Call) -> bytes:
        token = await self._tokens.get(call.root, call.activity)
        answer = await send(self._http, ask := self._made(call, token))
        if answer.status == 401:  # turned away before it was read: the key or the register of applications moved
            self._tokens.forget(token)
            token = await self._tokens.get(call.root, call.activity)
            answer = await send(self._http, ask := self._made(call, token))
        return expected(answer, ask)

    def _made(self, call: _Call, token: str) -> Ask:
        method = "GET" if call.body is None else "POST"
        url = self._credentials.root(call.root) + call.path
        proof = self._tokens.holder.proof(method, url, self._clock(), token)
        headers = {"authorization": f"DPoP {token}", "dpop": proof}
        if call.key:
            headers["idempotency-key"] = call.key
        content = b""
        if call.body is not None:
            headers["content-type"] = "application/json"
            content = json.dumps(call.body).encode()
        return Ask(method, url, headers, content, call.kind, call.most)


def _uuid(key: str) -> str:
    """Raises NotConfigured."""
    try:
        return str(UUID(key)) if key else str(uuid4())
    except ValueError:
        raise NotConfigured("an Idempotency-Key is a UUID") from None
