"""The half-year turns while a house is in use: releases go on, and everybody sees one log."""

from datetime import UTC, datetime

import pytest

from assembly.demo.register import BY_LAW, STORY
from tests.house import R1, START, House

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
JANUARY = datetime(2027, 1, 1, 1, tzinfo=UTC)


async def test_releases_go_on_over_the_turn(own_house: House) -> None:
    house, case = own_house, await own_house.case()
    first = await house.application().release(R1, STORY, BY_LAW, case)
    assert first.status_code == 200, first.text
    old = await house.http.get(f"{house.url()}/logboek/v1/checkpoint")
    house.moved = JANUARY - START
    second = await house.application().release(R1, STORY, BY_LAW, case)
    assert second.status_code == 200, second.text
    assert first.json()["logregel"]["logboek"].endswith("/2026h2")
    assert second.json()["logregel"]["logboek"].endswith("/2027h1")
    new = await house.http.get(f"{house.url()}/logboek/v1/checkpoint")
    assert (old.headers["location"][-18:], new.headers["location"][-18:]) == (
        "/2026h2/checkpoint",
        "/2027h1/checkpoint",
    )
    last = await house.http.get(f"{house.url()}/logboek/v1/2026h2/checkpoint")
    assert last.status_code == 200 and last.text.startswith("localhost")
    assert (await house.http.get(f"{house.url()}/logboek/v1/2028h1/checkpoint")).status_code == 404
    assert len((await house.http.get(f"{house.url()}/logboek/v1/sleutels")).text.splitlines()) == 2
    for answer in (first, second):
        proof = answer.json()["logregel"]["bewijs"]
        assert (await house.http.get(f"{house.url()}{proof}")).status_code == 200
    found = {line["logregel"]["logboek"].rpartition("/")[2] for line in await house.lines()}
    assert found == {"2026h2", "2027h1"}
