"""Makes receipts, and says of all how they stand. Keeps no receipt: each is made anew, from the row and its line."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from audit.contract import Audit, Position
from consent.contract import ConsentDetail, ConsentReceipt, NoSuchThing, RegisterUnavailable
from consent.keys import MACHINES
from consent.receipts.document import receipt
from consent.receipts.places import Places
from consent.receipts.sdjwt import issue, signed
from consent.receipts.statuslist import BUSY_MS, FRESH_MS, claims
from consent.rows import Row
from kernel.caller import Caller, room_of
from kernel.canonical import canonical
from kernel.clock import Clock, millis
from kernel.crypto import Signer, sha256
from kernel.errors import Problem
from kernel.gather import Gatherer
from kernel.ids import uuid7
from kernel.sql.key_rows import KeyRows

PURPOSE = "CR"  # a key of its own: it signs receipts and how they stand, and nothing else
VCT = "urn:regie:toestemmingsbewijs:2"
LISTS: Final = "/toestemming/v1/statuslijsten"
KEPT_MOST: Final = 1_024  # lists that are kept for some seconds, of 7 kB: of two million receipts
AT_ONCE: Final = 2  # lists that are made at one moment
WAIT_S: Final = 2.0  # for a turn
FAILED_MS: Final = 1_000  # in which nobody tries again to make a list that could not be made


class Receipts:
    """keys: of the register, which founded this one. houses: name and public address of each tenant."""

    def __init__(
        self, audit: Audit, keys: KeyRows, places: Places, houses: Mapping[str, tuple[str, str]], clock: Clock
    ) -> None:
        self._audit, self._keys, self._places, self._houses, self._clock = audit, keys, places, houses, clock
        self._listed = Gatherer(self._list)
        self._kept: dict[tuple[str, str], tuple[int, str]] = {}
        self._failed: dict[tuple[str, str], int] = {}  # when
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def public_key(self, tenant: str) -> bytes:
        """32 bytes. Raises CannotOpen, KeyUnavailable."""
        return (await self._signer(tenant)).public

    async def of(self, caller: Caller, detail: ConsentDetail, *, with_content: bool) -> ConsentReceipt:
        """with_content: the line as its resident may read it. Raises NoSuchThing while nothing is recorded,
        LogUnavailable."""
        view, at = detail.consent, millis(self._clock())
        if not view.position or view.pending:
            raise NoSuchThing("Er is nog geen bewijs. Probeer het straks opnieuw.")
        position, house = Position.parse(view.position), self._houses[caller.tenant]
        reader = room_of(caller.tenant, "consent")
        bundle = await self._audit.bundle(reader, position) if with_content else None
        # that of a recipient has no place in common with those that the resident shows
        holder = "ontvanger" if caller.kind in MACHINES else "inwoner"
        listed, place = await self._places.take(caller.tenant, view.id, holder)
        receipt_id = uuid7(at)
        document = receipt(detail, receipt_id, house, at)
        text = canonical(document)
        always = {
            "iss": house[1],
            "iat": at // 1000,
            "vct": VCT,
            "jti": f"urn:uuid:{receipt_id}",
            "status": {"status_list": {"idx": place, "uri": self._address(caller.tenant, listed)}},
            "ontvangstbewijs#sha256": sha256(text.encode()).hex(),
        }
        told = issue(await self._signer(caller.tenant), always, _claims(detail))
        return ConsentReceipt(id=receipt_id, document=text, sd_jwt=told, position=str(position), bundle=bundle)

    async def status_list(self, tenant: str, list_id: str) -> str:
        """How every receipt of a list stands: a signed JWT, some seconds old at most, and some more while others are
        made. Raises NoSuchThing, LogUnavailable, RegisterUnavailable: then there is none, rather than an old one."""
        (told,) = await self._listed.ask((tenant, list_id), [list_id])
        return told

    async def _list(self, place: tuple[str, str], asked: Sequence[str]) -> list[str]:
        """One for all who wait: anybody may ask, and it takes a tenth of a second where a list is full."""
        at = millis(self._clock())
        made, told = self._kept.get(place, (0, ""))
        if not told or not 0 <= at - made < (BUSY_MS if self._turns.locked() else FRESH_MS):
            self._kept.pop(place, None)
            row = await self._places.listed(*place)  # what is none waits for no list, and no list for it
            told = await self._made_in_turn(place, row)
            while len(self._kept) >= KEPT_MOST:
                del self._kept[next(iter(self._kept))]
            self._kept[place] = (at, told)
        return [told] * len(asked)

    async def _made_in_turn(self, place: tuple[str, str], row: Row) -> str:
        """So many at once: who cycles through all lists keeps others from one for a while, and not the house busy with
        nothing else. Raises RegisterUnavailable: at once after a failure just before, and where the wait is long."""
        if place in self._failed and not 0 <= millis(self._clock()) - self._failed[place] < FAILED_MS:
            del self._failed[place]
        if place in self._failed:
            raise RegisterUnavailable()
        try:
            async with asyncio.timeout(WAIT_S):
                await self._turns.acquire()
        except TimeoutError:
            raise RegisterUnavailable() from None
        try:
            return await self._made(place, row)
        except Problem:
            while len(self._failed) >= KEPT_MOST:
                del self._failed[next(iter(self._failed))]
            self._failed[place] = millis(self._clock())
            raise
        finally:
            self._turns.release()

    async def _made(self, place: tuple[str, str], row: Row) -> str:
        (tenant, list_id), at = place, millis(self._clock())
        said = claims(self._address(tenant, list_id), await self._places.statuses(tenant, row, at), at)
        return signed(await self._signer(tenant), "statuslist+jwt", said)

    def _address(self, tenant: str, list_id: str) -> str:
        return f"{self._houses[tenant][1]}{LISTS}/{list_id}"

    async def _signer(self, tenant: str) -> Signer:
        return Signer(await self._keys.open(tenant, PURPOSE))


def _claims(detail: ConsentDetail) -> dict[str, object]:
    """What somebody may show alone; none of it says who the resident is."""
    view, activity = detail.consent, detail.activity
    return {
        "toestemming": view.id,
        "toestand": view.state,
        "verwerkingsactiviteit": f"{view.activity} {view.version}",
        "doel": activity.purpose.nl,
        "ontvanger": view.recipient_name.nl,
        "gegevenselementen": list(view.elements),
        "gevraagdOp": view.requested_at // 1000,
        "beslotenOp": view.decided_at // 1000,
        "beeindigdOp": view.ended_at // 1000,
        "geldigTot": view.valid_until // 1000,
        "gebruik": view.limits.model_dump(mode="json", exclude_defaults=True),
        "teksthash": view.text_hash,
        "taal": view.language,
        "kanaal": view.channel,
        "logregel": view.position,
    }
