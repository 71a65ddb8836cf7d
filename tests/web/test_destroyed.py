"""A line whose content was destroyed: its resident and the FG see that, when and why, and where it stood; no error."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

import regie_verify
from assembly.demo.register import TENANT
from audit.contract import Entry, Event
from audit.destroying import Order
from kernel.caller import room_of
from kernel.ids import random_id
from kernel.sql import Database
from tests.web.portal import PortalUnderTest
from tests.web.test_proofs import checked, fetched, own
from vault.tables import record_salts, records, resident_keys
from web.language import format_day

pytestmark = pytest.mark.anyio
SOON = 2027


@pytest.fixture
async def gone(portal: PortalUnderTest) -> PortalUnderTest:
    """R1 has a line that stays, two of a year that is over, and one more that stays; the two were destroyed."""
    subject = (await portal.house.resident()).subject
    events = [
        Event(id=random_id(), kind="gemeld", subject=subject, recipient="parkeren", recipient_name="Parkeren",
              class_="A", case=f"Z-{at}", elements=("brp.naam",), keep_until=year)
        for at, year in enumerate((SOON, SOON, SOON + 20))
    ]  # fmt: skip
    await portal.house.audit.door("connectors").record(
        room_of(TENANT, "connectors"), [Entry(event=event) for event in events]
    )
    portal.house.now += timedelta(days=500)
    destroyer = portal.house.audit.desk(room_of(TENANT, "audit")).destroyer
    assert (await destroyer.run(Order(year=SOON), lambda *_: None)).lines == 2
    return portal


async def test_the_resident_sees_that_it_is_gone_and_the_line_that_says_so(gone: PortalUnderTest) -> None:
    visitor = await gone.visitor("r1")
    uses = await visitor.get("/gebruik?periode=alles")
    assert uses.text.count("volgens termijn") == 2 and "Wij vernietigden oude regels over u" in uses.text
    first, last = (await own(gone))[1], (await own(gone))[-1]
    page = await visitor.get(f"/gebruik/{first.position}")
    assert page.status == 200
    day = gone.house.now
    assert f"Vernietigd op {format_day(day, 'nl')}, volgens termijn" in page.text
    assert "In uw eigen reeks was dit nummer 2." in page.text and "Parkeren" not in page.text
    assert f"Regel {last.position.index} zegt dat dit is vernietigd." in page.text
    certificate = await visitor.get(f"/gebruik/{last.position}")
    assert "zijn deze nummers weg: 2-3." in certificate.text and "verklaring van vernietiging" in certificate.text
    english = await visitor.get(f"/en/gebruik/{first.position}")
    assert f"Destroyed on {format_day(day, 'en')}, as its term says" in english.text
    kept = await visitor.get(f"/gebruik/{(await own(gone))[3].position}")
    assert "Wij bewaren deze regel tot en met" in kept.text and "2047" in kept.text


async def test_the_proofs_of_a_period_explain_the_gap(gone: PortalUnderTest, tmp_path: Path) -> None:
    visitor = await gone.visitor("r1")
    answer = await fetched(visitor, await visitor.get("/gebruik?periode=alles"), periode="alles")
    bundles = answer.json()
    assert ["inhoud" in bundle for bundle in bundles] == [True, False, False, True, True, True]
    assert checked(gone, tmp_path, answer) == 0
    (tmp_path / "cut.json").write_text(json.dumps(bundles[:-1]))
    assert regie_verify.main([str(tmp_path / "cut.json"), "--vkey", str(tmp_path / "log.vkey")]) == 2, "a gap is a gap"
    first = (await own(gone))[1].position
    alone = await visitor.get(f"/gebruik/{first}/bewijs")
    assert list(json.loads(alone.html)) == ["bewijs"]


async def test_the_fg_finds_it_by_number_and_is_told_that_others_were_not_searched(gone: PortalUnderTest) -> None:
    officer = await gone.visitor("fg")
    page = await officer.get("/fg/zoek")
    typed = {"bsn": "999993653", "reden": "inzage", "zaak": "FG-1", "soort": "inwoner", "van": "2026-01-01"}
    found = await officer.send(page, page.form("bsn"), **typed)
    assert found.text.count("volgens termijn") == 2 and "volgens termijn, nummer 2 in de reeks" in found.text
    assert "2 regels uit deze periode zijn vernietigd." in found.text


async def test_a_vault_that_is_erased_takes_no_line_with_it(gone: PortalUnderTest) -> None:
    """Lines are archive records under other keys: whatever goes in the vault, they stay readable."""
    await gone.house.income()
    before = await own(gone)
    database = Database(gone.house.urls["vault"], "vault")
    async with database.writing(TENANT) as tx:
        for table in (resident_keys, record_salts, records):
            await tx.execute(table.delete())
    await database.close()
    assert await own(gone) == before
    visitor, officer = await gone.visitor("r1"), await gone.visitor("fg")
    assert "U bewaarde iets in uw kluis" in (await visitor.get("/gebruik")).text
    page = await officer.get("/fg/zoek")
    found = await officer.send(page, page.form("bsn"), bsn="999993653", reden="inzage", zaak="FG-1", soort="inwoner")
    assert found.status == 200 and "De inwoner bewaarde iets in de kluis" in found.text
