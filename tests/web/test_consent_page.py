"""The one page of a consent: every act, one question at a time, nothing chosen beforehand, the words that were read."""

import json
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from pydantic import ValidationError

from assembly.demo.register import INCOME_ANSWER, STORY
from assembly.demo.visitor import Form, Page, Visitor
from consent.bodies import AskConsent
from consent.contract import Choice, ConsentRequest, Limits, ResidentRef
from kernel.clock import moment
from kernel.errors import BadInput
from tests.four_rooms import DESK_WORKER, RETURN
from tests.web.portal import PortalUnderTest
from tests.web.samples import consents
from web.periods import chosen_end, earlier, end_of_day
from web.rendering import Renderer

pytestmark = pytest.mark.anyio
RENDERER = Renderer()


async def asked(portal: PortalUnderTest, case: str = "Z-1", limits: Limits | None = None) -> str:
    resident = ResidentRef.model_validate((await portal.house.resident()).model_dump())
    wanted = ConsentRequest(resident=resident, activity=STORY, elements=(INCOME_ANSWER,), case=case,
                            limits=limits or Limits())  # fmt: skip
    return f"/toestemmingen/{(await portal.house.register.request(DESK_WORKER, wanted)).id}"


def form(page: Page) -> Form:
    return page.form("actie")


async def press(visitor: Visitor, place: str, **fields: str) -> Page:
    page = await visitor.get(place)
    return await visitor.send(page, form(page), **fields)


async def test_standing_still_going_on_and_an_earlier_last_day(portal: PortalUnderTest) -> None:
    place = await asked(portal)
    visitor = await portal.visitor("r1")
    yes = await press(visitor, place, keuze="ja")
    assert "Gelukt. U zei ja." in yes.text and "Dit las u bij uw laatste keuze" in yes.text
    still = await press(visitor, place, actie="pauzeren")
    assert "Gelukt. Het delen staat stil sinds" in still.text and "Laat het weer doorgaan" in still.text
    assert "Staat stil" in (await visitor.get("/toestemmingen")).text
    on = await press(visitor, place, actie="hervatten")
    assert "Gelukt. U zei ja." in on.text and "Zet het delen stil" in on.text
    none = await press(visitor, place, actie="verkorten", tot="")
    assert none.status == 400 and "Kies een laatste dag." in none.text
    day = (portal.house.now + timedelta(days=7)).date()
    shorter = await press(visitor, place, actie="verkorten", tot=day.isoformat())
    assert f"mag tot {day.day} " in shorter.text
    for wrong in ("2019-01-01", (day + timedelta(days=1)).isoformat()):
        assert (await press(visitor, place, actie="verkorten", tot=wrong)).status == 400
    acts = (await visitor.get("/gebruik")).text
    for words in ("U zette het delen stil", "U liet het delen weer doorgaan", "U koos een eerdere laatste dag"):
        assert words in acts
    assert "You said yes" in (await visitor.get(f"/en{place}")).text


async def test_a_yes_for_less_and_a_yes_again(portal: PortalUnderTest) -> None:
    with pytest.raises(BadInput):
        await asked(portal, limits=Limits(history=93))
    visitor = await portal.visitor("r1")
    assert "Uw eigen kluis. Alleen van de laatste 92 dagen" in (await visitor.get(await asked(portal))).text
    place = await asked(portal, limits=Limits(times=1, kept=30, history=31))
    page = await visitor.get(place)
    assert "Hoogstens 1 keer" in page.text and "hoogstens 30 dagen" in page.text
    assert "laatste 31 dagen" in page.text and "92" not in page.text
    day = (portal.house.now + timedelta(days=7)).date()
    yes = await visitor.send(page, form(page), keuze="ja", tot=day.isoformat())
    assert f"mag tot {day.day} " in yes.text and "Zegt u opnieuw ja?" in yes.text
    again = await press(visitor, place, actie="vernieuwen")
    assert "U zei opnieuw ja" in again.text and f"mag tot {day.day} " not in again.text


async def test_after_an_answer_the_page_leads_back_by_a_link_and_for_an_hour(portal: PortalUnderTest) -> None:
    resident, back = ResidentRef.model_validate((await portal.house.resident()).model_dump()), f"{RETURN}?a=1&b=2"
    wanted = ConsentRequest(resident=resident, activity=STORY, elements=(INCOME_ANSWER,), case="Z-1", return_url=back)
    place = f"/toestemmingen/{(await portal.house.register.request(DESK_WORKER, wanted)).id}"
    visitor = await portal.visitor("r1")
    assert "loket.example" not in (await visitor.get(place)).text
    given = await press(visitor, place, keuze="ja")
    assert given.url.endswith(place), "never by itself"
    assert "Terug naar de website van het Inkomensloket: loket.example" in given.text
    assert f'href="{RETURN}?a=1&amp;b=2" rel="noreferrer"' in given.html
    portal.house.now += timedelta(minutes=61)
    assert "loket.example" not in (await visitor.get(place)).text


async def test_going_on_long_after_login_asks_for_a_new_login(portal: PortalUnderTest) -> None:
    place = await asked(portal)
    visitor = await portal.visitor("r1")
    await press(visitor, place, keuze="ja")
    portal.house.now += timedelta(minutes=6)
    assert "Gelukt. Het delen staat stil" in (await press(visitor, place, actie="pauzeren")).text
    assert "Als wie wilt u inloggen" in (await press(visitor, place, actie="hervatten")).text


