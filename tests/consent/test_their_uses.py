"""What of a line is told to who acts for its resident, and what may be asked for them: pure, every relation."""

from datetime import UTC, datetime
from typing import get_args

import pytest

from audit.contract import Event, Line, Position
from audit.contract import Gone as WasDestroyed
from consent.activity import ActivityVersion, Secrecy
from consent.mandates.rules import (
    HOUR,
    MINUTE,
    Appointment,
    Authority,
    Further,
    Reason,
    Relation,
    reads,
    sees,
    stands,
)
from consent.mandates.uses import NO_ID, TOLD, Versions, used
from kernel.clock import millis
from tests.consent.house import ANSWER, NAME, PLAN, activity

NOW = millis(datetime(2026, 9, 1, 9, tzinfo=UTC))
LATER = NOW + 1_000_000
MIXED = activity()  # a name by law, the rest by choice
SPECIAL = MIXED.model_copy(update={"elements": (*MIXED.elements[:2], MIXED.elements[2].model_copy(
    update={"special": "9(2)(a)"}))})  # fmt: skip
FOR_CHILDREN = MIXED.model_copy(update={"child_help": True})
HIDDEN = MIXED.model_copy(update={"secrecy": Secrecy.model_validate({
    "klasse": "heimelijk", "totEnMet": LATER, "wet": "Wet X 1"})})  # fmt: skip
MONEY = MIXED.model_copy(update={"matters": ("geld",)})
CARE = MIXED.model_copy(update={"matters": ("zorg",)})
ESTATE = MIXED.model_copy(update={"matters": ("geld", "nalatenschap")})
CLASSES = ((NAME, "A"), (PLAN, "C"), (ANSWER, "C"))
CHOSEN = Authority("machtiging", LATER, activities=("regeling",))
PARENT = Authority("ouder", LATER, NOW)


def court(relation: Appointment, *matters: str) -> Authority:
    return Authority(relation, LATER, matters=frozenset(matters), decides=relation != "executeur")  # type: ignore[arg-type]  # Matters


def line(**more: object) -> Line:
    said = {
        "id": "1" * 32, "kind": "verstrekking", "subject": "s" * 32, "activity": "regeling", "version": "1",
        "purpose": "tekst", "class_": "A", "classes": CLASSES, "elements": [NAME, PLAN, ANSWER], "recipient": "loket",
        "recipient_name": "Het loket", "case": "Z-77", "actor": "mw-1", "key": "k1", "application": "app",
        "decision": "d" * 64, "sealed": "besluit", "seal": "aa", "used": ["kluis.geheim"], "on_behalf": "curator",
        "basis": "6(1)(c)", "law": "Wet Y", "keep_until": 2040,
        "details": {"adres": "Dorpsstraat 1", "namens": "iemand", "verwerker": "p", "toestemming": "t-1"},
    }  # fmt: skip
    gone = more.pop("gone", None)
    place = Position(term="2026h2", index=7)
    event = Event.model_validate(said | more)
    return Line(position=place, at=NOW, n=12, event=event, outcome="geleverd", gone=gone)  # type: ignore[arg-type]  # Gone


def versions(*of: ActivityVersion) -> Versions:
    return {one.slug: {"": of[-1], "1": of[0]} for one in of}


def test_a_line_tells_who_which_data_what_for_and_when_and_nothing_else() -> None:
    found = used(CHOSEN, line(), versions(MIXED))
    assert found is not None
    told = {name for name, value in found.event.model_dump().items() if value not in ("", (), 0, {}, None)}
    assert told == {"id", "kind", "subject", "activity", "version", "purpose", "class_", "classes", "basis", "law",
                    "recipient", "recipient_name", "elements", "details"}  # fmt: skip
    assert (found.event.id, found.event.subject, found.n) == (NO_ID, "systeem", 0)
    assert found.event.details == {"verwerker": "p"} and set(found.event.details) <= set(TOLD)
    assert (found.position.index, found.at, found.outcome) == (7, NOW, "geleverd")


def test_a_parent_reads_what_rests_on_choice_and_no_word_of_the_rest() -> None:
    found = used(PARENT, line(), versions(MIXED))
    assert found is not None
    assert (found.event.elements, found.event.class_) == ((PLAN, ANSWER), "C")
    assert NAME not in found.model_dump_json() and "Wet Y" not in found.model_dump_json()
    assert used(PARENT, line(elements=[NAME]), versions(MIXED)) is None
    assert used(PARENT, line(classes=[], class_="B"), versions(MIXED)) is None


