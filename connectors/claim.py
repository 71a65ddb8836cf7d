"""A place in the row of repeated requests, and the door behind which they are kept."""

from dataclasses import dataclass
from typing import Protocol

from connectors.contract import Repeatable
from kernel.caller import Caller
from kernel.ids import ordered_id


@dataclass(frozen=True)
class Claim:
    """One attempt at one release. key: "" when the client gave none."""

    release_id: str
    attempt: int
    key: str = ""

    def event_id(self, what: str = "") -> str:
        """The same attempt always has the same event id; each attempt and round has its own (trust.md 2.2)."""
        return ordered_id(self.release_id, f"{self.attempt}{what}")


class Claims(Protocol):
    """Keeps claims for 24 hours."""

    async def take(self, caller: Caller, repeatable: Repeatable) -> Claim:
        """Raises SameKeyOtherBody, KeyUnderWay."""
        ...

    async def free(self, caller: Caller, claim: Claim) -> None:
        """From now on the same request may be repeated. Never raises: a claim is free after 30 s anyway."""
        ...
