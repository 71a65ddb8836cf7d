"""What is asked, as a row before its line; one that already stands, or waits, is the same one.

What somebody files for a resident is told to that person and to the resident, and to nobody else who acts for them: of
two with the same wish the second hears that it was asked, and not in whose words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from audit.contract import Entry
from consent.choosing import Behalf
from consent.contract import NoSuchThing, NotNow, ResidentRef
from consent.deciding import newest_versions
from consent.flagging import state_row
from consent.lines import event, restriction, version_of
from consent.rights import restricting
from consent.rights.contract import Claim
from consent.rights.handling import demand_known
from consent.rights.rules import DRAFT, NO_RIGHT, OPEN, STANDS
from consent.rights.tables import rights
from consent.rows import Row, Rows
from kernel.ids import derived_id, uuid7

STOPPING: Final = frozenset({"bezwaar", "beperking"})
ALREADY: Final = "Iemand anders vroeg dit al. U hoeft niets te doen."
ABSENT: Mapping[str, Any] = {
    "activity": "", "reason": "", "letter": "", "fence": "", "extended_at": 0, "decided_at": 0,
}  # fmt: skip


@dataclass(frozen=True)
class Filing:
    """What is asked, by whom: actor is the pseudonym of who does so for the resident, "" for themselves. at: ms."""

    claim: Claim
    actor: str
    at: int
    behalf: Behalf | None = None

    @property
    def said(self) -> dict[str, Any]:
        """Of the line, beside what it is about."""
        return {"actor": self.actor, "on_behalf": self.behalf.relation if self.behalf else ""}

    @property
    def told(self) -> Mapping[str, str]:
        """In its details: on what ground."""
        return self.behalf.told if self.behalf else {}

    @property
    def filer(self) -> dict[str, str]:
        """Of the row: who filed it for the resident."""
        return {"filed_as": self.behalf.relation, "filed_by": self.actor} if self.behalf else {}

    @property
    def written_down(self) -> bool:
        """Whether an employee of the desk does so."""
        return bool(self.actor) and self.behalf is None

    def own(self, row: Row) -> bool:
        """Whether a row is by the same person."""
        return bool(row["filed_by"] == (self.actor if self.behalf else None))


def asked_already(row: Row, behalf: Behalf | None) -> None:
    """Raises NotNow for who acts for a resident, of what somebody else filed and whose line is there."""
    if behalf and row["filed_by"] != behalf.actor:
        raise NotNow(ALREADY, reden="al-gevraagd")


async def drafted(rows: Rows, filing: Filing) -> Row:
    """Raises NoSuchThing, BadInput; NotNow where there is no such right, or somebody else who acts for them asked."""
    draft = {"bezwaar": _objection, "beperking": _restriction}.get(filing.claim.kind, _request)
    return await draft(rows, filing)


async def _request(rows: Rows, filing: Filing) -> Row:
    """One of a kind at a time about one use and element, and of each who asks. At the desk nobody reads what was asked
    before: other words are another request there, for the letter holds these."""
    claim, at = filing.claim, filing.at
    resident, about = claim.resident, claim.activity or ""
    element = claim.element if claim.kind == "rectificatie" else None
    await demand_known(rows, about)
    await state_row(rows, resident)  # locked: two tabs file one after the other
    mine = (
        rights.c.resident == resident.id,
        rights.c.kind == claim.kind,
        rights.c.activity == about,
        rights.c.status.in_({*OPEN, DRAFT}),
        rights.c.element.is_(None) if element is None else rights.c.element == element,
        rights.c.filed_by == filing.actor if filing.behalf else rights.c.filed_by.is_(None),
    )
    for row in await rows.find(rights, *mine, lock=True):
        if not filing.written_down or _words(rows, row) == claim.text:
            return await _once_more(rows, row, filing)
    request_id = uuid7(at)
    said = event("verzoek", derived_id(request_id, "verzoek"), resident.subject, activity=about, **filing.said,
                 details={**filing.told, "verzoek": request_id, "soort": claim.kind})  # fmt: skip
    said = said.model_copy(update={"elements": (element,) if element else ()})
    shape = {"kind": claim.kind, "activity": about, "status": DRAFT, "element": element}
    new = _new(rows, request_id, resident, filing) | shape
    await rows.add(rights, new | {"entry": Entry(event=said).model_dump_json()})
    return await _added(rows, request_id)


async def _restriction(rows: Rows, filing: Filing) -> Row:
    """As an objection; of two with one scope, the first."""
    if same := await restricting.there(rows, filing.claim):
        return await _once_more(rows, same, filing)
    shape = await restricting.drafted(rows, filing.claim, (filing.said, filing.told), filing.at)
    await rows.add(rights, _new(rows, shape["id"], filing.claim.resident, filing) | shape)
    return await _added(rows, shape["id"])


async def _once_more(rows: Rows, row: Row, filing: Filing) -> Row:
    """One that stands is the same; a draft, whose line is not known to be there, takes the newest words, but of nobody
    else: it is told to who filed it. Their line is written first, then `asked_already` is said."""
    if row["status"] != DRAFT:
        asked_already(row, filing.behalf)
    if row["status"] != DRAFT or not filing.own(row):
        return row
    sealed = rows.keys.seal_text(row["resident"], row["id"], "verzoek", filing.claim.text).hex()
    return await rows.put(rights, row, sealed=sealed, filed_at=filing.at)


def _words(rows: Rows, row: Row) -> str:
    return rows.keys.open_text(row["resident"], row["id"], "verzoek", bytes.fromhex(row["sealed"]))


async def _objection(rows: Rows, filing: Filing) -> Row:
    """One per resident and activity."""
    claim, at = filing.claim, filing.at
    slug, resident = claim.activity or "", claim.resident
    active = (await newest_versions(rows, {slug})).get(slug)
    if active is None or active["status"] != "gepubliceerd":
        raise NoSuchThing()
    version = version_of(active)
    if not version.objectable:
        raise NotNow(NO_RIGHT)
    await state_row(rows, resident)
    fence = rows.keys.objection(resident.id, slug)
    for row in await rows.find(rights, rights.c.fence == fence, lock=True):  # after the row of the resident
        if row["status"] in {*STANDS, DRAFT}:
            return await _once_more(rows, row, filing)
    request_id = uuid7(at)
    on = {"gebruik": "gaat door"} if version.despite_objection else {}
    told = {"activity": slug, "purpose": version.purpose.nl, "details": {**filing.told, "verzoek": request_id, **on}}
    said = event("bezwaar", derived_id(request_id, "bezwaar"), resident.subject, **filing.said, **told)
    about = {"kind": "bezwaar", "activity": slug, "fence": fence, "status": DRAFT}
    new = _new(rows, request_id, resident, filing) | about
    await rows.add(rights, new | {"entry": restriction(said, fence).model_dump_json()})
    return await _added(rows, request_id)


def _new(rows: Rows, request_id: str, resident: ResidentRef, filing: Filing) -> dict[str, Any]:
    whose = {"resident": resident.id, "subject": resident.subject, "resident_fence": resident.fence}
    sealed = rows.keys.seal_text(resident.id, request_id, "verzoek", filing.claim.text).hex()
    return {**ABSENT, **whose, **filing.filer, "id": request_id, "sealed": sealed, "filed_at": filing.at}


async def _added(rows: Rows, request_id: str) -> Row:
    row = await rows.one(rights, id=request_id)
    if row is None:
        raise NoSuchThing()
    return row
