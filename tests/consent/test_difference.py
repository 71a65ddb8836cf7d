"""What changed between two versions, and whether a yes to the one is a yes to the other."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from consent.activity import ActivityVersion, Frequency, Party, UsedElement
from consent.difference import (
    BINDING,
    ELEMENT,
    FIELDS,
    LISTED,
    NUMBERED,
    PARTY,
    consents_since,
    difference,
    following,
    needs_new_consent,
    often,
)
from consent.published import TEXT_MAX, Published, whole
from tests.consent.house import ANSWER, NAME, PLAN, activity

OTHER = {"nl": "anders", "en": "other"}
SWAP = {"ruimer": "smaller", "smaller": "ruimer"}
versions = st.builds(
    lambda elements, **more: activity(elements=dict.fromkeys(elements, "C"), **more),
    elements=st.sets(st.sampled_from([NAME, PLAN, ANSWER]), min_size=1),
    maximalePeriode=st.integers(0, 3),
    bewaarDagen=st.integers(0, 3),
    geschiedenis=st.integers(0, 3),
    vooraf=st.integers(0, 3),
    nietOpnieuwVragen=st.integers(0, 3),
    regelsBewaren=st.integers(1, 3),
    zaak=st.sampled_from(["verplicht", "geen"]),
    opgaveGenoeg=st.booleans(),
    dpvDoelen=st.sampled_from([(), ("a",), ("a", "b")]),
)
frequencies = st.builds(
    lambda times, per: Frequency.model_validate({"keer": times, "per": per}),
    st.integers(1, 500),
    st.sampled_from(["dag", "maand", "jaar"]),
)
DAYS = {"dag": 1, "maand": 31, "jaar": 366}


def effects(old: ActivityVersion, new: ActivityVersion) -> dict[str, str]:
    return {one.field: one.effect for one in difference(old, new)}


def changed(**more: Any) -> dict[str, str]:
    return effects(activity(), activity(**more))


def test_every_field_of_a_version_is_compared_once() -> None:
    assert {*FIELDS, *LISTED, *NUMBERED} == set(ActivityVersion.model_fields)
    assert len(FIELDS) + len(LISTED) + len(NUMBERED) == len(ActivityVersion.model_fields)
    assert {*ELEMENT, "name"} == set(UsedElement.model_fields)
    assert {*PARTY, "recipient"} == set(Party.model_fields)


@given(versions)
def test_nothing_changed_is_no_difference(version: ActivityVersion) -> None:
    assert difference(version, version.model_copy(update={"number": 7, "consents_since": 3})) == ()


@given(versions, versions)
def test_what_is_wider_one_way_is_narrower_the_other_way(one: ActivityVersion, two: ActivityVersion) -> None:
    there, back = effects(one, two), effects(two, one)
    assert there.keys() == back.keys()
    assert all(back[field] in (effect, SWAP[effect]) for field, effect in there.items() if effect in SWAP)
    # two narrowings would be a way to widen unseen: to and fro, of whatever is compared, at least one is wider
    assert all("ruimer" in (effect, back[field]) for field, effect in there.items() if effect in SWAP)


@given(versions, versions, versions)
def test_narrower_and_narrower_still_is_narrower(
    one: ActivityVersion, two: ActivityVersion, last: ActivityVersion
) -> None:
    if not needs_new_consent(one, two) and not needs_new_consent(two, last):
        assert not needs_new_consent(one, last)


@given(frequencies, frequencies)
def test_a_narrower_frequency_never_gives_more_in_any_longer_term(old: Frequency, new: Frequency) -> None:
    if old != new and often(old, new) == "smaller" and new.per != old.per:
        assert DAYS[new.per] < DAYS[old.per], "a year's worth may fall on one day"
        fits = {("dag", "maand"): 31, ("dag", "jaar"): 366, ("maand", "jaar"): 12}[new.per, old.per]
        assert new.times * fits <= old.times


def test_each_kind_of_change_is_called_by_its_name() -> None:
    assert changed(maximalePeriode=57) == {"/maximalePeriode": "ruimer"}
    assert changed(maximalePeriode=0) == {"/maximalePeriode": "ruimer"}, "none is no limit"
    assert changed(maximalePeriode=55) == {"/maximalePeriode": "smaller"}
    assert changed(titel=OTHER) == {"/titel": "bewoording"}
    assert changed(frequentie={"keer": 1, "per": "dag"}) == {"/frequentie": "smaller"}
    assert changed(ontvangers=[{"ontvanger": "loket"}, {"ontvanger": "ander"}]) == {"/ontvangers/ander": "ruimer"}
    assert changed(elements={NAME: "A", PLAN: "C"}) == {f"/gegevenselementen/{ANSWER}": "smaller"}
    lost = changed(elements={NAME: "A", PLAN: "A", ANSWER: "C"})
    assert lost[f"/gegevenselementen/{PLAN}/klasse"] == "ruimer", "a choice that became a duty"
    for before, after, effect in ((30, 0, "ruimer"), (0, 30, "ruimer"), (30, 31, "ruimer"), (31, 30, "smaller")):
        versions = activity(geschiedenis=before), activity(geschiedenis=after)
        assert effects(*versions) == {"/geschiedenis": effect}, "none is the newest only, of any age"
    assert changed(hulpAanKind=True) == {"/hulpAanKind": "ruimer"}
    assert changed(terreinen=["geld"]) == {"/terreinen": "bewoording"}, "nobody is asked anew"


def test_a_text_that_binds_is_wider_unless_two_persons_say_that_it_means_the_same() -> None:
    texts = {"doel": "/doel", "bewaartermijn": "/bewaartermijn", "gevolgVanWeigeren": "/gevolgVanWeigeren"}
    for name, place in texts.items():
        assert changed(**{name: OTHER}) == {place: "ruimer"}
        assert changed(**{name: OTHER}, alleenBewoording=True) == {place: "bewoording"}
    assert changed(publicatie=OTHER, alleenBewoording=True) == {"/publicatie": "ruimer"}, "what begins is no wording"
    assert {"purpose", "retention", "consequence"} < set(BINDING)
    assert changed(maximalePeriode=57, alleenBewoording=True) == {"/maximalePeriode": "ruimer"}, "numbers do not bend"


def test_a_yes_counts_until_a_version_is_wider() -> None:
    first = following(None, activity().model_copy(update={"number": 1}))
    second = following(first, activity(maximalePeriode=28).model_copy(update={"number": 2}))
    third = following(second, activity(maximalePeriode=28, titel=OTHER).model_copy(update={"number": 3}))
    fourth = following(third, activity(maximalePeriode=56, titel=OTHER).model_copy(update={"number": 4}))
    assert [consents_since(one) for one in (first, second, third, fourth)] == [1, 1, 1, 4]
    old = activity().model_copy(update={"number": 5})
    assert consents_since(old) == 5, "a version from before this was kept stands alone"


def test_a_version_that_differs_in_a_very_long_text_can_be_shown() -> None:
    tables = [{"naam": f"tabel-{number}", "rijen": "x" * 1_900, "maat": "x"} for number in range(50)]
    versions = (activity(), activity(statistiek={"tabellen": tables}))
    history = [
        Published(version=one.model_copy(update={"number": number}), since=number, ended=False)
        for number, one in enumerate(versions, 1)
    ]
    shown = whole(history, 2, "https://stad.example", 3)
    assert shown and [len(one.new) for one in shown.changes] == [TEXT_MAX]


def test_statistics_that_go_are_wider() -> None:
    """Who only counted gives about each resident from then on."""
    table = {
        "naam": "per-wijk",
        "rijen": "wijk",
        "maat": "aantal",
        "rij": {"gegevenselement": NAME, "groepen": ["Noord"]},
    }
    counts = activity(statistiek={"bevolking": "bevolking", "gebied": "wijk", "budget": 1_000, "tabellen": [table]})
    assert counts.statistics is not None
    assert effects(counts, activity()) == {"/statistiek": "ruimer"} == effects(activity(), counts)
    assert needs_new_consent(counts, activity())


def test_to_name_some_where_nobody_was_named_is_less_and_to_name_nobody_is_not() -> None:
    words = {"nl": "iemand", "en": "somebody"}
    named: tuple[tuple[str, Any, Any], ...] = (("dpvDoelen", "a", "b"), ("categorieenBetrokkenen", words, OTHER))
    for field, one, other in named:
        lists: list[dict[str, Any]] = [{field: each} for each in ((), (one,), (other,))]
        none, some, others = (activity(**each) for each in lists)
        assert effects(none, some) == {f"/{field}": "smaller"}
        assert effects(some, none) == effects(some, others) == {f"/{field}": "ruimer"}, "nor others by way of nobody"
