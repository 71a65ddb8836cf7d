"""A table for a spreadsheet: RFC 4180, with a byte order mark. Pure."""

import csv
import io
from collections.abc import Iterable
from typing import Final

from connectors.counting.contract import Cell
from kernel.spreadsheet import safe

COLUMNS: Final = ("rij", "kolom", "aantal", "gemiddelde")


def as_csv(cells: Iterable[Cell]) -> str:
    """The same cells in the same order always give the same bytes. Without a number: nothing between the commas."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for cell in cells:
        said = (cell.row, cell.column or "", "" if cell.count is None else str(cell.count), cell.mean or "")
        writer.writerow([safe(one) for one in said])
    return "\ufeff" + text.getvalue()
