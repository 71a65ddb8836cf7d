"""What leaves, as the caller reads it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.contract import (
    LineRef,
    NotDelivered,
    NothingDelivered,
    NothingKnown,
    NothingReadable,
    Release,
    Released,
    TooLate,
)
from connectors.granting import Granted
from connectors.reweighing import Weighed
from consent.contract import Refused


@dataclass(frozen=True)
class Answer:
    """Values that may leave, and what does not."""

    granted: Granted
    weighed: Weighed
    values: Mapping[str, Released]
    missing: tuple[NotDelivered, ...]

    def release(self) -> Release:
        """In request order."""
        order = self.granted.asked.request.elements
        return Release(
            id=self.granted.asked.claim.release_id,
            values={name: self.values[name] for name in dict.fromkeys(order) if name in self.values},
            refused=self.refused,
            not_delivered=self.missing,
            line=self.line,
            secrecy=True if self.weighed.flags else None,
            safe_address=True if "veilig-adres" in self.weighed.flags else None,
        )

    @property
    def refused(self) -> tuple[Refused, ...]:
        """What the register refused, what fell by a moved fence, what was dropped for a flag."""
        every = (*self.granted.decided.refused, *self.weighed.dropped)
        return tuple(one.told for one in self.granted.asked.in_order(every))

    @property
    def line(self) -> LineRef:
        """Of the release."""
        return LineRef.of(self.granted.receipt.origin, self.granted.receipt.position)


def nothing(answer: Answer, late: bool) -> NothingDelivered | TooLate:
    """Allowed, and not there."""
    members = {
        "nietGeleverd": [one.model_dump(mode="json") for one in answer.missing],
        "geweigerd": [one.model_dump(mode="json") for one in answer.refused],
        "logregel": answer.line.model_dump(mode="json"),
    }
    if late:
        return TooLate("De bron antwoordt niet op tijd. Probeer het later opnieuw.", **members)
    codes = {one.code for one in answer.missing}
    if codes == {"niet-bekend"}:
        return NothingKnown("De bron heeft dit niet van deze inwoner. Vraag het de inwoner.", **members)
    if "bron-niet-bereikbaar" not in codes:
        return NothingReadable("De bron gaf dit in een vorm die wij niet kunnen lezen. Vraag de inwoner.", **members)
    return NothingDelivered("Geen van de bronnen gaf een gegeven. Probeer het later opnieuw.", **members)


def body_of(release: Release) -> bytes:
    """As architecture.md section 6 spells it; `geheimhouding` and `veiligAdres` only where it is so."""
    left_out = {name for name in ("secrecy", "safe_address") if getattr(release, name) is None}
    return release.model_dump_json(exclude=left_out).encode()
