"""Without a receipt that holds there is no data, whatever else the answer says."""

import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from audit.withholding import opaque
from connectors.claim import Claim
from kernel.proof.note import vkey
from regie_client import NoReceipt, NotConfigured, Receipts, TokenRefused
from regie_client.messages import LineRef
from regie_client.receipts import Wanted
from tests.bundles import KEY, ORIGIN, OTHER_KEY
from tests.client.counterpart import (
    BEFORE,
    CREDENTIALS,
    KEY_1,
    NOW,
    PLACE,
    QUESTION,
    RELEASE_ID,
    Counterpart,
    keys_at,
    problem,
    proof,
    release,
    text,
)

pytestmark = pytest.mark.anyio
LINE = LineRef.model_validate({"logboek": ORIGIN, "index": BEFORE})
ELSEWHERE = LineRef.model_validate({"logboek": "log.example/elders/2026h2", "index": BEFORE})
WANTED = Wanted(RELEASE_ID, KEY_1, CREDENTIALS.client_id, LINE, NOW - 1, NOW)
OTHERS = Claim("019aa9c0-0000-7000-8000-000000000002", 1).event_id()


def without_act(whole: str) -> str:
    """As anybody gets it who shows no token: the leaf alone."""
    return opaque(whole)


def test_a_receipt_of_this_release_holds(tmp_path: Path) -> None:
    whole = proof()
    receipt = Receipts(keys_at(tmp_path)).demand(whole, WANTED)
    assert (receipt.line, receipt.at, receipt.proof) == (LINE, NOW, whole)


@pytest.mark.parametrize(("attempt", "what", "held"), [(1, "", True), (2, "", True), (37, "/3", True), (1, "x", False)])
def test_each_attempt_and_round_of_a_release_has_its_own_line(
    tmp_path: Path, attempt: int, what: str, held: bool
) -> None:
    receipts, named = Receipts(keys_at(tmp_path)), proof(gebeurtenis=Claim(RELEASE_ID, attempt).event_id(what))
    if held:
        assert receipts.demand(named, WANTED).proof == named
    else:
        with pytest.raises(NoReceipt):
            receipts.demand(named, WANTED)


