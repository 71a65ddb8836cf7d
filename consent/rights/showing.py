"""A request as it is read: its texts opened, and whether it stops something now."""

from collections.abc import Sequence, Set
from typing import Any

from consent.deciding import newest_versions
from consent.lines import version_of
from consent.locks import ALL, standing
from consent.rights.contract import RightsRequest
from consent.rights.rules import FILED, NOTICE_MS, STANDS, due
from consent.rights.standing import AFTER, particulars, stands
from consent.rows import Row, Rows


async def going_on(rows: Rows, found: Sequence[Row]) -> set[str]:
    """Of the activities of these requests, those that do not stand still while an objection is weighed."""
    slugs = {row["activity"] for row in found if row["kind"] == "bezwaar"}
    newest = await newest_versions(rows, slugs) if slugs else {}
    return {slug for slug, row in newest.items() if version_of(row).despite_objection}


def shown(rows: Rows, row: Row, state: Row | None, going_on: Set[str]) -> RightsRequest:
    """One request. state: the row of its resident; going_on: see the function of that name."""

    def text(column: str, kind: str) -> str:
        sealed = row[column]
        return rows.keys.open_text(row["resident"], row["id"], kind, bytes.fromhex(sealed)) if sealed else ""

    decided = row["status"] in AFTER.values() and row["status"] != FILED
    return RightsRequest(
        id=row["id"],
        kind=row["kind"],
        activity=row["activity"],
        status=row["status"],
        text=text("sealed", "verzoek"),
        filed_at=row["filed_at"],
        due_at=due(row["filed_at"], row["extended_at"]),
        extended=text("reason", "reason") if row["extended_at"] else "",
        decided_at=row["decided_at"],
        answer=text("letter", "letter") if decided else "",
        suspends=_suspends(row, state, going_on),
        pending=bool(row["pending_at"]),
        position=row["position"],
        element=row["element"] or "",
        filed_as=row["filed_as"] or "",
        **_particular(rows, row),
    )


def _suspends(row: Row, state: Row | None, going_on: Set[str]) -> bool:
    if row["kind"] == "beperking":
        return row["id"] in standing(state, row["activity"] or ALL)
    return bool(row["kind"] == "bezwaar" and row["status"] in STANDS and stands(state, row["activity"], going_on))


def _particular(rows: Rows, row: Row) -> dict[str, Any]:
    """Of a restriction: why, and the notice before it ends once that was given."""
    if row["kind"] != "beperking":
        return {}
    said = particulars(row)
    if not said.announced_at:
        return {"ground": said.ground}
    notice = rows.keys.open_text(row["resident"], row["id"], "notice", bytes.fromhex(said.notice))
    return {"ground": said.ground, "notice": notice, "lifts_at": said.announced_at + NOTICE_MS}
