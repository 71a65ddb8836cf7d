"""What a decision says that it used, so that an auditor can replay it. Pure."""

from consent.contract import Question
from consent.facts import ACTOR, BY_NUMBER, COUNTED, NAMED, NOBODY, SPENT, TOKEN, Row, Snapshot, in_scope
from consent.terms import covert
from kernel.caller import Caller


def versions_used(
    caller: Caller, question: Question, snapshot: Snapshot, counted: int, actor: str
) -> tuple[tuple[str, str, str], ...]:
    """(table, id, row version) of every fact of this question, so that an auditor can replay it; and what is in no
    table: how many releases counted, whether they used up a consent, what the token said of its bearer,
    for a covert activity who asked, as a pseudonym, and how the resident was named where that alone refuses."""
    rows: list[tuple[str, str, Row | None]] = [
        ("activities", question.activity, snapshot.activities.get(question.activity)),
        ("recipients", snapshot.recipient["slug"] if snapshot.recipient else "", snapshot.recipient),
        ("recipients", snapshot.processor["slug"] if snapshot.processor else "", snapshot.processor),
        ("applications", snapshot.application["client_id"] if snapshot.application else "", snapshot.application),
        ("cases", question.case, snapshot.cases.get(question.case)),
        ("subject_state", question.resident.id, snapshot.residents.get(question.resident.id)),
        *(("consents", row["id"], row) for row in snapshot.named(question)),
    ]
    token = f"{caller.kind}/{'binnen' if in_scope(caller, question.activity) else 'buiten'}"
    loose = [(TOKEN, caller.application, token), *([(COUNTED, question.activity, str(counted))] if counted else [])]
    version = snapshot.versions.get(question.activity)
    if version and covert(version):
        loose.append((ACTOR, caller.application, actor))
    if question.nobody:
        loose.append((NAMED, caller.application, NOBODY))
    elif question.by_number and not (snapshot.party and snapshot.party.by_bsn):
        loose.append((NAMED, caller.application, BY_NUMBER))
    loose += [(SPENT, row["id"], "1") for row in snapshot.about(question) if row.get("spent")]
    return (*((table, key, _revision(row)) for table, key, row in rows if row), *loose)


def _revision(row: Row) -> str:
    return f"{row['number']}.{row['revision']}" if "number" in row else str(row["revision"])
