"""Whether a release is one of the first so many that its resident allowed.

The order of the log says so, after the fact and for everybody alike: of two lines at one moment the later one is told
that it came too late, and nothing was opened for it. A crash in between leaves a line, which counts.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

from audit.permit import Ground, Permit, Position
from audit.refusals import Overtaken
from kernel.caller import Caller
from kernel.message import Hex16, Message, Millis, Short

AT_ONCE = 200  # of one question to the log


class Count(Message):
    """How many release lines of this subject under this activity (and case, if given) since a moment in ms. fence: only
    those that take one of a number that was allowed under it, whatever their subject and activity. before: only those
    that stand before this place in the log."""

    subject: Short
    activity: Short
    case: Short = ""
    since: Millis = 0
    fence: Hex16 | Literal[""] = ""
    before: Position | None = None


class Counting(Protocol):
    """What the log is asked here."""

    async def count(self, caller: Caller, counts: Sequence[Count]) -> list[int]:
        """See Audit.count."""
        ...


async def beyond(audit: Counting, caller: Caller, permits: Sequence[Permit]) -> list[Overtaken | None]:
    """Of each release, in order: what was used up before its line, or None. Asks nothing where nobody set a number.
    Raises LogUnavailable, and then nothing may be opened."""
    asked = [
        (number, fence, times, Count(subject=ground.betrokkene, activity=ground.activiteit, fence=fence, since=since,
                                     before=permit.receipt.position))
        for number, permit in enumerate(permits)
        for ground in (Ground.read(permit.decision),)
        for fence, times, since in ground.geteld
    ]  # fmt: skip
    over: dict[int, list[str]] = {}
    for begin in range(0, len(asked), AT_ONCE):
        some = asked[begin : begin + AT_ONCE]
        for (number, fence, times, _), used in zip(
            some, await audit.count(caller, [one for *_, one in some]), strict=True
        ):
            if used >= times:
                over.setdefault(number, []).append(fence)
    return [_overtaken(permit, over[number]) if number in over else None for number, permit in enumerate(permits)]


def _overtaken(permit: Permit, fences: Sequence[str]) -> Overtaken:
    stood = {fence: epoch for fence, epoch, _ in Ground.read(permit.decision).hekken}
    moved = [{"fence": fence, "epoch": stood[fence], "kind": "verstrekking"} for fence in fences]
    return Overtaken("Een ander was net eerder.", moved=moved, position=str(permit.receipt.position))
