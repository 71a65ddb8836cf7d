"""The calls of a municipal application. Async; in other code: `asyncio.run`.

Nothing is asked twice by itself: each release is a line that the resident reads. Only a question that Regie turned away
at its door, because a token had ended, goes again with a new one.
"""

import time
from collections.abc import Mapping
from datetime import date
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode

import httpx2

from regie_client.asking import ANSWER_MOST, open_http, read
from regie_client.bulk import Bulk, BulkOrder
from regie_client.calling import CONSENT, LOG, RELEASE, Call, Calls, uuid_of
from regie_client.checking import BYTES_MOST, SECONDS, Checked, CheckedBody, checked
from regie_client.corrections import Correction
from regie_client.errors import Unusable
from regie_client.messages import Case, CaseState, ConsentState, Question, Release, ReleaseBody, Said
from regie_client.receipts import EMERGENCY, KIND, Receipts, Wanted, WantedTable
from regie_client.removals import Dues, Removal, Removed
from regie_client.tables import Table, TableBody, TableQuestion
from regie_client.tokens import Clock, Credentials
from regie_client.unsealing import Opener


class _WebhookKey(Said):
    sleutel: str


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
        self._mine, self._http = http is None, http or open_http()
        self._receipts, self._calls = receipts, Calls(credentials, self._http, clock)

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
        calls = self._calls
        await calls.tokens.get(LOG, question.activity)  # who could not fetch the proof asks for no data
        since, key = calls.clock(), uuid_of(key)
        call = Call(RELEASE, "/verstrekkingen", question.activity, question.body(), key, most=ANSWER_MOST)
        came = read(await self._calls.ask(call), ReleaseBody)
        if set(came.values) - set(question.elements):
            raise Unusable("it holds what was not asked", 200)
        proof = await calls.proof(came.line, came.id, question.activity)
        kind = EMERGENCY if question.emergency else KIND
        wanted = Wanted(came.id, key, calls.credentials.client_id, came.line, since, calls.clock(), kind)
        receipt = self._receipts.demand(proof, wanted)
        flags = (came.secrecy, came.safe_address)
        return Release(came.id, came.values, came.refused, came.not_delivered, receipt, *flags)

    def bulk(self, key: Mapping[str, Any]) -> Bulk:
        """Many residents at once. key: `ontsleutelJwk` of the entry that `regie client add` printed. Raises
        NotConfigured."""
        return Bulk(self._calls, self._receipts, Opener(key))

    async def check(self, order: BulkOrder) -> Checked:
        """About whom of these, at most 10,000, it may be asked now: nothing is released. Repeating it is asking again.
        Raises Problem (429 `te-veel-verzoeken`: enough for today, or wait your turn) and as `open_case`."""
        call = Call(CONSENT, "/bulktoetsingen", order.activity, order.body(), most=BYTES_MOST, seconds=SECONDS,
                    wait=SECONDS)  # fmt: skip
        return checked(order, read(await self._calls.ask(call), CheckedBody))

    async def table(self, question: TableQuestion, key: str = "") -> Table:
        """Counts of an activity, which costs some of its privacy budget. key: a UUID; under the same key it is the same
        table, for nothing. Raises NoReceipt, NotReleased (`te-vaak` when the budget is spent), Problem, CannotReach,
        Unusable, TokenRefused."""
        calls = self._calls
        await calls.tokens.get(LOG, question.activity)
        key = uuid_of(key)
        call = Call(RELEASE, "/statistieken", question.activity, question.body(), key, most=ANSWER_MOST)
        came = read(await calls.ask(call), TableBody)
        if (came.activity, came.table) != (question.activity, question.table):
            raise Unusable("it is another table", 200)
        proof = await calls.proof(came.line, came.id, question.activity)
        wanted = WantedTable(came.id, key, calls.credentials.client_id, came.line, calls.clock())
        receipt = self._receipts.demand(proof, wanted)
        return Table(came.id, came.smallest, came.off_by, came.cells, came.spent, receipt)

    async def to_remove(self, activity: str, until: date | None = None, after: str | None = None) -> Dues:
        """What your organisation must remove of this activity: in the next month, or up to a day. after: `next` of an
        answer to the same question. Raises as `open_case`."""
        said = {"tot": until.isoformat() if until else "", "na": after or ""}
        query = "?" + urlencode(given) if (given := {name: value for name, value in said.items() if value}) else ""
        return read(await self._calls.ask(Call(RELEASE, f"/vernietigingen{query}", activity, most=ANSWER_MOST)), Dues)

    async def removed(self, removal: Removal) -> Removed:
        """You removed it, and its resident reads that. Said again it is the same line. Raises Problem
        (`verstrekking-onbekend`: none of them is there for you) and as `open_case`."""
        call = Call(RELEASE, "/vernietigingen", removal.activity, removal.body(), most=ANSWER_MOST)
        return read(await self._calls.ask(call), Removed)

    async def correction(self, id_: str, activity: str = "") -> Correction:
        """What an event `gegeven.gecorrigeerd` is about: `subject` is its id. activity: of your own, or all of them.
        Raises Problem (`correctie-onbekend`: it is not for you, or a year old) and as `open_case`."""
        call = Call(RELEASE, f"/correcties/{quote(id_, safe='')}", activity, most=ANSWER_MOST)
        return read(await self._calls.ask(call), Correction)

    async def open_case(self, case: Case) -> CaseState:
        """State a case, for activities that need one. Raises Problem, CannotReach, Unusable, TokenRefused."""
        return read(await self._calls.ask(Call(CONSENT, "/zaken", case.activity, case.body())), CaseState)

    async def close_case(self, reference: str, activity: str) -> CaseState:
        """From its line on nothing is released for it. Raises as `open_case`."""
        call = Call(CONSENT, f"/zaken/{quote(reference, safe='')}/sluiting", activity, {})
        return read(await self._calls.ask(call), CaseState)

    async def request_consent(self, question: Question, return_url: str = "") -> ConsentState:
        """Ask the resident, for one purpose; then send them to `portal`. Who is not named in the question is whoever
        answers it there. return_url: of your own website, one
        that was registered with your application; the page leads back there after an answer.
        Raises Problem (`niet-opnieuw-vragen`: not again yet), CannotReach, Unusable, TokenRefused."""
        body = question.body() | ({"terugkeerUrl": return_url} if return_url else {})
        return read(
            await self._calls.ask(Call(CONSENT, "/toestemmingsverzoeken", question.activity, body)), ConsentState
        )

    async def consent(self, consent_id: str, activity: str) -> ConsentState:
        """How your own consent stands. Raises as `open_case`."""
        call = Call(CONSENT, f"/toestemmingen/{quote(consent_id, safe='')}", activity)
        return read(await self._calls.ask(call), ConsentState)

    async def webhook_key(self) -> str:
        """The key that signs events, to be kept in a setting once it was compared by another way. Raises as
        `open_case`."""
        return read(await self._calls.ask(Call(CONSENT, "/gebeurtenissen/sleutel")), _WebhookKey).sleutel
