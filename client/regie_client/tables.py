"""Tables of counts: nobody's data, and still nothing without its line."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from regie_client.messages import LineRef, Receipt, Said, Short


@dataclass(frozen=True)
class TableQuestion:
    """One of the tables of an activity. user: the recipient's own id of the employee."""

    activity: str
    table: str
    user: str = ""

    def body(self) -> dict[str, Any]:
        """As it is sent."""
        said = {"verwerkingsactiviteit": self.activity, "tabel": self.table, "gebruiker": self.user}
        return {name: value for name, value in said.items() if value}


class Cell(Said):
    """One group. count: people, with noise; None where it is withheld. mean: with noise, two decimals; None as well."""

    row: Annotated[Short, Field(validation_alias="rij")]
    column: Annotated[Short | None, Field(validation_alias="kolom")] = None
    count: Annotated[int | None, Field(validation_alias="aantal")] = None
    mean: Annotated[Short | None, Field(validation_alias="gemiddelde")] = None


class Spent(Said):
    """Of the privacy budget of the activity, in epsilon."""

    now: Annotated[Short, Field(validation_alias="kosten")]
    until_now: Annotated[Short, Field(validation_alias="besteed")]
    whole: Annotated[Short, Field(validation_alias="budget")]


class TableBody(Said):
    """A table as it comes in."""

    id: Short
    activity: Annotated[Short, Field(validation_alias="verwerkingsactiviteit")]
    table: Annotated[Short, Field(validation_alias="tabel")]
    smallest: Annotated[int, Field(validation_alias="drempel")]
    off_by: Annotated[int, Field(validation_alias="afwijking")]
    cells: Annotated[tuple[Cell, ...], Field(validation_alias="cellen", max_length=100_000)]
    spent: Annotated[Spent, Field(validation_alias="privacybudget")]
    line: Annotated[LineRef, Field(validation_alias="logregel")]


@dataclass(frozen=True)
class Table:
    """A table whose line the log holds. smallest: no group below it is shown. off_by: a count is further from the truth
    than this once in twenty times at most."""

    id: str
    smallest: int
    off_by: int
    cells: tuple[Cell, ...]
    spent: Spent
    receipt: Receipt
