"""A resident's question on a use, and the answer of the FG. Texts are stored sealed: a stolen table tells nothing."""

from audit.contract import Audit, Entry, NoSuchLine, Position, record_one
from consent.contract import NoSuchThing, NotNow, ResidentQuestion, ResidentRef
from consent.lines import event
from consent.rows import Register, Row, Rows
from consent.tables import questions
from consent.terms import QUESTION_DAYS, working_days
from kernel.caller import Caller, room_of
from kernel.clock import Clock, millis
from kernel.errors import NoAccess
from kernel.ids import derived_id, random_id, uuid7

MOST = 200  # questions in one answer
NEWEST = (questions.c.asked_at.desc(),)
OPEN_FIRST = (questions.c.answered_at > 0, questions.c.answered_at.desc(), questions.c.asked_at)


class Asking:
    """Owns `questions`."""

    def __init__(self, register: Register, audit: Audit, clock: Clock) -> None:
        self._register, self._audit, self._clock = register, audit, clock

    async def ask(self, caller: Caller, resident: ResidentRef, line: Position, text: str) -> ResidentQuestion:
        """See Consent.ask."""
        if caller.kind != "inwoner" or caller.user != resident.id:
            raise NoSuchThing()
        try:
            about = (await self._audit.line(room_of(caller.tenant, "consent"), line)).event
        except NoSuchLine:
            raise NoSuchThing() from None
        if about.subject != resident.subject:
            raise NoSuchThing()
        at = millis(self._clock())
        question_id = uuid7(at)
        said = event("vraag", random_id(), resident.subject, activity=about.activity, recipient=about.recipient,
                     details={"vraag": question_id, "regel": str(line)})  # fmt: skip
        await record_one(self._audit, caller, Entry(event=said))
        # a crash here leaves a line without its text: the resident sees that nothing was stored, and asks again
        async with self._register.writing(caller.tenant) as rows:
            new = {
                "id": question_id, "resident": resident.id, "subject": resident.subject, "line": str(line),
                "activity": about.activity, "recipient": about.recipient, "asked_at": at,
                "due_at": working_days(at, QUESTION_DAYS), "answer": None, "answered_at": 0,
                "sealed": rows.keys.seal_text(resident.id, question_id, "vraag", text),
            }  # fmt: skip
            await rows.add(questions, new)
            return _shown(rows, new)

    async def asked(self, caller: Caller) -> list[ResidentQuestion]:
        """See Consent.asked."""
        mine = caller.kind == "inwoner"
        if not mine:
            _officer_only(caller)
        whose, order = ((questions.c.resident == caller.user,), NEWEST) if mine else ((), OPEN_FIRST)
        async with self._register.reading(caller.tenant) as rows:
            return [_shown(rows, row) for row in await rows.find(questions, *whose, order=order, most=MOST)]

    async def answer(self, caller: Caller, question_id: str, text: str) -> ResidentQuestion:
        """See Consent.answer."""
        _officer_only(caller)
        async with self._register.reading(caller.tenant) as rows:
            row, actor = await rows.one(questions, id=question_id), rows.keys.actor(caller)
        if row is None:
            raise NoSuchThing()
        if row["answered_at"]:
            raise NotNow("Deze vraag is al beantwoord.")
        at = millis(self._clock())
        event_id, about = derived_id(question_id, f"antwoord{actor}"), {"vraag": question_id}
        said = event("vraag-beantwoord", event_id, row["subject"], activity=row["activity"],
                     recipient=row["recipient"], details=about, actor=actor)  # fmt: skip
        await record_one(self._audit, caller, Entry(event=said))
        # a crash here leaves a line without its answer: the question stays open; the same officer may do the same again
        async with self._register.writing(caller.tenant) as rows:
            row = await rows.one(questions, lock=True, id=question_id)
            if row is None or row["answered_at"]:
                raise NotNow("Deze vraag is al beantwoord.")
            sealed = rows.keys.seal_text(row["resident"], question_id, "antwoord", text)
            return _shown(rows, await rows.put(questions, row, answer=sealed, answered_at=at))


def _officer_only(caller: Caller) -> None:
    if caller.kind != "medewerker" or "fg" not in caller.roles:
        raise NoAccess("Dit is voor de FG.")


def _shown(rows: Rows, row: Row) -> ResidentQuestion:
    keys, resident, answer = rows.keys, row["resident"], row["answer"]
    return ResidentQuestion(
        id=row["id"],
        line=Position.parse(row["line"]),
        activity=row["activity"],
        recipient=row["recipient"],
        text=keys.open_text(resident, row["id"], "vraag", bytes(row["sealed"])),
        asked_at=row["asked_at"],
        due_at=row["due_at"],
        answer=keys.open_text(resident, row["id"], "antwoord", bytes(answer)) if answer else "",
        answered_at=row["answered_at"],
    )
