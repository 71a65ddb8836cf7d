"""A covert use on the pages of its resident: the same bytes with and without it; lifted, it is a line with a proof."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

import regie_verify
from assembly.demo.register import BY_LAW, STORY, activities
from audit.escrow import SealedFile, opened_by
from consent.activity import Case, Secrecy
from consent.contract import ResidentRef
from kernel.clock import millis
from tests.audit.logs import TENANT, told_of_key
from tests.four_rooms import DESK_WORKER, SHARES, STAFF
from tests.web.portal import PortalUnderTest
from tests.web.test_proofs import own

pytestmark = pytest.mark.anyio
SLUG = "vordering"
PLACES = ("/overzicht", "/gebruik?periode=alles", "/toestemmingen", "/en/gebruik?periode=alles")


async def used(portal: PortalUnderTest) -> None:
    """Case and use, by two persons; and the FG finds it."""
    house = portal.house
    story = next(one for one in activities() if one.slug == STORY)
    secrecy = Secrecy(class_="heimelijk", until=millis(house.now + timedelta(days=180)), law="Sv 126nd")
    law = tuple(one for one in story.elements if one.class_ == "A")
    more = {"slug": SLUG, "number": 0, "elements": law, "frequency": None, "secrecy": secrecy}
    await house.register.publish(STAFF, story.model_copy(update=more))
    who = ResidentRef.model_validate((await house.resident()).model_dump())
    said = {"zaak": "V-1", "ontvanger": DESK_WORKER.organisation, "inwoner": who, "verwerkingsactiviteit": SLUG}
    house.who = house.who.model_copy(update={"scope": (*house.who.scope, SLUG)})
    await house.register.open_case(house.who.model_copy(update={"user": "mw-1"}), Case.model_validate(said))
    await house.release(*BY_LAW, verwerkingsactiviteit=SLUG, zaak="V-1")
    await house.desk.lines.finished()


async def test_pages_are_the_same_to_the_byte_until_it_is_lifted(portal: PortalUnderTest, tmp_path: Path) -> None:
    await told_of_key(portal.house.audit, SHARES[0].public)
    visitor = await portal.visitor("r1")
    before = {place: (await visitor.get(place)).html for place in PLACES}
    lines, (desk,) = await own(portal), portal.house.audit.desks
    size = desk.log.memory.edge.size
    await used(portal)
    assert desk.log.memory.edge.size >= size + 3
    assert {place: (await visitor.get(place)).html for place in PLACES} == before
    assert await own(portal) == lines
    for index in range(size, desk.log.memory.edge.size):
        assert (await visitor.get(f"/gebruik/{desk.log.term}-{index}")).status == 404
        assert (await visitor.get(f"/gebruik/{desk.log.term}-{index}/bewijs")).status == 404
    file = SealedFile(tenant=TENANT, lines=await desk.lifter.sealed(DESK_WORKER.organisation, "V-1"))
    assert await desk.lifter.lift(opened_by(SHARES[:2], file).lines, "Het onderzoek is klaar.") == 3
    page = await visitor.get("/gebruik?periode=alles")
    assert page.text.count("Wij laten nu iets zien dat eerder niet mocht") == 2, "the case and the use"
    use = next(line for line in await own(portal) if line.event.details.get("soort") == "verstrekking")
    detail = await visitor.get(f"/gebruik/{use.position}")
    assert "Wij mochten het u niet eerder laten zien." in detail.text and "Het onderzoek is klaar." in detail.text
    (tmp_path / "bewijs.json").write_text((await visitor.get(f"/gebruik/{use.position}/bewijs")).html)
    (tmp_path / "log.vkey").write_text("".join(f"{one}\n" for one in portal.house.audit.vkeys.values()))
    assert "eerder" in json.loads((tmp_path / "bewijs.json").read_text())
    assert regie_verify.main([str(tmp_path / "bewijs.json"), "--vkey", str(tmp_path / "log.vkey")]) == 0
