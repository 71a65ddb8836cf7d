"""Files, put together: which declared sources take one."""

from collections.abc import Mapping

from connectors.declared.declaration import Declaration
from connectors.uploads.reading import Sheets
from connectors.uploads.service import Taking


def takings(declared: Mapping[str, Mapping[str, Declaration]]) -> dict[str, dict[str, Taking]]:
    """By tenant and source."""
    return {
        tenant: {name: Taking(one.csv, Sheets(one.csv, one.elements)) for name, one in by_name.items() if one.csv}
        for tenant, by_name in declared.items()
    }
