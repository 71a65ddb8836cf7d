"""A whole release while the register fails on a real socket: what the caller reads is what the line says."""

import httpx2
import pytest

from assembly.demo.register import INCOME_ANSWER
from connectors.contract import NothingDelivered, TooLate
from connectors.outside.addresses import LOOPBACK, networks
from connectors.outside.pinned import Pinned
from tests.connectors.faulty import ANSWERS, faulty
from tests.four_rooms import LATE, FourRooms

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
SILENT = ("silent", "dripping")


class There(httpx2.AsyncBaseTransport):
    """The name that the settings say, on the port of the faulty register."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._pinned = Pinned(httpx2.AsyncHTTPTransport(), self._url, networks(LOOPBACK))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.url = httpx2.URL(self._url).copy_with(path=request.url.path)
        return await self._pinned.handle_async_request(request)


@pytest.mark.long(30)
async def test_line_and_answer_agree_whatever_the_register_does(house: FourRooms) -> None:
    await house.income("1500.00")
    async with faulty() as register:
        wrong = sorted(set(ANSWERS) - {"good"})
        for number, fault in enumerate((*wrong, *SILENT)):
            register.does = fault
            await house.case(case := f"Z-F{number}")
            await house.consent(case)
            house.desk_settings |= LATE if fault in SILENT else {}
            await house.wire(transport=There(register.port))  # a breaker that knows nothing yet
            # the register is down, and the vault is not held up by it
            release = await house.release("brp.naam", INCOME_ANSWER, zaak=case)
            assert set(release.values) == {INCOME_ANSWER}, fault
            assert [(one.element, one.code) for one in release.not_delivered] == [("brp.naam", "bron-niet-bereikbaar")]
            # nothing else was asked for: then there is nothing to give
            with pytest.raises((NothingDelivered, TooLate)) as nothing:
                await house.release("brp.naam", zaak=case)
            assert isinstance(nothing.value, TooLate) == (fault in SILENT), fault
            failed, given = [one for one in await house.lines() if one.event.kind == "verstrekking"][:2]
            assert (given.outcome, failed.outcome) == ("geleverd", "mislukt"), fault
            assert nothing.value.members["logregel"]["index"] == failed.position.index
        register.does = "good"
        await house.wire(transport=There(register.port))
        assert (await house.release("brp.naam", zaak="Z-F0")).values["brp.naam"].value == {"voornamen": "Jan"}
