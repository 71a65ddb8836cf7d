"""Text that goes into a spreadsheet of whoever opens the file."""

from typing import Final

# A spreadsheet runs what begins so; a quote in front makes it text.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe(cell: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
