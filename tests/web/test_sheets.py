"""A process owner sends the file of a source at a page: looked through, then taken, and nothing by anybody else."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from assembly.demo.register import LOAN_DESK, TENANT
from assembly.demo.visitor import Page, Visitor
from audit.contract import Query, Reason
from connectors.uploads.reading import TOLD
from connectors.uploads.service import UploadDesk
from kernel.caller import Caller
from kernel.errors import BadInput
from tests.connectors.test_declared import EXAMPLES
from tests.connectors.test_uploads import HEAD, A, B
from tests.web.portal import HOST, PortalUnderTest
from web.found_lines import OF_FILES, found_rows
from web.pages.sheets import HOME
from web.parts import parts_of
from web.register_words import RegisterWords
from web.sheet_views import FAULTS

pytestmark = pytest.mark.anyio
OFFICER = Caller(tenant=TENANT, kind="medewerker", user="f" * 32, roles=("fg",))
TYPE = "multipart/form-data; boundary=x"
ONE, BOTH = f"{HEAD}{A};C-12;2027-12-31\n", f"{HEAD}{A};C-13;2027-12-31\n{B};C-12;2027-12-31\n"


def part(name: str, content: str, more: str = "") -> str:
    return f'--x\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{content}\r\n'


def test_a_form_with_a_file_is_read_as_it_was_sent_and_nothing_else_is() -> None:
    file = part("bestand", "a;b\r\n--y\r\n", '; filename="l.csv"\r\nContent-Type: text/csv')
    sent = (part("csrf", "t") + file + "--x--\r\n").encode()
    assert parts_of(TYPE, sent) == {"csrf": b"t", "bestand": b"a;b\r\n--y\r\n"}
    assert parts_of('multipart/form-data; boundary="x"', sent)["csrf"] == b"t"
    for kind, body in (
        ("text/csv", sent),
        ("multipart/form-data", sent),
        (TYPE, b""),
        (TYPE, sent[:-5]),  # cut off
        (TYPE, b"before" + sent),
        (TYPE, (part("csrf", "t") * 2 + "--x--").encode()),
        (TYPE, ("".join(part(f"n{'a' * at}", "") for at in range(12)) + "--x--").encode()),
        (TYPE, (part("Een Naam", "") + "--x--").encode()),
        (TYPE, (part("csrf", "t", ";" + "x" * 3_000) + "--x--").encode()),
        (TYPE, b"--x\r\nContent-Disposition: form-data\r\n\r\nt\r\n--x--"),
    ):
        with pytest.raises(BadInput):
            parts_of(kind, body)


def test_every_fault_of_a_file_has_words_on_the_page() -> None:
    assert set(TOLD) < set(FAULTS)
    assert all(FAULTS[code] == text for code, text in TOLD.items())


async def sent(visitor: Visitor, page: Page, text: str, field: str = "bron", **more: str) -> Page:
    """As a browser sends the form with this field."""
    form, host = page.form(field), HOST.removeprefix("https://")
    cookies = "; ".join(f"{name}={value}" for (where, name), value in visitor._cookies.items() if where == host)
    headers = {"cookie": cookies, "origin": HOST, "sec-fetch-site": "same-origin"} | more.pop("headers", {})  # type: ignore[operator]  # one test has others
    fields = {name: value for name, value in form.fields.items() if name != "bestand"} | more
    answer = await visitor.http.post(
        form.action, data=fields, files={"bestand": ("l.csv", text.encode(), "text/csv")}, headers=headers
    )
    if answer.status_code == 303:
        return await visitor.get(answer.headers["location"])
    return Page(HOST + form.action, answer.status_code, answer.text, answer.content)


@pytest.fixture
async def keeping(portal: PortalUnderTest) -> PortalUnderTest:
    """The loan desk keeps a source of its own."""
    folder = portal.house.folder / "sources" / TENANT
    folder.mkdir(parents=True)
    text = (EXAMPLES / "parkeren.toml").read_text().replace('owner = "parkeerbeheer"', f'owner = "{LOAN_DESK}"')
    (folder / "parkeren.toml").write_text(text)
    await portal.house.wire(sources=folder.parent)
    await portal.open()
    return portal


async def test_a_file_is_checked_then_taken_and_the_page_warns_before_it_is_too_old(keeping: PortalUnderTest) -> None:
    house, owner = keeping.house, await keeping.visitor("een")
    for who in ("twee", "fg", "r1", "balie"):
        assert (await (await keeping.visitor(who)).get(HOME)).status == 404, who
    home = await owner.get(HOME)
    assert "Er is nu geen bestand." in home.text and "bsn; zone; geldig tot" in home.text and "Bestanden" in home.text
    wrong = await sent(owner, home, f"{HEAD}{A};C-12;morgen\n{A};;2027-12-31\n")
    assert wrong.status == 400 and "Dit is geen datum" in wrong.text and "geldig tot" in wrong.text
    assert A not in wrong.html and "morgen" not in wrong.text
    many = await sent(owner, home, HEAD + "x;;\n" * 30)
    assert many.status == 400 and "Er zijn meer fouten." in many.text and many.text.count("geen burgerservice") <= 20
    assert (await sent(owner, home, "")).status == 400
    checked = await sent(owner, home, ONE)
    assert "Inwoners in dit bestand: 1" in checked.text and "Nieuw: 1" in checked.text
    assert "Er is nu geen bestand." in (await owner.get(HOME)).text, "nothing was kept"
    other = await sent(owner, checked, BOTH, "vingerafdruk")
    assert "ander bestand" in other.text and "Er is nu geen bestand." in (await owner.get(HOME)).text
    taken = await sent(owner, checked, ONE, "vingerafdruk")
    assert "Nu geldt versie 1" in taken.text and "bijna te oud" not in taken.text
    checked = await sent(owner, taken, BOTH)
    assert all(one in checked.text for one in ("Nieuw: 1", "nieuwe regel: 1", "Staan er niet meer in: 0"))
    # a look through is written down too: a list of one would tell for nothing whether that one is in it
    looked, line = await searched(keeping)
    assert [one.event.details["stap"] for one in (looked, line)] == ["nagekeken", "overgenomen"]
    assert (looked.event.details["regels"], line.event.application) == ("2", "")
    assert looked.event.actor == line.event.actor != "" and A not in f"{looked.event}{line.event}"
    assert line.event.actor not in str(await nobodys(keeping)), "staff is nobody's business but the FG's"
    house.now += timedelta(days=80)
    again = await keeping.visitor("een")
    assert "Dit bestand is bijna te oud." in (await again.get(HOME)).text
    assert "nearly too old" in (await again.get("/en" + HOME)).text
    house.now += timedelta(days=20)
    assert isinstance(house.desk.uploads, UploadDesk)
    await house.desk.uploads.tidy(TENANT)
    ended = (await searched(keeping))[0].event
    assert (ended.details["stap"], ended.actor) == ("verwijderd", ""), "the clock's doing, not the sender's"
    shown = found_rows(await searched(keeping), RegisterWords.of("nl", (), ()))
    assert shown[0].decision.startswith("Bestand van bron parkeren verwijderd, ")
    assert all("parkeren" in one.decision and "regels, versie" in one.decision for one in shown)


async def searched(keeping: PortalUnderTest) -> list[Any]:
    """Lines about files as the FG finds them, newest first."""
    why, found, log = Reason(code="steekproef", case="Z-1"), list[Any](), keeping.house.audit.door("web")
    for query in (Query.model_validate({"recipient": LOAN_DESK, "kind": kind}) for kind in OF_FILES):
        found += (await log.search(OFFICER, query, why)).found.lines
    return sorted(found, key=lambda line: line.position.index, reverse=True)


async def nobodys(keeping: PortalUnderTest) -> list[Any]:
    return list((await keeping.house.audit.door("connectors").lines(keeping.house.who, "systeem")).lines)


async def test_no_other_page_no_other_owner_and_no_other_site_sends_a_file(keeping: PortalUnderTest) -> None:
    owner = await keeping.visitor("een")
    home = await owner.get(HOME)
    assert (await sent(owner, home, ONE, csrf="x")).status == 403
    away: Any = {"origin": "https://elders.example", "sec-fetch-site": "cross-site"}
    assert (await sent(owner, home, ONE, headers=away)).status == 403
    assert (await sent(owner, home, ONE, bron="woz")).status == 404
    assert (await sent(owner, home, ONE, bron="../x")).status == 400
    assert (await sent(owner, home, "x" * (13 << 20))).status == 413
    assert (await owner.send(home, replace(home.form("bron"), fields={"csrf": "x"}))).status == 400
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=keeping.app), base_url=HOST) as http:
        for place in ("/beheer/ontvangers", "/verzoeken"):  # larger forms, and files, are taken on one page alone
            assert (await http.post(place, files={"bestand": b"x"})).status_code == 415
