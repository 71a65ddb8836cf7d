"""`/cijfers`: everybody reads a table from its day, or that it is missing; its register page leads there."""

import re
from datetime import UTC, datetime

import pytest

from tests.connectors.counting.town import PER_WARD, SLUG, WARD, Town, counting, many
from tests.web.portal import PortalUnderTest

pytestmark = pytest.mark.anyio
PLACE = f"/cijfers/{SLUG}/1"
HOSTILE = PER_WARD | {"naam": "vijandig", "maat": "mensen", "rij": WARD | {"groepen": ["<script>alert(1)</script>"]}}
AGES = {
    "naam": "per-leeftijd", "rijen": "leeftijd", "kolommen": "wijk", "maat": "gemiddeld inkomen", "kosten": 3_000,
    "rij": {"gegevenselement": "bevolking.geboortedatum", "indeling": "leeftijd", "grenzen": [18, 65]}, "kolom": WARD,
    "gemiddelde": {"gegevenselement": "bevolking.inkomenPerMaand", "hoogste": 10_000},
}  # fmt: skip


async def test_from_its_day_a_table_has_a_page_that_says_how_to_read_it(portal: PortalUnderTest) -> None:
    promised = {"publicatiedag": "2026-09-02", "tabellen": [PER_WARD, HOSTILE, AGES]}
    town = await Town.built(portal.house, [*many(130), *many(60, wijk="Oost")], statistiek=promised)
    await portal.open()
    table = await town.table()
    assert (await town.ask("per-leeftijd")).status_code == 200
    nobody = await portal.visitor()
    assert (await nobody.get(f"{PLACE}/per-wijk")).status == 404
    assert "Er zijn nu geen tabellen." in (await nobody.get("/cijfers")).text
    register = await nobody.get(f"/register/{SLUG}")
    assert "Vanaf 2 september 2026 staan de tabellen bij de open cijfers" in register.text
    assert PLACE not in register.html
    portal.house.now = datetime(2026, 9, 1, 22, tzinfo=UTC)
    page = await nobody.get(f"{PLACE}/per-wijk")
    north = table.cells[0]
    assert north.row == "Noord" and f"Noord {north.count} Oost niet getoond" in page.text
    for told in ("niet getoond", "Groepen van minder dan 15 mensen tonen wij niet.", "19 van de 20 keer",
                 "(epsilon) 3 ", "Wij kijken of u geld kunt krijgen", "Regel "):  # fmt: skip
        assert told in page.text, told
    assert f'href="/verstrekking/v1/statistieken/openbaar/{SLUG}/1/per-wijk/csv"' in page.html
    english = await nobody.get(f"/en{PLACE}/per-wijk")
    assert "We do not show groups of fewer than 15 people." in english.text and "niet getoond" not in english.text
    listed = await nobody.get("/cijfers")
    assert listed.html.count(f'href="{PLACE}/') == 3 and listed.text.count("Nog niet gemaakt") == 1
    names = {link.split("</a>")[0] for link in listed.html.split(f'href="{PLACE}/')[1:]}
    assert len({re.sub("<[^>]+>", "", name.partition(">")[2]) for name in names}) == 3, "each says which table it is"
    titles = [
        (await nobody.get(f"{PLACE}/{one}")).html.partition("</title>")[0] for one in ("per-wijk", "per-leeftijd")
    ]
    assert titles[0] != titles[1]
    assert "?versie=1" in page.html and "Versie 1" in page.text and "Versie 1" in listed.text
    both = (await nobody.get(f"/register/{SLUG}")).text
    assert "Gemiddeld inkomen: leeftijd x wijk" in both, "as in the list"
    assert "<script>" not in (await nobody.get(f"{PLACE}/vijandig")).html
    assert "Deze tabel is nog niet gemaakt." in (await nobody.get(f"{PLACE}/vijandig")).text
    assert "Gemiddeld" in (await nobody.get(f"{PLACE}/per-leeftijd")).text
    assert f'href="{PLACE}/per-wijk"' in (await nobody.get(f"/register/{SLUG}")).html
    for wrong in (f"/cijfers/{SLUG}/2/per-wijk", f"/cijfers/{SLUG}/x/per-wijk", "/cijfers/Nergens/1/a"):
        assert (await nobody.get(wrong)).status == 404, wrong


async def test_a_draft_with_a_day_that_is_none_can_be_read_and_mended(portal: PortalUnderTest) -> None:
    await portal.open()
    one = await portal.visitor("een")
    home = await one.get("/beheer/verwerkingsactiviteiten")
    version = counting(statistiek={"publicatiedag": "2026-02-30"}).model_dump_json(by_alias=True, exclude_defaults=True)
    made = await one.send(home, home.form("beschrijving"), beschrijving=version)
    assert made.status == 200 and "2026-02-30" in made.text
    assert "Deze dag is er niet." in made.text
