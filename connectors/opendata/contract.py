"""The door for who reads a published table: everybody, without login.

Problem
├── NoSuchTable        404  connectors.counting.contract: unknown, not promised, or its day has not come
└── CannotCount        503  connectors.counting.contract: the ledger cannot be read, or is not ours
"""

from typing import Annotated, Literal, Protocol

from pydantic import Field

from connectors.contract import LineRef
from connectors.counting.contract import Cell
from consent.contract import Words
from kernel.caller import Caller
from kernel.message import Message, Sentence, Short, wire

State = Literal["gemaakt", "nog-niet-gemaakt", "niet-gemaakt"]


class TableBrief(Message):
    """One table in the list. state: made; not yet; or not before its version ended. made_at: "" while it was not.
    residents: about whom; rows, columns, measure: what is counted, in Dutch, as the register has it."""

    activity: Annotated[Short, wire("verwerkingsactiviteit")]
    version: Annotated[int, wire("versie")]
    table: Annotated[Short, wire("tabel")]
    state: Annotated[State, wire("stand")]
    day: Annotated[Short, wire("publicatiedag")]
    made_at: Annotated[Short, wire("gemaaktOp")] = ""
    title: Annotated[Words, wire("titel")]
    purpose: Annotated[Words, wire("doel")]
    controller: Annotated[Sentence, wire("verwerkingsverantwoordelijke")]
    contact: Sentence
    residents: Annotated[tuple[Words, ...], wire("categorieenBetrokkenen")] = ()
    rows: Annotated[Sentence, wire("rijen")]
    columns: Annotated[Sentence, wire("kolommen")] = ""
    measure: Annotated[Sentence, wire("maat")]
    population: Annotated[Short, wire("bevolking")]
    smallest: Annotated[int, wire("drempel")]
    epsilon: Short


class Explained(Message):
    """How to read the numbers, for people. coarse: into what people were put together; noise: how far a number may be
    off; withheld: which numbers are not there, and what that says."""

    coarse: Annotated[Words, wire("grofheid")]
    noise: Annotated[Words, wire("ruis")]
    withheld: Annotated[Words, wire("achtergehouden")]


class OpenTable(TableBrief):
    """One table, whole. made_for: the recipient that asked for it. off_by: a count is further from the truth than this
    once in twenty times at most. gaps: cells without a number; None where those are not listed (squares). digest:
    SHA-256 of the same table as CSV. line: of the run, in the log. Without cells and what follows while it was not
    made."""

    licence: Annotated[Short, wire("licentie")]
    explained: Annotated[Explained, wire("uitleg")]
    made_for: Annotated[Words | None, wire("gemaaktVoor")] = None
    off_by: Annotated[int | None, wire("afwijking")] = None
    gaps: Annotated[int | None, wire("cellenZonderGetal")] = None
    cells: Annotated[tuple[Cell, ...], wire("cellen")] = ()
    digest: Annotated[Short, wire("vingerafdruk")] = ""
    line: Annotated[LineRef | None, wire("logregel")] = None


class TablePlace(Message):
    """Which one."""

    activity: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    version: Annotated[int, Field(ge=1, le=1_000_000)]
    table: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]


class OpenTables(Protocol):
    """What everybody may read. Of the caller only the municipality matters."""

    async def tables(self, caller: Caller) -> list[TableBrief]:
        """All of which the day has come, the newest day first. One that was never made and stands in a later version
        that is public too, is left out. Raises CannotCount, RegisterUnavailable."""
        ...

    async def table(self, caller: Caller, place: TablePlace) -> OpenTable:
        """Raises NoSuchTable, CannotCount, RegisterUnavailable."""
        ...
