"""How fast it is decided who may have what: `python -m bench.decisions`, or `make bench`.

The pure rule beside a prebuilt set of Cedar policies, and Rego on regorus, that say the same, on the same questions and
in the same run: all must give the same answers. Then a bulk for 10,000 residents in one call on PostgreSQL: weighed
over one snapshot, and sealed; and the same at the public root, where each also gets a line. The pure figures are per
second of CPU, so that what else the machine does counts less. The rule tells why, element by element, and which facts
it used; the others say yes or no.
"""

import asyncio
import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from random import Random
from typing import Any

import cedarpy
import httpx2

from audit.contract import FenceAt
from bench.rego import Judge, judges, regorus
from consent import tables
from consent.activity import ActivityVersion
from consent.contract import Question, ResidentRef
from consent.deciding import MOST, snapshot_of
from consent.facts import Asking
from consent.known import Asker, Facts
from consent.lines import stored
from consent.rules import weigh
from consent.standing import Standing
from consent.terms import DAY
from kernel.clock import millis
from kernel.numbers import fits
from tests.consent.house import ANSWER, LOKET, NAME, PLAN, START, TENANT, House, activity, opened_house
from tests.needles import RUN
from tests.once import template_of
from tests.postgres import borrowed_cluster
from tests.serving import app_of

RESIDENTS, ACTIVITIES, CLIENTS, CONSENTS, ASKED = 10_000, 500, 200, 50_000, 2_000
ROUNDS = 5
AT = millis(START)
ALWAYS: tuple[tuple[FenceAt, str], ...] = tuple(
    (FenceAt(fence=f"{number:032x}", epoch=0), kind)
    for number, kind in enumerate(("gemeente", "inwoner", "beperking", "bezwaar", "ontvanger", "activiteit"))
)


@dataclass(frozen=True)
class Case:
    """One element of one resident, asked by a client: for our rule, and for Cedar."""

    question: Question
    facts: Facts
    request: dict[str, object]


def cases() -> list[Case]:
    """A random sample over a whole register; each client is a party in some activities."""
    random = Random(4)  # noqa: S311 - a bench that can be repeated
    parties = [f"klant-{number}" for number in range(CLIENTS)]
    versions = [_activity(number, random.sample(parties, 4)) for number in range(ACTIVITIES)]
    askers = {
        (number, one): _asker(version, one)
        for number, version in enumerate(versions)
        for one in {"klant-0", *(party.recipient for party in version.parties)}
    }
    given: dict[tuple[int, int], int] = {}
    for _ in range(CONSENTS):
        given[random.randrange(RESIDENTS), random.randrange(ACTIVITIES)] = random.randrange(4)
    theirs = list(given)
    return [_case(random, (versions, askers), given, random.choice(theirs)) for _ in range(ASKED)]


def _asker(version: ActivityVersion, party: str) -> Asker:
    """What is ready before anybody asks, as the others' policies are."""
    return Asker(activity=version, in_force=True, published_at=AT - DAY, admitted=True, recipient=party, by_bsn=True)


def _activity(number: int, parties: list[str]) -> ActivityVersion:
    told = [{"ontvanger": party} for party in parties]
    return activity(f"doel-{number}", ontvangers=told)


