"""Random worlds for the rules and their oracle: the same seed, the same worlds. Crowded around the edges on purpose."""

from dataclasses import dataclass, fields, replace
from functools import cache
from random import Random
from typing import Any

from audit.contract import FenceAt
from consent.activity import ActivityVersion
from consent.contract import Flag, Question, ResidentRef, Words
from consent.known import Asker, CaseFact, Facts
from consent.particulars import BreakGlass, EmergencyReason
from consent.standing import Standing
from tests.consent.house import ANNA, BERT, activity, element
from tests.consent.oracle import DAY, WEIGHED, Case, Lock, Purpose, Use, World, Yes

NAMES = ("brp.naam", "brp.adres", "kluis.plan", "inkomen.isLaag")
ABSENT = "brp.nationaliteit"
NOW = 20_700 * DAY  # a day in 2026
BASES = {"A": ("c", "d"), "B": ("e", "b", "f"), "C": ("a", "a", "e")}
STATES = ("gegeven",) * 5 + ("vernieuwd", "gevraagd", "geweigerd", "vervallen", "gepauzeerd", "ingetrokken", "verlopen",
          "ongeldig")  # fmt: skip
SIZE = 400  # versions in the pool: making one costs more than weighing it


@dataclass(frozen=True)
class Put:
    """One question, once for the oracle and once for the rules."""

    world: World
    question: Question
    facts: Facts


@cache
def versions() -> tuple[tuple[ActivityVersion, Purpose], ...]:
    """A pool of versions, each in both forms; whether one is in force, and since when, is said per world."""
    return tuple(_version(Random(seed)) for seed in range(SIZE))  # noqa: S311 - a test that can be repeated


def _version(random: Random) -> tuple[ActivityVersion, Purpose]:
    uses, urgent = {}, random.random() < 0.2
    for name in random.sample(NAMES, random.choice((2, 3, 4, 4))):
        class_ = random.choice("AABBCCC")
        uses[name] = Use("A", "d") if urgent else Use(class_, random.choice(BASES[class_]))
    told = [element(name, use.class_) | {"grondslag": f"6(1)({use.basis})"} for name, use in uses.items()]
    parties = (
        frozenset(random.sample(("loket", "ander"), random.choice((1, 2, 2)))) if random.random() < 0.3 else {"loket"}
    )
    purpose = Purpose(
        uses=uses, parties=frozenset(parties), in_force=True, published_at=0,
        assessed_until=NOW + _near(random, often=90 * DAY), needs_case=random.random() < 0.5,
        stated_enough=random.random() < 0.7, notice=random.choice((0, 0, 0, 0, 1, 14)),
        period=random.choice((1, 2, 56, 56)), times=random.choice((0, 0, 0, 1, 4)), weighty=random.random() < 0.3,
        urgent=urgent,
    )  # fmt: skip
    said = activity(
        gegevenselementen=told, ontvangers=[{"ontvanger": one} for one in sorted(parties)],
        zaak="verplicht" if purpose.needs_case else "geen", opgaveGenoeg=purpose.stated_enough, vooraf=purpose.notice,
        maximalePeriode=purpose.period, frequentie={"keer": purpose.times, "per": "maand"} if purpose.times else None,
    )  # fmt: skip
    assessed = said.assessment.model_copy(update={"until": purpose.assessed_until})
    weighty = Words(nl="Zwaar.", en="Weighty.") if purpose.weighty else None
    glass = BreakGlass(reasons=(EmergencyReason(code="brand", nl="Brand", en="Fire"),)) if urgent else None
    more = {"assessment": assessed, "despite_objection": weighty, "break_glass": glass}
    return said.model_copy(update=more), purpose


def _near(random: Random, often: int) -> int:
    """Mostly `often`; else around now, to the millisecond."""
    if random.random() < 0.9:
        return often
    return random.choice((-2, -1, 0, 1, 2)) * DAY + random.choice((-1, 0, 0, 1))


def put(random: Random) -> Put:
    """One world and one question about it."""
    said, purpose = random.choice(versions())
    purpose = replace(purpose, in_force=random.random() < 0.95, published_at=NOW + _near(random, often=-90 * DAY))
    named = random.choice(("", *["Z-1"] * 9))
    rare = {name: random.random() < chance for name, chance in RARE.items()}
    world = World(
        resident=ANNA.id, activity="regeling", recipient="loket", at=NOW,
        named_case=named, purpose=None if rare["unknown"] else purpose, admitted=not rare["suspended"],
        in_scope=not rare["out"], by_bsn=not rare["pseudonymous"],
        case=_case(random) if named and random.random() < 0.95 else None,
        consents=tuple(_consent(random, number) for number in range(random.choice((0, 1, 1, 1, 2, 3)))),
        objection=random.choice(OBJECTIONS) if rare["objected"] else "", locks=_locks(random) if rare["locked"] else (),
        unexplained=rare["unexplained"], secret=rare["secret"], dead=rare["dead"],
        counted=random.choice((0, 0, 0, 1, 3, 4, 5)), by_number=rare["numbered"], nobody=rare["nobody"],
        safe=rare["safe"],
        claimed=purpose.urgent != (random.random() < 0.05),
        elsewhere=tuple(replace(_consent(random, number), activity=f"ander-{number % 2}")
                        for number in range(4, 4 + random.choice((0, 0, 1, 2)))) if purpose.urgent else (),
    )  # fmt: skip
    asked = tuple(random.sample((*NAMES, ABSENT) if random.random() < 0.2 else NAMES, random.randint(1, 3)))
    return Put(world, question(world, asked), facts(world, said))


