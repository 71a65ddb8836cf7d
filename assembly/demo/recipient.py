"""A municipal application as an outside program plays it: a key, a token, a question. Uses nothing but HTTP."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx2
from joserfc import jwt
from joserfc.jwk import import_key

from kernel.clock import Clock, millis, utc_now

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFE_SECONDS = 50
HOUR_MS = 3_600_000


def assertion(client_id: str, private_jwk: dict[str, Any], issuer: str, now: datetime) -> str:
    """A private_key_jwt client assertion (RFC 7523): signed word of who asks, used once."""
    seconds = int(now.timestamp())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": issuer,
        "iat": seconds,
        "exp": seconds + LIFE_SECONDS,
        "jti": secrets.token_hex(16),
    }
    algorithm = str(private_jwk["alg"])
    header = {"alg": algorithm, "kid": str(private_jwk["kid"])}
    return jwt.encode(header, claims, import_key(private_jwk), algorithms=[algorithm])


@dataclass
class Application:
    """One registered application. `entry` is its entry in clients.json; tokens are kept until they are a minute old."""

    http: httpx2.AsyncClient
    issuer: str
    token_url: str
    entry: dict[str, Any]
    clock: Clock = utc_now
    _tokens: dict[str, tuple[float, str]] = field(default_factory=dict)

    async def token(self, root: str, scope: str = "") -> str:
        """An access token for `verstrekking`, `toestemming` or `logboek`. Raises httpx2.HTTPStatusError."""
        now = self.clock()
        made, known = self._tokens.get(root + scope, (0.0, ""))
        if now.timestamp() - made < 60:
            return known
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION,
            "client_assertion": assertion(self.entry["clientId"], self.entry["privateJwk"], self.issuer, now),
            "resource": self.entry["resources"][root],
        }
        answer = await self.http.post(self.token_url, data=form | ({"scope": scope} if scope else {}))
        answer.raise_for_status()
        token = str(answer.json()["access_token"])
        self._tokens[root + scope] = (now.timestamp(), token)
        return token

    async def post(self, root: str, place: str, body: dict[str, Any], **headers: str) -> httpx2.Response:
        """POST to a resource of one root, such as ("verstrekking", "/verstrekkingen")."""
        return await self.http.post(
            self.entry["resources"][root] + place,
            json=body,
            headers={"authorization": f"Bearer {await self.token(root)}", **headers},
        )

    async def release(self, bsn: str, activity: str, elements: tuple[str, ...], case: str = "") -> httpx2.Response:
        """Ask for some elements of one resident."""
        body: dict[str, Any] = {
            "inwoner": {"bsn": bsn},
            "verwerkingsactiviteit": activity,
            "gegevenselementen": list(elements),
        }
        if case:
            body["zaak"] = case
        if self.entry["soort"] == "mens":
            body["gebruiker"] = "mw-4821"
        if self.entry["soort"] == "burger":
            body["gebruiker"] = "BurgerZelf"
        return await self.post("verstrekking", "/verstrekkingen", body)

    async def report(self, bsn: str, activity: str, elements: tuple[str, ...], recipient: str) -> httpx2.Response:
        """Tell what this system did by itself an hour ago, as a record of the LDV core 0.8."""
        at = millis(self.clock()) - HOUR_MS
        registered = f"{self.issuer}/toestemming/v1/verwerkingsactiviteiten/{activity}"
        record = {
            "trace_id": secrets.token_hex(16),
            "span_id": secrets.token_hex(8),
            "status": "Ok",
            "name": "Uitkering herberekenen",
            "start_time": at,
            "end_time": at,
            "attributes": {"dpl.core.processing_activity_id": registered},
        }
        use = {
            "ontvanger": recipient,
            "inwoner": {"bsn": bsn},
            "gegevenselementen": list(elements),
            "logregel": record,
        }
        return await self.post("melden", "/verwerkingsacties", {"meldingen": [use]})

    async def request_consent(self, bsn: str, activity: str, elements: tuple[str, ...], case: str) -> httpx2.Response:
        """Ask the resident; the answer names the page on which they choose."""
        body: dict[str, Any] = {
            "inwoner": {"bsn": bsn},
            "verwerkingsactiviteit": activity,
            "gegevenselementen": list(elements),
            "zaak": case,
        }
        if self.entry["soort"] == "mens":
            body["gebruiker"] = "mw-4821"
        return await self.post("toestemming", "/toestemmingsverzoeken", body)
