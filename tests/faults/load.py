"""What goes on outside a house under test: the sources as witnesses, and clients who write down what they hear."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
from fastapi import FastAPI, Request, Response
from starlette.requests import ClientDisconnect

from assembly.demo.brp.app import brp_app
from assembly.demo.brp.loader import own_residents
from assembly.demo.recipient import Application
from kernel.clock import utc_now
from kernel.http.client import trusted
from tests.faults.checker import Evidence, Said
from tests.faults.ground import BY_CHOICE, BY_LAW, CHOICES, NAME, URL, Ground, Person
from tests.patience import PATIENCE

PAGE = 250  # proofs in one answer
OPEN = (
    "SELECT l.idx FROM lines l JOIN under_way u ON u.tenant_id = l.tenant_id AND u.term = l.term AND u.idx = l.idx "
    "WHERE l.subject = ? ORDER BY l.idx DESC"
)


@dataclass
class Witness:
    """Stands where data comes from, and looks in the tables at the moment it is asked: is there an open release line
    about this resident, that did not explain another question before? Asked: how often, by source. at_home: ids of
    residents who are in their own vault now, where a key needs no release. persons: what the BRP knows."""

    ground: Ground
    complaints: list[str] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    at_home: set[str] = field(default_factory=set)
    persons: dict[str, Any] = field(default_factory=lambda: dict(own_residents()))
    _explained: Counter[tuple[str, int]] = field(default_factory=Counter)

    def app(self) -> FastAPI:
        """The BRP, and the door at which the house says whose key it is about to open."""
        app, known = brp_app(self.persons, utc_now), (*self.ground.people, self.ground.newcomer)
        by_bsn = {one.bsn: one.subject for one in known}
        by_id = {one.id: one.subject for one in known}

        @app.middleware("http")
        async def look(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
            try:
                said = json.loads(await request.body())
            except ClientDisconnect:
                return Response(status_code=400)  # it died while it was asking: nobody was named
            if request.url.path == "/sleutel":
                if said["resident"] not in self.at_home:
                    self.look("vault", by_id[said["resident"]], len(CHOICES))
                return Response(status_code=204)
            self.look("brp", by_bsn[said["burgerservicenummer"][0]], 1)
            return await go_on(request)

        return app

    def look(self, source: str, subject: str, uses: int) -> None:
        """uses: how many questions one line explains."""
        self.asked[source] += 1
        for (index,) in self.ground.rows(OPEN, (subject,)):
            if self._explained[source, index] < uses:
                self._explained[source, index] += 1
                return
        self.complaints.append(f"{source} asked without a release line")


class Outside(httpx2.AsyncBaseTransport):
    """Calls every house by its public name, wherever it is served now. Connections to one that died are forgotten."""

    def __init__(self) -> None:
        self.url, self._inner = "", httpx2.AsyncHTTPTransport(verify=trusted())

    async def move(self, url: str) -> None:
        await self._inner.aclose()
        self.url, self._inner = url, httpx2.AsyncHTTPTransport(verify=trusted(), retries=0)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        there = httpx2.URL(self.url)
        request.url = request.url.copy_with(scheme="http", host=there.host, port=there.port)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


@dataclass
class Clients:
    """The recipient and the residents, at one house. ahead: of its clock. said: everything anybody heard."""

    ground: Ground
    said: list[Said] = field(default_factory=list)
    ahead: float = 0.0
    outside: Outside = field(default_factory=Outside)

    def __post_init__(self) -> None:
        self.http = httpx2.AsyncClient(transport=self.outside, timeout=PATIENCE)
        self.app = Application(self.http, URL, URL + "/oauth/token", self.ground.entry, self._clock)

    def _clock(self) -> datetime:
        return utc_now() + timedelta(seconds=self.ahead)

    async def at(self, url: str, ahead: float = 0.0) -> None:
        """From now on here."""
        self.ahead = ahead
        await self.outside.move(url)
        await self.app.token("verstrekking")
        await self.app.token("toestemming")

    async def release(self, one: Person, activity: str = BY_LAW, consent: str = "", **headers: str) -> Said:
        """Class A from the BRP, or class C from the vault."""
        elements = NAME if activity == BY_LAW else CHOICES
        body = {"inwoner": {"bsn": one.bsn}, "verwerkingsactiviteit": activity, "gegevenselementen": list(elements)}
        return await self._hear("release", consent, self.app.post("verstrekking", "/verstrekkingen", body, **headers))

    async def request(self, one: Person, activity: str = BY_CHOICE) -> str:
        """The id of what the resident is asked. Raises httpx2.HTTPError."""
        body = {"inwoner": {"bsn": one.bsn}, "verwerkingsactiviteit": activity, "gegevenselementen": list(CHOICES)}
        answer = await self.app.post("toestemming", "/toestemmingsverzoeken", body)
        answer.raise_for_status()
        return str(answer.json()["id"])

    async def choose(self, one: Person, consent: str, answer: str) -> Said:
        """ja or stop."""
        body = {"resident": one.id, "consent": consent, "answer": answer}
        return await self._hear(answer, consent, self.http.post(URL + "/proef/keuze", json=body))

    async def own_vault(self, one: Person, *elements: str) -> Said:
        """Opened, or with elements: these are kept in it."""
        body = {"bsn": one.bsn, "elementen": elements}
        return await self._hear("kluis", "", self.http.post(URL + "/proef/kluis", json=body))

    async def _hear(self, what: str, consent: str, call: Awaitable[httpx2.Response]) -> Said:
        heard = Said(what, consent, time.monotonic())
        self.said.append(heard)
        with suppress(httpx2.TransportError):
            answer = await call
            heard.status, heard.body = answer.status_code, answer.json()
        heard.answered = time.monotonic()
        return heard

    async def prove(self, evidence: Evidence, indices: list[int], term: str) -> None:
        """The proofs of these lines, with their acts."""
        for start in range(0, len(indices), PAGE):
            asked = indices[start : start + PAGE]
            answer = await self.http.post(URL + "/proef/bewijzen", json={"term": term, "indices": asked})
            for index, proof in zip(asked, answer.raise_for_status().json(), strict=True):
                evidence.prove(index, proof)

    async def newest(self, evidence: Evidence) -> None:
        """The newest head, as anybody may see it."""
        answer = await self.http.get(URL + "/logboek/v1/checkpoint", follow_redirects=True)
        evidence.head(answer.raise_for_status().text)


@dataclass
class Life:
    """One resident and who asks about them, over and over, through any number of deaths. running: consents that were
    asked for and not seen to end. key: the Idempotency-Key of a release whose answer did not come yet."""

    clients: Clients
    one: Person
    running: list[str] = field(default_factory=list)
    key: str = ""

    async def live(self) -> None:
        """Until an answer stays away."""
        with suppress(httpx2.TransportError):
            while await self.cycle():
                pass

    async def cycle(self) -> bool:
        """Asked, given, used, stopped, refused. Whether every answer came."""
        clients, one = self.clients, self.one
        if not all([await self._stop(each) for each in list(self.running)]):
            return False
        consent = await clients.request(one)
        self.running.append(consent)
        given = await clients.choose(one, consent, "ja")
        first = await asyncio.gather(self._by_law(), clients.release(one, BY_CHOICE, consent))
        second, stopped = await asyncio.gather(clients.release(one, BY_CHOICE, consent), self._stop(consent))
        after = await clients.release(one, BY_CHOICE, consent)
        return all(each.status for each in (given, *first, second, after)) and stopped

    async def _by_law(self) -> Said:
        self.key = str(uuid4())
        heard = await self.clients.release(self.one, **{"idempotency-key": self.key})
        self.key = "" if heard.status else self.key
        return heard

    async def _stop(self, consent: str) -> bool:
        """Answered: it has ended, or was never given (409)."""
        heard = await self.clients.choose(self.one, consent, "stop")
        if heard.status in {200, 409}:
            self.running.remove(consent)
        return heard.status > 0


def look_at(ground: Ground, evidence: Evidence) -> str:
    """Reads the rows of the log; answers its term. Raises AssertionError when a place is empty."""
    rows = ground.rows("SELECT idx, leaf, term FROM lines ORDER BY idx")
    assert [row[0] for row in rows] == list(range(len(rows))), "a place in the log is empty"
    evidence.leaves = [bytes(row[1]) for row in rows]
    evidence.outcomes = dict(ground.rows("SELECT idx, outcome FROM outcomes"))
    return str(rows[-1][2])


def answers_of(said: list[Said]) -> Counter[tuple[str, Any]]:
    """How often each answer came, for a summary."""
    return Counter((one.what, one.status) for one in said)
