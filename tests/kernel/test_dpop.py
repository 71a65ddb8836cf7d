"""Tokens that are of use only to who holds a key: which proofs are believed (RFC 9449 section 4.3), and once each."""

import base64
import hashlib
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from kernel import dpop
from kernel.dpop import Once, Shown, shown
from kernel.http.bearer import BearerGate
from tests.kernel.test_bearer import ISSUER, ISSUERS, NOON, NOW, ROOT, encoded, keys, served, token

OWN, OTHER, RSA = ECKey.generate_key("P-256"), ECKey.generate_key("P-256"), RSAKey.generate_key(2048)
ADDRESS = f"{ISSUER}{ROOT}/wie"
TOKEN = "een.token.hier"


def half(of: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(of.encode()).digest()).rstrip(b"=").decode()


def proof(header: dict[str, Any] | None = None, key: ECKey | RSAKey = OWN, alg: str = "ES256", **changes: Any) -> str:
    """One that is believed, with changes; None leaves a member out."""
    claims = {"jti": "j" * 22, "htm": "GET", "htu": ADDRESS, "iat": NOW, "ath": half(TOKEN), **changes}
    named = {"typ": "dpop+jwt", "alg": alg, "jwk": key.as_dict(private=False), **(header or {})}
    claims, named = ({n: v for n, v in part.items() if v is not None} for part in (claims, named))
    return jwt.encode(named, claims, key, algorithms=[alg], default_type=None)


def test_who_holds_the_key_is_known_by_its_thumbprint() -> None:
    assert shown(proof(), "GET", ADDRESS, NOW, TOKEN).key == OWN.thumbprint()
    assert shown(proof(htu=f"{ADDRESS}?x=1#y"), "GET", ADDRESS, NOW, TOKEN).key == OWN.thumbprint()
    assert shown(proof(ath=None), "GET", ADDRESS, NOW).key == OWN.thumbprint()
    named = {**OWN.as_dict(private=False), "kid": "een", "use": "sig"}
    assert shown(proof({"jwk": named}), "GET", ADDRESS, NOW, TOKEN).key == OWN.thumbprint()


PUBLIC = OWN.as_dict(private=False)
WRONG = {
    "another method": proof(htm="POST"),
    "another address": proof(htu=ADDRESS + "/ook"),
    "another host": proof(htu=ADDRESS.replace("gm9901", "gm9902")),
    "another token": proof(ath=half("een.ander.token")),
    "no token named": proof(ath=None),
    "a minute ago": proof(iat=NOW - 61),
    "later": proof(iat=NOW + 6),
    "a date in words": proof(iat=str(NOW)),
    "no name of its own": proof(jti=None),
    "a short name": proof(jti="j" * 15),
    "a name without end": proof(jti="j" * 129),
    "an access token": token(),
    "no type": proof({"typ": None}),
    "another type": proof({"typ": "jwt"}),
    "RS256": proof(key=RSA, alg="RS256"),
    "no key": proof({"jwk": None}),
    "another's key": proof({"jwk": OTHER.as_dict(private=False)}),
    "the private key": proof({"jwk": OWN.as_dict(private=True)}),
    "a key of another kind": proof({"jwk": RSA.as_dict(private=False)}),
    "a key that is no key": proof({"jwk": {**PUBLIC, "x": "AAAA"}}),
    "a key elsewhere": proof({"jku": "https://elders.example/sleutels"}),
    "a name beside the key": proof({"kid": "een"}),
    "a header that is a list": ".".join([encoded(b'["alg"]'), *proof().split(".")[1:]]),
    "too long": proof(x="x" * dpop.MOST_BYTES),
    "nothing": "",
    "two parts": "a.b",
}


@pytest.mark.parametrize("wrong", WRONG)
def test_nothing_else_is_believed(wrong: str) -> None:
    believed = True
    try:
        shown(WRONG[wrong], "GET", ADDRESS, NOW, TOKEN)
    except ValueError:
        believed = False
    assert not believed


def test_a_proof_counts_once_and_too_many_at_once_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dpop, "REMEMBERED", 3)
    once, (one, two, three, four) = Once(), (Shown("key", bytes([at])) for at in range(4))
    assert once.spend(one, NOW) and not once.spend(one, NOW) and not once.spend(one, NOW + 65)
    assert once.spend(two, NOW + 1) and once.spend(three, NOW + 2) and not once.spend(four, NOW + 2)
    assert once.spend(four, NOW + 67) and not once.spend(two, NOW + 67)


@pytest.mark.anyio
async def test_who_has_no_token_fills_no_memory_with_proofs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dpop, "REMEMBERED", 1)
    bound = token(cnf={"jkt": OWN.thumbprint()})
    async with served(BearerGate(ISSUERS, keys, ROOT, lambda: NOON)) as http:
        for shown_token, status in (("een.ander.token", 401), (bound, 200)):
            headers = {"authorization": f"DPoP {shown_token}", "dpop": proof(ath=half(shown_token))}
            assert (await http.get(ROOT + "/wie", headers=headers)).status_code == status


@pytest.mark.anyio
async def test_a_bound_token_is_of_no_use_without_the_key_and_a_bearer_token_of_none_beside_it() -> None:
    bound, free = token(cnf={"jkt": OWN.thumbprint()}), token()

    fresh = proof(ath=half(bound))
    good = [("authorization", f"DPoP {bound}"), ("dpop", fresh)]
    refused = [
        good,  # again
        [("authorization", f"DPoP {bound}")],
        [("authorization", f"Bearer {bound}")],
        [("authorization", f"Bearer {bound}"), ("dpop", proof(ath=half(bound), jti="k" * 22))],
        [("authorization", f"DPoP {bound}"), ("dpop", proof(key=OTHER, ath=half(bound)))],
        [("authorization", f"DPoP {bound}"), *[("dpop", proof(ath=half(bound), jti=n * 22)) for n in "lm"]],
        [("authorization", f"DPoP {free}"), ("dpop", proof(ath=half(free), jti="n" * 22))],
    ]
    async with served(BearerGate(ISSUERS, keys, ROOT, lambda: NOON)) as http:
        answers = [await http.get(ROOT + "/wie?x=1", headers=headers) for headers in (good, *refused)]
    assert [answer.status_code for answer in answers] == [200] + [401] * len(refused)
