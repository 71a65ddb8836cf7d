"""What a resident asks to stand still (AVG 18), before its line: may it be asked, does it stop at once, what is said.

Contested accuracy and an objection that is weighed stop the use at once (18(1)(a), (d)); unlawful use and a legal claim
when the FG agrees (18(1)(b), (c)). Consent goes on (18(2)): who gave it stops it.
"""

import json
from collections.abc import Mapping
from typing import Any

from audit.contract import Entry, Kind
from consent.contract import NoSuchThing, NotNow
from consent.deciding import newest_versions
from consent.flagging import state_row
from consent.lines import event, restriction, version_of
from consent.locks import ALL, meant, standing
from consent.rights.contract import Claim, Particulars
from consent.rights.rules import AT_ONCE, DRAFT, FILED, NO_OBJECTION, NOT_STANDING, OPEN
from consent.rights.showing import going_on
from consent.rights.standing import particulars
from consent.rights.tables import rights
from consent.rows import Row, Rows
from consent.rules import unasked
from consent.tables import subject_state
from consent.words import fault
from kernel.ids import derived_id, uuid7

By = tuple[Mapping[str, Any], Mapping[str, str]]
"""Who asks, as the line says it: of the event itself, and in its details."""


async def there(rows: Rows, claim: Claim) -> Row | None:
    """A request for the same scope that stands, is open or waits for its line; the row of the resident is locked.
    Raises BadInput, NoSuchThing, NotNow where it cannot be asked."""
    slug, resident = claim.activity or "", claim.resident
    if claim.ground is None:
        raise fault("/aanleiding", "ontbreekt", "Waarom moet dit stilstaan?")
    if slug:
        await _stoppable(rows, slug)
    state = await state_row(rows, resident)
    mine = (rights.c.resident == resident.id, rights.c.kind == claim.kind, rights.c.activity == slug)
    stands = standing(state, slug or ALL)
    for row in await rows.find(rights, *mine, lock=True):
        waits = row["status"] == DRAFT and particulars(row).ground == claim.ground
        asked = row["status"] in OPEN and claim.ground not in AT_ONCE  # what locks now is not the one that only waits
        if row["id"] in stands or asked or waits:
            return row
    if claim.ground == "bezwaar":
        await _objected(rows, resident.id, slug)
    return None


async def drafted(rows: Rows, claim: Claim, by: By, at: int) -> dict[str, str]:
    """What a new request has beside the others of its resident: its id, and its act as it will be given to the log."""
    if claim.ground is None:
        raise AssertionError("looked at in `there`")
    slug, ground, request_id = claim.activity or "", claim.ground, uuid7(at)
    who, told = by
    told = {**told, "verzoek": request_id, "soort": claim.kind, "bereik": slug or "alles", "aanleiding": ground}
    kind: Kind = "beperking" if ground in AT_ONCE else "verzoek"
    said = event(kind, derived_id(request_id, kind), claim.resident.subject, activity=slug, details=told, **who)
    state = await state_row(rows, claim.resident)
    entry = Entry(event=said)
    if ground in AT_ONCE:
        entry = restriction(said, state["restriction_fence"])
        await expected(rows, state, said.id, (slug, request_id, FILED))
    more = Particulars(ground=ground).model_dump_json()
    shape = {"id": request_id, "kind": claim.kind, "activity": slug, "fence": state["restriction_fence"]}
    return {**shape, "status": DRAFT, "entry": entry.model_dump_json(), "restriction": more}


async def expected(rows: Rows, state: Row, event_id: str, means: tuple[str, str, str]) -> None:
    """The act that will move the fence, with the activity, the request and its status then: so that whoever follows its
    line knows what it locks."""
    activity, request, becomes = means
    document = meant(json.loads(state["document"]), event_id, activity or ALL, request, becomes)
    await rows.put(subject_state, state, document=document)


async def _stoppable(rows: Rows, slug: str) -> None:
    active = (await newest_versions(rows, {slug})).get(slug)
    if active is None or active["status"] != "gepubliceerd":
        raise NoSuchThing()
    if not any(map(unasked, version_of(active).elements)):
        raise NotNow(NOT_STANDING)


async def _objected(rows: Rows, resident: str, slug: str) -> None:
    """18(1)(d) is pending an objection. Raises NotNow when there is none, or the use goes on while it is weighed."""
    mine = [rights.c.resident == resident, rights.c.kind == "bezwaar", rights.c.status.in_(OPEN)]
    mine += [rights.c.activity == slug] if slug else []
    objections = await rows.find(rights, *mine)
    if not {row["activity"] for row in objections} - await going_on(rows, objections):
        raise NotNow(NO_OBJECTION)
