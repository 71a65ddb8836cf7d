"""A resident who keeps stopping and saying yes again, inside the house under load: `POST /bench/withdraw`."""

import time
from itertools import cycle

from fastapi import APIRouter

from consent.contract import Choice, Consent
from kernel.caller import Caller

SEEN = "00" * 32  # hash of a page that nobody saw: consents of the bench are given by the bench


class Withdrawing:
    """consents: of whom, and which. Told once the house stands."""

    def __init__(self) -> None:
        self.consent: Consent | None = None
        self.given: list[tuple[Caller, str]] = []
        self._turn = cycle(range(1))

    def told(self, consent: Consent, given: list[tuple[Caller, str]]) -> None:
        """From now on it can be asked."""
        self.consent, self.given, self._turn = consent, given, cycle(range(len(given)))

    def router(self) -> APIRouter:
        """ms of one stop, until the resident has the answer; the new yes after it is not counted."""
        router = APIRouter()

        @router.post("/bench/withdraw")
        async def withdraw() -> dict[str, float]:
            consent, place = self.consent, next(self._turn)
            if consent is None:
                return {}
            caller, consent_id = self.given[place]
            before = time.perf_counter()
            await consent.choose(caller, consent_id, _say("stop"))
            spent = (time.perf_counter() - before) * 1000
            anew = await consent.anew(caller, consent_id)
            await consent.choose(caller, anew.id, _say("ja"))
            self.given[place] = (caller, anew.id)
            return {"ms": spent}

        return router


def _say(answer: str) -> Choice:
    return Choice.model_validate({"answer": answer, "text_hash": SEEN, "language": "nl"})
