"""Random worlds: the rules, and an oracle that was written from the text alone, give the same verdicts.

REGIE_ORACLE: how many cases; `make faults` takes a million.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from consent.activity import ActivityVersion
from consent.known import Facts
from consent.rules import weigh
from consent.standing import Standing
from tests.consent.oracle import Lock, Verdict, World, judge
from tests.consent.worlds import Put, changed, put, remade

CASES = int(os.environ.get("REGIE_ORACLE", "20000"))
ROUND = 50_000  # cases under one seed, so that two processors can share a million
HIDDEN: dict[str, Any] = {
    "objection": "gegrond", "locks": (Lock("", stands=True),), "unexplained": True, "secret": True, "dead": True,
    "consents": (),
}  # fmt: skip


def light(activity: ActivityVersion | None) -> ActivityVersion | None:
    """Without its ground to go on."""
    return activity.model_copy(update={"despite_objection": None}) if activity else None


BLIND: dict[str, Callable[[Facts], Facts]] = {
    "restriction": lambda seen: changed(seen, restricted=False),
    "objection": lambda seen: changed(seen, objected=False),
    "upheld objection": lambda seen: changed(seen, upheld=False),
    "lock": lambda seen: changed(seen, held=False),
    "birthday": lambda seen: changed(seen, consents=tuple(one._replace(pauses_at=0) for one in seen.consents)),
    "weighty ground": lambda seen: changed(seen, activity=light(seen.activity)),
    "secrecy": lambda seen: changed(seen, flags=seen.flags - {"geheimhouding"}),
    "safe address": lambda seen: changed(seen, flags=seen.flags - {"veilig-adres"}),
    "death": lambda seen: changed(seen, flags=seen.flags - {"overleden"}),
    "suspension": lambda seen: changed(seen, admitted=True),
    "scope": lambda seen: changed(seen, in_scope=True),
    "entitlement": lambda seen: changed(seen, by_bsn=True),
    "end": lambda seen: changed(seen, in_force=True),
    "a no elsewhere": lambda seen: changed(seen, words=()),
    "a claimed emergency": lambda seen: changed(seen, emergency=bool(seen.activity and seen.activity.break_glass)),
    "frequency": lambda seen: changed(seen, counted=0),
    "publication": lambda seen: changed(seen, published_at=0),
    "case": lambda seen: changed(seen, case=seen.case._replace(open=True)) if seen.case else seen,
    "consents": lambda seen: changed(seen, consents=tuple(one._replace(valid_until=0) for one in seen.consents)),
}


def differences(one: Put) -> list[str]:
    """Where the rules say what the text does not allow."""
    weighed = weigh(one.question, one.facts, one.world.at)
    allowed = {used.name: standing for used, standing in weighed.allowed}
    refused = {name: (code, told) for name, code, told in weighed.refused}
    found = []
    for element in one.question.elements:
        verdict = judge(one.world, element)
        if (element in allowed) == (element in refused):
            found.append(f"{element}: allowed and refused, or neither")
        elif element in allowed:
            found += [f"{element}: {why}" for why in _wrongly_allowed(verdict, allowed[element])]
        else:
            found += [f"{element}: {why}" for why in _wrongly_refused(verdict, *refused[element])]
    return found


def _wrongly_allowed(verdict: Verdict, stands: tuple[Standing, ...]) -> Iterator[str]:
    if verdict.may is False:
        yield f"allowed, against {set(verdict.reasons)}"
    on = {one.id for one in stands}
    if not verdict.heard <= on <= verdict.carriers | verdict.heard | verdict.asked or (verdict.carriers and not on):
        yield f"stands on {on}, not on {set(verdict.carriers)} and {set(verdict.heard)}"


def _wrongly_refused(verdict: Verdict, code: str, told: str) -> Iterator[str]:
    if verdict.may is True or code not in verdict.reasons:
        yield f"refused with {code}, and true are {set(verdict.reasons)}"
    elif told not in verdict.told:
        yield f"tells {told} of {code}, and may tell {set(verdict.told)}"


@pytest.mark.faults
@pytest.mark.parametrize("number", range(max(1, CASES // ROUND)))
def test_rules_and_oracle_agree(number: int) -> None:
    random = Random(f"agree {number}")  # noqa: S311 - a test that can be repeated
    for case in range(min(CASES, ROUND)):
        one = put(random)
        assert not (found := differences(one)), f"round {number}, case {case}: {found}\n{one.world}"


@pytest.mark.parametrize("fact", BLIND)
def test_oracle_notices_rules_that_are_blind_for_a_fact(fact: str) -> None:
    random = Random(f"blind for {fact}")  # noqa: S311 - as above
    seen = (put(random) for _ in range(8_000))
    assert any(differences(replace(one, facts=BLIND[fact](one.facts))) for one in seen)


def test_without_a_ground_what_is_told_does_not_depend_on_what_is_hidden() -> None:
    random, compared = Random("hidden"), 0  # noqa: S311 - as above
    while compared < 500:
        one = remade(put(random), by_bsn=False, consents=())
        told = _told(one)
        for fact, so in HIDDEN.items():
            other = remade(one, **{fact: so})
            assert _told(other) == told, f"{fact} shows\n{one.world}"
        compared += "geen-toestemming" in told.values()


def _told(one: Put) -> dict[str, str]:
    return {name: told for name, _, told in weigh(one.question, one.facts, one.world.at).refused}


def test_until_its_last_moment_nothing_of_a_decision_has_ended() -> None:
    random, seen = Random("until"), 0  # noqa: S311 - as above
    while seen < 500:
        one = put(random)
        weighed = weigh(one.question, one.facts, one.world.at)
        names = [used.name for used, _ in weighed.allowed]
        if not (names and weighed.valid_until):
            continue
        seen += 1
        last, after = (replace(one.world, at=weighed.valid_until + step) for step in (0, 1))
        assert all(judge(last, name).may is not False for name in names), one.world
        assert not all(_surely(after, name) for name in names), f"could have stood longer\n{one.world}"


def _surely(world: World, element: str) -> bool:
    return judge(world, element).may is True
