"""HTTP out: what pages ask of published tables, when this room lives elsewhere."""

from dataclasses import dataclass

from connectors.opendata.api import PREFIX, Briefs, Nothing
from connectors.opendata.contract import OpenTable, TableBrief, TablePlace
from kernel.caller import Caller
from kernel.http.client import RoomLine


@dataclass(frozen=True)
class OpenTablesClient:
    """Satisfies OpenTables."""

    line: RoomLine

    async def tables(self, caller: Caller) -> list[TableBrief]:
        """See OpenTables.tables."""
        return list((await self.line.ask(f"{PREFIX}/tables", caller, Nothing(), Briefs)).tables)

    async def table(self, caller: Caller, place: TablePlace) -> OpenTable:
        """See OpenTables.table."""
        return await self.line.ask(f"{PREFIX}/table", caller, place, OpenTable)
