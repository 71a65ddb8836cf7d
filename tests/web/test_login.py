"""Logging in: what the provider says is believed only after every check, and what is refused leaves nothing behind."""

import base64
import json
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from tests.web.portal import HOST, PortalUnderTest
from web.site import COOKIE

pytestmark = pytest.mark.anyio
NUMBER = "999993653"
Change = Callable[[dict[str, Any]], None]


def rows(portal: PortalUnderTest) -> list[tuple[Any, ...]]:
    """What the portal stored."""
    with sqlite3.connect(portal.url.removeprefix("sqlite+aiosqlite:///")) as connection:
        return connection.execute("SELECT id_hash, kind, content FROM sessions").fetchall()


def put(**changed: Any) -> Change:
    """Claims with other values."""
    return lambda claims: claims.update(changed)


def without(name: str) -> Change:
    """Claims without one."""
    return lambda claims: claims.pop(name)


async def answered(portal: PortalUnderTest, choice: str = "r1") -> tuple[httpx2.AsyncClient, str, str]:
    """A login up to the provider's answer: the browser, its cookie, the address it is sent back to."""
    browser = await portal.browser()
    begun = await browser.get("/inloggen")
    cookie = begun.headers["set-cookie"].partition(";")[0]
    page = await browser.get(begun.headers["location"])
    pending = page.text.partition('name="verzoek" value="')[2].partition('"')[0]
    sent = await browser.post("/proef-inlog/authorize", data={"verzoek": pending, "keuze": choice})
    browser.cookies.clear()
    return browser, cookie, sent.headers["location"]


async def test_a_resident_comes_in_with_one_sealed_cookie_and_no_number_is_kept(portal: PortalUnderTest) -> None:
    browser, before, back = await answered(portal)
    answer = await browser.get(back, headers={"cookie": before})
    assert (answer.status_code, answer.headers["location"]) == (303, "/overzicht")
    flags = answer.headers["set-cookie"].lower()
    assert flags.startswith(COOKIE.lower()) and all(
        flag in flags for flag in ("secure", "httponly", "samesite=lax", "path=/")
    )
    assert "domain" not in flags
    after = answer.headers["set-cookie"].partition(";")[0]
    assert after != before, "a new id at login"
    page = await browser.get("/overzicht", headers={"cookie": after})
    assert page.status_code == 200 and "J. de Vries" in page.text
    assert (await browser.get("/overzicht", headers={"cookie": before})).status_code == 303, "the old id"
    for row in rows(portal):
        assert not any(NUMBER.encode() in (part if isinstance(part, bytes) else part.encode()) for part in row)
        assert after.partition("=")[2] not in row[0] and b"Vries" not in row[2]


async def test_the_provider_is_asked_for_pkce_nonce_and_enough_certainty(portal: PortalUnderTest) -> None:
    browser = await portal.browser()
    place = urlsplit((await browser.get("/inloggen")).headers["location"])
    asked = dict(parse_qsl(place.query))
    assert asked["code_challenge_method"] == "S256" and len(asked["code_challenge"]) == 43
    assert len(asked["state"]) >= 43 <= len(asked["nonce"])
    assert asked["acr_values"] == "http://eidas.europa.eu/LoA/substantial"
    assert asked["redirect_uri"] == f"{HOST}/inloggen/terug"


async def test_staff_come_in_under_a_pseudonym_and_see_no_page_of_residents(portal: PortalUnderTest) -> None:
    officer = await portal.visitor("fg")
    assert (await officer.get("/fg")).status == 200
    assert (await officer.get("/overzicht")).status == 404
    resident = await portal.visitor("r1")
    assert (await resident.get("/fg")).status == (await resident.get("/fg/zoek")).status == 404


def signed(algorithm: str, key: Any, kid: str = "liar") -> Callable[[dict[str, Any]], str]:
    """A token by another key or algorithm."""
    return lambda claims: jwt.encode({"alg": algorithm, "kid": kid}, claims, key, algorithms=[algorithm])


