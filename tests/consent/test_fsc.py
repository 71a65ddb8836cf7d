"""Which tokens of FSC hold, for whom, and how a refusal looks; without a house."""

import base64
import json
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import APIRouter, Depends
from joserfc.jwk import ECKey, RSAKey

from consent.activity import Application, Recipient, Words
from consent.fsc.component import faults as wrong_with
from consent.fsc.rules import Claims, Refused, fault_of, held, keys_of, named
from consent.fsc.service import fits
from consent.fsc.settings import Group
from consent.parties.fetching import KeySets
from consent.parties.rules import faults
from kernel.caller import Caller
from kernel.fsc import EXPIRED, INVALID, WRONG_GROUP, Ask, Found, Presented
from kernel.http.bearer import BearerGate, Beside
from kernel.http.certificate import ClientCertificates
from kernel.http.openapi import Contact, Root, described
from kernel.http.trace import current_trace
from tests.consent.applications import NOW, TENANTS, serving
from tests.consent.house import JWKS
from tests.consent.managers import GRANT, HELPER, SIGNED_BY, STRANGER, THEM, certificate, group, jwks, token
from tests.kernel.test_bearer import encoded

HEADER, SHOWN = certificate()
GROUP = Group.model_validate(group())
OTHER, RSA = ECKey.generate_key("P-256"), RSAKey.generate_key(2048)
TRANSACTION = "019aaf0e-7b1c-7d3e-8f00-0123456789ab"


def tampered() -> str:
    header, claims, signature = token(NOW).split(".")
    said = json.loads(base64.urlsafe_b64decode(claims + "==")) | {"sub": STRANGER}
    return ".".join([header, base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode(), signature])


FORGED: dict[str, str] = {
    "no token": "a.b.c",
    "not even parts": "abc",
    "tampered": tampered(),
    "signed by another": token(NOW, key=OTHER),
    "a key of its own": token(NOW, {"jwk": OTHER.as_dict(private=False)}, OTHER),
    "a key elsewhere": token(NOW, {"jku": "https://forger.example"}, OTHER),
    "another certificate of the Manager": token(NOW, {"x5t#S256": "x" * 43}),
    "none named": token(NOW, {"x5t#S256": None, "kid": SIGNED_BY}),
    "an algorithm of another key": token(NOW, key=RSA, alg="RS256"),
    "bound to another certificate": token(NOW, cnf={"x5t#S256": certificate("other")[1]}),
    "bound to none": token(NOW, cnf=None),
    "bound to nothing": token(NOW, cnf={"x5t#S256": ""}),
    "of another peer": token(NOW, iss=THEM),
    "for another Inway": token(NOW, aud="https://inway.elders.example:443"),
    "published for another": token(NOW, pdi=THEM),
    "not yet": token(NOW, nbf=NOW + 60),
    "for a day": token(NOW, exp=NOW + 86_400),
    "for ever": token(NOW, exp=None),
    "ends before it begins": token(NOW, exp=NOW - 1, nbf=NOW),
    "no grant": token(NOW, gth=None),
    "a grant that is none": token(NOW, gth="x"),
    "sub is no OIN": token(NOW, sub="1"),
    "acts for nobody": token(NOW, act={}),
}


@pytest.mark.parametrize("why", FORGED)
def test_a_forged_token_is_refused_and_no_more_is_said(why: str) -> None:
    with pytest.raises(Refused) as refused:
        held(FORGED[why], keys_of(jwks()), GROUP, SHOWN, NOW)
    assert refused.value.code == INVALID


def test_what_a_true_token_lacks_has_its_own_code() -> None:
    keys = keys_of(jwks())
    assert held(token(NOW), keys, GROUP, SHOWN, NOW).gth == GRANT
    for wrong, code in ((token(NOW, nbf=NOW - 300, exp=NOW), EXPIRED), (token(NOW, gid="fsc.elders"), WRONG_GROUP)):
        with pytest.raises(Refused) as refused:
            held(wrong, keys, GROUP, SHOWN, NOW)
        assert refused.value.code == code
        with pytest.raises(Refused) as refused:  # who does not hold the certificate does not hear which
            held(wrong, keys, GROUP, "", NOW)
        assert refused.value.code == INVALID
    with pytest.raises(Refused):
        held(token(NOW), keys, GROUP, "", NOW)


