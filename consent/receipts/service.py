"""Makes receipts. Owns nothing: a receipt is made anew each time it is asked for, from the row and its line."""

from collections.abc import Mapping

from audit.contract import Audit, Position
from consent.contract import ConsentDetail, ConsentReceipt, NoSuchThing
from consent.receipts.document import receipt
from consent.receipts.sdjwt import issue
from kernel.caller import Caller, room_of
from kernel.canonical import canonical
from kernel.clock import Clock, millis
from kernel.crypto import Signer, sha256
from kernel.ids import uuid7
from kernel.sql.key_rows import KeyRows

PURPOSE = "CR"  # a key of its own: what signs receipts signs nothing else
VCT = "urn:regie:toestemmingsbewijs:1"


class Receipts:
    """keys: of the register, which founded this one. houses: name and public address of each tenant."""

    def __init__(self, audit: Audit, keys: KeyRows, houses: Mapping[str, tuple[str, str]], clock: Clock) -> None:
        self._audit, self._keys, self._houses, self._clock = audit, keys, houses, clock

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
        receipt_id = uuid7(at)
        document = receipt(detail, receipt_id, house, at)
        text = canonical(document)
        always = {
            "iss": house[1],
            "iat": at // 1000,
            "vct": VCT,
            "jti": f"urn:uuid:{receipt_id}",
            "ontvangstbewijs#sha256": sha256(text.encode()).hex(),
        }
        signed = issue(await self._signer(caller.tenant), always, _claims(detail))
        return ConsentReceipt(id=receipt_id, document=text, sd_jwt=signed, position=str(position), bundle=bundle)

    async def _signer(self, tenant: str) -> Signer:
        return Signer(await self._keys.open(tenant, PURPOSE))


def _claims(detail: ConsentDetail) -> dict[str, object]:
    """What somebody may show alone; none of it says who the resident is."""
    view, activity = detail.consent, detail.activity
    return {
        "toestemming": view.id,
        "status": view.state,
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
