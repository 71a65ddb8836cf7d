"""Proofs taken home: whole, checkable by both programs, and written down before anything is handed over."""

import json
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urljoin

import httpx2
import pytest

import regie_verify
from assembly.demo.register import INCOME_ANSWER, TENANT
from assembly.demo.visitor import Page, Visitor
from audit.contract import Entry, Event, Line, LogUnavailable
from kernel.caller import room_of
from kernel.errors import Problem
from tests.four_rooms import BY_LAW
from tests.web.portal import HOST, Failing, PortalUnderTest
from web.pages.proofs import A_FILE

pytestmark = pytest.mark.anyio


async def fetched(visitor: Visitor, page: Page, **fields: str) -> httpx2.Response:
    """What the form on the list hands over, with its headers."""
    form = page.form("vorm")
    return await visitor._once("POST", urljoin(page.url, form.action), {**form.fields, "vorm": "bestand", **fields})


async def own(portal: PortalUnderTest) -> list[Line]:
    """All lines of R1, the oldest first."""
    subject, found, before = (await portal.house.resident()).subject, list[Line](), None
    while True:
        page = await portal.house.audit.door("web").lines(room_of(TENANT, "web"), subject, before, 200)
        found += page.lines
        before = page.before
        if before is None:
            return found[::-1]


def checked(portal: PortalUnderTest, folder: Path, *answers: httpx2.Response) -> int:
    keys, files = folder / "log.vkey", list[str]()
    keys.write_text("".join(f"{one}\n" for one in portal.house.audit.vkeys.values()))
    for number, answer in enumerate(answers):
        (folder / f"{number}.json").write_bytes(answer.content)
        files.append(str(folder / f"{number}.json"))
    return regie_verify.main([*files, "--vkey", str(keys)])


def places(answer: httpx2.Response) -> list[int]:
    return [int(re.findall(r"\nindex (\d+)\n", bundle["bewijs"])[0]) for bundle in answer.json()]


async def test_a_period_comes_whole_and_holds_and_that_it_was_fetched_is_a_line(
    portal: PortalUnderTest, tmp_path: Path
) -> None:
    await portal.house.release(*BY_LAW, INCOME_ANSWER)
    before = await own(portal)
    assert "afloop" in [line.event.kind for line in before], "no card, and yet a number"
    visitor = await portal.visitor("r1")
    answer = await fetched(visitor, await visitor.get("/gebruik"))
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/json"
    assert places(answer) == [line.position.index for line in before]
    first, last = before[0].position, before[-1].position
    assert answer.headers["content-disposition"] == f'attachment; filename="bewijzen-{first}-tot-{last}.json"'
    assert answer.headers["cache-control"] == "no-store"
    assert checked(portal, tmp_path, answer) == 0
    (act,) = (await own(portal))[len(before) :]
    assert (act.event.kind, act.event.details) == ("uitvoer", {"periode": "maand", "tot": str(last)})
    assert "U haalde bewijzen op" in (await visitor.get("/gebruik")).text
    again = await fetched(visitor, await visitor.get("/gebruik"))
    assert places(again) == [*places(answer), act.position.index], "the next file shows that the first was fetched"
    bodies = again.json()
    del bodies[1]
    (tmp_path / "cut.json").write_text(json.dumps(bodies))
    assert regie_verify.main([str(tmp_path / "cut.json"), "--vkey", str(tmp_path / "log.vkey")]) == 2


async def test_the_page_form_has_the_same_proofs_and_the_key(portal: PortalUnderTest) -> None:
    await portal.house.release(*BY_LAW)
    visitor = await portal.visitor("r1")
    page = await visitor.get("/en/gebruik")
    file = await fetched(visitor, page)
    answer = await fetched(visitor, page, vorm="pagina")
    assert answer.status_code == 200 and answer.headers["content-type"] == "text/html; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="bewijzen-[\w-]+-tot-[\w-]+\.html"', answer.headers["content-disposition"]
    )
    given = json.loads(answer.text.partition('id="gegevens">')[2].partition("</script>")[0])
    assert [one["inhoud"] for one in given["bewijzen"]] == [one["inhoud"] for one in file.json()]
    assert given["beleid"] == "".join(f"log {one}\n" for one in portal.house.audit.vkeys.values()) + "quorum none\n"
    assert '<html lang="en">' in answer.text
    assert not re.findall(r"(?:src|href|action)=(?!\"#)|https?:|//[a-z]+\.[a-z]", answer.text.partition("<script>")[0])


