"""Puts a change in force: the line first, then the row, only where nothing was stopped in between. Owns nothing:
`recipients` and `applications` are owned by `consent.registering`, which sets up; this is how they change later.

A crash between the line and the row leaves the change with its act: to admit it again is the same act. What takes
something away from an application moves its fence, so that its older row no longer stands; until the new row is there,
who follows the log has it suspended.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table

from audit.contract import Audit, Entry, Kind, Overtaken, Receipt, record_one
from consent.activity import Application
from consent.contract import NoSuchThing, NotNow
from consent.facts import own_fence
from consent.lines import event, permit
from consent.parties.contract import Change
from consent.parties.rules import kids, only_adds
from consent.rows import Register, Row, Rows
from consent.tables import applications, changes, recipients
from consent.words import fault
from kernel.caller import Caller
from kernel.ids import random_id

ADMITTED = "toegelaten"
CHANGED = "Deze wijziging is intussen veranderd. Lees haar opnieuw."
STOPPED = "Er is intussen iets geschorst, beëindigd of toegelaten. Kijk wat er nu staat, en schrijf het opnieuw."


class Admitting:
    """Of one register."""

    def __init__(self, register: Register, audit: Audit) -> None:
        self._register, self._audit = register, audit

    async def admit(self, caller: Caller, name: str, change: Change, told: Mapping[str, str]) -> Receipt:
        """told: who proposed it, for the line. Raises NoSuchThing, NotNow, LogUnavailable, OutcomeUnknown."""
        async with self._register.writing(caller.tenant) as rows:
            waiting = await rows.one(changes, lock=True, name=name)
            if waiting is None:
                raise NoSuchThing()
            if Change.model_validate_json(waiting["document"]) != change:  # written anew since it was read
                raise NotNow(CHANGED)
            if not waiting["entry"]:
                entry = await _entry(rows, caller, change, (told, waiting["position"]))
                waiting = await rows.put(changes, waiting, entry=entry.model_dump_json())
        entry = Entry.model_validate_json(waiting["entry"])
        try:
            receipt = await record_one(self._audit, caller, entry)
        except Overtaken:
            await self._dropped(caller.tenant, name)
            raise NotNow(STOPPED) from None
        async with self._register.writing(caller.tenant) as rows:
            fits = await _put(rows, change, (entry, waiting["position"]), receipt)
        if not fits:  # stopped after that line: what was admitted then does not come back
            await self._dropped(caller.tenant, name)
            raise NotNow(STOPPED)
        return receipt

    async def _dropped(self, tenant: str, name: str) -> None:
        async with self._register.writing(tenant) as rows:
            waiting = await rows.one(changes, lock=True, name=name)
            if waiting is not None:
                await rows.put(changes, waiting, entry="")


async def party_of(rows: Rows, slug: str) -> Row:
    """The row of a recipient that is admitted. Raises NoSuchThing."""
    found = await rows.one(recipients, slug=slug)
    if found is None or found["status"] != ADMITTED:
        raise NoSuchThing("Deze ontvanger is niet toegelaten.")
    return found


async def demand_fits(rows: Rows, change: Change) -> Row | None:
    """What is there under that name, or None. Raises BadInput, NoSuchThing."""
    if change.recipient:
        return await rows.one(recipients, slug=change.recipient.slug)
    if change.application is None or change.of is None:
        raise NoSuchThing()
    await party_of(rows, change.of)
    if change.application.processor:
        await party_of(rows, change.application.processor)
        if change.application.processor == change.of:
            raise fault("/toepassing/verwerker", "past-niet", "Een verwerker werkt voor een ander.")
    there = await rows.one(applications, client_id=change.application.client_id)
    if there is not None and there["recipient"] != change.of:
        raise fault("/toepassing/clientId", "bestaat-anders", "Deze toepassing is van een andere ontvanger.")
    return there


def revision_of(there: Row | None) -> str:
    """Of what a change was written against. What changed since, such as a key that ended, it may not undo."""
    return str(there["revision"]) if there else ""


async def _entry(rows: Rows, caller: Caller, change: Change, waiting: tuple[Mapping[str, str], str]) -> Entry:
    """waiting: what the line tells, and what the change was written against."""
    there, (told, against) = await demand_fits(rows, change), waiting
    if revision_of(there) != against:
        raise NotNow(STOPPED)
    details = {**told, "wijziging": "vervangen" if there else "nieuw"}
    who: dict[str, Any] = {"actor": rows.keys.actor(caller), "details": details}
    municipality = (rows.keys.municipality(), 0)
    if change.recipient:
        one = change.recipient
        said = event("ontvanger-toegelaten", random_id(), "systeem", recipient=one.slug,
                     recipient_name=one.name.nl, **who)  # fmt: skip
        return permit(said, municipality, (rows.keys.recipient(one.slug), there["epoch"] if there else 0))
    application, of = change.application, change.of
    if application is None or of is None:
        raise NoSuchThing()
    details |= {"sleutels": " ".join(kids(application))[:1_000], "sleutelAdres": application.jwks_url}
    details |= {"verwerker": application.processor} if application.processor else {}
    details |= {"fscToegangen": " ".join(application.grants)[:2_000]} if application.grants else {}
    details |= {"terugkeerUrls": " ".join(application.returns)[:2_000]} if application.returns else {}
    narrower = there is not None and _narrower(there, application)
    kind: Kind = "toepassing-vervangen" if narrower else "ontvanger-toegelaten"
    said = event(kind, random_id(), "systeem", recipient=of, application=application.client_id, **who)
    parties = [await party_of(rows, slug) for slug in (of, application.processor) if slug]
    own = own_fence(rows.keys, there) if there else (rows.keys.application(application.client_id), 0)
    entry = permit(said, municipality, own, *((row["fence"], row["epoch"]) for row in parties))
    return entry.model_copy(update={"advances": (own[0],)}) if narrower else entry


def _narrower(there: Row, application: Application) -> bool:
    """Whether this takes away what counts: the row from before must then find its fence elsewhere."""
    before = Application.model_validate_json(there["document"])
    return bool(there["status"] == ADMITTED) and not only_adds(before, application)


async def _put(rows: Rows, change: Change, act: tuple[Entry, str], receipt: Receipt) -> bool:
    """Whether what it rests on still stands where its line required it. act: and what the change was written
    against."""
    entry, against = act
    at = {one.fence: one.epoch for one in entry.requires}
    effect = {"status": ADMITTED, "pending_at": 0, "effective_at": receipt.at, "position": str(receipt.position),
              "entry": entry.model_dump_json()}  # fmt: skip
    if change.recipient:
        one, fence = change.recipient, rows.keys.recipient(change.recipient.slug)
        row = {"slug": one.slug, "oin": one.oin, "document": one.model_dump_json(), "fence": fence, **effect}
        return await _placed(rows, recipients, row | {"epoch": at[fence]}, ("epoch", against))
    if change.application is None or change.of is None:
        return False
    party, client = await party_of(rows, change.of), change.application.client_id
    own = rows.keys.application(client)
    row = {"client_id": client, "recipient": change.of, "document": change.application.model_dump_json(), **effect,
           "fence": party["fence"], "epoch": at[party["fence"]], "own_fence": own,
           "own_epoch": receipt.epochs.get(own, at[own])}  # fmt: skip
    return party["epoch"] == row["epoch"] and await _placed(rows, applications, row, ("own_epoch", against))


async def _placed(rows: Rows, table: Table, row: Row, stood: tuple[str, str]) -> bool:
    """stood: the column of its own epoch, and the revision that it replaces."""
    fenced, against = stood
    (key,) = (column.name for column in table.primary_key.columns if column.name != "tenant_id")
    there = await rows.one(table, lock=True, **{key: row[key]})
    if there is None:
        return row[fenced] == 0 and await rows.add(table, row)
    if there["entry"] == row["entry"]:  # done before, by who did not live to say so
        return True
    epoch, moved = there[fenced] or 0, bool(Entry.model_validate_json(row["entry"]).advances)
    # whoever follows the log was first, and suspended what this line replaces
    followed = moved and (epoch, there["position"]) == (row[fenced], row["position"])
    if not followed and ((epoch + moved) != row[fenced] or revision_of(there) != against):
        return False
    await rows.put(table, there, **row)
    return True
