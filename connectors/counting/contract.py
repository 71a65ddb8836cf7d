"""The door for who asks for a table (architecture.md section 6, `POST statistieken`).

Problem
├── NotReleased  403  connectors.contract: the table may not be asked; `te-vaak` also when the budget is spent
├── CannotCount  503  no population, no noise, or a ledger that contradicts the log
├── CountFailed  502  a source was silent for somebody: a table with holes is not given. What it cost stays spent
└── NoSuchTable  404  no such answer, or not yours
"""

from typing import Annotated, Protocol

from pydantic import Field

from audit.contract import Permit
from connectors.contract import LineRef, Plain
from kernel.caller import Caller
from kernel.errors import Problem
from kernel.message import Body, Message, Short, wire
from vault.contract import Bsn


class CountRequest(Body):
    """One of the tables of an activity, whole. user: the recipient's own id of the employee."""

    activity: Annotated[Annotated[Plain, Field(min_length=1, max_length=60)], wire("verwerkingsactiviteit")]
    table: Annotated[Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)], wire("tabel")]
    user: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None, wire("gebruiker")] = None


class Cell(Message):
    """One group. count: people, with noise; None where it is withheld, and then nobody says whether there are any.
    mean: with noise, in the unit of its element, two decimals; None where nothing is averaged or it is withheld."""

    row: Annotated[Short, wire("rij")]
    column: Annotated[Short | None, wire("kolom")] = None
    count: Annotated[int | None, wire("aantal")] = None
    mean: Annotated[Short | None, wire("gemiddelde")] = None


class Spent(Message):
    """Of the privacy budget of the activity, in epsilon with three decimals."""

    now: Annotated[Short, wire("kosten")]
    until_now: Annotated[Short, wire("besteed")]
    whole: Annotated[Short, wire("budget")]


class Counted(Message):
    """A table. smallest: no group below it is shown. off_by: a count is further from the truth than this once in twenty
    times at most."""

    id: Short
    activity: Annotated[Short, wire("verwerkingsactiviteit")]
    version: Annotated[Short, wire("versie")]
    table: Annotated[Short, wire("tabel")]
    smallest: Annotated[int, wire("drempel")]
    off_by: Annotated[int, wire("afwijking")]
    cells: Annotated[tuple[Cell, ...], wire("cellen")]
    spent: Annotated[Spent, wire("privacybudget")]
    line: Annotated[LineRef, wire("logregel")]


class CannotCount(Problem):
    """Nothing was given."""

    code, status, title = "telling-kan-niet", 503, "Tellen kan hier nu niet"


class CountFailed(Problem):
    """What it cost stays spent. Members: `logregel`."""

    code, status, title = "telling-mislukt", 502, "Deze telling is mislukt"


class NoSuchTable(Problem):
    """Another's and an unknown id get the same answer."""

    code, status, title = "telling-bestaat-niet", 404, "Deze telling is er niet"


class Population(Protocol):
    """Everybody who may be in a table."""

    async def numbers(self, caller: Caller, permit: Permit) -> list[Bsn]:
        """Each once, in no order that means anything. Raises SourceDown, NotPermitted."""
        ...


class Counting(Protocol):
    """Counts inside, and gives a table."""

    async def count(self, caller: Caller, request: CountRequest, key: str = "") -> Counted:
        """key: the Idempotency-Key, "" for none; with the same one the same table comes again and costs nothing.
        Raises NotReleased, CannotCount, CountFailed, SameKeyOtherBody, KeyUnderWay, StaleAnswer, LogUnavailable,
        OutcomeUnknown, RegisterUnavailable, VaultUnavailable."""
        ...

    async def counted(self, caller: Caller, id_: str) -> Counted:
        """A table that this application was given before. Raises NoSuchTable."""
        ...