async def test_one_line_comes_as_a_page_too_without_an_act(portal: PortalUnderTest) -> None:
    await portal.house.release(*BY_LAW)
    line = next(line for line in await own(portal) if line.event.kind == "verstrekking")
    visitor, before = await portal.visitor("r1"), len(await own(portal))
    assert f"/gebruik/{line.position}/bewijs?vorm=pagina" in (await visitor.get(f"/gebruik/{line.position}")).html
    answer = await visitor._once("GET", f"{HOST}/gebruik/{line.position}/bewijs?vorm=pagina", None)
    assert answer.headers["content-disposition"] == f'attachment; filename="bewijs-{line.position}.html"'
    given = json.loads(answer.text.partition('id="gegevens">')[2].partition("</script>")[0])
    assert [set(one) for one in given["bewijzen"]] == [{"bewijs", "inhoud"}]
    assert len(await own(portal)) == before


async def test_nothing_is_handed_over_when_the_act_cannot_be_written(portal: PortalUnderTest) -> None:
    await portal.house.release(*BY_LAW)
    real, handed = portal.house.audit.door("web"), list[str]()

    class Watched(Failing):
        async def bundle(self, *asked: object) -> None:
            handed.append(str(asked))

    audit = Watched(real, "record", LogUnavailable("Het logboek schrijft nu niet."))
    await portal.open(audit=audit)  # type: ignore[arg-type]  # every other verb is the real one's
    visitor = await portal.visitor("r1")
    answer = await fetched(visitor, await visitor.get("/gebruik"))
    assert answer.status_code == 503 and "content-disposition" not in answer.headers
    assert handed == []


async def test_a_line_of_somebody_else_no_line_and_no_form_get_nothing(portal: PortalUnderTest) -> None:
    await portal.house.release(*BY_LAW)
    lines = await own(portal)
    stranger, visitor = await portal.visitor("r2"), await portal.visitor("r1")
    form = (await stranger.get("/gebruik")).form("csrf").fields
    for tot in (str(lines[-1].position), "2026h2-99999", "x", ""):
        answer = await stranger._once("POST", f"{HOST}/gebruik/bewijzen", {"csrf": form["csrf"], "tot": tot})
        assert answer.status_code == 404, tot
    page = await visitor.get("/gebruik")
    for csrf in ("", form["csrf"]):
        assert (await fetched(visitor, page, csrf=csrf)).status_code == 403
    portal.house.now += timedelta(days=31)
    late = await portal.visitor("r1")
    tokens = (await late.get("/gebruik?periode=alles")).form("csrf").fields
    old = {"csrf": tokens["csrf"], "tot": str(lines[-1].position), "periode": "maand"}
    assert (await late._once("POST", f"{HOST}/gebruik/bewijzen", old)).status_code == 404
    assert [line.event.kind for line in await own(portal)] == [line.event.kind for line in lines]
    assert (await late.get("/gebruik/bewijzen")).url == f"{HOST}/gebruik"
    nobody = await portal.visitor()
    assert "bewijzen" not in (await nobody.get("/gebruik/bewijzen")).url.partition("?")[0]


@pytest.mark.slow
async def test_a_long_period_comes_in_parts_that_are_one_series(portal: PortalUnderTest, tmp_path: Path) -> None:
    subject, caller = (await portal.house.resident()).subject, room_of(TENANT, "web")
    entries = [Entry(event=Event(id=f"{n:032x}", kind="vraag", subject=subject)) for n in range(A_FILE + 30)]
    for start in (0, 100, 200):
        for verdict in await portal.house.audit.door("web").record(caller, entries[start : start + 100]):
            assert not isinstance(verdict, Problem), verdict
    lines = await own(portal)
    visitor = await portal.visitor("r1")
    page = await visitor.get("/gebruik?periode=week")
    offered = re.findall(r'<option value="(2026h2-\d+)"', page.html)
    assert len(offered) == 2 and "Welk deel" in page.text
    assert f"(nummer 1 tot en met {len(lines) - A_FILE})" in page.text, "one day fills both"
    answers = [await fetched(visitor, page, tot=tot) for tot in offered]
    assert [len(answer.json()) for answer in answers] == [A_FILE, len(lines) - A_FILE]
    assert places(answers[1]) + places(answers[0]) == [line.position.index for line in lines]
    assert checked(portal, tmp_path, *answers) == 0
