"""What a reviewer tried against the desk."""

import json
from typing import Any

import anyio
import pytest

from audit.contract import Ground, Overtaken, Position
from connectors.claim import Claim
from connectors.contract import Deliver, Release, StaleAnswer
from connectors.events import Act
from connectors.granting import Asked, Decided, Granted
from connectors.reading import read_request
from connectors.reweighing import Reweighing
from connectors.sending import Sending
from consent.contract import About
from kernel.errors import BadInput
from tests.connectors.test_overtaken import CONSENT, ground
from tests.connectors.test_reading import GOOD, caller
from tests.connectors.test_sending import RELEASE
from tests.patience import PATIENCE
from vault.contract import ResidentRef


@pytest.mark.anyio
async def test_a_socket_that_does_not_drain_gets_nothing_after_two_seconds() -> None:
    written: list[Any] = []

    async def send(message: Any) -> None:
        await anyio.sleep_forever()  # as uvicorn does while the client does not read: it writes only afterwards
        written.append(message)

    async def walk(deliver: Deliver) -> Release:
        await deliver(RELEASE, 98.05)
        return RELEASE

    async def receive() -> Any:
        raise AssertionError("the body was read before")

    with anyio.fail_after(PATIENCE), pytest.raises(StaleAnswer):
        await Sending(walk, lambda: 100.0)({"type": "http"}, receive, send)
    assert written == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"zaak": "Z-\u0000"},
        {"zaak": "a\nb"},
        {"verwerkingsactiviteit": "x\u0000"},
        {"zaak": "999993653"},
        {"zaak": "Z-999993653"},
        {"verwerkingsactiviteit": "999993653"},
        {"gebruiker": "999993653"},
        {"gegevenselementen": ["a.999993653"]},
    ],
)
def test_what_no_database_stores_or_what_looks_like_a_number_is_refused_before_its_line(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as refused:
        read_request(caller("mens"), json.dumps({**GOOD, **wrong}).encode())
    said = json.dumps(refused.value.members)
    assert "999993653" not in said
    assert [one["veld"].split("/")[1] for one in refused.value.members["fouten"]] == list(wrong)


class Register:
    """Takes a flag, and decides as it is told."""

    def __init__(self, decision: Ground) -> None:
        self.decision = decision

    async def flag(self, *_: object) -> Position:
        return Position(term="2026h2", index=7)

    async def decide(self, _: object) -> Decided:
        return decided(self.decision)


def decided(decision: Ground) -> Decided:
    return Decided(Act(decision, "", About(activity="x", recipient="x"), trace=None), "", ())  # type: ignore[arg-type]  # only what is asked of it


@pytest.mark.anyio
@pytest.mark.parametrize("another", [True, False])
async def test_what_stands_on_another_consent_after_a_flag_gets_a_line_of_its_own(another: bool) -> None:
    first = ground()
    other = {CONSENT: "9" * 32} if another else {}
    fences = tuple((other.get(fence, fence), epoch, kind) for fence, epoch, kind in first.hekken)
    register = Register(first.model_copy(update={"hekken": fences}))
    resident = ResidentRef(id="r", subject="s", fence="d" * 32)
    claim, request = Claim("r", 1), read_request(caller("mens"), json.dumps(GOOD).encode())
    asked = Asked(caller("mens"), request, claim, resident, tuple(one.element for one in first.toegestaan))
    granted = Granted(asked, decided(first), None, None, 0.0)  # type: ignore[arg-type]  # only what is asked of it
    weighing = Reweighing(register, register).weigh(granted, ["overleden"])  # type: ignore[arg-type]  # only what is asked of it
    if another:
        with pytest.raises(Overtaken):
            await weighing
    else:
        assert (await weighing).anew
