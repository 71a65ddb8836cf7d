"""A request with several faults is answered with all of them at once, and never with what it said."""

import json
from typing import Any

import pytest

from connectors.reading import read_key, read_request
from kernel.caller import Caller
from kernel.errors import BadInput

GOOD: dict[str, Any] = {
    "inwoner": {"bsn": "999993653"},
    "verwerkingsactiviteit": "minimaregeling-witgoed",
    "gegevenselementen": ["brp.naam"],
    "gebruiker": "mw-4821",
}


def caller(kind: str) -> Caller:
    return Caller.model_validate({"tenant": "gm9901", "kind": kind})


def faults(body: object, kind: str = "mens") -> dict[str, str]:
    with pytest.raises(BadInput) as wrong:
        read_request(caller(kind), json.dumps(body).encode())
    said = json.dumps(wrong.value.members, default=str) + repr(wrong.value)
    assert "99999365" not in said
    return {one["veld"]: one["code"] for one in wrong.value.members["fouten"]}


def test_a_good_request_is_read() -> None:
    request = read_request(caller("mens"), json.dumps(GOOD).encode())
    assert request.person.number.reveal() == "999993653"
    assert "999993653" not in repr(request) + str(request) + request.model_dump_json()


def test_all_faults_at_once() -> None:
    body = {"inwoner": {"bsn": "999993654"}, "gegevenselementen": ["Geen Element"], "zaak": "", "kleur": 1}
    assert set(faults(body)) >= {
        "/inwoner/bsn",
        "/verwerkingsactiviteit",
        "/gegevenselementen/0",
        "/zaak",
        "",
        "/gebruiker",
    }


@pytest.mark.parametrize(
    "person", [{"pseudoniem": "x"}, {"toestemming": "x"}, {"bsn": "999993653", "naam": "x"}, {}, []]
)
def test_only_a_number_says_who(person: object) -> None:
    assert faults({**GOOD, "inwoner": person})


@pytest.mark.parametrize(
    ("call", "wrong"),
    [
        ({"reden": "brand"}, {"/noodtoegang/toelichting": "ontbreekt"}),
        ({"reden": "brand", "toelichting": "\t\n"}, {"/noodtoegang/toelichting": "ongeldige-waarde"}),
        ({"reden": "brand", "toelichting": "x" * 301}, {"/noodtoegang/toelichting": "te-lang"}),
        ({"reden": "brand", "toelichting": "Over 999993653"}, {"/noodtoegang/toelichting": "lijkt-op-bsn"}),
        ({"reden": "Brand!", "toelichting": "x"}, {"/noodtoegang/reden": "ongeldige-waarde"}),
        ("brand", {"/noodtoegang": "verkeerd-soort"}),
    ],
)
def test_an_emergency_says_why_in_a_code_and_in_words(call: object, wrong: dict[str, str]) -> None:
    assert faults({**GOOD, "noodtoegang": call}) == wrong


@pytest.mark.parametrize(
    ("kind", "user", "good"),
    [
        ("mens", "mw-1", True),
        ("mens", None, False),
        ("mens", "BurgerZelf", False),
        ("burger", "BurgerZelf", True),
        ("burger", "mw-1", False),
        ("burger", None, False),
        ("automatisch", None, True),
        ("automatisch", "mw-1", True),
    ],
)
def test_who_used_the_application(kind: str, user: str | None, good: bool) -> None:
    body = {name: said for name, said in {**GOOD, "gebruiker": user}.items() if said is not None}
    if good:
        assert read_request(caller(kind), json.dumps(body).encode()).user == user
    else:
        assert "/gebruiker" in faults(body, kind)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b'"999993653"', b"[" * 5000])
def test_no_json_object_is_one_fault(raw: bytes) -> None:
    with pytest.raises(BadInput) as wrong:
        read_request(caller("mens"), raw)
    assert [one["code"] for one in wrong.value.members["fouten"]] == ["geen-json"]


def test_an_element_twice_is_a_fault() -> None:
    assert faults({**GOOD, "gegevenselementen": ["brp.naam", "brp.naam"]}) == {"/gegevenselementen": "dubbel"}


IN_CODE = {"person": {"bsn": "999993653"}, "activity": "a", "elements": ["brp.naam"], "case": "Z-1", "user": "mw-1"}


@pytest.mark.parametrize("name", IN_CODE)
@pytest.mark.parametrize("number", [True, False])
def test_a_name_that_is_only_ours_is_no_name_on_the_wire(name: str, number: bool) -> None:
    """Members were read by both names, and looked at by one: a number as `case` stood in the log for ever."""
    value = ["a.999993653"] if name == "elements" else "999993653"
    said = faults({**GOOD, name: value if number else IN_CODE[name]})
    assert said[""] == "onbekend-veld"


def test_a_request_in_our_own_names_is_refused_whole() -> None:
    assert {"/inwoner", "/verwerkingsactiviteit", "/gegevenselementen"} <= set(faults(IN_CODE, "automatisch"))


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("kept", ["\\u0039" * 9, "999993653"])
def test_a_number_said_twice_or_spelled_otherwise_is_not_let_through(first: bool, kept: str) -> None:
    """Of a name that is said twice both readers take the last: what is checked is what is used."""
    twice = (f'"zaak": "{kept}"', '"zaak": "Z-1"')
    members = ", ".join(twice if first else reversed(twice))
    raw = (json.dumps(GOOD)[:-1] + ", " + members + "}").encode()
    if first:
        assert read_request(caller("mens"), raw).case == "Z-1"
    else:
        with pytest.raises(BadInput) as wrong:
            read_request(caller("mens"), raw)
        assert [one["veld"] for one in wrong.value.members["fouten"]] == ["/zaak"]


def test_a_key_is_a_uuid_or_nothing() -> None:
    assert read_key(None) == ""
    assert read_key("018f2f6e-7c1a-7000-8000-000000000001".upper()) == "018f2f6e-7c1a-7000-8000-000000000001"
    for wrong in ("", "1", "{018f2f6e-7c1a-7000-8000-000000000001}", "018f2f6e7c1a70008000000000000001"):
        with pytest.raises(BadInput):
            read_key(wrong)
