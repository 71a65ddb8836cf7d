"""Who is shown a receipt of a consent: no word of it counts that was not signed, and no standing that is over."""

import json
import zlib
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import httpx2
import pytest

from consent.receipts.sdjwt import issue, public_jwk, signed
from consent.receipts.statuslist import INVALID, SIZE, SUSPENDED, TTL_S, VALID, claims
from kernel.crypto import Signer, sha256
from regie_client import CannotReach, ConsentReceipts, NotConfigured, NotGenuine, Problem, ShownConsent, Unusable
from regie_client.consents import LIST_MOST, PLACES_MOST, RECEIPT, SKEW, status_at
from tests.client.counterpart import ISSUER, NOW, problem, text

pytestmark = pytest.mark.anyio
KEY, OTHER = Signer(b"r" * 32), Signer(b"x" * 32)
DOCUMENT = {"@type": "dpv:ConsentReceipt", "dct:publisher": "Spaarnewoude é"}
ADDRESS, PLACE = f"{ISSUER}/toestemming/v1/statuslijsten/{'0' * 32}", 4_711
HASHED = sha256(json.dumps(DOCUMENT, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).hex()
ALWAYS = {
    "iss": ISSUER, "iat": int(NOW) - 9, "vct": "urn:regie:toestemmingsbewijs:2", "jti": "urn:uuid:1",
    "status": {"status_list": {"idx": PLACE, "uri": ADDRESS}}, "ontvangstbewijs#sha256": HASHED,
}  # fmt: skip
ALONE = {"toestand": "gegeven", "doel": "Een wasmachine", "gegevenselementen": ["kluis.plan"]}


def keys_at(folder: Path, **more: object) -> Path:
    """As /.well-known/jwt-vc-issuer gives them."""
    path = folder / "issuer.json"
    path.write_text(json.dumps({"issuer": ISSUER, "jwks": {"keys": [public_jwk(KEY.public)]}} | more))
    return path


def receipt(key: Signer = KEY, **more: object) -> str:
    return issue(key, ALWAYS | more, ALONE)


def listed(
    status: int = VALID, at: float = NOW, key: Signer = KEY, kind: str = "statuslist+jwt", **more: object
) -> str:
    """A list that says this at our place, and the opposite everywhere else."""
    said = bytearray([INVALID if status == VALID else VALID]) * SIZE
    said[PLACE] = status
    return signed(key, kind, claims(ADDRESS, bytes(said), int(at * 1_000)) | more)


@pytest.fixture
def receipts(tmp_path: Path) -> ConsentReceipts:
    return ConsentReceipts(ISSUER, keys_at(tmp_path), lambda: NOW)


@pytest.fixture
def shown(receipts: ConsentReceipts) -> ShownConsent:
    return receipts.read(receipt())


def test_a_receipt_says_what_its_holder_shows_of_it(receipts: ConsentReceipts) -> None:
    whole = receipts.read(json.dumps({"ontvangstbewijs": DOCUMENT, "sdjwt": receipt(), "bewijs": "…"}))
    assert {name: whole.said[name] for name in ALONE} == ALONE and whole.document == DOCUMENT
    assert (whole.address, whole.place, whole.at) == (ADDRESS, PLACE, NOW - 9)
    head, *parts, _ = receipt().split("~")
    one = receipts.read(f"{head}~{parts[1]}~\n")
    assert one.said["doel"] == "Een wasmachine" and "toestand" not in one.said and one.document is None
    assert not {"_sd", "_sd_alg"} & one.said.keys() and "wasmachine" not in repr(one)


@pytest.mark.parametrize(("status", "said"), [(VALID, "valid"), (INVALID, "invalid"), (SUSPENDED, "suspended")])
def test_a_list_says_how_it_stands_without_a_network(
    receipts: ConsentReceipts, shown: ShownConsent, status: int, said: str
) -> None:
    assert receipts.stands(shown, listed(status)) == said
    assert receipts.stands(shown, listed(status, at=NOW - TTL_S - SKEW)) == said
    assert receipts.stands(shown, listed(status, at=NOW - SKEW, exp=int(NOW - SKEW))) == said


def bomb(size: int) -> dict[str, object]:
    return {"bits": 2, "lst": urlsafe_b64encode(zlib.compress(bytes(size))).rstrip(b"=").decode()}


def forged() -> str:
    message = receipt().split("~")[0].rpartition(".")[0]
    return f"{message}.{urlsafe_b64encode(OTHER.sign(message.encode())).rstrip(b'=').decode()}~"


HEAD, PART, *_ = receipt().split("~")
NO_RECEIPT: dict[str, tuple[str, str]] = {
    "nothing": ("", "no receipt"),
    "no parts": (HEAD, "no receipt"),
    "bound to a wallet": (f"{HEAD}~{PART}~ey.ey.xx", "wallet"),
    "by another": (receipt(OTHER), "known key"),
    "under the name of our key": (forged(), "known key"),
    "changed": (receipt().replace(".", ".A", 1), "known key"),
    "a list": (signed(KEY, "statuslist+jwt", ALWAYS) + "~", "another way"),
    "of another house": (receipt(iss="https://elders.example"), "this municipality"),
    "of before": (receipt(vct="urn:regie:toestemmingsbewijs:1"), "this municipality"),
    "no place": (receipt(status={}), "no place"),
    "a place elsewhere": (receipt(status={"status_list": {"idx": 1, "uri": f"{ISSUER}.elders.example/1"}}), "no place"),
    "a question": (receipt(status={"status_list": {"idx": 1, "uri": f"{ADDRESS}?wie=1"}}), "no place"),
    "a place before the first": (receipt(status={"status_list": {"idx": -1, "uri": ADDRESS}}), "no place"),
    "of later": (receipt(iat=int(NOW + SKEW + 1)), "still to come"),
    "a part twice": (f"{HEAD}~{PART}~{PART}~", "said already"),
    "a part of another": (f"{HEAD}~{issue(KEY, ALWAYS, {'doel': 'x'}).split('~')[1]}~", "not signed"),
    "a part that hides a claim": (issue(KEY, ALWAYS, {"iss": "x"}), "said already"),
    "a part that is none": (f"{HEAD}~e30~", "cannot be read"),
    "many parts": (HEAD + "~" + f"{PART}~" * 101, "no receipt"),
    "another document": (json.dumps({"sdjwt": receipt(), "ontvangstbewijs": {**DOCUMENT, "x": 1}}), "not the one"),
    "a file of something else": ("{}", "no receipt"),
    "half a file": ('{"sdjwt"', "no receipt"),
    "huge": ("{" + "x" * (1 << 20), "too large"),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_RECEIPT)
def test_what_was_not_signed_is_no_receipt(receipts: ConsentReceipts, name: str) -> None:
    given, reason = NO_RECEIPT[name]
    with pytest.raises(NotGenuine, match=reason):
        receipts.read(given)


NO_LIST: dict[str, tuple[str, str]] = {
    "nothing": ("", "known key"),
    "by another": (listed(key=OTHER), "known key"),
    "a receipt": (listed(kind=RECEIPT), "another way"),
    "over": (listed(exp=int(NOW - SKEW - 1)), "over"),
    "kept too long": (listed(at=NOW - TTL_S - SKEW - 1), "over"),
    "without a word on how long it is kept": (listed(ttl=None), "agreed form"),
    "kept for less than nothing": (listed(ttl=-1), "agreed form"),
    "of later": (listed(at=NOW + SKEW + 1), "over"),
    "without an end": (listed(exp=None), "agreed form"),
    "of other places": (listed(sub=f"{ADDRESS[:-1]}1"), "another list"),
    "no list in it": (listed(status_list=[]), "agreed form"),
    "three bits": (listed(status_list={"bits": 3, "lst": "eA"}), "agreed form"),
    "not packed": (listed(status_list={"bits": 2, "lst": "AAAA"}), "cannot be opened"),
    "too short": (listed(status_list=bomb(PLACE // 4)), "no such place"),
    "a bomb": (listed(status_list=bomb(PLACES_MOST + 1)), "too large"),
    "a word of its own": (listed(3), "does not know"),
    "huge": ("x" * (LIST_MOST + 1), "too large"),
}


@pytest.mark.parametrize("name", NO_LIST)
def test_what_is_no_list_of_now_says_nothing(receipts: ConsentReceipts, shown: ShownConsent, name: str) -> None:
    given, reason = NO_LIST[name]
    with pytest.raises(NotGenuine, match=reason):
        receipts.stands(shown, given)


def test_the_examples_of_the_draft_are_read() -> None:
    one, two = {"bits": 1, "lst": "eNrbuRgAAhcBXQ"}, {"bits": 2, "lst": "eNo76fITAAPfAgc"}
    assert [status_at(one, place) for place in range(16)] == [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
    assert [status_at(two, place) for place in range(12)] == [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]


@pytest.mark.parametrize("more", [{"issuer": "https://elders.example"}, {"jwks": {"keys": []}}, {"jwks": None}])
def test_keys_of_another_house_stop_the_start(tmp_path: Path, more: dict[str, Any]) -> None:
    with pytest.raises(NotConfigured):
        ConsentReceipts(ISSUER, keys_at(tmp_path, **more))
    with pytest.raises(NotConfigured):
        ConsentReceipts(ISSUER, tmp_path / "nowhere")


async def test_a_list_is_fetched_from_its_address_and_nowhere_else(
    receipts: ConsentReceipts, shown: ShownConsent
) -> None:
    asked: list[httpx2.Request] = []
    answers = [
        httpx2.Response(200, text=listed(), headers={"content-type": "application/statuslist+jwt"}),
        httpx2.Response(302, headers={"location": "https://elders.example/"}),
        text(listed()),
        httpx2.Response(200, content=b"\xff", headers={"content-type": "application/statuslist+jwt"}),
        problem(503, "logboek-niet-beschikbaar"),
    ]

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        if not answers:
            raise httpx2.ConnectError("no")
        return answers.pop(0)

    async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer)) as http:
        assert receipts.stands(shown, await receipts.fetch(shown, http)) == "valid"
        for trouble in (Unusable, Unusable, Unusable, Problem, CannotReach):
            with pytest.raises(trouble):
                await receipts.fetch(shown, http)
    assert {str(one.url) for one in asked} == {ADDRESS} and all("authorization" not in one.headers for one in asked)