async def test_a_last_day_survives_the_login_and_one_that_cannot_be_read_decides_nothing(
    portal: PortalUnderTest,
) -> None:
    place = await asked(portal)
    visitor = await portal.visitor("r1")
    wrong = await press(visitor, place, keuze="ja", tot="morgen")
    assert wrong.status == 400 and "Kies een laatste dag." in wrong.text
    assert "toestemming-gegeven" not in [line.event.kind for line in await portal.house.lines()]
    portal.house.now += timedelta(minutes=6)
    day = (portal.house.now + timedelta(days=7)).date().isoformat()
    login = await press(visitor, place, keuze="ja", tot=day)
    page = await visitor.send(login, login.form("keuze"), keuze="r1")
    assert page.url.endswith(place) and "nog niet bewaard" in page.text
    assert f'value="{day}" selected' in page.html, "and nothing longer"
    given = await visitor.send(page, form(page), keuze="ja", tot=day)
    assert f"mag tot {int(day[-2:])} " in given.text


async def test_a_receipt_is_a_file_for_its_resident_only(portal: PortalUnderTest) -> None:
    place = await asked(portal)
    visitor, stranger = await portal.visitor("r1"), await portal.visitor("r2")
    assert "Bewaar uw bewijs" in (await press(visitor, place, keuze="ja")).text
    told = json.loads((await visitor.get(f"{place}/bewijs")).content)
    assert told.keys() == {"bewijs", "inhoud", "ontvangstbewijs", "sdjwt"}
    assert told["ontvangstbewijs"]["dpv:hasRecordOfActivity"]["dct:identifier"] == place.rpartition("/")[2]
    assert (await stranger.get(f"{place}/bewijs")).status == 404


async def test_several_questions_are_answered_one_by_one(portal: PortalUnderTest) -> None:
    first, second = await asked(portal), await asked(portal, limits=Limits(times=1))
    visitor = await portal.visitor("r1")
    no = await press(visitor, first, keuze="nee")
    assert "Naar de volgende vraag" in no.text and f'href="{second}"' in no.html
    waiting = await visitor.get(urlsplit(second).path)
    assert "U mag ja zeggen. U mag nee zeggen." in waiting.text and "checked" not in waiting.html


def test_no_form_has_a_choice_made_beforehand_or_asks_two_things() -> None:
    for name, view in consents().items():
        for language in ("nl", "en"):
            html = RENDERER.render("toestemming.html", language, view)
            assert " checked" not in html and " selected" not in html, name
            assert html.count('<form class="regie-panel"') == 1, name
            assert html.count("<fieldset") == (name in ("toestemming-gevraagd", "toestemming-fout")), name
            assert 'type="checkbox"' not in html, name


def test_no_message_has_a_choice_made_beforehand_or_more_than_one_purpose() -> None:
    with pytest.raises(ValidationError):
        Choice.model_validate({"text_hash": "0" * 64, "language": "nl"})
    body = {"inwoner": {"bsn": "999993653"}, "gegevenselementen": ["a.b"], "verwerkingsactiviteit": "een"}
    AskConsent.model_validate(body)
    for more in ({"verwerkingsactiviteit": ["een", "twee"]}, {"toestemming": "ja"}, {"antwoord": "ja"}):
        with pytest.raises(ValidationError):
            AskConsent.model_validate({**body, **more})


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (date(2026, 10, 25), datetime(2026, 10, 25, 22, 59, 59, 999000, tzinfo=UTC)),  # 25 hours
        (date(2027, 3, 28), datetime(2027, 3, 28, 21, 59, 59, 999000, tzinfo=UTC)),  # 23 hours
        (date(2028, 2, 29), datetime(2028, 2, 29, 22, 59, 59, 999000, tzinfo=UTC)),
    ],
)
def test_a_last_day_ends_at_midnight_here(day: date, last: datetime) -> None:
    assert moment(end_of_day(day)) == last
    assert chosen_end(day.isoformat()) == end_of_day(day)


def test_days_that_are_none_and_days_that_are_no_earlier() -> None:
    assert [chosen_end(text) for text in ("", "morgen", "2026-02-30", "2027-02-29", "20261125", "9999-12-31")] == [
        0
    ] * 6
    now = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # already the 23rd here
    offered = earlier(now, end_of_day(date(2026, 12, 1)), "nl")
    assert [one.value for one in offered] == ["2026-11-24", "2026-11-30"] and not any(one.chosen for one in offered)


async def test_a_stop_says_which_other_yes_goes_on(portal: PortalUnderTest) -> None:
    r1 = await portal.visitor("r1")
    first = await asked(portal)
    second = await asked(portal, limits=Limits(times=3))
    assert "andere vraag hierover" not in (await press(r1, first, keuze="ja")).text
    refused = await press(r1, second, keuze="nee")
    assert "andere vraag hierover" in refused.text and first in refused.html, "a no here is no stop there"
    stopped = await press(r1, first)
    assert "Gestopt op" in stopped.text and "andere vraag hierover" not in stopped.text
    assert "andere vraag hierover" not in (await r1.get(second)).text
