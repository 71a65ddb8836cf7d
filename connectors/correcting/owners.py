"""How whoever keeps a source is reached. What they say is data: read within limits, numbers taken out.

POST {url}/terugmeldingen        Idempotency-Key: the report's id, which is also in the body
GET  {url}/terugmeldingen/{id}   {"status": …, "toelichting": …}
"""

import json
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import httpx2
from pydantic import JsonValue, ValidationError

from connectors.correcting.contract import Assignment
from connectors.correcting.keeping import Heard, Owner
from connectors.declared.credentials import Headers, headers_of
from connectors.declared.declaration import Corrected, Declaration
from connectors.outside.addresses import Network, networks
from connectors.outside.asking import Ask, Asker
from connectors.outside.failing import SourceFailed
from connectors.outside.opening import Certificates, open_outside
from kernel.address import plain_address
from kernel.clock import Clock
from kernel.http.client import open_client
from kernel.numbers import without_numbers

PATH, BYTES_MOST = "/terugmeldingen", 16 << 10
MADE = frozenset({200, 201, 202})


@dataclass(frozen=True)
class OverHttp:
    """Satisfies Interface."""

    asker: Asker
    headers: Headers = field(repr=False)

    async def tell(self, report: Assignment) -> Heard:
        """See Interface.tell."""
        said = report.model_dump(mode="json", exclude={"bsn", "status"}, exclude_none=True)
        body = json.dumps({**said, "inwoner": {"bsn": report.bsn}}).encode()
        headers = {"content-type": "application/json", "idempotency-key": report.id, **self.headers("")}
        return await self._asked(Ask("POST", PATH, headers, body, repeatable=True))

    async def ask(self, id_: str) -> Heard:
        """See Interface.ask."""
        return await self._asked(Ask("GET", f"{PATH}/{id_}", self.headers(""), repeatable=True))

    async def _asked(self, ask: Ask) -> Heard:
        return _heard(await self.asker.ask(ask))


def owner(said: Corrected, clock: Clock, outside: AsyncExitStack, more: "Outer") -> Owner:
    """As the source's file says. Raises SettingsWrong."""
    if not said.url:
        return Owner(said.owner, days=said.days)
    url, credential = plain_address(said.url), said.credential
    if more.transport:
        http = open_client("", timeout_seconds=said.seconds, transport=more.transport)
    else:
        certificates = Certificates(credential.authority, credential.certificate)
        listed = (*networks(said.networks), *more.networks)
        http = open_outside(url, listed, said.seconds, certificates)
    outside.push_async_callback(http.aclose)
    asker = Asker(http, url, BYTES_MOST, good=MADE)
    return Owner(said.owner, OverHttp(asker, headers_of(credential, clock)), said.days)


@dataclass(frozen=True)
class Outer:
    """transport: in place of the network, for tests. networks: that every address may lead to."""

    transport: httpx2.AsyncBaseTransport | None = None
    networks: tuple[Network, ...] = ()


def owners_of(declared: Mapping[str, Declaration], clock: Clock, outside: AsyncExitStack) -> dict[str, Owner]:
    """Of one tenant, by source: those that say who corrects them."""
    told = {name: one.corrections for name, one in declared.items()}
    return {name: owner(said, clock, outside, Outer()) for name, said in told.items() if said is not None}


def _heard(answer: JsonValue) -> Heard:
    try:
        heard = Heard.model_validate(answer)
    except ValidationError:
        raise SourceFailed("onleesbaar", 200) from None
    return _plain(heard)


def _plain(heard: Heard) -> Heard:
    """Without numbers, and with no sign that nobody sees."""
    text = "".join(sign for sign in without_numbers(heard.words or "") if sign.isprintable() or sign == "\n").strip()
    return heard.model_copy(update={"words": text})
