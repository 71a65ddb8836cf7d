"""Acting for somebody else at the portal: a parent for a child, somebody who was chosen, and when it ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from assembly.demo.register import EXERCISES, TENANT
from assembly.demo.visitor import Page, Visitor
from connectors.contract import Authority, AuthorityUnknown, AuthorityUse, Child
from consent.contract import ConsentRequest, ConsentView, ResidentRef
from kernel.caller import Caller, room_of
from kernel.sql import Database
from tests.web.portal import PortalUnderTest
from vault.contract import Bsn
from web.tables import sessions

pytestmark = pytest.mark.anyio
CHILD, PARENT = "999994645", "999993653"
LIST = "/namens/toestemmingen"


@dataclass
class Turning:
    """The BRP on its way to change: silent, or of another opinion."""

    real: Authority
    down: bool = False
    taken: bool = False
    times: int = 0

    async def over(self, caller: Caller, bsn: Bsn, activity: AuthorityUse = "regie-namens") -> Sequence[Child]:
        self.times += 1
        if self.down:
            raise AuthorityUnknown()
        return [] if self.taken else await self.real.over(caller, bsn, activity)


async def asked(portal: PortalUnderTest, number: str) -> ConsentView:
    """The practice partner asks for something of this resident."""
    found = await portal.house.safe.enrol(room_of(TENANT, "web"), [Bsn(number)])
    resident = ResidentRef(**found[0].model_dump())
    caller = Caller(tenant=TENANT, kind="mens", organisation="oefenpartij", application="oefen-app", user="mw-1")
    wanted = ConsentRequest(resident=resident, activity="oefening", elements=EXERCISES)
    return await portal.house.register.request(caller, wanted)


async def opened(portal: PortalUnderTest) -> Turning:
    """The portal on a BRP that can turn."""
    assert portal.house.desk.authority is not None
    turning = Turning(portal.house.desk.authority)
    await portal.open(authority=turning)  # type: ignore[arg-type]  # a Sequence is as good as a list
    return turning


async def for_child(portal: PortalUnderTest, who: str = "r1") -> tuple[Visitor, Page]:
    """Logged in, and looking for the child."""
    visitor = await portal.visitor(who)
    page = await visitor.get("/namens")
    login = await visitor.send(page, page.form("actie", "kind"), actie="kind")
    page = await visitor.send(login, login.form("keuze"), keuze=who)
    form = page.form("actie", "kies")
    (wie,) = [value for name, value in form.choices if name == "wie"]
    return visitor, await visitor.send(page, form, actie="kies", wie=wie)


async def state(portal: PortalUnderTest, number: str, consent: str) -> str:
    (found,) = await portal.house.safe.identify(room_of(TENANT, "web"), [Bsn(number)])
    return (
        await portal.house.register.choice(Caller(tenant=TENANT, kind="inwoner", user=found.id), consent)
    ).consent.state


async def test_a_parent_chooses_for_a_child_who_sees_it_and_stops_it(portal: PortalUnderTest) -> None:
    await opened(portal)
    wanted = await asked(portal, CHILD)
    visitor, page = await for_child(portal)
    assert page.url.endswith(LIST) and "U kijkt nu voor" in page.text
    page = await visitor.get(f"{LIST}/{wanted.id}")
    assert "kan later zien wat u koos" in page.text
    wrong = await visitor.send(page, page.form("actie", "kiezen"))
    assert wrong.status == 400 and "Kies ja of nee." in wrong.text
    assert (await visitor.send(page, page.form("actie", "kiezen"), actie="vernieuwen")).status == 400, (
        "nobody offered it"
    )
    page = await visitor.send(page, page.form("actie", "kiezen"), keuze="ja")
    assert "Ja: de Oefenpartij mag" in page.text
    assert await state(portal, CHILD, wanted.id) == "gegeven"
    shut_for_them = (
        *("/overzicht", "/gebruik", "/gegevens", "/gegevens/brp.naam", "/toestemmingen", "/verzoeken"),
        *(f"/toestemmingen/{wanted.id}/bewijs", "/namens/gemachtigden", f"/toestemmingen/{wanted.id}"),
    )
    for place in shut_for_them:
        shut = await visitor.get(place)
        assert shut.url.endswith("/namens?dicht=ja") and "gaat over uzelf" in shut.text

    child = await portal.visitor("kind")
    own = await child.get(f"/toestemmingen/{wanted.id}")
    assert "Een ouder zei hier ja voor u." in own.text
    uses = await child.get("/gebruik")
    assert "Een ouder met gezag zei ja voor u" in uses.text
    assert "Een ouder met gezag keek voor u naar uw keuzes" in uses.text
    await child.send(own, own.form("actie", "stoppen"))
    page = await visitor.get(f"{LIST}/{wanted.id}")
    assert "Dit is gestopt." in page.text and "sinds" not in page.text, "without time or place"
    with pytest.raises(LookupError):  # who stops wins: there is nothing to press
        page.form("actie", "opnieuw")
    page = await visitor.get("/namens")
    page = await visitor.send(page, page.form("actie", "stop"), actie="stop")
    assert "U kijkt nu voor" not in page.text
    assert (await visitor.get("/overzicht")).status == 200


async def test_a_silent_brp_stops_a_yes_and_never_a_stop(portal: PortalUnderTest) -> None:
    brp, wanted = await opened(portal), await asked(portal, CHILD)
    visitor, _ = await for_child(portal)
    page = await visitor.get(f"{LIST}/{wanted.id}")
    brp.down = True
    refused = await visitor.send(page, page.form("actie", "kiezen"), keuze="ja")
    assert refused.status == 503 and await state(portal, CHILD, wanted.id) == "gevraagd"
    brp.down = False
    await visitor.send(page, page.form("actie", "kiezen"), keuze="ja")
    assert await state(portal, CHILD, wanted.id) == "gegeven"
    brp.down, page = True, await visitor.get(f"{LIST}/{wanted.id}")
    page = await visitor.send(page, page.form("actie", "stoppen"))
    assert "Dit is gestopt." in page.text and await state(portal, CHILD, wanted.id) == "ingetrokken"
    new = await portal.visitor("ander")
    page = await new.get("/namens")
    login = await new.send(page, page.form("actie", "kind"), actie="kind")
    page = await new.send(login, login.form("keuze"), keuze="ander")
    assert "u ziet nu niet alles" in page.text and "U mag nog voor niemand kijken" not in page.text


async def test_an_acting_that_ended_during_a_login_does_not_come_back(portal: PortalUnderTest) -> None:
    await opened(portal)
    wanted = await asked(portal, CHILD)
    visitor, _ = await for_child(portal)
    portal.house.now += timedelta(minutes=6)
    page = await visitor.get(f"{LIST}/{wanted.id}")
    login = await visitor.send(page, page.form("actie", "kiezen"), keuze="ja")
    other = await visitor.get("/namens")  # another tab
    await visitor.send(other, other.form("actie", "stop"), actie="stop")
    page = await visitor.send(login, login.form("keuze"), keuze="r1")
    assert "U kijkt nu voor" not in page.text and "U kijkt nu voor" not in (await visitor.get("/namens")).text
    assert await state(portal, CHILD, wanted.id) == "gevraagd"


async def test_authority_that_was_taken_away_ends_the_acting_at_the_next_choice(portal: PortalUnderTest) -> None:
    brp, wanted = await opened(portal), await asked(portal, CHILD)
    visitor, _ = await for_child(portal)
    page = await visitor.get(f"{LIST}/{wanted.id}")
    brp.taken = True
    over = await visitor.send(page, page.form("actie", "kiezen"), keuze="nee")
    assert over.status == 403 and "U mag niet meer voor" in over.text
    assert await state(portal, CHILD, wanted.id) == "gevraagd"
    assert (await visitor.get(f"{LIST}/{wanted.id}")).url.endswith("/namens")
    page = await visitor.get("/namens")
    assert "U mag nog voor niemand kijken." in page.text


async def test_a_flag_of_secrecy_ends_the_view_of_a_page_that_is_open(portal: PortalUnderTest) -> None:
    await opened(portal)
    wanted = await asked(portal, CHILD)
    visitor, _ = await for_child(portal)
    (found,) = await portal.house.safe.identify(room_of(TENANT, "web"), [Bsn(CHILD)])
    await portal.house.register.flag(room_of(TENANT, "web"), ResidentRef(**found.model_dump()), ["geheimhouding"])
    over = await visitor.get(f"{LIST}/{wanted.id}")
    assert over.status == 403 and "Oefenpartij" not in over.text
    assert (await visitor.get(LIST)).url.endswith("/namens")


async def test_nobody_acts_for_whom_they_did_not_choose_or_may_not(portal: PortalUnderTest) -> None:
    await opened(portal)
    wanted = await asked(portal, CHILD)
    stranger = await portal.visitor("r2")
    assert (await stranger.get(LIST)).url.endswith("/namens")
    assert (await stranger.get(f"{LIST}/{wanted.id}")).url.endswith("/namens")
    page = await stranger.get("/namens")
    (child,) = await portal.house.safe.identify(room_of(TENANT, "web"), [Bsn(CHILD)])
    login = await stranger.send(page, page.form("actie", "kind"), actie="kind")
    page = await stranger.send(login, login.form("keuze"), keuze="r2")
    assert "U mag nog voor niemand kijken." in page.text
    for wie in (f"kind:{child.id}", f"machtiging:{wanted.id}", "", "kind:", "x" * 500):
        form = page.form("actie", "code")
        refused = await stranger.send(page, form, actie="kies", wie=wie)
        assert refused.status == 400 and "Kies een persoon uit de lijst." in refused.text
    assert (await stranger.send(page, page.form("actie", "code"), actie="iets")).status == 400
    staff = await portal.visitor("fg")
    for place in ("/namens", LIST, f"{LIST}/{wanted.id}", "/namens/gemachtigden"):
        assert (await staff.get(place)).status == 404


async def test_somebody_chosen_sees_what_is_listed_until_the_resident_stops_it(portal: PortalUnderTest) -> None:
    wanted = await asked(portal, PARENT)
    giver = await portal.visitor("r1")
    page = await giver.get("/namens/gemachtigden")
    wrong = await giver.send(page, page.form("actie", "geef"), actie="geef")
    assert wrong.status == 400
    for text in ("Vul in hoe u deze persoon noemt", "Kies een gebruik.", "Kies wat die persoon mag.", "Kies hoe lang."):
        assert text in wrong.text
    terms = {"actie": "geef", "naam": "mijn buurvrouw", "doel": "oefening", "mag": "kiezen", "hoelang": "31"}
    bad = await giver.send(page, page.form("actie", "geef"), **{**terms, "naam": "bel 999993653"})
    assert bad.status == 400 and "999993653" not in bad.html
    page = await giver.send(page, page.form("actie", "geef"), **terms)
    code = page.html.partition("<code>")[2].partition("</code>")[0]
    assert len(code) == 19 and "mijn buurvrouw" in page.text and "Nog niet aangenomen" in page.text
    assert code not in (await giver.get("/namens/gemachtigden")).text

    helper = await portal.visitor("r2")
    page = await helper.get("/namens")
    wrong = await helper.send(page, page.form("actie", "code"), actie="code", code="AAAA BBBB CCCC DDDD")
    assert wrong.status == 400 and "Deze code werkt niet." in wrong.text
    page = await helper.send(page, page.form("actie", "code"), actie="code", code=code.lower())
    assert "Wilt u kijken voor J. de Vries?" in page.text and "mijn buurvrouw" not in page.text
    page = await helper.send(page, page.form("actie", "aanvaard"), actie="aanvaard")
    (wie,) = [value for name, value in page.form("actie", "kies").choices if name == "wie"]
    page = await helper.send(page, page.form("actie", "kies"), actie="kies", wie=wie)
    assert "Voor J. de Vries: toestemmingen" in page.text
    page = await helper.get(f"/en{LIST}/{wanted.id}")
    assert "You are viewing for J. de Vries." in page.text
    page = await helper.send(page, page.form("actie", "kiezen"), keuze="ja")
    assert await state(portal, PARENT, wanted.id) == "gegeven"

    own = await giver.get("/gebruik")
    assert "Iemand die u dat liet doen zei ja voor u" in own.text
    page = await giver.get("/namens/gemachtigden")
    page = await giver.send(page, page.form("actie", "stop"))
    assert "Gestopt" in page.text
    over = await helper.get(f"{LIST}/{wanted.id}")
    assert over.status == 403 and "U mag niet meer voor J. de Vries kijken." in over.text
    assert (await helper.get("/overzicht")).status == 200


async def test_the_number_is_kept_only_for_who_asked_sealed_and_not_after_logging_out(portal: PortalUnderTest) -> None:
    await opened(portal)
    database = Database(portal.url, "web")
    portal.stack.push_async_callback(database.close)

    async def kept() -> list[str]:
        async with database.snapshot(TENANT) as connection:
            rows = (await connection.execute(select(sessions))).mappings().all()
        assert PARENT.encode() not in b"".join(bytes(row["content"]) for row in rows)
        return [str(row["kind"]) for row in rows]

    await portal.visitor("r1")
    assert await kept() == ["sessie"]
    visitor, page = await for_child(portal)
    assert sorted(await kept()) == ["sessie", "sessie", "zoeking"]
    page = await visitor.get("/namens")
    logout = next(one for one in page._read().forms if one.action.endswith("/uitloggen"))
    await visitor.send(page, logout)
    assert await kept() == ["sessie"]


async def test_an_answer_of_an_hour_ago_is_asked_again(portal: PortalUnderTest) -> None:
    brp = await opened(portal)
    await asked(portal, CHILD)
    visitor, _ = await for_child(portal)
    brp.down = True
    for _ in range(5):  # busy all the time, so the session stands
        portal.house.now += timedelta(minutes=12)
        assert (await visitor.get(LIST)).status == 200
    portal.house.now += timedelta(minutes=1)
    over = await visitor.get(LIST)
    assert over.status == 403 and "Log daarvoor nog een keer in." in over.text
    assert (await visitor.get(LIST)).url.endswith("/namens")
