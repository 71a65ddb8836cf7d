"""HTTP in: many residents in one question, below /toestemming/v1. Numbers are only ever in the body, and never told
back: an answer says which place of the list it is about."""

from asyncio import sleep
from dataclasses import dataclass
from typing import Annotated, Any, Final

from anyio import to_thread
from fastapi import APIRouter, Depends, Request, Response

from consent.api import Behind
from consent.bulk.allowance import Allowance
from consent.bulk.answering import AnswerMany, answer
from consent.bulk.reading import AskMany, read_many
from consent.bulk.turns import Turns
from consent.contract import NoSuchThing, Question
from consent.explained import Explained
from consent.keys import MACHINES
from consent.words import fault
from kernel.caller import Caller
from kernel.http.refusals import WrongMediaType

PLACE: Final = "/bulktoetsingen"
UPLOAD_BYTES: Final = 2 << 20  # 10,000 names of 32 signs, each with a case of 64
TURN: Final = 200  # questions that are put together, after which others have theirs
_URGENT: Final = "Dit doel is voor nood. In nood vraagt u over een inwoner tegelijk."


def _schema() -> dict[str, Any]:
    """Of the body, in one piece: it is read by us, in a thread, so the framework does not describe it."""
    said = AskMany.model_json_schema(by_alias=True)
    said["properties"]["inwoners"]["items"] = said.pop("$defs")["Listed"]
    return said


_EXAMPLE = {
    "verwerkingsactiviteit": "kwijtschelding", "gegevenselementen": ["brp.naam", "inkomen.onderGrens"],
    "gebruiker": "mw-77", "inwoners": [{"bsn": "999993653", "zaak": "Z-2026-0017"}, {"bsn": "999990019"}],
}  # fmt: skip
_LINE = {"logboek": "regie.example/gm9901/2026h2", "index": 4711, "bewijs": "/logboek/v1/logregels/2026h2-4711/bewijs"}
_ANSWER = {
    "verwerkingsactiviteit": "kwijtschelding", "versie": "3", "getoetstOp": "2026-11-23T09:00:00Z",
    "gegevenselementen": [{"gegevenselement": "brp.naam", "klasse": "A"},
                          {"gegevenselement": "inkomen.onderGrens", "klasse": "C"}],
    "aantal": 2, "mag": 1, "deels": 1, "magNiet": 0,
    "redenen": [{"code": "geen-toestemming", "inwoners": 1, "reden": "Voor dit gegeven is geen toestemming gegeven.",
                 "volgendeStap": "Vraag papieren."}],
    "antwoorden": [
        {"nr": 0, "id": "0f" * 16, "uitkomst": "mag", "logregel": _LINE},
        {"nr": 1, "id": "1e" * 16, "uitkomst": "deels", "logregel": _LINE | {"index": 4712},
         "geweigerd": [{"gegevenselement": "inkomen.onderGrens", "code": "geen-toestemming"}]},
    ],
}  # fmt: skip
_BODY = {"content": {"application/json": {"schema": _schema(), "example": _EXAMPLE}}, "required": True}


@dataclass(frozen=True)
class Many:
    """Behind the door: decides about all of a list, when it is its turn."""

    behind: Behind
    allowance: Allowance
    turns: Turns

    async def told(self, who: Caller, raw: bytes) -> bytes:
        """The answer. Raises BadInput, TooManyRequests, RegisterUnavailable, LogUnavailable, OutcomeUnknown."""
        if who.kind not in MACHINES or not who.organisation:
            raise NoSuchThing()
        persons = self.behind.persons
        async with self.turns.turn(
            who
        ):  # reading takes a part of a second in which nobody else goes on: once at a time
            asking, asked = await to_thread.run_sync(read_many, who, raw, persons.residents.is_number)
            await self.allowance.take(asking, len(asked.listed))
            explained = await self._explained(asking, asked)
        return await to_thread.run_sync(answer, asked.elements, explained)

    async def _explained(self, asking: Caller, asked: AskMany) -> list[Explained]:
        residents = await self.behind.persons.meant_all(asking, asked.listed)
        questions = list[Question]()
        for one, resident in zip(asked.listed, residents, strict=True):
            questions.append(
                Question(
                    resident=resident,
                    activity=asked.activity,
                    elements=asked.elements,
                    case=one.case or "",
                    by_number=one.bsn is not None,
                )
            )
            if len(questions) % TURN == 0:
                await sleep(0)
        enrol = self.behind.persons.enrol_at(asking, asked.listed)
        found = await self.behind.consent.explain(asking, questions, enrol)
        explained = [one for one in found if isinstance(one, Explained)]
        if len(explained) < len(found):  # it follows from the activity alone: of all of them, and without a line
            raise fault("/verwerkingsactiviteit", "past-niet", _URGENT)
        return explained


def bulk_routes(many: Many) -> APIRouter:
    """Below the root of the register."""
    router = APIRouter(tags=["toestemming"])
    Asking = Annotated[Caller, Depends(many.behind.caller)]

    @router.post(
        PLACE,
        summary="Vraag over veel inwoners wat er besloten zou worden, en waarom; er wordt niets verstrekt",
        response_model=AnswerMany,
        openapi_extra={"requestBody": _BODY},
        responses={
            200: {"description": "Per inwoner een uitkomst", "content": {"application/json": {"example": _ANSWER}}},
            429: {"description": "Te veel inwoners op een dag, of te veel vragen tegelijk"},
        },
    )
    async def explain_many(who: Asking, request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise WrongMediaType("Stuur de lijst als application/json.")
        return Response(await many.told(who, await request.body()), media_type="application/json")

    return router
