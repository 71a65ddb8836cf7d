"""A decision of long ago, weighed once more with the facts of its day (architecture.md section 4).

The sealed decision stands in its line of the log, under the resident's key: it lives as long as the line does. It
names the version of every fact it used; each of those is still in its table, or in `history`. A fact that it does not
name was not there. What is compared is what was allowed, with what is read for it, what was refused and why, the
fences, and until when it held.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Table

from audit.contract import Event
from consent import tables
from consent.contract import Decision, Emergency, FenceKind, Question, ResidentRef
from consent.facts import ACTOR, BY_NUMBER, COUNTED, NAMED, NOBODY, SPENT, TOKEN, Asking, Snapshot
from consent.keys import TenantKeys
from consent.known import Facts
from consent.rows import Register, Row, Rows
from consent.rules import Weighed, weigh
from consent.standing import reach
from kernel.caller import Caller
from kernel.canonical import read_canonical
from kernel.crypto import sha256, verify

Rules = Callable[[Question, Facts, int], Weighed]


class NotReplayable(Exception):
    """Why this line cannot be weighed again, as a sentence."""


@dataclass(frozen=True)
class Replayed:
    """differences: (what, then, now); none when today's rules say the same. missing: facts that are no longer kept."""

    decision: Decision
    differences: tuple[tuple[str, str, str], ...]
    missing: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Nothing differs, and nothing had to be guessed."""
        return not (self.differences or self.missing)


class Replaying:
    """Reads; changes nothing."""

    def __init__(self, register: Register, rules: Rules = weigh) -> None:
        self._register, self._rules = register, rules

    async def replay(self, tenant: str, event: Event) -> Replayed:
        """event: of the line, as its reader sees it. Raises NotReplayable, RegisterUnavailable."""
        keys = await self._register.keys_of(tenant)
        decision = opened(event, keys.signer.public)
        async with self._register.reading(tenant) as rows:
            snapshot, missing = await _rebuilt(rows, decision)
        weighed = self._rules(*_asked(decision, snapshot, keys), decision.beslist)
        return Replayed(decision, tuple(_differences(decision, weighed)), missing)


def opened(event: Event, public: bytes) -> Decision:
    """The decision of a line: the one that the log names, sealed by this register. Raises NotReplayable."""
    text = event.sealed
    if not text:
        raise NotReplayable("Bij deze regel is geen toetsing bewaard.")
    if sha256(text.encode()).hex() != event.decision and event.decision:
        raise NotReplayable("De bewaarde toetsing is niet die van deze regel.")
    if not verify(public, text.encode(), bytes.fromhex(event.seal)):
        raise NotReplayable("Het zegel op de toetsing is niet van dit register.")
    return Decision.model_validate(read_canonical(text))


def _asked(decision: Decision, snapshot: Snapshot, keys: TenantKeys) -> tuple[Question, Facts]:
    said = {(table, key): version for table, key, version in decision.feiten}
    kind, _, scope = said.get((TOKEN, decision.toepassing), "automatisch/binnen").partition("/")
    scoped = () if scope == "binnen" else ("-",)
    caller = Caller.model_validate(
        {"tenant": decision.gemeente, "organisation": decision.ontvanger, "application": decision.toepassing,
         "kind": kind, "scope": scoped}
    )  # fmt: skip
    fence = next(fence for fence, _, kind in decision.hekken if kind == "inwoner")
    asked = [one.element for one in decision.toegestaan] + [name for name, _ in decision.geweigerd]
    named = said.get((NAMED, decision.toepassing))
    question = Question(
        resident=ResidentRef(
            id=decision.inwoner, subject=decision.betrokkene, fence=fence, stand_in=named == NOBODY
        ),
        by_number=named == BY_NUMBER,
        activity=decision.activiteit, elements=tuple(asked), case=decision.zaak,
        table=decision.tabel or decision.verzameling,
        emergency=Emergency(reason=decision.noodtoegang) if decision.noodtoegang else None,
    )  # fmt: skip
    counted = int(said.get((COUNTED, decision.activiteit), "0"))
    facts = Asking(caller, snapshot, keys).facts(question, counted)
    # from before applications had a fence of their own
    own, then = keys.application(decision.toepassing), {fence for fence, _, _ in decision.hekken}
    facts = replace(facts, fences=tuple(one for one in facts.fences if one[0].fence != own or own in then))
    return question, replace(facts, actor=said.get((ACTOR, decision.toepassing), ""))


async def _rebuilt(rows: Rows, decision: Decision) -> tuple[Snapshot, tuple[str, ...]]:
    found: dict[str, list[Row]] = {}
    missing = []
    for table, key, version in decision.feiten:
        if table in (COUNTED, TOKEN, SPENT, ACTOR, NAMED):
            continue
        place, revision = _place(decision, table, key, version)
        row = await rows.as_it_was(_TABLES[table], revision, place)
        if row is None:
            missing.append(f"{table} {key} {version}")
        else:
            found.setdefault(table, []).append(row)
    return _snapshot(decision, found), tuple(missing)


_TABLES: Mapping[str, Table] = {table.name: table for table in tables.GUARDED}


def _place(decision: Decision, table: str, key: str, version: str) -> tuple[dict[str, str | int], str]:
    """The key of a row as `versions_used` told it."""
    if table == "activities":
        number, _, revision = version.partition(".")
        return {"slug": key, "number": int(number)}, revision
    if table == "cases":
        return {"recipient": decision.ontvanger, "reference": key}, version
    name = {"recipients": "slug", "applications": "client_id", "consents": "id", "subject_state": "resident"}[table]
    return {name: key}, version


def _snapshot(decision: Decision, found: Mapping[str, Sequence[Row]]) -> Snapshot:
    def one(table: str) -> Row | None:
        rows = found.get(table, ())
        return rows[0] if rows else None

    spent = {key for table, key, _ in decision.feiten if table == SPENT}
    activity, case, resident = one("activities"), one("cases"), one("subject_state")
    parties = {row["slug"]: row for row in found.get("recipients", ())}
    return Snapshot(
        recipient=parties.pop(decision.ontvanger, None),
        processor=next(iter(parties.values()), None),
        application=one("applications"),
        activities={decision.activiteit: activity} if activity else {},
        cases={decision.zaak: case} if case else {},
        consents=tuple({**row, "spent": row["id"] in spent} for row in found.get("consents", ())),
        residents={decision.inwoner: resident} if resident else {},
    )


def _differences(decision: Decision, weighed: Weighed) -> list[tuple[str, str, str]]:
    then, now = _told(decision), _weighed(weighed)
    names = [name for name in {**then, **now} if then.get(name) != now.get(name)]
    return [(name, then.get(name, "-"), now.get(name, "-")) for name in names]


def _told(decision: Decision) -> dict[str, str]:
    fences = [(fence, epoch, kind) for fence, epoch, kind in decision.hekken]
    allowed = {
        one.element: f"mag: {one.bron} {_read(one.invoer)}, onder {_stands(fences[each] for each in one.hekken)}"
        f"{_back(str(one.terug or ''), one.eerder)}"
        for one in decision.toegestaan
    }
    refused = {name: f"mag niet: {code}" for name, code in decision.geweigerd}
    return allowed | refused | {"hekken": _stands(fences), "geldigTot": str(decision.geldigTot)}


def _weighed(weighed: Weighed) -> dict[str, str]:
    fences = [(one.fence, one.epoch, kind) for one, kind in weighed.fences]
    allowed = {
        used.name: f"mag: {used.source} {_read(used.inputs)}, "
        f"onder {_stands(fences[each] for each in weighed.stands_on(consent))}"
        f"{_back(**reach(weighed.history, used.class_ == 'C', consent))}"
        for used, consent in weighed.allowed
    }
    refused = {name: f"mag niet: {code}" for name, code, _ in weighed.refused}
    return allowed | refused | {"hekken": _stands(fences), "geldigTot": str(weighed.valid_until)}


def _read(inputs: Sequence[tuple[str, str]]) -> str:
    return " ".join(sorted(f"{source}:{element}" for source, element in inputs))


def _back(terug: str = "", eerder: str = "") -> str:
    return f", terug {terug}{' met eerdere waarden' if eerder else ''}" if terug or eerder else ""


def _stands(fences: Any) -> str:
    found: list[tuple[str, int, FenceKind]] = list(fences)
    return " ".join(sorted(f"{kind}@{epoch}:{fence[:8]}" for fence, epoch, kind in found))
