"""`regie audit destroy` on a founded house: a proof run first, then for real, and again without harm."""

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from assembly.cli import app
from assembly.demo.register import TENANT
from assembly.founding import found
from assembly.house import assemble
from assembly.settings import HouseSettings, TenantSettings
from audit.contract import Entry, Event, record_one
from kernel.caller import room_of
from kernel.errors import BadInput
from kernel.ids import random_id
from kernel.settings import SettingsWrong

pytestmark = pytest.mark.slow
OVER = 2025  # a year that is over, whenever this runs


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HouseSettings:
    tenant = TenantSettings(id=TENANT, name="Gemeente", public_url="http://localhost:8000")
    monkeypatch.setenv("REGIE_HOUSE_MODE", "test")
    monkeypatch.setenv("REGIE_HOUSE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("REGIE_HOUSE_TENANTS", json.dumps([tenant.model_dump(mode="json")]))
    return HouseSettings(mode="test", data=tmp_path / "data", tenants=(tenant,))


async def lived_in(settings: HouseSettings) -> None:
    """A line whose year is over, and one whose year is not."""
    await found(settings)
    house = await assemble(settings, ("audit", "consent", "vault"))
    async with house.app.router.lifespan_context(house.app):
        for year in (OVER, 0):
            event = Event(id=random_id(), kind="weigering", subject="s1", keep_until=year)
            await record_one(house.audit("consent"), room_of(TENANT, "consent"), Entry(event=event))


def regie(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["audit", *arguments])


def test_what_is_due_is_told_then_tried_then_destroyed(settings: HouseSettings) -> None:
    asyncio.run(lived_in(settings))
    status = regie("status")
    assert (status.exit_code, "te vernietigen     2025: 1" in status.output) == (0, True), status.output
    tried = regie("destroy", "--year", str(OVER))
    assert tried.exit_code == 0 and f"{TENANT}: te vernietigen van 2025: 1 sleutels, 1 regels" in tried.output
    assert "er is niets veranderd" in tried.output
    assert "vernietigd" not in regie("fsck").output
    done = regie("destroy", "--year", str(OVER), "--really")
    assert done.exit_code == 0 and f"{TENANT}: vernietigd van 2025: 1 sleutels, 1 regels" in done.output, done.output
    checked = regie("fsck")
    assert checked.exit_code == 0 and "1 regels zijn vernietigd; voor elk zegt een andere regel dat" in checked.output
    again = regie("destroy", "--year", str(OVER), "--really")
    assert again.exit_code == 0 and "0 sleutels, 0 regels" in again.output
    assert "te vernietigen     niets" in regie("status").output
    for wrong, error in (
        (("--year", "2998"), BadInput),
        (("--year", "2998", "--reason", "zomaar"), BadInput),
        (("--year", "2998", "--decision", "B-1", "--reason", "om 999993653", "--subject", "s1"), SettingsWrong),
        (("--year", str(OVER), "--tenant", "gm0000"), SettingsWrong),
    ):
        assert isinstance(regie("destroy", *wrong).exception, error), wrong
    assert regie("destroy", "--year", "1").exit_code == 2