@pytest.mark.parametrize("alg", ["RS256", "RS384", "RS512", "ES384", "ES512"])
def test_the_algorithms_of_the_standard_are_known(alg: str) -> None:
    key = RSA if alg in ("RS256", "RS384", "RS512") else ECKey.generate_key({"ES384": "P-384", "ES512": "P-521"}[alg])
    assert held(token(NOW, key=key, alg=alg), keys_of(jwks(key)), GROUP, SHOWN, NOW).sub == THEM
    by_kid = json.dumps({"keys": [{**key.as_dict(private=False), "kid": SIGNED_BY}]})
    assert named(token(NOW, key=key, alg=alg)) == SIGNED_BY
    assert held(token(NOW, key=key, alg=alg), keys_of(by_kid), GROUP, SHOWN, NOW).sub == THEM


def test_a_header_that_is_no_object_names_no_key() -> None:
    """Asked before anything of it is believed."""
    assert named(".".join([encoded(b'["alg"]'), *token(NOW).split(".")[1:]])) == ""


def test_an_offer_for_another_municipality_names_it() -> None:
    theirs = Group.model_validate(group(publishes_for=HELPER))
    assert held(token(NOW, pdi=HELPER), keys_of(jwks()), theirs, SHOWN, NOW).pdi == HELPER
    with pytest.raises(Refused):
        held(token(NOW), keys_of(jwks()), theirs, SHOWN, NOW)


@pytest.mark.parametrize(
    "wrong",
    ["", "[]", "{}", '{"keys":[]}', '{"keys":[1]}', jwks(OTHER, d="x"), jwks(OTHER, use="enc"), jwks(OTHER, alg="none"),
     jwks(ECKey.generate_key("secp256k1")), json.dumps({"keys": [OTHER.as_dict(private=False)]}),
     json.dumps({"keys": [json.loads(jwks())["keys"][0]] * 2})],
)  # fmt: skip
def test_keys_that_are_none_of_a_manager_are_not_taken(wrong: str) -> None:
    assert fault_of(wrong)


def test_a_way_that_is_set_up_wrong_does_not_open() -> None:
    for name, given in (("gm0000", group()), ("gm9901", group(jwks="{}")),
                        ("gm9901", group(jwks="", jwks_url="https://manager.example/keys"))):  # fmt: skip
        assert len([*wrong_with({name: Group.model_validate(given)}, TENANTS, KeySets({}))]) == 1
    assert not [*wrong_with({"gm9901": GROUP}, TENANTS, KeySets({}))]
    for wrong in ({"jwks_url": "https://x.example"}, {"jwks": ""}, {"services": {"a": "intern"}}, {"peer": "1"},
                  {"jwks": "", "jwks_url": "http://manager.example/keys"}):  # fmt: skip
        with pytest.raises(ValueError, match="validation error"):
            Group.model_validate(group(**wrong))


def claims(**changes: Any) -> Claims:
    return held(token(NOW, **changes), keys_of(jwks()), GROUP, SHOWN, NOW)


def test_whoever_acts_for_the_recipient_is_who_is_registered_to() -> None:
    party = Recipient(slug="loket", oin=THEM, name=Words(nl="Het loket", en="The desk"))
    alone = Application(client_id="app", name="app", kind="automatisch", grants=(GRANT,))
    helped = alone.model_copy(update={"processor": "hulp"})
    rows = [{"slug": "loket", "oin": THEM}, {"slug": "hulp", "oin": HELPER}]
    apart, pairs = claims(), (claims(sub=HELPER, act={"sub": THEM}), claims(sub=THEM, act={"sub": HELPER}))
    assert fits(apart, (alone, party), rows) and fits(apart, (helped, party), rows)
    assert all(fits(pair, (helped, party), rows) and not fits(pair, (alone, party), rows) for pair in pairs)
    for other in (claims(sub=HELPER), claims(sub=STRANGER), claims(sub=THEM, act={"sub": STRANGER})):
        assert not fits(other, (helped, party), rows) and not fits(other, (alone, party), rows)


def test_an_application_of_fsc_alone_needs_no_keys() -> None:
    app = Application(client_id="app", name="app", kind="automatisch", grants=(GRANT,))
    assert not list(faults(app)) and not list(faults(app.model_copy(update={"jwks": JWKS})))
    assert list(faults(app.model_copy(update={"grants": ()})))
    assert list(faults(app.model_copy(update={"grants": (f"$1$4$abcdefghijklmnopqrst+{'123456789'}/",)})))


