"""Owners change recipients and their applications two by two, and stop them alone."""

import json

import pytest

from assembly.clients import make_client_key
from assembly.demo.register import LOAN_DESK
from tests.web.portal import PortalUnderTest

pytestmark = pytest.mark.anyio
HOME = "/beheer/ontvangers"
CLIENT = "nieuw-systeem"


async def test_one_writes_and_proposes_another_admits_and_one_is_enough_to_stop(portal: PortalUnderTest) -> None:
    one, two = [await portal.visitor(who) for who in ("een", "twee")]
    home = await one.get(HOME)
    assert "Er wacht niets." in home.text
    wrong = await one.send(home, home.form("beschrijving"), beschrijving='{"van": "x"}')
    assert wrong.status == 400 and "geen goede beschrijving" in wrong.text and '{"van": "x"}' in wrong.text
    keys = json.dumps(make_client_key()[1])
    said = {"clientId": CLIENT, "naam": "Nieuw systeem", "soort": "automatisch", "jwks": keys}
    bare = await one.send(home, home.form("beschrijving"), beschrijving=json.dumps({"van": LOAN_DESK, "toepassing": {
        **said, "jwks": "{}"}}))  # fmt: skip
    assert bare.status == 400 and "JWK-set" in bare.text
    filled = json.dumps({"van": LOAN_DESK, "toepassing": said})
    page = await one.send(home, home.form("beschrijving"), beschrijving=filled)
    page = await one.send(page, page.form("actie", "voorstellen"))
    assert "U stelde dit zelf voor." in page.text
    forged = await one.send(page, page.form("actie", "weggooien"), actie="toelaten")
    assert forged.status == 400 and "een ander" in forged.text
    page = await two.get(HOME)
    assert CLIENT in page.text and '"soort": "automatisch"' in page.text, "who admits reads all of it"
    page = await two.send(page, page.form("actie", "toelaten"))
    assert "Er wacht niets." in page.text and "nog niet gebruikt" in page.text
    known = await portal.house.register.clients.client_of("gm9901", CLIENT)
    assert known and known[1].slug == LOAN_DESK
    page = await one.send(page_ := await one.get(HOME), page_.form("naam", CLIENT))
    assert "Geschorst" in page.text
    assert await portal.house.register.clients.client_of("gm9901", CLIENT) is None
    assert (await one.send(page_, page_.form("naam", CLIENT), naam="bestaat-niet")).status == 404


async def test_who_may_not_suspend_reads_who_can_and_the_officer_can_and_changes_nothing(
    portal: PortalUnderTest,
) -> None:
    one, elsewhere, officer = [await portal.visitor(who) for who in ("een", "twee", "fg")]
    assert "Schors deze ontvanger" in (await one.get(HOME)).text, "of her department"
    theirs = await elsewhere.get(HOME)
    assert "Schors deze" not in theirs.text and "Wie kan dit schorsen?" in theirs.text
    assert "Het Inkomensloket" in theirs.text, "a name, and not how the register calls it"
    form = theirs.form("beschrijving")
    refused = await elsewhere.send(theirs, form, actie="schors-ontvanger", naam=LOAN_DESK)
    assert refused.status == 403 and "Bij de ontvanger staat wie dat wel kan." in refused.text
    page = await officer.get(HOME)
    assert page.status == 200 and "Er wacht niets." not in page.text and "Maak een concept" not in page.text
    stop = page.form("naam", LOAN_DESK)
    assert (await officer.send(page, stop, actie="plak", beschrijving="{}")).status == 404
    assert "Geschorst" in (await officer.send(page, stop)).text
