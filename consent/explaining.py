"""What would be decided, and why: nothing is released (architecture.md section 6, `toetsingen`).

An answer about a resident is an act: its line comes first, in their series, and says what a line of a release would say
(trust.md 2.3). What the caller is told is masked as a release's refusals are, by the same rules.
"""

from asyncio import sleep
from collections.abc import Sequence
from typing import Final

from audit.contract import Audit, Entry, Event, Receipt
from consent.contract import Decision, Question, RegisterUnavailable, Sealed
from consent.deciding import Deciding
from consent.decision import Misfit
from consent.emergency import misfit_fault
from consent.explained import EnrolAt, Explained, Told
from consent.words import no_numbers
from kernel.caller import Caller
from kernel.canonical import read_canonical
from kernel.crypto import sha256
from kernel.errors import BadInput, Problem

AT_ONCE: Final = 100  # lines of one call: each is some 3 kB, and a wire between rooms takes a MiB
TURN: Final = 20  # answers after which others have theirs
ROUNDS: Final = 3  # of deciding: whom one round enrols stands in the next


class Explaining:
    """Decides, writes that down, answers."""

    def __init__(self, deciding: Deciding, audit: Audit) -> None:
        self._deciding, self._audit = deciding, audit

    async def explain(self, caller: Caller, questions: Sequence[Question], enrol: EnrolAt | None = None) -> list[Told]:
        """In order, all over one snapshot; a BadInput, without a line, where an emergency does not go with its
        activity: that says nothing of anybody. enrol: for who is named by a number, as a release would. Raises
        BadInput, RegisterUnavailable, LogUnavailable, OutcomeUnknown: then nobody was told anything, and lines that
        stand by then say too much."""
        for one in questions:
            no_numbers({"/verwerkingsactiviteit": one.activity, "/zaak": one.case})
        for elements in {one.elements for one in questions}:  # a long list asks the same of everybody
            no_numbers({f"/gegevenselementen/{at}": name for at, name in enumerate(elements)})
        sealed = await self._decided(caller, questions, enrol)
        told: list[Told] = []
        for begin in range(0, len(sealed), AT_ONCE):
            told += await self._written(caller, sealed[begin : begin + AT_ONCE])
        return told

    async def _decided(self, caller: Caller, questions: Sequence[Question], enrol: EnrolAt | None) -> list[Sealed]:
        """What the law gives of somebody who is not known here yet enrols them; a refusal enrols nobody. All are
        decided once more then: what is told together was so at one moment."""
        asked = list(questions)
        for _ in range(ROUNDS):
            sealed = await self._deciding.decide(caller, asked)
            new = [at for at, one in enumerate(asked) if one.by_number and one.resident.stand_in and _gives(sealed[at])]
            if not new or enrol is None:
                return sealed
            for at, resident in zip(new, await enrol(new), strict=True):
                asked[at] = asked[at].model_copy(update={"resident": resident})
        raise RegisterUnavailable()

    async def _written(self, caller: Caller, sealed: Sequence[Sealed]) -> list[Told]:
        """A line each, and then what is told."""
        decisions: list[Decision] = []
        lines: list[Entry] = []
        fit = [one for one in sealed if not one.about.misfit]
        for number, one in enumerate(fit, 1):
            decisions.append(Decision.model_validate(read_canonical(one.decision)))
            lines.append(Entry(event=_line(caller, decisions[-1], one)))
            if number % TURN == 0:
                await sleep(0)
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


def _gives(sealed: Sealed) -> bool:
    return bool(read_canonical(sealed.decision)["toegestaan"])


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