def unsigned(claims: dict[str, Any]) -> str:
    parts = ({"alg": "none", "kid": "liar"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in parts) + "."


LIES: dict[str, Change] = {
    "another nonce": put(nonce="n" * 43),
    "no nonce": without("nonce"),
    "another issuer": put(iss="https://elders.invalid"),
    "another audience": put(aud="ander-portaal"),
    "for us among others, by another": put(aud=["portaal", "ander"], azp="ander"),
    "certainty too low": put(acr="http://eidas.europa.eu/LoA/low"),
    "no certainty": without("acr"),
    "certainty of nobody's list": put(acr="hoog"),
    "no time of login": without("auth_time"),
    "login in the future": lambda claims: claims.update(auth_time=claims["auth_time"] + 60),
    "expired": lambda claims: claims.update(exp=claims["iat"] - 60),
    "no end": without("exp"),
    "number of another sector": put(sub_id_type="urn:nl-eid-gdi:1.0:id:pseudonym"),
    "no sector": without("sub_id_type"),
    "no number": without("urn:nl-eid-gdi:1.0:id:BSN"),
    "a number that does not exist": lambda claims: claims.update({"urn:nl-eid-gdi:1.0:id:BSN": "123456789"}),
}
FORGERIES: dict[str, Callable[[dict[str, Any]], str]] = {
    "no signature": unsigned,
    "a secret as key": signed("HS256", OctKey.generate_key(256)),
    "another key": signed("ES256", ECKey.generate_key("P-256")),
    "an unknown key": signed("ES256", ECKey.generate_key("P-256"), "somebody"),
    "another algorithm": signed("ES384", ECKey.generate_key("P-384")),
}


@pytest.mark.parametrize("lie", [*LIES, *FORGERIES])
async def test_a_token_that_does_not_hold_lets_nobody_in(portal: PortalUnderTest, lie: str) -> None:
    browser, cookie, back = await answered(portal)
    before = len(rows(portal))
    portal.liar.claims, portal.liar.sign = LIES.get(lie, put()), FORGERIES.get(lie)
    answer = await browser.get(back, headers={"cookie": cookie})
    assert answer.status_code == 403 and answer.headers["content-type"].startswith("text/html")
    assert "set-cookie" not in answer.headers and len(rows(portal)) == before
    assert (await browser.get("/overzicht", headers={"cookie": cookie})).status_code == 303


@pytest.mark.parametrize(
    ("lie", "reason"), [("no time of login", "auth_time"), ("no certainty", "acr"), ("no number", "sector")]
)
async def test_why_a_login_was_refused_is_in_our_log_and_not_on_the_page(
    portal: PortalUnderTest, caplog: pytest.LogCaptureFixture, lie: str, reason: str
) -> None:
    browser, cookie, back = await answered(portal)
    portal.liar.claims = LIES[lie]
    with caplog.at_level("INFO", "web"):
        page = await browser.get(back, headers={"cookie": cookie})
    said = " ".join(record.getMessage() for record in caplog.records if record.name == "web")
    assert f"'reason': '{reason}'" in said and "inloggen-mislukt" in said
    assert NUMBER not in said and "Vries" not in said
    assert "Er gaat iets mis bij ons" in page.text and reason not in page.text


async def test_the_liar_without_a_lie_is_believed(portal: PortalUnderTest) -> None:
    browser, cookie, back = await answered(portal)
    portal.liar.claims = put()
    assert (await browser.get(back, headers={"cookie": cookie})).status_code == 303


@pytest.mark.parametrize("change", ["state", "iss", "code"])
async def test_an_answer_that_was_changed_on_the_way_is_refused(portal: PortalUnderTest, change: str) -> None:
    browser, cookie, back = await answered(portal)
    asked = dict(parse_qsl(urlsplit(back).query)) | {change: "x" * 43}
    answer = await browser.get("/inloggen/terug", params=asked, headers={"cookie": cookie})
    assert answer.status_code == 403 and "set-cookie" not in answer.headers
    again = await browser.get(back, headers={"cookie": cookie})
    assert again.status_code == 403, "an attempt works once, whatever came of it"


async def test_an_answer_counts_once_in_its_own_browser_and_not_for_long(portal: PortalUnderTest) -> None:
    browser, cookie, back = await answered(portal)
    assert (await browser.get(back)).status_code == 403, "somebody else's browser"
    assert (await browser.get(back, headers={"cookie": cookie})).status_code == 303
    assert (await browser.get(back, headers={"cookie": cookie})).status_code == 403, "a second time"
    browser, cookie, back = await answered(portal)
    portal.house.now += timedelta(minutes=10)
    assert (await browser.get(back, headers={"cookie": cookie})).status_code == 403, "too late"


async def test_unknown_keys_do_not_make_us_ask_the_provider_again_and_again(portal: PortalUnderTest) -> None:
    portal.liar.sign = FORGERIES["an unknown key"]
    for _ in range(3):
        browser, cookie, back = await answered(portal)
        assert (await browser.get(back, headers={"cookie": cookie})).status_code == 403
    assert len([path for path in portal.liar.asked if path.endswith("/jwks")]) == 1
    portal.house.now += timedelta(seconds=61)
    browser, cookie, back = await answered(portal)
    await browser.get(back, headers={"cookie": cookie})
    assert len([path for path in portal.liar.asked if path.endswith("/jwks")]) == 2


async def test_who_cancels_is_back_at_the_start(portal: PortalUnderTest) -> None:
    browser, cookie, back = await answered(portal)
    asked = {"error": "access_denied", "state": dict(parse_qsl(urlsplit(back).query))["state"]}
    answer = await browser.get("/inloggen/terug", params=asked, headers={"cookie": cookie})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_a_page_that_needs_somebody_comes_back_after_login(portal: PortalUnderTest) -> None:
    visitor = await portal.visitor()
    choosing = await visitor.get("/en/gebruik?periode=jaar")
    page = await visitor.send(choosing, choosing.form("keuze"), keuze="r1")
    assert page.url == f"{HOST}/en/gebruik?periode=jaar" and 'lang="en"' in page.html


async def test_logging_out_ends_it_for_every_copy_of_the_cookie(portal: PortalUnderTest) -> None:
    visitor = await portal.visitor("r1")
    page = await visitor.get("/overzicht")
    copies = dict(visitor._cookies)
    out = await visitor.send(page, page.form("csrf"))
    assert out.status == 200 and out.url == f"{HOST}/"
    visitor._cookies.update(copies)
    assert "Als wie wilt u inloggen" in (await visitor.get("/overzicht")).text


async def test_fifteen_quiet_minutes_end_a_session_and_busy_ones_do_not(portal: PortalUnderTest) -> None:
    visitor = await portal.visitor("r1")
    for _ in range(3):
        portal.house.now += timedelta(minutes=14)
        assert (await visitor.get("/overzicht")).url == f"{HOST}/overzicht"
    portal.house.now += timedelta(minutes=15)
    assert "Als wie wilt u inloggen" in (await visitor.get("/overzicht")).text


async def test_no_session_lasts_longer_than_four_hours(portal: PortalUnderTest) -> None:
    visitor = await portal.visitor("r1")
    for _ in range(18):
        portal.house.now += timedelta(minutes=14)
        page = await visitor.get("/overzicht")
    assert "Als wie wilt u inloggen" in page.text


async def test_a_provider_that_is_away_is_told_and_nothing_breaks(portal: PortalUnderTest) -> None:
    portal.liar.inner = httpx2.MockTransport(lambda _: httpx2.Response(502))
    answer = await (await portal.browser()).get("/inloggen")
    assert answer.status_code == 503 and "Er gaat iets mis bij ons" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elders.invalid", "sec-fetch-site": "cross-site"},
        {"origin": "https://elders.invalid"},
        {"origin": HOST, "sec-fetch-site": "same-site"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
        {"origin": "null"},
        {},
    ],
)
async def test_a_form_from_elsewhere_does_nothing(portal: PortalUnderTest, headers: dict[str, str]) -> None:
    visitor = await portal.visitor("r1")
    page = await visitor.get("/overzicht")
    cookie = "; ".join(f"{name}={value}" for (_, name), value in visitor._cookies.items())
    fields = page.form("actie").fields
    answer = await visitor.http.post("/overzicht", data=fields, headers={"cookie": cookie, **headers})
    assert answer.status_code == 403 and "Wij hebben niets bewaard." in answer.text
    assert "Uw kluis is open" not in (await visitor.get("/overzicht")).text


async def test_the_token_of_another_session_does_nothing(portal: PortalUnderTest) -> None:
    one, other = await portal.visitor("r1"), await portal.visitor("r2")
    page, theirs = await one.get("/overzicht"), await other.get("/overzicht")
    for csrf in (theirs.form("actie").fields["csrf"], "", "x" * 43):
        assert (await one.send(page, page.form("actie"), csrf=csrf)).status == 403
    assert "Uw kluis is open" not in (await one.get("/overzicht")).text


async def test_a_browser_that_hides_the_origin_but_names_the_site_is_believed(portal: PortalUnderTest) -> None:
    """Our own Referrer-Policy makes Chromium send `Origin: null` with every form."""
    visitor = await portal.visitor("r1")
    page = await visitor.get("/overzicht")
    cookie = "; ".join(f"{name}={value}" for (_, name), value in visitor._cookies.items())
    headers = {"cookie": cookie, "origin": "null", "sec-fetch-site": "same-origin"}
    answer = await visitor.http.post("/overzicht", data=page.form("actie").fields, headers=headers)
    assert answer.status_code == 303
    assert "Uw kluis is open" in (await visitor.get("/overzicht")).text
