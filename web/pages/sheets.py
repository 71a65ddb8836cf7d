"""`/beheer/bronbestanden`: a process owner sends the file of a source, looked through first and then taken.

Nothing of a file is kept before it is taken: who checked one picks it once more, and it must be the same to the byte.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from starlette.responses import Response

from connectors.uploads.contract import NoSuchSheet, PortalUploads, SheetState, UploadUnderWay
from kernel.crypto import same
from kernel.errors import BadInput, NotFound
from web.frame import FieldError
from web.language import N_
from web.pages.reading import words
from web.register_words import RegisterWords
from web.routing import Page
from web.sheet_views import FAULTS, Checked, SheetFault, SheetList, SheetRow
from web.site import Visit

HOME: Final = "/beheer/bronbestanden"
FILE_BYTES: Final = 12 << 20
BODY_BYTES: Final = FILE_BYTES + 4_096  # with the fields around it
SHOWN: Final = 20  # faults on a page
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
NO_FILE: Final = N_("Kies een bestand.")
WRONG: Final = N_("Dit bestand is niet overgenomen. Er klopt iets niet.")
BUSY: Final = N_("Er wordt al een bestand van deze bron overgenomen. Probeer het over een minuut opnieuw.")


@dataclass(frozen=True)
class Sent:
    """What was sent. digest: of the file that was checked before, "" to have this one checked."""

    source: str
    content: bytes
    digest: str

    @property
    def own_digest(self) -> str:
        """Of this file."""
        return sha256(self.content).hexdigest()


async def everything(visit: Visit) -> Response:
    """Which file counts of each source."""
    return await _list(visit)


async def act(visit: Visit) -> Response:
    """Check a file, or take the one that was checked."""
    uploads, sent = _keeping(visit), _sent(await visit.parts())
    try:
        return await _carried(visit, uploads, sent)
    except NoSuchSheet:
        raise NotFound from None
    except UploadUnderWay:
        return await _list(visit, sent.source, error=BUSY)


async def _carried(visit: Visit, uploads: PortalUploads, sent: Sent) -> Response:
    if not sent.content:
        return await _list(visit, sent.source, error=NO_FILE)
    try:
        if same(sent.digest.encode(), sent.own_digest.encode()):
            await uploads.take(visit.caller, sent.source, sent.content)
            return visit.to(HOME)
        judged = await uploads.judge(visit.caller, sent.source, sent.content)
    except BadInput as wrong:
        faults = wrong.members.get("fouten", [])
        told = {"faults": tuple(faults[:SHOWN]), "more": len(faults) > SHOWN}
        return await _list(visit, sent.source, told, WRONG)
    checked = Checked(digest=sent.own_digest, **judged.model_dump(by_alias=False))
    return await _list(visit, sent.source, {"checked": checked, "other": bool(sent.digest)})


def _keeping(visit: Visit) -> PortalUploads:
    """Raises NotLoggedIn, NotFound: who sends no files learns nothing of them."""
    person, uploads = visit.keeper(), visit.site.uploads
    if uploads is None or person.kind != "eigenaar" or not person.keeps:
        raise NotFound
    return uploads


def _sent(parts: Mapping[str, bytes]) -> Sent:
    source = parts.get("bron", b"").decode("latin-1")
    if not NAME.fullmatch(source):
        raise BadInput
    return Sent(source, parts.get("bestand", b""), parts.get("vingerafdruk", b"").decode("latin-1")[:64])


async def _list(visit: Visit, source: str = "", found: Mapping[str, Any] | None = None, error: str = "") -> Response:
    """found: what became of the file of one source."""
    said, states = await words(visit), await _keeping(visit).sheets(visit.caller)
    told = dict(found or {})
    if "faults" in told:
        told["faults"] = tuple(_fault(one, said) for one in told["faults"])
    rows = [_row(one) for one in states]
    view = SheetList(
        frame=visit.frame(),
        megabytes=FILE_BYTES >> 20,
        sheets=tuple(replace(one, **told) if one.name == source else one for one in rows),
        errors=(FieldError(id=f"bestand-{source}", text=said.say(error)),) if error else (),
    )
    return visit.page("beheer_bronbestanden.html", view, 400 if error else 200)


def _row(one: SheetState) -> SheetRow:
    return SheetRow(
        name=one.now.source,
        version=one.now.version,
        rows=one.now.rows,
        taken=datetime.fromisoformat(one.now.taken) if one.now.taken else None,
        until=datetime.fromisoformat(one.now.until) if one.now.until else None,
        soon=one.soon,
        headings="; ".join(one.headings),
        most=one.most,
        days=one.days,
    )


def _fault(said: Mapping[str, str], words_: RegisterWords) -> SheetFault:
    """A place is `/17/geldig tot`, `/17`, or nothing."""
    _, _, place = said["veld"].partition("/")
    line, _, column = place.partition("/")
    return SheetFault(line=line, column=column, text=words_.say(FAULTS.get(said["code"], WRONG)))


PAGES: Final = (
    Page(HOME, everything),
    Page(HOME, act, "POST"),
)
