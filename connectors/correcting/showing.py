"""A report as each of its readers sees it. Pure but for opened text."""

from connectors.correcting.acts import About
from connectors.correcting.content import assignment
from connectors.correcting.contract import RESIDENT, Assignment, Report, Task
from connectors.correcting.rules import SENT
from connectors.correcting.stored import DAY_MS, Found
from kernel.clock import instant


def about_of(found: Found) -> About:
    """As its lines name it."""
    row, said = found.row, found.content
    return About(row["id"], row["subject"], row["element"], row["source"], said.line, said.keep_until)


def shown(found: Found) -> Report:
    """For its reporter and its resident. What waits for its line is not said yet."""
    row, said = found.row, found.content
    return Report(
        id=row["id"],
        element=row["element"],
        source=row["source"],
        reporter=row["reporter"],
        reporter_name=said.reporter_name,
        status=row["status"],
        reason=said.reason,
        expected=said.expected or None,
        forwarded=row["way"] == SENT,
        filed_at=instant(row["filed_at"]),
        changed_at=instant(row["changed_at"]),
        answer=None if row["entry"] else said.answer or None,
    )


def task(found: Found, days: int) -> Task:
    """For the list of the source's owner. days: of its term."""
    row = found.row
    said = {name: row[name] for name in ("id", "element", "source", "status")}
    return Task(**said, filed_at=instant(row["filed_at"]), until=instant(row["changed_at"] + days * DAY_MS))


def assigned(found: Found) -> Assignment:
    """Whole, for the source's owner."""
    row = found.row
    return assignment(
        found.content,
        id=row["id"],
        element=row["element"],
        source=row["source"],
        status=row["status"],
        reporter="inwoner" if row["reporter"] == RESIDENT else "ontvanger",
        filed_at=instant(row["filed_at"]),
    )