ASKED = "that of another question"
LINE_, RELEASE, NAME, TIME = "of another line", "that this was a release", "to another release", "when this was asked"
WRONG: dict[str, tuple[str, Wanted, str]] = {
    "empty": ("", WANTED, "geen bewijs van een soort"),
    "no proof": ("klopt", WANTED, "geen bewijs van een soort"),
    "another key under the same name": (proof(OTHER_KEY), WANTED, "niet door het logboek getekend"),
    "of another line": (proof(before=BEFORE + 1), WANTED, LINE_),
    "of another log": (proof(), replace(WANTED, line=ELSEWHERE), LINE_),
    "without its act": (without_act(proof()), WANTED, RELEASE),
    "no release": (proof(soort="weigering"), WANTED, RELEASE),
    "of another release": (proof(gebeurtenis=OTHERS), WANTED, NAME),
    "of nothing": (proof(gebeurtenis=""), WANTED, NAME),
    "under another key": (proof(), replace(WANTED, key="0197d2f0-0000-4000-8000-000000000002"), ASKED),
    "of another application": (proof(), replace(WANTED, client="oefen-app"), ASKED),
    "older": (proof(tijd=str(int((NOW - 302) * 1_000))), WANTED, TIME),
    "of later": (proof(tijd=str(int((NOW + 301) * 1_000))), WANTED, TIME),
    "of no time": (proof(tijd="gisteren"), WANTED, TIME),
    "cut": (proof()[:-20], WANTED, "de juiste vorm"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_receipt_that_does_not_hold_is_none(tmp_path: Path, name: str) -> None:
    whole, wanted, reason = WRONG[name]
    with pytest.raises(NoReceipt) as refused:
        Receipts(keys_at(tmp_path)).demand(whole, wanted)
    assert reason in refused.value.reason
    assert refused.value.line == wanted.line and refused.value.release_id == RELEASE_ID


def test_not_one_changed_character_of_a_proof_passes(tmp_path: Path) -> None:
    receipts, whole = Receipts(keys_at(tmp_path)), proof()
    for place in range(0, len(whole), 3):
        changed = whole[:place] + ("A" if whole[place] != "A" else "B") + whole[place + 1 :]
        with pytest.raises(NoReceipt):
            receipts.demand(changed, WANTED)


@pytest.mark.parametrize(
    "keys", ["", "log.example+0000+AAAA\n", "x", vkey("log.example/x", bytes(KEY.verify_key)) + "x\n"]
)
def test_keys_that_are_none_stop_the_start(tmp_path: Path, keys: str) -> None:
    with pytest.raises(NotConfigured):
        Receipts(keys_at(tmp_path, keys))
    with pytest.raises(NotConfigured):
        Receipts(tmp_path / "nowhere")


async def test_data_with_a_receipt_is_handed_over(tmp_path: Path) -> None:
    house = Counterpart(tmp_path)
    found = await house.regie().release(QUESTION)
    assert found.values["brp.naam"].value == {"voornamen": "Jan"} and found.receipt.line.place == PLACE
    assert [(one.element, one.code) for one in found.refused] == [("brp.adres", "buiten-doel")]
    assert [path for _, path, _, _ in house.asked] == [
        "/verstrekking/v1/verstrekkingen",
        f"/logboek/v1/logregels/{PLACE}/bewijs",
    ]


SPOILT: dict[str, Any] = {
    "none": lambda _: problem(404, "niet-gevonden"),
    "the log is away": lambda _: problem(503, "logboek-niet-beschikbaar"),
    "a page": lambda _: httpx2.Response(200, text="<p>klopt</p>", headers={"content-type": "text/html"}),
    "huge": lambda _: text("c2sp.org/tlog-proof@v1\n" * 10_000),
    "no text": lambda _: httpx2.Response(200, content=b"\xff\xfe", headers={"content-type": "text/plain"}),
    "elsewhere": lambda _: httpx2.Response(302, headers={"location": "https://elders.example/"}),
    "of another release": lambda _: text(proof(gebeurtenis=OTHERS)),
    "by another log": lambda _: text(proof(OTHER_KEY)),
}


@pytest.mark.parametrize("name", SPOILT)
async def test_data_without_a_receipt_is_withheld_and_not_told_in_the_error(tmp_path: Path, name: str) -> None:
    house = Counterpart(tmp_path, answers={f"/logboek/v1/logregels/{PLACE}/bewijs": SPOILT[name]})
    with pytest.raises(NoReceipt) as withheld:
        await house.regie().release(QUESTION)
    assert "Jan" not in "".join(traceback.format_exception(withheld.value))
    assert QUESTION.bsn not in "".join(traceback.format_exception(withheld.value)) + repr(QUESTION)


async def test_one_line_is_not_shown_for_two_answers(tmp_path: Path) -> None:
    house, kept = Counterpart(tmp_path), dict[str, str]()
    regie = house.regie()
    await regie.release(QUESTION)
    kept["id"], kept["proof"] = house.release_id, proof(gebeurtenis=Claim(house.release_id, 1).event_id())
    house.answers["/verstrekking/v1/verstrekkingen"] = lambda _: httpx2.Response(200, json=release(id=kept["id"]))
    house.answers[f"/logboek/v1/logregels/{PLACE}/bewijs"] = lambda _: text(kept["proof"])
    for client in (regie, house.regie()):  # nor to another process, or after a restart
        with pytest.raises(NoReceipt) as withheld:
            await client.release(QUESTION)
        assert ASKED in withheld.value.reason


async def test_who_could_not_fetch_the_proof_asks_for_no_data(tmp_path: Path) -> None:
    def token(request: httpx2.Request) -> httpx2.Response:
        if b"logboek" in request.content:
            return httpx2.Response(400, json={"error": "invalid_target"})
        return httpx2.Response(200, json={"access_token": "x", "token_type": "DPoP", "expires_in": 300})

    house = Counterpart(tmp_path, answers={"/oauth/token": token})
    with pytest.raises(TokenRefused) as refused:
        await house.regie().release(QUESTION)
    assert refused.value.code == "invalid_target" and {path for _, path, _, _ in house.asked} == {"/oauth/token"}
