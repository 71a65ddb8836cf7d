"""One part, from the list to lines that only its recipient reads. The numbers are those of trust.md 2.3.

    taken ─▶ identified (2) ─▶ decided (3), kept ─▶ recorded (4) ─▶ opened (5-7) ─▶ sealed, stored ─▶ outcomes

Killed before "kept": nothing happened. Before "recorded": the ids are free. Before "stored": the same lines are found
again and their permits shown again while they live; after that the lines are closed as not delivered, and everybody is
decided anew. After "stored": the sweeper says what the outcomes would have said.
"""

import json
from asyncio import sleep
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from anyio import to_thread

from audit.contract import Overtaken
from connectors.answer import body_of
from connectors.bulk.closing import Closing
from connectors.bulk.contract import Listed
from connectors.bulk.opening import Opened, Opening
from connectors.bulk.parts import Finished, PartRows, Turn
from connectors.bulk.sealing import ANSWER_BYTES, AnswerTooLarge, sealed_part, told
from connectors.bulk.stands import Stands
from connectors.bulk.weighing import TURN, Ledger, PartLost, Weighing
from connectors.contract import NotReleased, Release
from connectors.lab.rowing import Lab, row_of
from consent.contract import Registers
from kernel.errors import Problem
from kernel.failpoints import reached

Told = Callable[[str, str, int], None]
"""(tenant, result, how many residents)."""


@dataclass(frozen=True)
class Walk:
    """Carries one part through."""

    rows: PartRows
    weighing: Weighing
    opening: Opening
    closing: Closing
    registers: Registers
    told: Told

    async def carry(self, turn: Turn) -> None:
        """Raises what the rooms raise; then the part is tried again. Nothing for a part that is not ours any more."""
        ledger = Ledger.of(turn)
        try:
            opened = await self._opened(ledger)
        except PartLost:
            return
        done = await self._sealed(ledger, opened)
        reached("bulk.sealed")
        how = await self.rows.finish(turn, done)
        reached("bulk.stored")
        if how == "lost":
            return  # another instance has the same lines, and says how they ended
        caller, given = ledger.whose.caller, done.stands.places()
        if how == "ended":
            await self.closing.close(caller, [one.receipt.position for one in ledger.granted.values()], "mislukt")
            return
        # it lies where the recipient can fetch it: until they do, nobody can say that they have it, or have not
        await self.closing.close(caller, given, "onbekend")
        await self.closing.close(caller, [one.line for one in opened.values() if one.given is None], "mislukt")
        reached("bulk.closed")
        for result, count in (
            ("verstrekt", done.released),
            ("geweigerd", done.refused),
            ("nietGeleverd", done.missing),
        ):
            self.told(turn.box.tenant, result, count)

    async def _opened(self, ledger: Ledger) -> dict[int, Opened]:
        caller = ledger.whose.caller
        # 4 as far as an earlier attempt came; 2-4 for everybody else
        await self.weighing.resume(ledger)
        await self.closing.close(caller, ledger.buried(), "mislukt")
        await self.weighing.begin(ledger)
        opened: dict[int, Opened] = {}
        while left := {nr: one for nr, one in ledger.granted.items() if nr not in opened}:
            # 5-7 only now is anything asked
            found = await self.opening.open(left)
            reached("bulk.opened")
            opened |= {nr: one for nr, one in found.items() if isinstance(one, Opened)}
            moved = {nr: one for nr, one in found.items() if isinstance(one, Overtaken)}
            waiting = self.weighing.overtaken(ledger, moved)
            await self.closing.close(caller, ledger.buried(), "mislukt")
            await self.weighing.write(ledger, waiting)
        return opened

    async def _sealed(self, ledger: Ledger, opened: dict[int, Opened]) -> Finished:
        turn, counts = ledger.turn, Counter[str]()
        answers: list[tuple[int, bytes]] = []
        if turn.placed.lab is not None:
            rows = self._rows(ledger, turn.placed.lab, opened)
            return await self._finished(ledger, opened, rows, Counter(verstrekt=len(rows)))
        for nr, one in zip(ledger.numbers, turn.listed, strict=True):
            answer = opened[nr].answer if nr in opened else ledger.refused[nr]
            body = answer_of(nr, one, answer)
            if len(body) > ANSWER_BYTES:
                opened[nr] = Opened(AnswerTooLarge("Vraag dit over deze inwoner apart."), opened[nr].line)
                answer = opened[nr].answer
                body = answer_of(nr, one, answer)
            if nr % TURN == 0:
                await sleep(0)
            counts[status_of(answer)] += 1
            answers.append((nr, body))
        return await self._finished(ledger, opened, answers, counts)

    def _rows(self, ledger: Ledger, lab: Lab, opened: dict[int, Opened]) -> list[tuple[int, bytes]]:
        """Of a set. Who is not in it is told in no way: neither why, nor that they are there."""
        rows, job = [], ledger.turn.box.job
        today = self.opening.facts(ledger.turn.box.tenant).today
        for nr, one in sorted(opened.items()):
            who = (nr, ledger.granted[nr].asked.resident.id)
            # who is decided about under another version may be in another set of this name, not in this one
            same = ledger.granted[nr].ground.versie == lab.version
            given = one.answer if one.given and same and isinstance(one.answer, Release) else None
            row = row_of(lab, job, who, given, today) if given else None
            stand = replace(one.given, group=row.group) if one.given and row else None
            opened[nr] = replace(one, given=stand)
            rows += [(nr, row.text)] if row else []
        return rows

    async def _finished(
        self, ledger: Ledger, opened: dict[int, Opened], answers: list[tuple[int, bytes]], counts: Counter[str]
    ) -> Finished:
        turn = ledger.turn
        if turn.placed.lab is not None:
            counts["nietGeleverd"] = len(turn.listed) - len(answers)
        key = await self.registers.sealing_key(ledger.whose.caller)
        name = f"{turn.box.job}/{turn.no}"
        result = await to_thread.run_sync(sealed_part, key.jwk, name, answers)
        stands = Stands(tuple(given for nr in sorted(opened) if (given := opened[nr].given)))
        return Finished(result, stands, counts["verstrekt"], counts["geweigerd"], counts["nietGeleverd"])


def answer_of(nr: int, one: Listed, answer: Release | Problem) -> bytes:
    """What the recipient reads of one resident: as it named them, and what a single release would have answered."""
    named = {"bsn": one.bsn.reveal()} if one.bsn else {"pseudoniem": one.pseudonym}
    head = json.dumps({"nr": nr, "inwoner": named, "status": status_of(answer)}).encode()
    body = body_of(answer) if isinstance(answer, Release) else json.dumps(told(answer)).encode()
    return head[:-1] + b', "antwoord": ' + body + b"}"


def status_of(answer: Release | Problem) -> str:
    """In one word."""
    if isinstance(answer, Release):
        return "verstrekt"
    return "geweigerd" if isinstance(answer, NotReleased) else "nietGeleverd"
