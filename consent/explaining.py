"""What would be decided, and why: nothing is released (architecture.md section 6, `toetsingen`).

An answer about a resident is an act: its line comes first, in their series, and says what a line of a release would say
(trust.md 2.3). What the caller is told is masked as a release's refusals are, by the same rules.
"""

from collections.abc import Sequence
from dataclasses import replace

from audit.contract import Audit, Entry, Event, Receipt
from consent.contract import Decision, Sealed
from consent.deciding import Deciding
from consent.decision import Misfit
from consent.emergency import misfit_fault
from consent.explained import Asked, Explained
from consent.words import no_numbers
from kernel.caller import Caller
from kernel.canonical import read_canonical
from kernel.crypto import sha256
from kernel.errors import BadInput, Problem


class Explaining:
    """Decides, writes that down, answers."""

    def __init__(self, deciding: Deciding, audit: Audit) -> None:
        self._deciding, self._audit = deciding, audit

    async def explain(self, caller: Caller, asked: Sequence[Asked]) -> list[Explained | BadInput]:
        """In order; a BadInput, without a line, where an emergency does not go with its activity: that says nothing of
        anybody. Raises BadInput, RegisterUnavailable, LogUnavailable, OutcomeUnknown: then nobody was told anything."""
        for one in asked:
            no_numbers({"/verwerkingsactiviteit": one.question.activity, "/zaak": one.question.case})
        sealed = await self._deciding.decide(caller, [one.question for one in asked])
        again = [number for number, one in enumerate(sealed) if _enrols(asked[number], one)]
        if again:
            known = {number: await _enrolled(asked[number]) for number in again}
            asked = [known.get(number, one) for number, one in enumerate(asked)]
            fresh = await self._deciding.decide(caller, [asked[number].question for number in again])
            anew = dict(zip(again, fresh, strict=True))
            sealed = [anew.get(number, one) for number, one in enumerate(sealed)]
        fit = [one for one in sealed if not one.about.misfit]
        decisions = [Decision.model_validate(read_canonical(one.decision)) for one in fit]
        lines = [Entry(event=_line(caller, *pair)) for pair in zip(decisions, fit, strict=True)]
        receipts = await self._recorded(caller, lines) if lines else []
        told = iter(
            [
                Explained(decision, one.told, one.about.classes, receipt)
                for decision, one, receipt in zip(decisions, fit, receipts, strict=True)
            ]
        )
        return [_wrong(one.about.misfit) if one.about.misfit else next(told) for one in sealed]

    async def _recorded(self, caller: Caller, lines: Sequence[Entry]) -> list[Receipt]:
        receipts = []
        for verdict in await self._audit.record(caller, lines):
            if isinstance(verdict, Problem):
                raise verdict
            receipts.append(verdict)
        return receipts


def _enrols(asked: Asked, sealed: Sealed) -> bool:
    """What the law gives of somebody who is not known here yet; a refusal enrols nobody."""
    unknown = asked.question.resident.stand_in and asked.enrol is not None
    return unknown and bool(read_canonical(sealed.decision)["toegestaan"])


async def _enrolled(asked: Asked) -> Asked:
    if asked.enrol is None:
        return asked
    return replace(asked, question=asked.question.model_copy(update={"resident": await asked.enrol()}))


def _wrong(found: Misfit) -> BadInput:
    return BadInput("De vraag klopt niet.", fouten=[misfit_fault(found)])


def _line(caller: Caller, decision: Decision, sealed: Sealed) -> Event:
    about = sealed.about
    return Event(
        id=decision.nonce,
        kind="toetsing",
        subject=decision.betrokkene,
        name=about.title,
        decision=sha256(sealed.decision.encode()).hex(),
        decided_at=decision.beslist,
        activity=decision.activiteit,
        version=decision.versie,
        purpose=about.purpose,
        class_=about.class_,
        classes=about.classes,
        basis=about.basis,
        law=about.law,
        recipient=decision.ontvanger,
        recipient_name=about.recipient_name,
        application=decision.toepassing,
        actor=about.actor,
        key=caller.key,
        case=decision.zaak,
        elements=tuple(one.element for one in decision.toegestaan),
        refused=decision.geweigerd,
        keep_until=about.keep_until,
        withheld_until=about.withheld_until,
        covert=about.covert,
        details=about.works_for | about.in_emergency,
        sealed=sealed.decision,
        seal=sealed.seal,
    )
