"""Events: from this house, now and once; all others change nothing."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from nacl.signing import SigningKey

from consent.events.kinds import cloud_event
from consent.events.signing import public_text, signed
from regie_client import NotConfigured, NotGenuine, Repeated, SeenHere, Webhooks

KEY, OTHER = SigningKey(b"w" * 32), SigningKey(b"o" * 32)
PUBLIC = public_text(bytes(KEY.verify_key))
NOW = 1_795_312_916
ROW = {"id": "e1", "type": "toestemming.ingetrokken", "subject": "c1", "at": NOW * 1_000, "sequence": 7}
EVENT = cloud_event(ROW, "", "https://regie.example")
Headers = dict[str, str]


class Signer:
    """As the house signs, with a key of this test."""

    def __init__(self, key: SigningKey) -> None:
        self.key = key

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message).signature


def sent(event: Any = EVENT, key: SigningKey = KEY, at: int = NOW, name: str = "e1") -> tuple[Headers, bytes]:
    """Headers and body as they go over the line."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    return signed(Signer(key), name, at, body), body  # type: ignore[arg-type]  # signs, and that is all that is asked


def hooks(*keys: str, **more: Any) -> Webhooks:
    return Webhooks(keys or (PUBLIC,), clock=lambda: float(NOW), **more)


def test_an_event_of_the_house_is_received() -> None:
    with hooks().receiving(*sent()) as event:
        assert (event.type, event.subject, event.sequence) == ("toestemming.ingetrokken", "c1", "7")


def test_names_of_headers_have_no_case_and_other_signatures_stand_beside() -> None:
    headers, body = sent()
    old, _ = sent(key=OTHER)
    many = " ".join(("v1,x", old["webhook-signature"], headers["webhook-signature"]))
    shouted = {name.upper(): value for name, value in headers.items()} | {"WEBHOOK-SIGNATURE": many}
    with hooks(public_text(bytes(SigningKey(b"n" * 32).verify_key)), PUBLIC).receiving(shouted, body) as event:
        assert event.id == "e1"


def without(name: str) -> Callable[[Headers, bytes], tuple[Headers, bytes]]:
    return lambda headers, body: ({one: said for one, said in headers.items() if one != name}, body)


def with_(name: str, said: str) -> Callable[[Headers, bytes], tuple[Headers, bytes]]:
    return lambda headers, body: (headers | {name: said}, body)


FORGED: dict[str, tuple[Headers, bytes]] = {
    "no signature": without("webhook-signature")(*sent()),
    "no time": without("webhook-timestamp")(*sent()),
    "no id": without("webhook-id")(*sent()),
    "another key": sent(key=OTHER),
    "another time": with_("webhook-timestamp", str(NOW + 1))(*sent()),
    "another id": with_("webhook-id", "e2")(*sent()),
    "another body": (sent()[0], sent(EVENT | {"subject": "c2"})[1]),
    "a signature of another kind": with_("webhook-signature", "v1," + sent()[0]["webhook-signature"][4:])(*sent()),
    "no base64": with_("webhook-signature", "v1a,é")(*sent()),
    "cut": with_("webhook-signature", sent()[0]["webhook-signature"][:-8])(*sent()),
    "zeros": with_("webhook-signature", "v1a," + base64.b64encode(bytes(64)).decode())(*sent()),
    "old": sent(at=NOW - 301),
    "of later": sent(at=NOW + 301),
    "an id beside another": sent(name="e2"),
    "no event": sent([1]),
    "not ours": sent(EVENT | {"type": "com.example.iets"}),
    "large": sent(EVENT | {"x": "x" * (17 << 10)}),
}


@pytest.mark.parametrize("name", FORGED)
def test_what_is_not_of_the_house_or_not_of_now_is_refused(name: str) -> None:
    with pytest.raises(NotGenuine), hooks().receiving(*FORGED[name]):
        raise AssertionError


def test_an_event_is_handled_once_whoever_sends_it_again() -> None:
    webhooks = hooks()
    with webhooks.receiving(*sent()):
        pass
    for again in (sent(), sent(at=NOW + 60)):  # recorded by somebody; sent again by the house
        with pytest.raises(Repeated), webhooks.receiving(*again):
            raise AssertionError
    with webhooks.receiving(*sent(EVENT | {"id": "e2"}, name="e2")) as another:
        assert another.id == "e2"


def test_an_event_whose_handling_failed_may_come_again() -> None:
    webhooks = hooks()
    with pytest.raises(LookupError), webhooks.receiving(*sent()):
        raise LookupError
    with webhooks.receiving(*sent(at=NOW + 2)) as event:
        assert event.id == "e1"


def test_memory_is_bounded_and_forgets_the_oldest() -> None:
    seen = SeenHere()
    for number in range(100_002):
        seen.add(str(number))
    assert not seen.has("0") and not seen.has("1") and seen.has("2") and seen.has("100001")


@pytest.mark.parametrize("keys", [(), ("",), (PUBLIC[5:],), ("whpk_x",), ("whpk_AAAA",), (PUBLIC, "whsec_x")])
def test_keys_that_are_none_stop_the_start(keys: tuple[str, ...]) -> None:
    with pytest.raises(NotConfigured):
        Webhooks(keys)
