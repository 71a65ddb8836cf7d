"""What Prometheus is told of a log: numbers that move with it, and nothing of anybody."""

import asyncio
import re
import time
from pathlib import Path

import pytest

from kernel.http.app import make_app
from kernel.http.client import open_client
from kernel.http.health import StartGate
from kernel.http.metrics import metrics_app
from kernel.http.server import serve
from tests.audit.logs import DESK, TENANT, Place, act, fence, receipt, release
from tests.patience import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path)


def number(text: str, name: str, labels: str = f'tenant="{TENANT}"') -> float:
    found = re.search(rf"^{re.escape(name)}{{{re.escape(labels)}}} (\S+)$", text, re.MULTILINE)
    assert found, text
    return float(found[1])


async def test_the_numbers_move_with_the_log(place: Place) -> None:
    async with place.opened() as (service, component):
        assert component.metrics
        assert number(component.metrics(), "regie_log_lines") == 0
        door, hek = service.door("connectors"), fence()
        await asyncio.gather(*(door.record(DESK, [release({hek: 0})]) for _ in range(40)))
        await service.door("consent").record(DESK, [act("toestemming-ingetrokken", hek)])
        await door.record(DESK, [release({hek: 0})])
        told = component.metrics()
        assert number(told, "regie_log_lines") == number(told, "regie_log_signed_lines") == 41
        assert number(told, "regie_log_append_seconds_count") == 42
        assert number(told, "regie_log_batch_entries_count") == service.desk(DESK).writer.batches
        assert number(told, "regie_log_answers_total", f'answer="Overtaken",tenant="{TENANT}"') == 1
        assert number(told, "regie_log_queue_entries") == number(told, "regie_log_sealed") == 0
        assert 0 <= number(told, "regie_log_checkpoint_age_seconds") < 60
        service.desk(DESK).log.seal("Proef.")
        assert number(component.metrics(), "regie_log_sealed") == 1


async def test_the_age_of_the_head_starts_again_with_each_line(place: Place) -> None:
    async with place.opened() as (service, component):
        assert component.metrics
        await asyncio.sleep(0.3)
        assert number(component.metrics(), "regie_log_checkpoint_age_seconds") >= 0.3
        began = time.monotonic()
        await service.door("connectors").record(DESK, [act("weigering")])
        assert number(component.metrics(), "regie_log_checkpoint_age_seconds") <= time.monotonic() - began


async def test_nothing_of_anybody_is_told(place: Place) -> None:
    async with place.opened() as (service, component):
        entry = release({fence(): 0}, subject="kanarie-inwoner", case="kanarie-zaak", recipient="kanarie-ontvanger")
        place_of = receipt((await service.door("connectors").record(DESK, [entry]))[0]).position
        assert component.metrics
        told = component.metrics()
        for word in ("kanarie", entry.event.id, entry.requires[0].fence, str(place_of), "verstrekking"):
            assert word not in told


async def test_metrics_have_a_door_of_their_own(place: Place) -> None:
    async with place.opened() as (_, component):
        assert component.metrics
        gate = StartGate()
        gate.open()
        async with serve(metrics_app([component.metrics])) as own, serve(make_app("Regie", gate)) as public:
            async with open_client(own.url, timeout_seconds=PATIENCE) as client:
                answer = await client.get("/metrics")
                assert (answer.status_code, "regie_log_lines" in answer.text) == (200, True)
                assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
                assert (await client.get("/livez")).status_code == 404
            async with open_client(public.url, timeout_seconds=PATIENCE) as client:
                assert (await client.get("/metrics")).status_code == 404
