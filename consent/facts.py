"""From rows to facts: what the rules weigh, and how a decision names them. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from audit.contract import Entry, FenceAt, fence_at
from consent.activity import ActivityVersion, Application, Recipient
from consent.contract import FenceKind, Question
from consent.difference import consents_since
from consent.keys import MACHINES, TenantKeys
from consent.limits import pause_of
from consent.lines import names, recipient_of, version_of
from consent.locks import LOCKED, held
from consent.rules import CaseFact, Facts
from consent.standing import Standing, last_moment
from consent.terms import covert
from kernel.caller import Caller

Row = Mapping[str, Any]
NOTHING_SAID: Mapping[str, Any] = {"flags": (), "objections": {}}
NO_OBJECTION: Mapping[str, Any] = {"epoch": 0, "open": False}
TOKEN, COUNTED, SPENT, ACTOR = "token", "geteld", "besteed", "gebruiker"  # facts that are in no table


@dataclass(frozen=True)
class Snapshot:
    """All rows that the questions of one call are about, read at one moment; each is understood once, however many
    questions there are. consents: to this recipient. processor: whose system the application is, where that works for
    the recipient."""

    recipient: Row | None = None
    application: Row | None = None
    processor: Row | None = None
    activities: Mapping[str, Row] = field(default_factory=dict)
    cases: Mapping[str, Row] = field(default_factory=dict)
    consents: tuple[Row, ...] = ()
    residents: Mapping[str, Row] = field(default_factory=dict)

    @cached_property
    def versions(self) -> dict[str, ActivityVersion]:
        """Of each activity, by its name."""
        return {slug: version_of(row) for slug, row in self.activities.items()}

    @cached_property
    def party(self) -> Recipient | None:
        """Whoever asks."""
        return recipient_of(self.recipient) if self.recipient else None

    @cached_property
    def system(self) -> Application | None:
        """What asks, as it is registered."""
        return Application.model_validate_json(self.application["document"]) if self.application else None

    @cached_property
    def works_for(self) -> Recipient | None:
        """The processor, by whatever name it has now."""
        return recipient_of(self.processor) if self.processor else None

    @cached_property
    def by_resident(self) -> dict[tuple[str, str], list[Row]]:
        """Consents, by resident and activity."""
        found: dict[tuple[str, str], list[Row]] = {}
        for row in self.consents:
            found.setdefault((row["resident"], row["activity"]), []).append(row)
        return found

    @cached_property
    def common(self) -> dict[str, tuple[tuple[FenceAt, FenceKind], ...]]:
        """Fences that all questions about one activity stand on, as far as they were asked for yet."""
        return {}

    def about(self, question: Question) -> Sequence[Row]:
        """The consents of this resident for this activity, whatever version they are to."""
        return self.by_resident.get((question.resident.id, question.activity), ())


def facts_of(caller: Caller, question: Question, snapshot: Snapshot, keys: TenantKeys, counted: int = 0) -> Facts:
    """The facts of one question; epochs are those of the rows, and 0 where there is none."""
    activity = snapshot.activities.get(question.activity)
    resident = snapshot.residents.get(question.resident.id)
    recipient, version = snapshot.recipient, snapshot.versions.get(question.activity)
    since = consents_since(version) if version else 0
    said = json.loads(resident["document"]) if resident else NOTHING_SAID
    return Facts(
        activity=version,
        in_force=activity is not None and activity["status"] == "gepubliceerd",
        published_at=activity["effective_at"] if activity else 0,
        admitted=_admitted(caller, recipient, snapshot.application) and _may_ask(snapshot, version),
        in_scope=in_scope(caller, question.activity),
        recipient=caller.organisation,
        by_bsn=snapshot.party is not None and snapshot.party.by_bsn,
        case=_case(snapshot.cases.get(question.case), version),
        # a yes is to what was read: it holds for a newer version that is no wider, and is asked anew for one that is
        consents=tuple(
            _standing(row, version) for row in snapshot.about(question) if version and int(row["version"]) >= since
        ),
        objected=_objection(said, question.activity)["open"],
        upheld=_objection(said, question.activity).get("upheld", True),
        restricted=resident is not None and resident["status"] == LOCKED,
        held=held(said, question.activity),
        flags=frozenset(said["flags"]),
        counted=counted,
        actor=keys.actor(caller),
        fences=_fences(question, keys, snapshot, (resident, said)),
    )


def _objection(said: Mapping[str, Any], activity: str) -> Mapping[str, Any]:
    """See consent.rights.standing; nobody ever objected where nothing is said."""
    return said["objections"].get(activity) or NO_OBJECTION


def in_scope(caller: Caller, activity: str) -> bool:
    """Whether the caller's token was given for this activity; a token without a scope is for all."""
    return not caller.scope or activity in caller.scope


def _admitted(caller: Caller, recipient: Row | None, application: Row | None) -> bool:
    if not recipient or recipient["status"] != "toegelaten":
        return False
    if caller.kind not in MACHINES:
        return True
    mine = ("recipient", "epoch")  # keys from before a suspension are given anew
    known = application is not None and tuple(application[name] for name in mine) == (
        recipient["slug"],
        recipient["epoch"],
    )
    return known and application is not None and application["status"] == "toegelaten"


def _may_ask(snapshot: Snapshot, version: ActivityVersion | None) -> bool:
    """Whether this activity is the application's: one that it was narrowed to, and for a system of somebody who works
    for the recipient one in which they are registered to do so."""
    system = snapshot.system
    if system is None or version is None:
        return True
    application = snapshot.application or {}
    if system.processor and not works_still(application, snapshot.processor):
        return False
    return may_ask(system, version, application["recipient"])


