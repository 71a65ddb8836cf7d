"""Who plays R1 to R13 among our own residents, written down beside what the demo picks by property."""

import json
from pathlib import Path

WRITTEN = Path(__file__).with_name("roles.json")


def own_roles() -> dict[str, str]:
    """Role to BSN."""
    written: dict[str, dict[str, str]] = json.loads(WRITTEN.read_text("utf-8"))
    return {role: one["burgerservicenummer"] for role, one in written.items()}