def gate(whose: Ask | None, network: str = "127.0.0.1/32") -> APIRouter:
    issuers = {one.public_url: one.id for one in TENANTS.values()}

    async def no_key(tenant: str, kid: str) -> None:
        return None

    door = BearerGate(issuers, no_key, "/verstrekking/v1",
                      beside=Beside(None, ClientCertificates((ip_network(network),)), whose))  # fmt: skip
    router = APIRouter()

    @router.get(PLACE)
    async def who(caller: Annotated[Caller, Depends(door)]) -> dict[str, str]:
        return {"wie": caller.application, "trace": current_trace().trace_id}

    return router


def shown(answer: httpx2.Response) -> tuple[int, str | None, str | None]:
    return answer.status_code, answer.headers.get("fsc-error-code"), answer.headers.get("www-authenticate")


THROUGH = {"fsc-authorization": "Bearer a.b.c", "client-cert": HEADER, "fsc-transaction-id": TRANSACTION}
PLACE = "/verstrekking/v1/wie"


@dataclass
class Asked:
    """What the register was asked; it knows one token, of one certificate."""

    asked: list[Presented] = field(default_factory=list)

    async def __call__(self, presented: Presented) -> Found:
        self.asked.append(presented)
        good = presented.token == "a.b.c" and presented.certificate == SHOWN
        return Found(caller=Caller(tenant=presented.tenant, application="app", kind="automatisch")) if good else Found()


@pytest.mark.anyio
async def test_the_transaction_is_the_trace_from_here_on() -> None:
    whose = Asked()
    async with serving(gate(whose)) as http:
        answer = await http.get(PLACE, headers={**THROUGH, "traceparent": f"00-{'1' * 32}-{'2' * 16}-01"})
        assert answer.json() == {"wie": "app", "trace": TRANSACTION.replace("-", "")}
        bare = await http.get(PLACE, headers={**THROUGH, "fsc-authorization": "a.b.c"})
        assert bare.status_code == 200, "also without a scheme"
        # beside a token of our own that one counts, whatever an Inway adds: there, it does not hold
        own = await http.get(PLACE, headers={**THROUGH, "authorization": "Bearer a.b.c"})
        assert own.status_code == 401 and "fsc-error-code" not in own.headers
    assert len(whose.asked) == 2 and "a.b.c" not in repr(whose.asked)
    assert (whose.asked[0].tenant, whose.asked[0].root) == ("gm9901", "/verstrekking/v1")


@pytest.mark.anyio
async def test_the_door_refuses_in_the_words_of_fsc() -> None:
    async with serving(gate(Asked())) as http:
        for changes, expected in (
            ({"fsc-authorization": ""}, (401, "ERROR_CODE_ACCESS_TOKEN_MISSING", "Bearer")),
            ({"fsc-authorization": "x.y.z"}, (401, INVALID, "Bearer")),
            ({"fsc-authorization": "a" * 9_000}, (401, INVALID, "Bearer")),
            ({"client-cert": ""}, (401, INVALID, "Bearer")),
            ({"client-cert": certificate("other")[0]}, (401, INVALID, "Bearer")),
            ({"fsc-transaction-id": "019aaf0e-7b1c-4d3e-8f00-0123456789ab"}, (400, "INVALID_LOG_RECORD_ID", None)),
            ({"fsc-transaction-id": "<b>"}, (400, "INVALID_LOG_RECORD_ID", None)),
        ):
            refused = await http.get(PLACE, headers=THROUGH | changes)
            assert shown(refused) == expected, changes
            again = "fsc-transaction-id" not in changes
            assert refused.headers.get("fsc-transaction-id") == (TRANSACTION if again else None)
        without = {name: value for name, value in THROUGH.items() if name != "fsc-transaction-id"}
        assert shown(await http.get(PLACE, headers=without)) == (400, "MISSING_LOG_RECORD_ID", None)
        twice = [*THROUGH.items(), ("fsc-authorization", "Bearer a.b.c")]
        assert shown(await http.get(PLACE, headers=twice)) == (401, INVALID, "Bearer")


@pytest.mark.anyio
async def test_what_no_gateway_vouches_for_is_not_even_asked_about() -> None:
    whose = Asked()
    for closed in (gate(whose, "10.0.0.0/8"), gate(None)):
        async with serving(closed) as http:
            assert shown(await http.get(PLACE, headers=THROUGH)) == (401, INVALID, "Bearer")
    assert not whose.asked


def test_the_description_says_both_ways_in() -> None:
    document = described(Root("/verstrekking", "Proef", "https://x.example", Contact("a", "b", "c")), gate(None))
    assert document["paths"][PLACE]["get"]["security"] == [{"toegangstoken": []}, {"fsc": []}]
    assert document["components"]["securitySchemes"]["fsc"]["name"] == "Fsc-Authorization"
