"""Regie as an application meets it, as data: tokens, one release and its proof, each to be spoilt by a test."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx2

from assembly.clients import make_client_key
from connectors.claim import Claim
from kernel.dpop import Once, shown
from kernel.ids import derived_id, uuid7
from regie_client import Credentials, Question, Receipts, Regie
from tests.bundles import KEY, ORIGIN, TERM, VKEYS, Log

ISSUER = "https://regie.example"
NOW = 1_795_312_916.0  # 2026-11-22
KEY_1 = "0197d2f0-0000-4000-8000-000000000001"  # an Idempotency-Key
BSN = "999993653"
PRIVATE, PUBLIC = make_client_key()
CREDENTIALS = Credentials(ISSUER, "inkomensloket", PRIVATE)
RELEASE_ID = uuid7(int(NOW * 1_000), derived_id(KEY_1, CREDENTIALS.client_id))
QUESTION = Question(BSN, "witgoed", ("brp.naam", "brp.adres"), "Z-1", "mw-1")
BEFORE = 5  # lines of others
PLACE = f"{TERM}-{BEFORE}"


def keys_at(folder: Path, text: str = VKEYS) -> Path:
    """A file with the log's keys."""
    path = folder / "log.vkey"
    path.write_text(text)
    return path


def proof(key: Any = KEY, before: int = BEFORE, **says: Any) -> str:
    """Of a line as the log writes it, with other words where a test wants them; one that is None is left out."""
    act = {"soort": "verstrekking", "tijd": str(int(NOW * 1_000)), "gebeurtenis": Claim(RELEASE_ID, 1).event_id()}
    ((bundle),) = Log(before).add(act_says=act | says).others(3).bundles(key)
    return str(bundle["bewijs"])


def release(**more: Any) -> dict[str, Any]:
    """As POST verstrekkingen answers."""
    name = {"waarde": {"voornamen": "Jan"}, "bron": "brp", "peilmoment": "2026-11-22T00:00:00Z", "herkomst": "bron"}
    refused = [{"gegevenselement": "brp.adres", "code": "buiten-doel", "reden": "Nee."}]
    line = {"logboek": ORIGIN, "index": BEFORE, "bewijs": f"/logboek/v1/logregels/{PLACE}/bewijs"}
    said = {
        "id": RELEASE_ID,
        "gegevens": {"brp.naam": name},
        "geweigerd": refused,
        "nietGeleverd": [],
        "logregel": line,
    }
    return said | more


Said = Callable[[httpx2.Request], httpx2.Response]


@dataclass
class Counterpart:
    """answers: by path, in place of the good one. asked: method, path, token and body. life: seconds of a token."""

    folder: Path
    answers: dict[str, Said] = field(default_factory=dict)
    asked: list[tuple[str, str, str, Any]] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    holders: set[str] = field(default_factory=set)
    once: Once = field(default_factory=Once)
    life: int = 300
    now: float = NOW
    release_id: str = RELEASE_ID

    def regie(self) -> Regie:
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(self._answer))
        return Regie(CREDENTIALS, Receipts(keys_at(self.folder)), http, lambda: self.now)

    def _held(self, request: httpx2.Request) -> None:
        """As the house looks at each proof: of one key, each of its own, for this question and this token."""
        token = request.headers.get("authorization", "").removeprefix("DPoP ")
        found = shown(request.headers["dpop"], request.method, str(request.url).partition("?")[0], self.now, token)
        assert self.once.spend(found, self.now)
        self.holders.add(found.key)

    async def _answer(self, request: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(0)  # as on a line: others go on meanwhile
        path, raw = request.url.path, request.read()
        self._held(request)
        assert BSN not in str(request.url) + str(request.headers)
        if path == "/oauth/token" and path not in self.answers:
            form = {name: value[0] for name, value in parse_qs(raw.decode()).items()}
            self.forms.append(form)
            token = f"{form['resource'].split('/')[-2]}-{len(self.forms)}"
            return httpx2.Response(200, json={"access_token": token, "token_type": "DPoP", "expires_in": self.life})
        body = json.loads(raw) if raw and path != "/oauth/token" else None
        self.asked.append((request.method, path, request.headers.get("authorization", ""), body))
        if path == "/verstrekking/v1/verstrekkingen":
            key = request.headers["idempotency-key"]
            self.release_id = uuid7(int(self.now * 1_000), derived_id(key, CREDENTIALS.client_id))
        if path in self.answers:
            return self.answers[path](request)
        if path == "/verstrekking/v1/verstrekkingen":
            return httpx2.Response(200, json=release(id=self.release_id))
        if path == f"/logboek/v1/logregels/{PLACE}/bewijs":
            return text(proof(gebeurtenis=Claim(self.release_id, 1).event_id()))
        return problem(404, "niet-gevonden")


def text(content: str) -> httpx2.Response:
    return httpx2.Response(200, content=content, headers={"content-type": "text/plain; charset=utf-8"})


def problem(status: int, code: str, headers: dict[str, str] | None = None, **more: Any) -> httpx2.Response:
    said = {"code": code, "detail": "Nee.", "status": status} | more
    told = {"content-type": "application/problem+json"} | (headers or {})
    return httpx2.Response(status, content=json.dumps(said), headers=told)
