"""Who of the staff handles which request: the FG all of them, an owner those about uses of their own department.

A department is the recipient that uses the data. Who its employees are the login provider says, in a role
`afdeling:<ontvanger>` beside `proceseigenaar`. What rests on no single use, and every restriction, is the FG's: to lift
a lock is not for who wants to go on.
"""

from collections.abc import Collection
from typing import Final

from consent.contract import NoSuchThing
from consent.deciding import EFFECTIVE, newest_versions
from consent.lines import version_of
from consent.rights.contract import DEPARTMENT
from consent.rights.tables import rights
from consent.rows import Row, Rows
from consent.tables import activities
from kernel.caller import Caller
from kernel.errors import NoAccess

OFFICER, OWNER = "fg", "proceseigenaar"
OFFICERS_ONLY: Final = "beperking"


def is_officer(caller: Caller) -> bool:
    """The FG."""
    return caller.kind == "medewerker" and OFFICER in caller.roles


def departments(caller: Caller) -> frozenset[str]:
    """Recipients whose requests this employee handles; none for who is no owner."""
    if caller.kind != "medewerker" or OWNER not in caller.roles:
        return frozenset()
    return frozenset(role.removeprefix(DEPARTMENT) for role in caller.roles if role.startswith(DEPARTMENT))


def staff_only(caller: Caller) -> None:
    """Raises NoAccess for who handles no request at all."""
    if caller.kind != "medewerker" or not {OFFICER, OWNER} & {*caller.roles}:
        raise NoAccess("Dit is voor de FG, of voor de eigenaar van een doel.")


async def handled(rows: Rows, caller: Caller) -> Collection[str] | None:
    """Activities whose requests this employee sees; None for all."""
    if is_officer(caller):
        return None
    found = await rows.find(activities, activities.c.status.in_(EFFECTIVE), order=(activities.c.number,))
    newest = {row["slug"]: row for row in found}
    return {slug for slug, row in newest.items() if _theirs(caller, row)}


async def demand(rows: Rows, caller: Caller, row: Row) -> None:
    """Raises NoSuchThing for a request that this employee does not handle: another's and an unknown one look alike."""
    if is_officer(caller):
        return
    newest = (await newest_versions(rows, {row["activity"]})).get(row["activity"])
    if row["kind"] == OFFICERS_ONLY or newest is None or not _theirs(caller, newest):
        raise NoSuchThing()


async def demand_known(rows: Rows, activity: str) -> None:
    """What a request is about must have been in force. Raises NoSuchThing."""
    if activity and not await newest_versions(rows, {activity}):
        raise NoSuchThing()


async def requests(rows: Rows, caller: Caller, *where: object, most: int) -> list[Row]:
    """Those that this employee handles: first those that wait, of these the one that was filed first."""
    slugs = await handled(rows, caller)
    mine = () if slugs is None else (rights.c.kind != OFFICERS_ONLY, rights.c.activity.in_(slugs))
    order = (rights.c.status.not_in(("ingediend", "in-behandeling")), rights.c.filed_at)
    return await rows.find(rights, *where, *mine, order=order, most=most)  # type: ignore[arg-type]  # conditions all


def _theirs(caller: Caller, activity: Row) -> bool:
    return any(one.recipient in departments(caller) for one in version_of(activity).parties)
