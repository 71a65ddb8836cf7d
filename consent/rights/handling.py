"""Who of the staff handles which request: the FG all of them, an owner those about uses of their own department.

A department is the recipient that uses the data. Who its employees are the login provider says, in a role
`afdeling:<ontvanger>` beside `proceseigenaar`. What rests on no single use, and every restriction, is the FG's: to lift
a lock is not for who wants to go on. So of an objection: an owner may take it on, ask for time and give in, and never
reject it; and one about a use of several departments is the FG's, for none of them speaks for the others. An FG who has
a department as well lifts no restriction of its own use either, and of all uses at once they lift none.
"""

from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import and_, or_

from consent.contract import NoSuchThing
from consent.deciding import newest_versions
from consent.lines import version_of
from consent.owning import OFFICER, OWNER, departments, is_officer, owners, works_at
from consent.prepared import EFFECTIVE
from consent.rights.contract import Step
from consent.rights.tables import rights
from consent.rows import Row, Rows
from consent.tables import activities
from kernel.caller import Caller
from kernel.errors import NoAccess

OFFICERS_ONLY: Final = "beperking"
OBJECTION: Final = "bezwaar"
GOES_ON: Final[Mapping[str, frozenset[Step]]] = {  # after these a use goes on, against the word of who asked it to stop
    OBJECTION: frozenset({"ongegrond"}),
    OFFICERS_ONLY: frozenset({"ongegrond", "opheffen"}),
}
NOT_OWN = "Dit gaat over het werk van uw eigen afdeling. Dat het weer doorgaat, beslist een ander."


def staff_only(caller: Caller) -> None:
    """Raises NoAccess for who handles no request at all."""
    if caller.kind != "medewerker" or not {OFFICER, OWNER} & {*caller.roles}:
        raise NoAccess("Dit is voor de FG, of voor de eigenaar van een doel.")


async def handled(rows: Rows, caller: Caller) -> tuple[Collection[str], Collection[str]]:
    """Activities whose requests this owner sees; and of these, the ones whose objections they see too."""
    found = await rows.find(activities, activities.c.status.in_(EFFECTIVE), order=(activities.c.number,))
    newest = {row["slug"]: row for row in found}
    theirs = {slug: row for slug, row in newest.items() if _theirs(caller, row)}
    return theirs.keys(), {slug for slug, row in theirs.items() if len(owners(version_of(row))) == 1}


async def demand(rows: Rows, caller: Caller, row: Row, step: Step) -> None:
    """Raises NoSuchThing for a request that this employee does not handle: another's and an unknown one look alike.
    NoAccess for what would let their own department's work go on, also as FG."""
    newest = (await newest_versions(rows, {row["activity"]})).get(row["activity"])
    whose = owners(version_of(newest)) if newest is not None else frozenset()
    objection = row["kind"] == OBJECTION
    if not is_officer(caller):
        shared = objection and len(whose) > 1
        if row["kind"] == OFFICERS_ONLY or shared or not whose & departments(caller):
            raise NoSuchThing()
    own = whose & works_at(caller) if row["activity"] else works_at(caller)
    if step in GOES_ON.get(row["kind"], ()) and own:
        raise NoAccess(NOT_OWN)


async def demand_known(rows: Rows, activity: str) -> None:
    """What a request is about must have been in force. Raises NoSuchThing."""
    if activity and not await newest_versions(rows, {activity}):
        raise NoSuchThing()


async def requests(rows: Rows, caller: Caller, *where: object, most: int) -> list[Row]:
    """Those that this employee handles: first those that wait, of these the one that was filed first."""
    mine: tuple[object, ...] = ()
    if not is_officer(caller):
        slugs, alone = await handled(rows, caller)
        others = and_(rights.c.kind.not_in((OFFICERS_ONLY, OBJECTION)), rights.c.activity.in_(slugs))
        mine = (or_(others, and_(rights.c.kind == OBJECTION, rights.c.activity.in_(alone))),)
    order = (rights.c.status.not_in(("ingediend", "in-behandeling")), rights.c.filed_at)
    return await rows.find(rights, *where, *mine, order=order, most=most)  # type: ignore[arg-type]  # conditions all


def _theirs(caller: Caller, activity: Row) -> bool:
    return bool(owners(version_of(activity)) & departments(caller))
