"""One event to one address: resolved once, pinned, no redirects, little time, and no look at what comes back."""

import asyncio
import json
import socket
from typing import Any

import httpx2

from consent.events.address import Webhook
from consent.events.signing import signed
from kernel.crypto import Signer
from kernel.http.client import open_client

SECONDS = 5.0  # for all of it: a receiver that hangs must not hold up who comes next
TYPE = "application/cloudevents+json"


class Refused(Exception):
    """It did not arrive. `why` is a code for the operations log, never a text of the other side."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Sender:
    """Owns the connections to the addresses of the settings."""

    def __init__(self) -> None:
        self._http = open_client("", timeout_seconds=SECONDS)

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def send(self, webhook: Webhook, event: dict[str, Any], signer: Signer, seconds: int) -> None:
        """2xx is delivered. Raises Refused."""
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"content-type": TYPE, "host": authority(webhook), **signed(signer, event["id"], seconds, body)}
        try:
            async with asyncio.timeout(SECONDS):
                url = webhook.pinned(await resolved(webhook))
                sni = {"sni_hostname": webhook.host}
                async with self._http.stream("POST", url, content=body, headers=headers, extensions=sni) as answer:
                    status = answer.status_code
        except TimeoutError:
            raise Refused("te-laat") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeError):  # the last: a name that is none
            raise Refused("onbereikbaar") from None
        if not 200 <= status < 300:
            raise Refused(f"status-{status}")


async def resolved(webhook: Webhook) -> str:
    """One place of its name that may be called. Raises Refused when one of them may not: a name that leads inside
    once leads there by intent."""
    found = await asyncio.get_running_loop().getaddrinfo(webhook.host, webhook.port, type=socket.SOCK_STREAM)
    places = [str(one[4][0]).partition("%")[0] for one in found]
    if not places or not all(webhook.may_call(one) for one in places):
        raise Refused("adres-mag-niet")
    return places[0]


def authority(webhook: Webhook) -> str:
    """As its Host header says it, whatever place is called."""
    usual = {"https": 443, "http": 80}[webhook.url.partition(":")[0]]
    name = f"[{webhook.host}]" if ":" in webhook.host else webhook.host
    return name if webhook.port == usual else f"{name}:{webhook.port}"
