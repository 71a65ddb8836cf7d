"""Whether an employee of the desk has the resident before them, as every verb for whom they act for asks first."""

from collections.abc import Collection

from consent.contract import NoSuchThing
from consent.flags import known
from consent.frontdesk.parents import parent_of
from consent.frontdesk.rules import is_open, serves
from consent.frontdesk.tables import conversations
from consent.lines import names
from consent.mandates.acting import flagged
from consent.rows import Register, Row, Rows
from consent.tables import subject_state
from kernel.caller import Caller

DESK = "balie"


def is_desk(caller: Caller) -> bool:
    """Whether this is an employee of the desk."""
    return caller.kind == "medewerker" and bool(caller.user) and DESK in caller.roles


async def attended(register: Register, caller: Caller, at: int) -> None:
    """Nothing for everybody but the desk. Raises NoSuchThing without an open conversation with whom they act for, in
    which something is shown; at: ms."""
    if not is_desk(caller):
        return
    async with register.reading(caller.tenant) as rows:
        if not await served(rows, await _present(rows, caller, at)):
            raise NoSuchThing()


async def writing_down(register: Register, caller: Caller, at: int) -> Collection[str] | None:
    """As `attended`, for what is asked and not looked at: also where nothing is shown. Whether that is so would tell
    who is known, dead or in hiding. What was written down in the conversation; None for everybody but the desk."""
    if not is_desk(caller):
        return None
    async with register.reading(caller.tenant) as rows:
        return names((await _present(rows, caller, at))["acted"])


async def _present(rows: Rows, caller: Caller, at: int) -> Row:
    c = conversations.c
    mine = (c.staff == caller.user, c.resident == caller.acting_for, c.status == "open")
    found = await rows.find(conversations, *mine, order=(conversations.c.opened_at.desc(),), most=1)
    if not caller.acting_for or not found or not is_open(found[0]["status"], found[0]["opened_at"], at):
        raise NoSuchThing()
    if parent_of(found[0]) is not None:  # whose choices these are is not who chooses: in the conversation only
        raise NoSuchThing()
    return found[0]


async def served(rows: Rows, row: Row) -> bool:
    """Whether the resident of a conversation is helped along its way: a flag may have come since it began. Of a child
    whose data is secret nobody else is told anything: somebody may live where it lives."""
    parent = parent_of(row)
    if parent and flagged(parent.relation, await rows.one(subject_state, resident=row["resident"])):
        return False
    return bool(row["served"]) and serves(row["channel"], await flags_of(rows, row["resident"]))


async def flags_of(rows: Rows, resident: str) -> Collection[str]:
    """What is known of a resident, or about to be."""
    return known(await rows.one(subject_state, resident=resident))
