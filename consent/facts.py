"""From rows to facts: what the rules weigh, and how a decision names them. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from audit.contract import Entry, FenceAt
from consent.contract import FenceKind, Question
from consent.difference import consents_since
from consent.keys import MACHINES, TenantKeys
from consent.lines import names, recipient_of, version_of
from consent.rules import CaseFact, Facts
from consent.standing import Standing
from consent.terms import covert
from kernel.caller import Caller

Row = Mapping[str, Any]
TOKEN, COUNTED = "token", "geteld"  # facts that are in no table


@dataclass(frozen=True)
class Snapshot:
    """All rows that the questions of one call are about, read at one moment."""

    recipient: Row | None = None
    application: Row | None = None
    activities: Mapping[str, Row] = field(default_factory=dict)
    cases: Mapping[str, Row] = field(default_factory=dict)
    consents: tuple[Row, ...] = ()
    residents: Mapping[str, Row] = field(default_factory=dict)


def facts_of(caller: Caller, question: Question, snapshot: Snapshot, keys: TenantKeys, counted: int = 0) -> Facts:
    """The facts of one question; epochs are those of the rows, and 0 where there is none."""
    activity = snapshot.activities.get(question.activity)
    resident = snapshot.residents.get(question.resident.id)
    recipient, version = snapshot.recipient, version_of(activity) if activity else None
    since = consents_since(version) if version else 0
    said = json.loads(resident["document"]) if resident else {"flags": (), "objections": {}}
    return Facts(
        activity=version,
        in_force=activity is not None and activity["status"] == "gepubliceerd",
        published_at=activity["effective_at"] if activity else 0,
        admitted=_admitted(caller, recipient, snapshot.application),
        in_scope=in_scope(caller, question.activity),
        recipient=caller.organisation,
        by_bsn=recipient is not None and recipient_of(recipient).by_bsn,
        case=_case(snapshot.cases.get(question.case), activity),
        consents=tuple(_standing(row) for row in snapshot.consents if since and _is_to(row, question, since)),
        objected=question.activity in said["objections"],
        restricted=resident is not None and resident["status"] == "beperkt",
        flags=frozenset(said["flags"]),
        counted=counted,
        actor=keys.actor(caller),
        fences=_fences(question, keys, (activity, recipient, resident, said)),
    )


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


def _is_about(row: Row, question: Question) -> bool:
    return (row["resident"], row["activity"]) == (question.resident.id, question.activity)


def _is_to(row: Row, question: Question, since: int) -> bool:
    """A yes is to what was read: it holds for a newer version that is no wider, and is asked anew for one that is."""
    return _is_about(row, question) and int(row["version"]) >= since


def _standing(row: Row) -> Standing:
    return Standing(
        id=row["id"],
        status=row["status"],
        elements=names(row["elements"]),
        case=row["reference"],
        asked_at=row["requested_at"],
        valid_until=row["valid_until"],
        fence=FenceAt(fence=row["fence"], epoch=row["epoch"]),
        revision=row["revision"],
        spent=row.get("spent", False),
    )


def _case(row: Row | None, activity: Row | None) -> CaseFact | None:
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
        fence=FenceAt(fence=row["fence"], epoch=row["epoch"]),
        opened_by=_opener(row) if activity and covert(version_of(activity)) else "",
    )


def _opener(row: Row) -> str:
    return Entry.model_validate_json(row["entry"]).event.actor


def _fences(
    question: Question, keys: TenantKeys, used: tuple[Row | None, Row | None, Row | None, Mapping[str, Any]]
) -> tuple[tuple[FenceAt, FenceKind], ...]:
    activity, recipient, resident, said = used
    of = question.resident
    standing: list[tuple[str, int, FenceKind]] = [
        (keys.municipality(), 0, "gemeente"),
        (of.fence, resident["epoch"] if resident else 0, "inwoner"),
        (keys.restriction(of.id), resident["restriction_epoch"] if resident else 0, "beperking"),
        (keys.objection(of.id, question.activity), said["objections"].get(question.activity, 0), "bezwaar"),
    ]
    if recipient:
        standing.append((recipient["fence"], recipient["epoch"], "ontvanger"))
    if activity:
        standing.append((activity["fence"], activity["epoch"], "activiteit"))
    return tuple((FenceAt(fence=fence, epoch=epoch), kind) for fence, epoch, kind in standing)


def versions_used(
    caller: Caller, question: Question, snapshot: Snapshot, counted: int
) -> tuple[tuple[str, str, str], ...]:
    """(table, id, row version) of every fact of this question, so that an auditor can replay it; and what is in no
    table: how many releases counted, and what the token said of its bearer."""
    rows: list[tuple[str, str, Row | None]] = [
        ("activities", question.activity, snapshot.activities.get(question.activity)),
        ("recipients", snapshot.recipient["slug"] if snapshot.recipient else "", snapshot.recipient),
        ("applications", snapshot.application["client_id"] if snapshot.application else "", snapshot.application),
        ("cases", question.case, snapshot.cases.get(question.case)),
        ("subject_state", question.resident.id, snapshot.residents.get(question.resident.id)),
        *(("consents", row["id"], row) for row in snapshot.consents if _is_about(row, question)),
    ]
    token = f"{caller.kind}/{'binnen' if in_scope(caller, question.activity) else 'buiten'}"
    loose = [(TOKEN, caller.application, token), *([(COUNTED, question.activity, str(counted))] if counted else [])]
    return (*((table, key, _revision(row)) for table, key, row in rows if row), *loose)


def _revision(row: Row) -> str:
    return f"{row['number']}.{row['revision']}" if "number" in row else str(row["revision"])
