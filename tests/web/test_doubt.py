"""A resident says at the portal that a value is wrong; the FG has a request, whoever keeps the source has a report."""

import pytest

from assembly.demo.register import TENANT
from connectors.correcting.contract import Said
from connectors.correcting.service import CorrectionDesk
from kernel.caller import Caller
from tests.four_rooms import BY_LAW, R1
from tests.web.portal import PortalUnderTest

pytestmark = pytest.mark.anyio
REGISTRY = Caller(tenant=TENANT, organisation="burgerzaken", application="burgerzaken-app", kind="mens", user="mw-1")
WHY = "Ik woon <b>daar</b> niet meer."


async def test_a_resident_reports_a_value_and_follows_it(portal: PortalUnderTest) -> None:
    house = portal.house
    house.desk_settings |= {"brp_corrections": {"owner": "burgerzaken"}}
    await house.wire()
    await portal.open()
    given = await house.release(*BY_LAW)
    place = f"/gebruik/{given.line.proof.split('/')[-2]}"
    visitor = await portal.visitor("r1")
    assert "Meld wat er niet klopt" in (await visitor.get(place)).text
    page = await visitor.get(f"{place}/fout")
    assert "Log opnieuw in" in page.text and "Welk gegeven" not in page.text
    again = await visitor.send(page, page.form("actie", "inloggen"), actie="inloggen")
    page = await visitor.send(again, again.form("keuze"), keuze="r1")
    assert "Welk gegeven klopt niet?" in page.text and "Nationaliteit" not in page.text
    form = page.form("actie", "melden")
    bad = await visitor.send(page, form, actie="melden", gegeven="brp.nationaliteit", reden=R1.reveal(), juist="")
    assert bad.status == 400 and "Kies het gegeven dat niet klopt." in bad.text and R1.reveal() not in bad.text
    done = await visitor.send(page, form, actie="melden", gegeven="brp.adres", reden=WHY, juist="Kade 1")
    for sentence in ("Gelukt. Het staat in ons logboek.", "Er klopt iets niet: Adres", "Gemeld", "Kade 1"):
        assert sentence in done.text
    assert WHY in done.text, "as text, never as markup"
    desk = house.desk.corrections
    assert desk
    (task,) = await desk.tasks(REGISTRY)
    assert (await desk.opened(REGISTRY, task.id)).reporter == "inwoner"
    assert (await house.release("brp.adres")).values["brp.adres"].under_investigation
    assert "Er klopt iets niet: Adres" in (await (await portal.visitor("fg")).get("/fg/verzoeken")).text
    await desk.answered(REGISTRY, task.id, Said.model_validate({"status": "gecorrigeerd", "toelichting": "Aangepast."}))
    await house.desk.lines.finished()
    assert isinstance(desk, CorrectionDesk)
    await desk.forwarding.telling.round(TENANT)
    told = (await visitor.get("/verzoeken")).text
    assert "Wij vertelden hun dat het is verbeterd" in told and "Inkomensloket" in told.split("Wij vertelden hun")[1]
    assert "Wij vertelden dat een gegeven van u is verbeterd" in (await visitor.get("/gebruik")).text
    stranger = await portal.visitor("r2")
    assert (await stranger.get(f"{place}/fout")).status == 404
    assert "niet kloppen" not in (await stranger.get("/verzoeken")).text
    english = await visitor.get("/en/verzoeken")
    assert "Data about you that may be wrong" in english.text and "We told them that it" in english.text
