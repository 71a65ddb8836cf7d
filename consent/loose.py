"""Requests for nobody in particular: whose they become, and how many of a recipient may wait at once.

Each is a row and a line, and nobody has to exist for one. An answer, or 28 days, makes room. Two at one moment may both
be let in: this keeps a table from filling, and protects nobody.
"""

from sqlalchemy import literal_column

from audit.contract import SYSTEM
from consent import tables
from consent.contract import NoSuchThing, ResidentRef
from consent.rows import Row, Rows
from consent.views import state_of_row
from kernel.caller import Caller
from kernel.errors import TooManyRequests

WAIT_SECONDS = 3_600


async def demand_room(rows: Rows, recipient: str, most: int, at: int) -> None:
    """at: ms. Raises TooManyRequests."""
    mine = tables.consents.c
    # written out, not bound: so the index of these few rows is used
    open_now = (mine.resident == literal_column("''"), mine.recipient == recipient, mine.answer_by > at)
    if await rows.count(tables.consents, *open_now) >= most:
        raise TooManyRequests(
            f"Er staan {most} vragen open die nog niemand oppakte. Geef elke bezoeker er een, en vraag later opnieuw.",
            wachtSeconden=WAIT_SECONDS,
        )


def whose(resident: ResidentRef | None) -> Row:
    """The columns of a consent that say whose it is; a request for whoever takes it up is nobody's."""
    if resident is None:
        return {"resident": "", "subject": SYSTEM, "resident_fence": ""}
    return {"resident": resident.id, "subject": resident.subject, "resident_fence": resident.fence}


def taken(row: Row | None, caller: Caller, resident: ResidentRef, at: int) -> Row:
    """One that this resident may take up, or has. Raises NoSuchThing: somebody else's is not there."""
    mine = caller.kind == "inwoner" and bool(caller.user) and caller.user == resident.id
    if row is None or not mine or row["resident"] not in ("", resident.id):
        raise NoSuchThing()
    if not row["resident"] and state_of_row(row, at) != "gevraagd":
        raise NoSuchThing()
    return row