def _case(
    random: Random,
    register: tuple[list[ActivityVersion], dict[tuple[int, str], Asker]],
    given: dict[tuple[int, int], int],
    about: tuple[int, int],
) -> Case:
    (resident, number), (versions, askers) = about, register
    version = versions[number]
    party = random.choice(version.parties).recipient if random.random() < 0.9 else "klant-0"
    element = random.choice((NAME, PLAN, PLAN, ANSWER))
    restricted, yes = random.random() < 0.05, version.parties[given[about]].recipient == party
    until = AT + random.choice((-DAY, DAY, DAY, DAY))
    ref = ResidentRef(id=f"{resident:032x}", subject=f"{resident:032x}", fence=f"{resident:032x}")
    standing = Standing(id="c", status="gegeven", elements=(PLAN,), case="", asked_at=AT - DAY, valid_until=until,
                        fence=FenceAt(fence="f" * 32, epoch=1), revision=1)  # fmt: skip
    facts = Facts(asker=askers[number, party], consents=(standing,) if yes else (), restricted=restricted,
                  fences=ALWAYS)  # type: ignore[arg-type]  # fmt: skip  # kinds are listed above
    context = {"restricted": restricted, "at": AT, "until": until, "consented": [PLAN] if yes else []}
    request = {"principal": {"type": "Client", "id": party}, "action": {"type": "Action", "id": version.slug},
               "resource": {"type": "Element", "id": element}, "context": context}  # fmt: skip
    return Case(Question(resident=ref, activity=version.slug, elements=(element,)), facts, request)


def policies(found: list[Case]) -> cedarpy.PolicySet:
    """Per activity one policy for what the law gives and one for what a resident chose."""
    said = {case.facts.activity.slug: case.facts.activity for case in found if case.facts.activity}
    return cedarpy.PolicySet.from_str("\n".join(_policy(version) for version in said.values()))


def _policy(version: ActivityVersion) -> str:
    party = " || ".join(f'principal == Client::"{one.recipient}"' for one in version.parties)
    law = " || ".join(f'resource == Element::"{one.name}"' for one in version.elements if one.class_ != "C")
    choice = " || ".join(
        f'(resource == Element::"{one.name}" && context.consented.contains("{one.name}"))'
        for one in version.elements if one.class_ == "C"
    )  # fmt: skip
    head = f'permit(principal, action == Action::"{version.slug}", resource) when {{ !context.restricted && ({party})'
    return f"{head} && ({law}) }};\n{head} && ({choice}) && context.at <= context.until }};"


def per_second(work: Callable[[], int]) -> float:
    """The best of some rounds, per second of CPU."""
    best = 0.0
    for _ in range(ROUNDS):
        begun = time.process_time()
        done = work()
        best = max(best, done / (time.process_time() - begun))
    return best


def pure() -> None:
    """Prints the figures of the rule alone, of Cedar and of regorus."""
    found = cases()
    ours = [bool(weigh(case.question, case.facts, AT).allowed) for case in found]
    with regorus() as engine:
        others = _cedar(found) | (_rego(engine, found) if engine else {})
        for name, judge in others.items():
            if judge() != ours[: len(judge())]:
                sys.exit(f"{name} was told other rules: the comparison says nothing")
        gc.collect()
        gc.freeze()

        def rule() -> int:
            for case in found:
                weigh(case.question, case.facts, AT)
            return len(found)

        own = per_second(rule)
        print(f"{'pure rule':24}{own:9,.0f} decisions/s, {1e6 / own:.1f} us each, {sum(ours)} of {len(ours)} allowed")
        for name, judge in others.items():
            rate = per_second(lambda judge=judge: len(judge()))  # type: ignore[misc]  # a default is this round's
            print(f"{name:24}{rate:9,.0f} decisions/s: we do {own / rate:.1f} times as many")
    if not engine:
        print("regorus did not come: not compared")


