"""Weighing, without a database: each refusal code, what a caller may know of it, and what can never be allowed."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assembly.demo.register import activities
from audit.contract import FenceAt
from consent.contract import Flag, Question
from consent.known import Asker, CaseFact, Facts
from consent.rules import weigh
from consent.standing import Standing
from consent.terms import DAY
from kernel.clock import millis
from tests.consent.house import ANNA, ANSWER, BERT, NAME, PLAN, START, activity
from tests.consent.worlds import changed

AT = millis(START)
CASE = CaseFact(resident=ANNA.id, activity="regeling", open=True, origin="opgave", since=0, until=0, told_at=AT - DAY,
                fence=FenceAt(fence="1" * 32, epoch=0))  # fmt: skip
MIXED = activity(zaak="verplicht", frequentie={"keer": 4, "per": "zaak"})
ONLY_CHOICE = activity(elements={PLAN: "C"})
BY_TASK = activity(elements={NAME: "B"})


def consent(status: str = "gegeven", **more: object) -> Standing:
    said = {"id": "c1", "status": status, "elements": (PLAN,), "case": "", "asked_at": AT - DAY,
            "valid_until": AT + DAY, "fence": FenceAt(fence="2" * 32, epoch=0), "revision": 1}  # fmt: skip
    return Standing(**(said | more))  # type: ignore[arg-type]  # a table of differences, checked by its use


def facts(**more: object) -> Facts:
    standing = {"activity": MIXED, "in_force": True, "published_at": AT - DAY, "admitted": True, "recipient": "loket",
                "by_bsn": True, "case": CASE}  # fmt: skip
    return changed(Facts(Asker(None)), **(standing | more))


def ask(*elements: str, case: str = "Z-1") -> Question:
    return Question(resident=ANNA, activity="regeling", elements=elements, case=case)


def codes(given: Facts, element: str = PLAN, at: int = AT) -> tuple[str, str]:
    """The true code and the one that is told; both "" when it is allowed."""
    weighed = weigh(ask(element), given, at)
    return next(((code, told) for _, code, told in weighed.refused), ("", ""))


ROUTE = MIXED.model_copy(
    update={"elements": tuple(one.model_copy(update={"choice": "route"}) for one in MIXED.elements)}
)  # who chose the way gave no consent to the use: AVG 18(2)
WEIGHTY = BY_TASK.model_copy(update={"despite_objection": BY_TASK.purpose})
UNASSESSED = MIXED.assessment.until + 1
TABLE: list[tuple[str, Facts, str, int, str]] = [
    ("onbekende-activiteit", facts(activity=None, in_force=False), NAME, AT, "same"),
    ("activiteit-niet-actief", facts(in_force=False), NAME, AT, "same"),
    ("ontvanger-niet-bevoegd", facts(admitted=False), NAME, AT, "same"),
    ("ontvanger-niet-bevoegd", facts(recipient="ander"), NAME, AT, "same"),
    ("ontvanger-niet-bevoegd", facts(in_scope=False), NAME, AT, "same"),
    ("ontvanger-niet-bevoegd", facts(by_bsn=False), NAME, AT, "same"),
    ("buiten-doel", facts(), "brp.nationaliteit", AT, "same"),
    ("beoordeling-verlopen", facts(consents=(consent(),)), PLAN, UNASSESSED, "same"),
    ("beoordeling-verlopen", facts(activity=BY_TASK), NAME, UNASSESSED, "same"),
    ("beperking", facts(restricted=True), NAME, AT, "same"),
    ("beperking", facts(restricted=True, consents=(consent(),)), PLAN, AT, "same"),
    ("beperking", facts(held=True, objected=True, activity=BY_TASK), NAME, AT, "same"),
    ("beperking", facts(held=True, activity=ROUTE, consents=(consent(),)), PLAN, AT, "same"),
    ("bezwaar", facts(activity=BY_TASK, objected=True), NAME, AT, "same"),
    ("bezwaar", facts(activity=WEIGHTY, objected=True, upheld=True), NAME, AT, "same"),
    ("beperking", facts(activity=WEIGHTY, objected=True, held=True), NAME, AT, "same"),
    ("zaak-vereist", facts(case=None), NAME, AT, "same"),
    ("zaak-vereist", facts(case=CASE._replace(resident=BERT.id)), NAME, AT, "same"),
    ("zaak-vereist", facts(case=CASE._replace(open=False)), NAME, AT, "same"),
    ("zaak-vereist", facts(case=CASE._replace(until=AT - 1)), NAME, AT, "same"),
    ("zaak-vereist", facts(case=CASE._replace(activity="anders")), NAME, AT, "same"),
    ("zaak-vereist", facts(activity=activity(zaak="verplicht", opgaveGenoeg=False)), NAME, AT, "same"),
    ("vooraf-informeren", facts(activity=activity(zaak="verplicht", vooraf=14)), NAME, AT, "same"),
    ("buiten-periode", facts(case=CASE._replace(since=AT - 57 * DAY)), NAME, AT, "same"),
    ("te-vaak", facts(counted=4), NAME, AT, "same"),
    ("geen-toestemming", facts(), PLAN, AT, "same"),
    ("geen-toestemming", facts(consents=(consent("geweigerd"),)), PLAN, AT, "same"),
    ("geen-toestemming", facts(consents=(consent(case="Z-2"),)), PLAN, AT, "same"),
    ("geen-toestemming", facts(consents=(consent(),), flags=frozenset({"overleden"})), PLAN, AT, "same"),
    ("geheimhouding", facts(consents=(consent(),), flags=frozenset({"veilig-adres"})), PLAN, AT, "same"),
    ("toestemming-ingetrokken", facts(consents=(consent("ingetrokken"),)), PLAN, AT, "same"),
    ("toestemming-verlopen", facts(consents=(consent(valid_until=AT - 1),)), PLAN, AT, "same"),
    ("gepauzeerd", facts(consents=(consent("gepauzeerd"),)), PLAN, AT, "same"),
]
NO_GROUND = facts(activity=ONLY_CHOICE, by_bsn=False, case=None)
SECRET: frozenset[Flag] = frozenset({"geheimhouding"})
SAFE: frozenset[Flag] = frozenset({"veilig-adres"})
MASKED: list[tuple[str, Facts, str]] = [
    ("geheimhouding", changed(NO_GROUND, flags=SECRET, consents=(consent(),)), "geen-toestemming"),
    ("geheimhouding", changed(NO_GROUND, flags=SAFE, consents=(consent(),)), "geen-toestemming"),
    ("geheimhouding", changed(NO_GROUND, flags=SAFE, consents=(consent("ingetrokken"),)), "toestemming-ingetrokken"),
    ("beperking", changed(NO_GROUND, restricted=True), "geen-toestemming"),
    ("geen-toestemming", changed(NO_GROUND, flags=frozenset({"overleden"})), "geen-toestemming"),
    ("geen-toestemming", changed(NO_GROUND, consents=(consent("geweigerd"),)), "geen-toestemming"),
    ("zaak-vereist", changed(NO_GROUND, activity=activity(elements={PLAN: "C"}, zaak="verplicht")), "geen-toestemming"),
    ("toestemming-ingetrokken", changed(NO_GROUND, consents=(consent("ingetrokken"),)), "toestemming-ingetrokken"),
    ("toestemming-verlopen", changed(NO_GROUND, consents=(consent(valid_until=1),)), "toestemming-verlopen"),
    ("gepauzeerd", changed(NO_GROUND, consents=(consent("gepauzeerd"),)), "gepauzeerd"),
    ("beperking", changed(NO_GROUND, restricted=True, consents=(consent("ingetrokken"),)), "toestemming-ingetrokken"),
    ("buiten-doel", changed(NO_GROUND, activity=activity(elements={ANSWER: "C"})), "buiten-doel"),
]


@pytest.mark.parametrize(("code", "known", "element", "at", "told"), TABLE)
def test_each_code_has_its_facts_and_a_recipient_with_a_ground_is_told_it(
    code: str, known: Facts, element: str, at: int, told: str
) -> None:
    assert codes(known, element, at) == (code, code if told == "same" else told)


def test_a_number_is_refused_to_who_may_not_use_one_and_a_name_that_is_nobodys_to_everybody() -> None:
    yes = (consent(),)
    by_choice = facts(activity=activity(elements={PLAN: "C"}), by_bsn=False, case=None, consents=yes)
    stranger = ANNA.model_copy(update={"stand_in": True})

    def told(known: Facts, **more: object) -> list[str]:
        asked = ask(PLAN, case="").model_copy(update=more)
        return [told for _, _, told in weigh(asked, replace(known, nobody=asked.nobody), AT).refused]

    assert told(by_choice) == []
    assert told(by_choice, by_number=True) == ["ontvanger-niet-bevoegd"]
    assert told(by_choice, resident=stranger) == ["geen-toestemming"]
    assert told(changed(by_choice, by_bsn=True), by_number=True, resident=stranger) == []
    assert told(changed(by_choice, activity=None), by_number=True) == ["onbekende-activiteit"]


@pytest.mark.parametrize(("code", "known", "told"), MASKED)
def test_without_a_ground_everything_about_the_resident_reads_the_same(code: str, known: Facts, told: str) -> None:
    assert codes(known) == (code, told)


def test_what_was_chosen_goes_on_in_a_restriction_and_a_weighty_use_while_an_objection_is_weighed() -> None:
    assert codes(facts(held=True, consents=(consent(),)), PLAN) == ("", "")
    assert codes(facts(activity=WEIGHTY, objected=True), NAME) == ("", "")


def test_class_a_goes_on_after_its_assessment_and_despite_an_objection() -> None:
    assert codes(facts(objected=True), NAME, UNASSESSED) == ("", "")


def test_secrecy_does_not_stop_a_recipient_with_a_ground() -> None:
    assert codes(facts(flags=SECRET), NAME) == ("", "")


def test_one_release_mixes_law_and_choice() -> None:
    weighed = weigh(ask(NAME, PLAN, ANSWER), facts(consents=(consent(),)), AT)
    assert [(one.name, bool(by)) for one, by in weighed.allowed] == [(NAME, False), (PLAN, True)]
    assert [name for name, _, _ in weighed.refused] == [ANSWER]
    assert [kind for _, kind in weighed.fences] == ["zaak", "toestemming"]


def test_a_decision_expires_with_the_first_of_its_facts() -> None:
    given = consent(valid_until=AT + 5)
    assert weigh(ask(NAME), facts(consents=(given,)), AT).valid_until == 0
    assert weigh(ask(NAME, PLAN), facts(consents=(given,)), AT).valid_until == AT + 5
    assert weigh(ask(NAME), facts(case=CASE._replace(until=AT + 3)), AT).valid_until == AT + 3


def test_a_withdrawal_is_not_hidden_by_a_new_question() -> None:
    asked = consent("gevraagd", id="c2", asked_at=AT)
    assert codes(facts(consents=(consent("ingetrokken"), asked)))[0] == "toestemming-ingetrokken"


STATES = ("gevraagd", "gegeven", "geweigerd", "vervallen", "gepauzeerd", "ingetrokken", "vernieuwd", "ongeldig")
standings = st.builds(
    consent,
    status=st.sampled_from(STATES),
    elements=st.lists(st.sampled_from((PLAN, ANSWER, NAME)), unique=True).map(tuple),
    case=st.sampled_from(("", "Z-1", "Z-2")),
    valid_until=st.sampled_from((0, AT - 1, AT, AT + 1)),
)
worlds = st.builds(
    facts,
    activity=st.sampled_from((None, MIXED, ONLY_CHOICE, BY_TASK)),
    in_force=st.booleans(),
    admitted=st.booleans(),
    in_scope=st.booleans(),
    by_bsn=st.booleans(),
    case=st.sampled_from((None, CASE)),
    consents=st.lists(standings, max_size=4).map(tuple),
    objected=st.booleans(),
    restricted=st.booleans(),
    flags=st.frozensets(st.sampled_from(("geheimhouding", "veilig-adres", "overleden"))),
    counted=st.integers(0, 5),
)
named = st.lists(st.sampled_from((NAME, PLAN, ANSWER, "brp.nationaliteit")), min_size=1, max_size=4)


@settings(max_examples=400)
@given(worlds, named)
def test_nothing_is_allowed_outside_the_activity_or_without_a_standing_consent(world: Facts, wanted: list[str]) -> None:
    weighed = weigh(ask(*wanted), world, AT)
    answered = [one.name for one, _ in weighed.allowed] + [name for name, _, _ in weighed.refused]
    assert sorted(answered) == sorted(set(wanted)), "each element gets one answer"
    for used, by in weighed.allowed:
        assert world.activity
        assert used in world.activity.elements
        asker = world.asker
        assert asker.in_force and asker.admitted and asker.in_scope and not world.restricted
        if used.class_ == "C":
            (yes,) = by
            assert yes.status in ("gegeven", "vernieuwd")
            assert used.name in yes.elements
            assert not yes.valid_until or yes.valid_until >= AT
            assert weighed.stands_on(by)
        else:
            assert asker.by_bsn
    assert weigh(ask(*wanted), world, AT) == weighed, "pure"


def test_a_case_that_is_too_old_stops_no_emergency() -> None:
    """Who names none is helped, so who names an old one is too."""
    glass = next(one.break_glass for one in activities() if one.break_glass)
    old = facts(activity=MIXED.model_copy(update={"break_glass": glass}), case=CASE._replace(since=AT - 57 * DAY))
    assert codes(changed(old, emergency=True), NAME) == codes(changed(old, emergency=True, case=None), NAME) == ("", "")
    assert codes(changed(old, activity=MIXED), NAME)[0] == "buiten-periode"