def test_what_was_refused_is_not_told_and_of_a_part_only_what_was_given() -> None:
    secret = [(NAME, "geheimhouding")]
    assert used(CHOSEN, line(kind="weigering", elements=[], refused=secret), versions(MIXED)) is None
    found = used(CHOSEN, line(refused=secret), versions(MIXED))
    assert found is not None and found.event.elements == (PLAN, ANSWER) and not found.event.refused
    assert used(CHOSEN, line(refused=[(one, "bezwaar") for one in (NAME, PLAN, ANSWER)]), versions(MIXED)) is None


@pytest.mark.parametrize("kind", ["namens-gekeken", "machtiging-gegeven", "bezwaar", "verzoek", "zoeking", "opgeheven",
                                  "vlag", "toetsing", "kluis-geopend", "vertrouwelijk", "balie-gesprek",
                                  "noodverstrekking"])  # fmt: skip
def test_what_is_no_use_or_one_in_an_emergency_is_not_told(kind: str) -> None:
    assert used(CHOSEN, line(kind=kind), versions(MIXED)) is None


def test_what_its_resident_saw_later_or_no_more_is_not_told() -> None:
    for more in ({"withheld_until": NOW - 1}, {"covert": "ja"}, {"gone": WasDestroyed(at=NOW, by_term=True)}):
        assert used(CHOSEN, line(**more), versions(MIXED)) is None


@pytest.mark.parametrize("activity_", [SPECIAL, FOR_CHILDREN, HIDDEN])
@pytest.mark.parametrize("first", [True, False])
def test_what_is_or_was_sensitive_is_told_to_nobody_even_where_it_was_listed(
    activity_: ActivityVersion, first: bool
) -> None:
    both = (activity_, MIXED) if first else (MIXED, activity_)
    matters = {"matters": ("zorg",)}
    court_sees = tuple(one.model_copy(update=matters) for one in both)
    for authority in (CHOSEN, PARENT):
        assert used(authority, line(), versions(*both)) is None
    assert used(court("mentor", "zorg"), line(), versions(*court_sees)) is None
    assert sees(CHOSEN, activity_), "the choice itself is: the resident listed it"


def test_a_line_of_an_activity_that_nobody_knows_is_not_told() -> None:
    assert used(CHOSEN, line(activity="sport"), versions(MIXED)) is None
    assert used(CHOSEN, line(version="9"), versions(MIXED)) is None
    assert used(CHOSEN, line(activity=""), {}) is None


@pytest.mark.parametrize(
    ("authority", "seen"),
    [
        (court("bewindvoerder", "geld"), {"geld"}),
        (court("mentor", "zorg"), {"zorg"}),
        (court("curator", "geld", "zorg"), {"geld", "zorg"}),
        (court("curator", "zorg"), {"zorg"}),
        (court("executeur", "nalatenschap"), {"erfenis"}),
    ],
)
def test_who_was_appointed_reads_their_matters_in_every_class(authority: Authority, seen: set[str]) -> None:
    for name, one in (("geld", MONEY), ("zorg", CARE), ("erfenis", ESTATE), ("niets", MIXED)):
        found = used(authority, line(), versions(one))
        covered = name in seen or (name == "erfenis" and authority.matters >= {"geld"})
        assert (found is not None) == covered, name
        assert not found or found.event.elements == (NAME, PLAN, ANSWER)
        assert reads(authority, one) == covered


def test_a_use_elsewhere_is_told_without_the_words_of_its_system() -> None:
    more = {"systeem": "Zaaksysteem", "gebruikt": "1-2", "soortenGegevens": "verslaving"}
    found = used(CHOSEN, line(kind="gemeld", details=more), versions(MIXED))
    assert found is not None and found.event.details == {"systeem": "Zaaksysteem", "gebruikt": "1-2"}


@pytest.mark.parametrize("deed", get_args(Further))
def test_who_only_looks_asks_nothing_and_nobody_asks_for_the_dead(deed: Further) -> None:
    reason: Reason = "" if deed == "inzien" else "alleen-zien"
    only = Authority("machtiging", LATER, activities=("regeling",), decides=False)
    assert stands(only, deed, NOW) == stands(court("executeur", "nalatenschap"), deed, NOW) == reason
    for authority in (CHOSEN, PARENT, court("curator", "geld")):
        assert stands(authority, deed, NOW) == "" and stands(authority, deed, LATER) == "voorbij"


@pytest.mark.parametrize("relation", ["ouder", "voogd"])
def test_a_look_and_a_request_ask_the_brp_now_and_a_stop_within_the_hour(relation: Relation) -> None:
    for deed, longest in (("inzien", MINUTE), ("vragen", MINUTE), ("stilzetten", HOUR)):
        for late, reason in ((0, ""), (1, "nakijken")):
            one = Authority(relation, LATER, NOW - longest - late)
            assert stands(one, deed, NOW) == reason  # type: ignore[arg-type]  # one of Further
