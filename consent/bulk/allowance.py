"""How many residents an application may still ask about: so many within 24 hours, in all processes together.

It counts what is asked, also what then fails: who repeats a list that came back with an error uses it up once more.
"""

from typing import Final

from consent.bulk.tables import asked
from consent.rows import Register, Row, Rows
from consent.words import fault
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.errors import TooManyRequests

DAY: Final = 86_400_000  # ms


class Allowance:
    """Owns `asked`. most: residents of one application."""

    def __init__(self, register: Register, clock: Clock, most: int) -> None:
        self._register, self._clock, self._most = register, clock, most

    async def take(self, caller: Caller, residents: int) -> None:
        """Counts nothing and raises BadInput where no day has room, TooManyRequests, RegisterUnavailable."""
        if residents > self._most:
            raise fault("/inwoners", "te-veel", f"Hier zijn er in 24 uur hoogstens {self._most}. Splits de lijst.")
        at = millis(self._clock())

        async def counted(rows: Rows) -> None:
            await rows.add(asked, {"application": caller.application, "since": at, "residents": 0})
            row = await rows.one(asked, lock=True, application=caller.application)
            if row is not None:
                since, before = _running(row, at)
                if before + residents > self._most:
                    raise _too_many(self._most, since + DAY - at)
                await rows.put(asked, row, since=since, residents=before + residents)

        await self._register.written(caller.tenant, counted)


def _running(row: Row, at: int) -> tuple[int, int]:
    """Since when, and how many; a time that is still to come is that of a clock that was wrong."""
    since = int(row["since"])
    return (since, int(row["residents"])) if since <= at < since + DAY else (at, 0)


def _too_many(most: int, wait: int) -> TooManyRequests:
    told = f"Een toepassing vraagt in 24 uur naar hoogstens {most} inwoners tegelijk met anderen."
    return TooManyRequests(told, wachtSeconden=-(-wait // 1_000))