def works_still(application: Row, processor: Row | None) -> bool:
    """Whether who works for the recipient with this system is admitted, and was when the system was: keys from before a
    suspension are given anew."""
    if processor is None or processor["status"] != "toegelaten":
        return False
    stood = {one.fence: one.epoch for one in Entry.model_validate_json(application["entry"]).requires}
    return stood.get(processor["fence"], 0) == int(processor["epoch"])


def may_ask(system: Application, version: ActivityVersion, recipient: str) -> bool:
    """As above; what a token of it may be for."""
    if system.activities and version.slug not in system.activities:
        return False
    works = (system.processor, "verwerker", recipient)
    return not system.processor or any(works == (one.recipient, one.role, one.processor_of) for one in version.parties)


def _standing(row: Row, version: ActivityVersion) -> Standing:
    return Standing(
        id=row["id"],
        status=row["status"],
        elements=names(row["elements"]),
        case=row["reference"],
        asked_at=row["requested_at"],
        valid_until=last_moment(row, version.period),
        fence=fence_at(row["fence"], row["epoch"]),
        revision=row["revision"],
        spent=row.get("spent", False),
        pauses_at=pause_of(row),
    )


def _case(row: Row | None, version: ActivityVersion | None) -> CaseFact | None:
    if row is None:
        return None
    return CaseFact(
        resident=row["resident"],
        activity=row["activity"],
        open=row["status"] == "open",
        origin=row["origin"],
        since=row["since"],
        until=row["until"],
        told_at=row["effective_at"],
        fence=fence_at(row["fence"], row["epoch"]),
        opened_by=_opener(row) if version and covert(version) else "",
    )


def _opener(row: Row) -> str:
    return Entry.model_validate_json(row["entry"]).event.actor


def _fences(
    question: Question, keys: TenantKeys, snapshot: Snapshot, state: tuple[Row | None, Mapping[str, Any]]
) -> tuple[tuple[FenceAt, FenceKind], ...]:
    (resident, said), of = state, question.resident
    standing: list[tuple[str, int, FenceKind]] = [
        (of.fence, resident["epoch"] if resident else 0, "inwoner"),
        (keys.restriction(of.id), resident["restriction_epoch"] if resident else 0, "beperking"),
        (keys.objection(of.id, question.activity), _objection(said, question.activity)["epoch"], "bezwaar"),
    ]
    own = tuple((fence_at(fence, epoch), kind) for fence, epoch, kind in standing)
    if question.activity not in snapshot.common:
        snapshot.common[question.activity] = _common(question.activity, keys, snapshot)
    municipality, *others = snapshot.common[question.activity]
    return (municipality, *own, *others)


def _common(activity: str, keys: TenantKeys, snapshot: Snapshot) -> tuple[tuple[FenceAt, FenceKind], ...]:
    rows: list[tuple[Row | None, FenceKind]] = [
        (snapshot.recipient, "ontvanger"), (snapshot.activities.get(activity), "activiteit")
    ]  # fmt: skip
    stood = [(fence_at(row["fence"], row["epoch"]), kind) for row, kind in rows if row]
    if snapshot.processor:
        stood.append((fence_at(snapshot.processor["fence"], snapshot.processor["epoch"]), "ontvanger"))
    if snapshot.application:
        stood.append((fence_at(*own_fence(keys, snapshot.application)), "ontvanger"))
    return ((fence_at(keys.municipality(), 0), "gemeente"), *stood)


def own_fence(keys: TenantKeys, application: Row) -> tuple[str, int]:
    """Of one application, and where it stands."""
    return keys.application(application["client_id"]), application["own_epoch"] or 0


def versions_used(
    caller: Caller, question: Question, snapshot: Snapshot, counted: int, actor: str
) -> tuple[tuple[str, str, str], ...]:
    """(table, id, row version) of every fact of this question, so that an auditor can replay it; and what is in no
    table: how many releases counted, whether they used up a consent, what the token said of its bearer,
    and for a covert activity who asked, as a pseudonym."""
    rows: list[tuple[str, str, Row | None]] = [
        ("activities", question.activity, snapshot.activities.get(question.activity)),
        ("recipients", snapshot.recipient["slug"] if snapshot.recipient else "", snapshot.recipient),
        ("recipients", snapshot.processor["slug"] if snapshot.processor else "", snapshot.processor),
        ("applications", snapshot.application["client_id"] if snapshot.application else "", snapshot.application),
        ("cases", question.case, snapshot.cases.get(question.case)),
        ("subject_state", question.resident.id, snapshot.residents.get(question.resident.id)),
        *(("consents", row["id"], row) for row in snapshot.about(question)),
    ]
    token = f"{caller.kind}/{'binnen' if in_scope(caller, question.activity) else 'buiten'}"
    loose = [(TOKEN, caller.application, token), *([(COUNTED, question.activity, str(counted))] if counted else [])]
    version = snapshot.versions.get(question.activity)
    if version and covert(version):
        loose.append((ACTOR, caller.application, actor))
    loose += [(SPENT, row["id"], "1") for row in snapshot.about(question) if row.get("spent")]
    return (*((table, key, _revision(row)) for table, key, row in rows if row), *loose)


def _revision(row: Row) -> str:
    return f"{row['number']}.{row['revision']}" if "number" in row else str(row["revision"])
