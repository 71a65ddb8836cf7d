"""What the log is told of a release, a refusal and an outcome: names and reasons, never a value. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from audit.contract import COUNTED_BY, EMERGENCY, Entry, Event, Ground, Kind, Outcome, Receipt, Trace, fence_at
from connectors.refusal import Refusal
from consent.contract import About
from kernel.crypto import sha256
from kernel.ids import ordered_id


@dataclass(frozen=True)
class Act:
    """One decision, as read from its sealed text, with the words of its version. trace: the span of its line. key: the
    kid of the application's key. seal: of the register, over the text."""

    ground: Ground
    text: str
    about: About
    trace: Trace
    key: str = ""
    seal: str = ""

    def release(self, event_id: str, refused: Sequence[Refusal]) -> Entry:
        """Requires exactly the fences of the decision: the permit is compared with them."""
        allowed = tuple(one.element for one in self.ground.toegestaan)
        read = dict.fromkeys(name for one in self.ground.toegestaan for _, name in one.invoer)
        despite = {"doorBijBezwaar": self.about.despite} if self.about.despite else {}
        lab = {"gegevensset": self.ground.verzameling} if self.ground.verzameling else {}
        number = {COUNTED_BY: " ".join(fence for fence, _, _ in self.ground.geteld)} if self.ground.geteld else {}
        used = tuple(name for name in read if name not in allowed)
        told = self.about.works_for | despite | lab | number | self.about.in_emergency
        kind: Kind = EMERGENCY if self.ground.noodtoegang else "verstrekking"
        event = self._event(kind, event_id, refused, elements=allowed, used=used, details=told)
        requires = tuple(fence_at(fence, epoch) for fence, epoch, _ in self.ground.hekken)
        return Entry(event=event, requires=requires)

    def refusal(self, event_id: str, refused: Sequence[Refusal]) -> Entry:
        """A refusal requires nothing: it must be told whatever moves."""
        told = self.about.works_for | dict(self.about.emergency)  # nothing was given, so nothing is to be explained
        return Entry(event=self._event("weigering", event_id, refused, details=told))

    def _event(self, kind: Kind, event_id: str, refused: Sequence[Refusal], **more: Any) -> Event:
        ground, about = self.ground, self.about
        return Event(
            id=event_id,
            kind=kind,
            subject=ground.betrokkene,
            name=about.title,
            decision=sha256(self.text.encode()).hex(),
            decided_at=ground.beslist,
            valid_until=ground.geldigTot,
            activity=ground.activiteit,
            version=ground.versie,
            purpose=about.purpose,
            class_=about.class_,
            classes=about.classes,
            basis=about.basis,
            law=about.law,
            recipient=ground.ontvanger,
            recipient_name=about.recipient_name,
            application=ground.toepassing,
            actor=about.actor,
            key=self.key,
            case=ground.zaak,
            refused=tuple(one.pair for one in refused),
            on_behalf=ground.namens,
            keep_until=about.keep_until,
            withheld_until=about.withheld_until,
            covert=about.covert,
            kept_days=about.kept_days,
            sealed=self.text,
            seal=self.seal,
            trace=self.trace,
            **more,
        )


def outcome(release: Event, receipt: Receipt, how: Outcome, refused: Sequence[Refusal] = ()) -> Entry:
    """How a release ended. refused: what was dropped after the line, because of what a source told."""
    said: dict[str, str] = {"uitkomst": how}
    event_id, above = ordered_id(release.id, "afloop"), release.trace
    own_span = {"span_id": event_id[-16:], "parent_span_id": above.span_id} if above else {}
    event = Event(
        id=event_id,
        kind="afloop",
        subject=release.subject,
        name=release.name,
        closes=(receipt.position,),
        activity=release.activity,
        version=release.version,
        recipient=release.recipient,
        recipient_name=release.recipient_name,
        application=release.application,
        case=release.case,
        refused=tuple(one.pair for one in refused),
        keep_until=release.keep_until,
        withheld_until=release.withheld_until,
        covert=release.covert,
        details=said,
        trace=above.model_copy(update=own_span) if above else None,
    )
    return Entry(event=event)
