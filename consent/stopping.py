"""A purpose that somebody stops, alone and at once, with nothing in its place. It is a restriction: the line moves the
fence of the version, and the row follows. A crash in between leaves a row that `consent.following` ends."""

from contextlib import suppress
from typing import Final

from sqlalchemy import select

from audit.contract import Audit, Event, EventIdTaken, Receipt, record_one
from consent.activity_lines import activity_ended
from consent.contract import NoSuchThing, NotNow
from consent.drafts.contract import NeverStops
from consent.following import ENDED, Following
from consent.keys import MACHINES
from consent.lines import restriction, version_of
from consent.owning import LASTING, owners, stop_by
from consent.prepared import EFFECTIVE
from consent.published import Published, told_of
from consent.rows import Register, Row
from consent.tables import activities
from kernel.caller import Caller
from kernel.errors import NoAccess
from kernel.ids import derived_id

LIVE: Final = ("gepubliceerd", "wacht")
STOPPED: Final = ENDED["activiteit-beeindigd"]
MAY: Final = "Dit doel is van {}. Stoppen kan wie daar eigenaar is, de FG, of een toepassing die het register bijhoudt."
AGAIN: Final = 3  # another version came into force meanwhile


class Stopping:
    """Ends rows of `activities`."""

    def __init__(self, register: Register, audit: Audit, following: Following) -> None:
        self._register, self._audit, self._following = register, audit, following

    async def demand(self, caller: Caller, slug: str) -> None:
        """That this caller may stop it, once it may come in here at all. Raises NeverStops, NoAccess."""
        if slug in LASTING:
            raise NeverStops()
        if caller.kind in MACHINES:
            return
        c = activities.c
        async with self._register.reading(caller.tenant) as rows:  # a forged row keeps nobody from stopping
            found = await rows.sound(activities, c.slug == slug, c.status.in_(EFFECTIVE))
        version = version_of(found[-1]) if found else None
        if version and stop_by(caller, version) != "zelf":
            raise NoAccess(MAY.format(", ".join(sorted(owners(version)))))

    async def end(self, caller: Caller, slug: str, reason: str) -> Receipt:
        """See Drafts.end; who may, was looked at."""
        who = {"application": caller.application, "recipient": caller.organisation, "key": caller.key}
        receipts: list[Receipt] = []
        for _ in range(AGAIN):  # until nothing is left
            async with self._register.reading(caller.tenant) as rows:
                found = await rows.sound(activities, activities.c.slug == slug)
                actor = rows.keys.actor(caller)
            if not found:
                raise NoSuchThing()
            if not any(row["status"] == "gepubliceerd" for row in found):
                break
            by = f"stop{actor}/{caller.application}/{caller.key}"  # of each who does it, a line
            ends = [(row, derived_id(f"{slug}/{row['number']}", by)) for row in found if row["status"] in LIVE]
            # what stands before what is on its way: a crash in between leaves that
            for row, event_id in ends:
                said = activity_ended(event_id, row, actor, details={"reden": reason}, **who)
                with suppress(EventIdTaken):  # their own line, with another reason: it moved the fence, and is followed
                    receipts.append(await end_version(self._audit, self._following, caller, row, said))
        if not receipts:
            raise NotNow("Dit doel is al gestopt.")
        return receipts[0]

    async def stopped(self, tenant: str) -> list[Published]:
        """Purposes with nothing in force, each with the version that was stopped; by slug."""
        c = activities.c
        async with self._register.reading(tenant) as rows:
            live = select(c.slug).where(c.tenant_id == tenant, c.status == "gepubliceerd")
            found = await rows.find(activities, c.status == STOPPED, c.slug.not_in(live))
        return [told_of(row) for row in {row["slug"]: row for row in found}.values()]


async def end_version(audit: Audit, following: Following, caller: Caller, row: Row, said: Event) -> Receipt:
    """One version, which another may have taken the place of: its line, then its row."""
    key = {"slug": row["slug"], "number": row["number"]}
    receipt = await record_one(audit, caller, restriction(said, row["fence"]))
    await following.ended(caller.tenant, activities, "activiteit-beeindigd", key, receipt)
    return receipt
