"""One message to the municipality's message service: resolved once, pinned, no redirects, and no look at the answer."""

import asyncio

import httpx2

from consent.delivery.settings import Service
from consent.events.sending import SECONDS, Refused, authority, resolved
from kernel.http.client import open_client
from kernel.settings import read_secret

PLACE = "/berichten"


class Post:
    """Owns the connections to one service. Raises SettingsWrong for a credential that cannot be read."""

    def __init__(self, service: Service) -> None:
        self._service = service.model_copy(update={"url": service.url.rstrip("/") + PLACE})
        self._secret = {service.header: read_secret(service.file).decode().strip()} if service.file else {}
        self._http = open_client("", timeout_seconds=SECONDS)

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def send(self, message_id: str, body: bytes) -> None:
        """200, 201 and 202 are delivered: the service has it. Raises Refused."""
        headers = {"content-type": "application/json", "host": authority(self._service),
                   "idempotency-key": message_id, **self._secret}  # fmt: skip
        try:
            async with asyncio.timeout(SECONDS):
                url = self._service.pinned(await resolved(self._service))
                sni = {"sni_hostname": self._service.host}
                async with self._http.stream("POST", url, content=body, headers=headers, extensions=sni) as answer:
                    status = answer.status_code
        except TimeoutError:
            raise Refused("te-laat") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeError):
            raise Refused("onbereikbaar") from None
        if status not in (200, 201, 202):
            raise Refused(f"status-{status}")
