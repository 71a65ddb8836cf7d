"""How releases of bulk ended, in one line for many: a line each would be half of the log."""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.contract import Entry, Event, Outcome, Position
from connectors.lines import Lines
from kernel.caller import Caller
from kernel.ids import derived_id

CLOSED_AT_ONCE = 500  # positions that one act may name


@dataclass(frozen=True)
class Closing:
    """Records outcomes."""

    lines: Lines

    async def close(self, caller: Caller, places: Sequence[Position], how: Outcome) -> None:
        """The same places and outcome again change nothing. Never raises for a log that cannot write: the sweeper says
        `onbekend` then."""
        for begin in range(0, len(places), CLOSED_AT_ONCE):
            some = tuple(places[begin : begin + CLOSED_AT_ONCE])
            named = derived_id("|".join(map(str, some)), f"bulk/{how}")
            # no activity, no recipient: the releases themselves say so, to whoever may see it
            event = Event(id=named, kind="afloop", name="Afloop in bulk", closes=some, details={"uitkomst": how})
            await self.lines.end(caller, Entry(event=event))
