"""The rows of the outbox: written with what they tell of, numbered, taken to be sent, and told again.

An event's id is derived from what happened, so that the clock, two instances and a repeated move make one event.
"""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table

from consent.events.kinds import CHANGED, changed, told
from consent.events.tables import clockwork, events
from consent.lines import version_of
from consent.tables import activities, consents
from kernel.ids import derived_id

if TYPE_CHECKING:
    from consent.rows import Rows

Row = Mapping[str, Any]
PAGE, LEASE_MS = 50, 30_000
WAITING, DELIVERED, DEAD = "wacht", "geleverd", "dood"


async def tell(rows: "Rows", table: Table, before: Row | None, after: Row) -> None:
    """In the transaction that changes the row."""
    if table is consents and (kind := told(before, after)):
        what = f"{kind}/{after['epoch']}/{after['revision']}"
        await add(rows, (kind, after["id"]), after["recipient"], what, after["revision"])
    if table is activities and changed(before, after):
        for party in version_of(after).parties:
            what = f"{party.recipient}/{after['number']}/{after['status']}/{after['epoch']}"
            await add(rows, (CHANGED, after["slug"]), party.recipient, what, after["revision"])


async def add(rows: "Rows", about: tuple[str, str], recipient: str, what: str, step: int) -> None:
    """about: type and subject. what: what happened, said so that it is one event. step: in the life of its subject."""
    kind, subject = about
    zeros = dict.fromkeys(("at", "sequence", "tries", "due_at", "delivered_at", "mailed"), 0)
    said = {"id": derived_id(subject, what), "recipient": recipient, "type": kind, "subject": subject, "step": step}
    await rows.add(events, {**zeros, **said, "state": WAITING})


async def number(rows: "Rows", at: int, called: Collection[str]) -> list[str]:
    """Gives new events their place in the series of their recipient, and says who of those that are called has
    something waiting. One at a time, by the row of the clock; events of one consent in the order of its life."""
    await rows.add(clockwork, {"upto": 0})
    await rows.one(clockwork, lock=True)
    fresh = await rows.find(events, events.c.sequence == 0, order=(events.c.step,), most=PAGE * 10)
    last: dict[str, int] = {}
    for event in fresh:
        who = event["recipient"]
        if who not in last:
            newest = await rows.find(events, events.c.recipient == who, order=(events.c.sequence.desc(),), most=1)
            last[who] = newest[0]["sequence"]
        last[who] += 1
        await rows.put(events, event, sequence=last[who], at=at)
    due = []
    for who in sorted(called):  # each by itself: what waits for others, or for nobody, hides no one
        mine = (events.c.recipient == who, events.c.state == WAITING, events.c.sequence > 0)
        first = await rows.find(events, *mine, order=(events.c.sequence,), most=1)
        due += [who] if first and first[0]["due_at"] <= at else []
    return due


async def take(rows: "Rows", recipient: str, at: int) -> list[dict[str, Any]]:
    """The next events of one recipient, in order, for whoever sends them now: nobody else takes them within 30 s."""
    mine = (events.c.recipient == recipient, events.c.state == WAITING, events.c.sequence > 0)
    due = await rows.find(events, *mine, lock=True, order=(events.c.sequence,), most=PAGE)
    if not due or due[0]["due_at"] > at:  # the first waits, and the others wait behind it
        return []
    return [await rows.put(events, one, due_at=at + LEASE_MS) for one in due]


async def settled(rows: "Rows", event_id: str, **changes: Any) -> None:
    """How sending one went."""
    event = await rows.one(events, lock=True, id=event_id)
    if event is not None and event["state"] == WAITING:
        await rows.put(events, event, **changes)


async def listed(rows: "Rows", recipient: str, after: int) -> list[dict[str, Any]]:
    """The recipient's own, in order, after a number of the series."""
    mine = (events.c.recipient == recipient, events.c.sequence > after)
    return await rows.find(events, *mine, order=(events.c.sequence,), most=PAGE)


async def again(rows: "Rows", recipient: str, after: int, at: int) -> int:
    """Tells the next ones after a number once more, as if never told; how many."""
    mine = (events.c.recipient == recipient, events.c.sequence > after, events.c.state != WAITING)
    found = await rows.find(events, *mine, lock=True, order=(events.c.sequence,), most=PAGE * 10)
    for event in found:
        await rows.put(events, event, state=WAITING, tries=0, due_at=at, delivered_at=0)
    return len(found)