def _flags(world: World) -> tuple[tuple[Flag, bool], ...]:
    return ("geheimhouding", world.secret), ("veilig-adres", world.safe), ("overleden", world.dead)


def remade(one: Put, **changes: Any) -> Put:
    """The same with other facts."""
    world = replace(one.world, **changes)
    said = one.facts.activity
    return Put(world, question(world, one.question.elements), facts(world, said or versions()[0][0]))


RARE = {"unknown": 0.03, "suspended": 0.05, "out": 0.05, "pseudonymous": 0.15, "objected": 0.3,
        "locked": 0.2, "unexplained": 0.03, "secret": 0.15, "dead": 0.07, "numbered": 0.3, "nobody": 0.05,
        "safe": 0.1}  # fmt: skip


OBJECTIONS = ("ingediend", "in-behandeling", "gegrond", "gegrond", "ongegrond", "ingetrokken")


def _locks(random: Random) -> tuple[Lock, ...]:
    scopes = random.choices(("", "regeling", "ander"), k=random.randint(1, 3))
    return tuple(Lock(scope, random.random() < 0.7) for scope in scopes)


def _case(random: Random) -> Case:
    return Case(
        resident=ANNA.id if random.random() < 0.97 else BERT.id,
        activity="regeling" if random.random() < 0.97 else "ander",
        open=random.random() < 0.95, stated=random.random() < 0.5, since=NOW + _near(random, often=-DAY // 2),
        until=random.choice((0, 0, NOW + _near(random, often=DAY))), told_at=NOW + _near(random, often=-20 * DAY),
    )  # fmt: skip


def _consent(random: Random, number: int) -> Yes:
    return Yes(
        id=f"c{number}", status=random.choice(STATES), case=random.choice(("", "", "", "Z-1", "Z-1", "Z-2")),
        elements=frozenset(random.sample(NAMES, random.randint(1, 4))), asked_at=NOW - random.randint(1, 4) * DAY,
        until=random.choice((0, NOW + _near(random, often=DAY))), spent=random.random() < 0.1,
        grown_at=NOW + _near(random, often=300 * DAY) if random.random() < 0.2 else 0,
    )  # fmt: skip


def question(world: World, asked: tuple[str, ...]) -> Question:
    """The question as the house puts it."""
    who = ResidentRef(id=world.resident, subject=ANNA.subject, fence=ANNA.fence, stand_in=world.nobody)
    return Question(
        resident=who, activity=world.activity, elements=asked, case=world.named_case, by_number=world.by_number
    )


def facts(world: World, said: ActivityVersion) -> Facts:
    """The world as the rules read it."""
    purpose, case = world.purpose, world.case
    asker = Asker(
        activity=said if purpose else None,
        in_force=purpose is not None and purpose.in_force,
        published_at=purpose.published_at if purpose else 0,
        admitted=world.admitted,
        in_scope=world.in_scope,
        recipient=world.recipient,
        by_bsn=world.by_bsn,
    )
    return Facts(
        asker=asker,
        case=CaseFact(
            resident=case.resident, activity=case.activity, open=case.open, origin="opgave" if case.stated else "bron",
            since=case.since, until=case.until, told_at=case.told_at, fence=FenceAt(fence="1" * 32, epoch=0),
        ) if case else None,
        consents=tuple(_standing(one) for one in world.consents),
        objected=world.objection in {*WEIGHED, "gegrond"},  # it stands; whether it was weighed is told besides
        upheld=world.objection == "gegrond",
        restricted=world.unexplained,
        held=any(lock.stands and lock.scope in ("", world.activity) for lock in world.locks),
        flags=frozenset(flag for flag, so in _flags(world) if so),
        counted=world.counted,
        emergency=world.claimed,
        words=tuple(_standing(one) for one in (*world.consents, *world.elsewhere)) if world.claimed else (),
        nobody=question(world, NAMES[:1]).nobody,
    )  # fmt: skip


def _standing(one: Yes) -> Standing:
    return Standing(
        id=one.id, status=one.status, elements=tuple(sorted(one.elements)), case=one.case, asked_at=one.asked_at,
        valid_until=one.until, revision=1, spent=one.spent, pauses_at=one.grown_at, activity=one.activity,
        fence=FenceAt(fence=f"{int(one.id[1:]) + 2}" * 32, epoch=0),
    )  # fmt: skip


_OF_WHO_ASKS = {one.name for one in fields(Asker) if one.init}


def changed(known: Facts, **more: Any) -> Facts:
    """With other facts, of who asks as well."""
    theirs = {name: value for name, value in more.items() if name in _OF_WHO_ASKS}
    rest = {name: value for name, value in more.items() if name not in _OF_WHO_ASKS}
    return replace(known, asker=replace(known.asker, **theirs), **rest)
