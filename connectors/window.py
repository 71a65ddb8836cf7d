"""How far back a decision lets anybody look: what is older does not leave, and no answer is made of it. Pure.

A value is as old as the moment at which its source or its resident gave it. A list of which the catalogue says where an
entry has its date is judged entry by entry. Without earlier values only the newest entry counts, the one in force now;
a value that is no such list is the one in force, whatever its age. What has no date that can be read is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from connectors.answers import Unknown, days_of
from kernel.clock import moment
from vault.contract import Value

HERE = ZoneInfo("Europe/Amsterdam")  # a day begins at midnight in the Netherlands


@dataclass(frozen=True)
class Window:
    """days: how old at most, 0 for no bound. earlier: also what was so before. decided: when it was decided."""

    days: int
    earlier: bool
    decided: datetime

    def seen(self, value: Value, dated: str) -> Value | None:
        """What of it lies inside. dated: the member of an entry that says its date, "" where there are no entries."""
        if dated and isinstance(value.value, list):
            left = self._entries(value.value, dated)
            return value.model_copy(update={"value": left}) if left else None
        old = self.days and moment(value.as_of) < self.decided - timedelta(days=self.days)
        return None if old else value

    def _entries(self, entries: Sequence[JsonValue], dated: str) -> list[JsonValue]:
        today = self.decided.astimezone(HERE).date()
        listed = [(day, entry) for entry in entries if (day := _day(entry, dated)) is not None and day <= today]
        if not self.earlier:
            newest = max((day for day, _ in listed), default=None)
            listed = [(day, entry) for day, entry in listed if day == newest]
        begin = today - timedelta(days=self.days) if self.days else date.min
        return [entry for day, entry in listed if day >= begin]


def _day(entry: Any, dated: str) -> date | None:
    """The first day that it can be: of a date that is known in part, whatever may be too old is."""
    said = entry.get(dated) if isinstance(entry, dict) else None
    try:
        known = days_of(said)
        return known[0] if known else date.fromisoformat(str(said)[:10])
    except (Unknown, ValueError):
        return None
