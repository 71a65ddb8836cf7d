"""Many residents at once: ordered, followed, fetched, opened; and of each nothing before its own receipt was checked.

A result is fetched whole before it is opened, into a file without a name that holds what is sealed: Regie cuts off who
reads slowly, for what waits on the way is not held against withdrawals any more. It is complete when every resident of
the order is in it once. Proofs are fetched per resident, some at once.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import Annotated, Any, BinaryIO, Literal

from joserfc.jwk import OctKey
from pydantic import Field, JsonValue, ValidationError

from regie_client.asking import read
from regie_client.calling import LOG, RELEASE, Call, Calls, uuid_of
from regie_client.errors import NoReceipt, NotReleased, Problem, RegieError, Unusable
from regie_client.messages import ProblemBody, Release, ReleaseBody, Said, Short
from regie_client.receipts import Receipts, WantedInBulk, follows, time_of
from regie_client.unsealing import Opener, answer

PLACE, LINES = "/bulkverstrekkingen", "application/x-ndjson"
RESULT_MOST, LINE_MOST = 4 << 30, 256 << 10  # bytes: of a result, of one line in it
RESULT_SECONDS, TOGETHER = 3_600.0, 8
DONE = frozenset({"klaar", "geannuleerd", "verlopen"})


@dataclass(frozen=True)
class BulkOrder:
    """Some elements of many residents for one registered activity. residents: number and case ("" for none), each
    resident once; by_pseudonym: your own name for them in place of a number. user: your own id of the employee."""

    activity: str
    elements: tuple[str, ...]
    residents: tuple[tuple[str, str], ...] = field(repr=False)
    user: str = ""
    by_pseudonym: bool = False

    @property
    def named(self) -> str:
        """How residents are named."""
        return "pseudoniem" if self.by_pseudonym else "bsn"

    def body(self) -> dict[str, Any]:
        """As it is sent."""
        listed = [{self.named: name, **({"zaak": case} if case else {})} for name, case in self.residents]
        said = {"verwerkingsactiviteit": self.activity, "gegevenselementen": list(self.elements), "inwoners": listed}
        return said | ({"gebruiker": self.user} if self.user else {})


@dataclass(frozen=True)
class Job:
    """An order that was taken: keep `id` and `since`, and with the order a program that starts again goes on. since:
    seconds since 1970 at which it was first given."""

    order: BulkOrder = field(repr=False)
    id: str
    since: float


class JobState(Said):
    """How far a job is. status: `wacht`, `loopt`, `klaar`, `geannuleerd`, `verlopen`. handled: residents."""

    id: Short
    status: Short
    count: Annotated[int, Field(validation_alias="aantal")]
    handled: Annotated[int, Field(validation_alias="behandeld")]
    released: Annotated[int, Field(validation_alias="verstrekt")]
    refused: Annotated[int, Field(validation_alias="geweigerd")]
    not_delivered: Annotated[int, Field(validation_alias="nietGeleverd")]


@dataclass(frozen=True)
class Answered:
    """One resident of an order, as it names them: `bsn`, or else `pseudonym`. status: `verstrekt`; `geweigerd` or
    `nietGeleverd`, with why; `vervallen`: stopped after it was decided, ask alone to hear why; `achtergehouden`: it
    came without a receipt that holds, and is not here. release: of the first only."""

    nr: int
    bsn: str = field(repr=False)
    status: Literal["verstrekt", "geweigerd", "nietGeleverd", "vervallen", "achtergehouden"]
    release: Release | None = None
    why: RegieError | None = None
    pseudonym: str = ""


class _Whose(Said):
    bsn: Annotated[str, Field(max_length=9, repr=False)] = ""
    pseudonym: Annotated[str, Field(max_length=32, validation_alias="pseudoniem")] = ""


class _Answer(Said):
    nr: int
    whose: Annotated[_Whose, Field(validation_alias="inwoner")]
    status: Literal["verstrekt", "geweigerd", "nietGeleverd"]
    said: Annotated[dict[str, JsonValue], Field(validation_alias="antwoord", repr=False)]


class _Line(Said):
    key: Annotated[str, Field(validation_alias="sleutel", repr=False)] = ""
    nr: int = -1
    sealed: Annotated[str, Field(validation_alias="antwoord", repr=False)] = ""
    fallen: Annotated[bool, Field(validation_alias="vervallen")] = False


class Bulk:
    """Jobs of one application. Made by `Regie.bulk`."""

    def __init__(self, calls: Calls, receipts: Receipts, opener: Opener) -> None:
        self._calls, self._receipts, self._opener = calls, receipts, opener

    async def order(self, order: BulkOrder, key: str = "") -> Job:
        """key: a UUID; the same order under the same key is the same job, for as long as it is there. Raises Problem,
        CannotReach, Unusable, TokenRefused."""
        await self._calls.tokens.get(LOG, order.activity)  # who could not fetch proofs asks for no data
        since = self._calls.clock()
        key = uuid_of(key)
        call = Call(RELEASE, PLACE, order.activity, order.body(), key)
        job = read(await self._calls.ask(call), JobState).id
        # said again later it is the job of the first time, and its lines may be older than this question
        ours = follows(job, key, self._calls.credentials.client_id)
        return Job(order, job, min(since, time_of(job)) if ours else since)

    async def state(self, job: Job) -> JobState:
        """How far it is. Raises as `order`."""
        return read(await self._calls.ask(self._call(job)), JobState)

    async def follow(self, job: Job, every: float = 30.0) -> JobState:
        """Until it is done, or was ended. every: seconds between two questions. Raises as `order`."""
        while True:
            if (state := await self.state(job)).status in DONE:
                return state
            await asyncio.sleep(every)

    async def end(self, job: Job) -> None:
        """What is not done is not begun, and the result goes: an application has ten open at most. Raises as
        `order`."""
        await self._calls.ask(Call(RELEASE, f"{PLACE}/{job.id}", job.order.activity, kind="", method="DELETE"))

    async def answers(self, job: Job) -> AsyncIterator[Answered]:
        """Every resident of the order, in its order. Of no one is there data before its receipt was checked. Raises
        Unusable before the first when the result is not whole or not of this order, and as `order`; a Problem with code
        `nog-niet-klaar` or `opdracht-voorbij`."""
        with TemporaryFile() as spool:
            await self._calls.ask(self._call(job, "/resultaat", kind=LINES, most=RESULT_MOST, into=spool))
            await asyncio.to_thread(_demand_whole, spool, len(job.order.residents))
            waiting: list[asyncio.Task[Answered]] = []
            try:
                for line, key in self._opened(spool):
                    waiting.append(asyncio.create_task(self._answered(job, line, key)))
                    if len(waiting) == TOGETHER:
                        yield await waiting.pop(0)
                while waiting:
                    yield await waiting.pop(0)
            finally:
                for task in waiting:
                    task.cancel()
                await asyncio.gather(*waiting, return_exceptions=True)

    def _opened(self, spool: BinaryIO) -> Iterator[tuple[_Line, OctKey | None]]:
        """Lines about somebody, with the key of their part."""
        key = None
        for line in _lines(spool):
            if line.key:
                key = self._opener.part(line.key)
            else:
                yield line, key

    async def _answered(self, job: Job, line: _Line, key: OctKey | None) -> Answered:
        name, _ = job.order.residents[line.nr]
        bsn, pseudonym = ("", name) if job.order.by_pseudonym else (name, "")
        if line.fallen:
            return Answered(line.nr, bsn, "vervallen", pseudonym=pseudonym)
        if key is None:
            raise Unusable("an answer came before the key of its part", 200)
        found = read(answer(line.sealed, key), _Answer)
        if (found.nr, found.whose.bsn, found.whose.pseudonym) != (line.nr, bsn, pseudonym):
            raise Unusable("an answer is about somebody else", 200)
        content = json.dumps(found.said).encode()
        if found.status != "verstrekt":
            why = _problem(found, read(content, ProblemBody))
            return Answered(line.nr, bsn, found.status, why=why, pseudonym=pseudonym)
        try:
            release = await self._checked(job, line.nr, read(content, ReleaseBody))
        except NoReceipt as withheld:
            return Answered(line.nr, bsn, "achtergehouden", why=withheld, pseudonym=pseudonym)
        return Answered(line.nr, bsn, "verstrekt", release, pseudonym=pseudonym)

    async def _checked(self, job: Job, nr: int, came: ReleaseBody) -> Release:
        """Raises NoReceipt, Unusable."""
        if set(came.values) - set(job.order.elements):
            raise Unusable("it holds what was not asked", 200)
        proof = await self._calls.proof(came.line, came.id, job.order.activity)
        wanted = WantedInBulk(came.id, job.id, nr, came.line, job.since, self._calls.clock())
        receipt = self._receipts.demand(proof, wanted)
        flags = (came.secrecy, came.safe_address)
        return Release(came.id, came.values, came.refused, came.not_delivered, receipt, *flags)

    def _call(self, job: Job, more: str = "", **how: Any) -> Call:
        return Call(RELEASE, f"{PLACE}/{job.id}{more}", job.order.activity, seconds=RESULT_SECONDS, **how)


def _problem(found: _Answer, said: ProblemBody) -> Problem:
    number = found.said.get("status")
    kind = NotReleased if found.status == "geweigerd" else Problem
    return kind(number if isinstance(number, int) else 0, said, 0)


def _lines(spool: BinaryIO) -> Iterator[_Line]:
    """Raises Unusable."""
    spool.seek(0)
    while raw := spool.readline(LINE_MOST + 1):
        if len(raw) > LINE_MOST:
            raise Unusable("a line is too long", 200)
        try:
            yield _Line.model_validate_json(raw)
        except ValidationError:  # its text may quote what came
            raise Unusable("it does not have the agreed form", 200) from None


def _demand_whole(spool: BinaryIO, count: int) -> None:
    """Everybody of the order once, and nobody else. Raises Unusable."""
    seen: set[int] = set()
    for line in _lines(spool):
        if line.key:
            continue
        if line.nr in seen or not 0 <= line.nr < count or line.fallen == bool(line.sealed):
            raise Unusable("it is not about who was asked, each once", 200)
        seen.add(line.nr)
    if len(seen) != count:
        raise Unusable("it was cut off: fetch it again", 200)