def _cedar(found: list[Case]) -> dict[str, Judge]:
    """The first tenth of the questions: it is slow."""
    known, nobody = policies(found), cedarpy.Entities.from_json_str("[]")
    few = [case.request for case in found[: ASKED // 10]]
    return {
        "cedar": lambda: [cedarpy.is_authorized(one, known, nobody).allowed for one in few],
        "cedar, in one call": lambda: [one.allowed for one in cedarpy.is_authorized_batch(few, known, nobody)],
    }


def _rego(engine: Any, found: list[Case]) -> dict[str, Judge]:
    versions = [case.facts.activity for case in found if case.facts.activity]
    return judges(engine, versions, [case.request for case in found])


async def bulk(url: str, folder: Path) -> None:
    """Prints the figures of one call about everybody."""
    async with opened_house(folder, (url, url), asked_most=ROUNDS * MOST) as house:
        await house.ready(activity())
        refs = [ResidentRef(id=f"{n:032x}", subject=f"{n:032x}", fence=f"{n:032x}") for n in range(MOST)]
        await _given(house, refs)
        asked = [Question(resident=ref, activity="regeling", elements=(NAME, PLAN)) for ref in refs]
        gc.collect()
        gc.freeze()
        register = house.consent.following._register
        for _ in range(ROUNDS):
            async with register.reading(TENANT) as rows:
                began = _now()
                snapshot, keys = await snapshot_of(rows, LOKET, asked), rows.keys
            read = _now()
            asking = Asking(LOKET, snapshot, keys)
            for one in asked:
                weigh(one, asking.facts(one), AT)
            weighed = _now()
            sealed = await house.consent.decide(LOKET, asked)
            done = _now()
            print(f"bulk of {len(sealed):,}: snapshot {_rate(began, read)}, weighed {_rate(read, weighed)},"
                  f" all of it, sealed {_rate(weighed, done)}")  # fmt: skip
        await public(house, refs)


async def public(house: House, refs: list[ResidentRef]) -> None:
    """Prints the figures of the same at the public root: from a body to an answer, with a line each."""
    numbers = list(islice((text for n in count(100_000_000) if fits(text := str(n))), MOST))
    house.people.known |= dict(zip(numbers, refs, strict=True))
    said = {"verwerkingsactiviteit": "regeling", "gegevenselementen": [NAME, PLAN]}
    body = said | {"inwoners": [{"bsn": number} for number in numbers]}
    transport = httpx2.ASGITransport(app=app_of(house.component.doors()))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost:8000", timeout=600) as http:
        for _ in range(ROUNDS):
            begun = _now()
            answer = await http.post("/toestemming/v1/bulktoetsingen", json=body, headers={"x-who": "loket"})
            done = _now()
            if answer.status_code != 200 or answer.json()["aantal"] != MOST:
                sys.exit(f"the public root answered {answer.status_code}: the comparison says nothing")
            print(f"the same at the public root, a line each: {_rate(begun, done)}")


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _rate(begun: tuple[float, float], done: tuple[float, float]) -> str:
    clock, spent = (MOST / (end - begin) for begin, end in zip(begun, done, strict=True))
    return f"{clock:,.0f}/s ({spent:,.0f} per second of our CPU)"


async def _given(house: House, refs: list[ResidentRef]) -> None:
    """Consents as if they had been given: rows only, for the log has a bench of its own."""
    register = house.consent.following._register
    texts = {name: "" for name in ("language", "text_hash", "return_url", "reference")}
    times = {name: 0 for name in ("answer_by", "latest", "ended_at")}
    async with register.writing(TENANT) as rows:
        new = [
            {"id": f"c-{ref.id}", "resident": ref.id, "subject": ref.subject, "resident_fence": ref.fence,
             "recipient": "loket", "activity": "regeling", "version": 1, "elements": stored((PLAN,)),
             "requested_at": AT, "decided_at": AT, "valid_until": AT + DAY, "status": "gegeven",
             "fence": rows.keys.consent(f"c-{ref.id}"), "effective_at": AT, "entry": json.dumps("x" * 1_000),
             **texts, **times}
            for ref in refs
        ]  # fmt: skip
        for begin in range(0, len(new), 500):
            await rows.add_all(tables.consents, new[begin : begin + 500])


def main() -> None:
    """Both."""
    pure()
    with tempfile.TemporaryDirectory(prefix="regie-bench-decisions-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the servant of PostgreSQL walks through it
        os.environ[RUN] = str(folder)  # where what is made once lies
        with borrowed_cluster(folder / "cluster") as cluster:
            asyncio.run(bulk(cluster.create(template_of(cluster, "audit", "consent")), folder))


if __name__ == "__main__":
    main()
