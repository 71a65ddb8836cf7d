"""The key of the custodians in the log itself: covert lines are sealed to one that a line names, and to no other.

The setting alone is not enough. Who may change it could have covert lines sealed to a key of their own, and nobody
would see that; now there is a line, which everybody who searches the log can find.
"""

from audit.covert import escrow_id
from audit.event import Event, Kind
from audit.log import Log
from audit.reading import Reader
from kernel.ids import derived_id

NAME = "Sleutel voor heimelijke regels"
FOUNDED: Kind = "sleutel-gewisseld"


def key_founded(public: str) -> Event:
    """The line about this key (hexadecimal), always under the same id."""
    details = {"sleutel": escrow_id(bytes.fromhex(public)), "publiek": public, "aandelen": "3, samen 2 nodig"}
    return Event(id=derived_id(public, NAME), kind=FOUNDED, name=NAME, details=details)


class Custodians:
    """Of one open log."""

    def __init__(self, log: Log) -> None:
        self._log, self._reader = log, Reader(log)
        self._told = False

    async def hold_a_key(self) -> bool:
        """Whether there is a key, and the log names it; a line once there stays. Raises LogUnavailable."""
        public = self._log.keychain.escrow.hex()
        if public and not self._told:
            wanted = key_founded(public).id  # stands in the act, which outlives the body
            found = [await self._reader.line(place) for place in await self._reader.placed([wanted])]
            self._told = any((line.event.id, line.event.kind) == (wanted, FOUNDED) for line in found)
        return self._told
