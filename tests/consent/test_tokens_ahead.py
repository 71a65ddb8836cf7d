"""Who comes while others are settled has an answer made beforehand: it goes out where all that it rests on holds."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.tokens import settling
from consent.tokens.server import Here, answer_to
from kernel.ids import random_id
from tests import once
from tests.consent.applications import NEIGHBOUR, Clock, House, Look, found_keys, house, jwks, signed
from tests.consent.test_tokens import said
from tests.patience import until

pytestmark = pytest.mark.anyio
LOKET = ("gm9901", "loket")


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[House]:
    url = f"sqlite+aiosqlite:///{tmp_path}/consent.db"
    await once.tables("consent", url)
    async with house(url, await found_keys(tmp_path), Clock()) as instance:
        assert (await instance.ask(signed(jti=random_id()))).status_code == 200, "it knows its client by now"
        yield instance


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whom answers were made for."""
    names: list[str] = []

    def heard(form: dict[str, str], here: Here) -> object:
        names.append(here.known[0].client_id if here.known else "")
        return answer_to(form, here)

    monkeypatch.setattr(settling, "answer_to", heard)
    return names


async def meanwhile(
    one: House, asked: Sequence[str], changes: Callable[[], object] = lambda: None
) -> list[httpx2.Response]:
    """Answers to who came while another was settled. changes: what happens after they came, before their turn."""
    real, going_on = one.register.looking, asyncio.Event()

    async def waits(tenant: str) -> Callable[[AsyncConnection], Look]:
        await going_on.wait()
        return await real(tenant)

    one.register.looking = waits  # type: ignore[method-assign]  # a register that takes its time
    waiting = one.service._settling._gathered._waiting
    other = asyncio.create_task(one.ask(signed(key=NEIGHBOUR, iss="buur", sub="buur", jti=random_id())))
    await until(lambda: "gm9901" in waiting and not waiting["gm9901"])
    tasks = [asyncio.create_task(one.ask(each)) for each in asked]
    await until(lambda: len(waiting["gm9901"]) == len(asked))
    if isinstance(changed := changes(), Awaitable):
        await changed
    going_on.set()
    assert (await other).status_code == 200
    return list(await asyncio.gather(*tasks))


async def test_an_answer_is_made_once_and_counts_once(one: House, made: list[str]) -> None:
    twice = signed(jti="t" * 32)
    answers = await meanwhile(one, [twice, twice, signed(jti="o" * 32), signed(key=NEIGHBOUR)])
    assert sorted(made) == ["buur", "loket", "loket", "loket", "loket"], "none of them anew"
    assert sorted(answer.status_code for answer in answers[:2]) == [200, 400]
    assert [answer.status_code for answer in answers[2:]] == [200, 400]
    assert said(answers[2].json()["access_token"])[1]["client_id"] == "loket"


async def test_a_client_that_was_stopped_meanwhile_gets_nothing(one: House) -> None:
    (answer,) = await meanwhile(one, [signed()], lambda: one.register.known.pop(LOKET))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")
    assert LOKET not in one.service._settling._last, "nor is it kept with the key that signed for it"


async def test_a_key_that_was_replaced_meanwhile_opens_nothing(one: House) -> None:
    application, recipient = one.register.known[LOKET]
    other = application.model_copy(update={"jwks": jwks(NEIGHBOUR)}), recipient
    answers = await meanwhile(one, [signed(), signed(key=NEIGHBOUR)], lambda: one.register.known.update({LOKET: other}))
    assert [answer.status_code for answer in answers] == [400, 200], "the new one does"


async def test_a_purpose_that_went_meanwhile_is_in_no_token(one: House, made: list[str]) -> None:
    fewer = {"inkomensloket": frozenset({"huur"})}
    (answer,) = await meanwhile(one, [signed()], lambda: one.register.activities.update(fewer))
    assert (answer.status_code, answer.json()["scope"]) == (200, "huur")
    assert made.count("loket") == 2, "made anew"


async def test_a_key_that_was_rotated_meanwhile_signs_nothing(one: House, made: list[str]) -> None:
    before = (await one.service.jwks("gm9901"))["keys"][0]["kid"]
    (answer,) = await meanwhile(one, [signed()], lambda: one.service.rotate("gm9901"))
    newest = (await one.service.jwks("gm9901"))["keys"][0]["kid"]
    assert said(answer.json()["access_token"])[0]["kid"] == newest != before
    assert made.count("loket") == 2, "made anew"
