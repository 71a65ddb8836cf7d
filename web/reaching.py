"""Handing on the number of somebody who logs in, for messages to them; nobody is stopped by it."""

from kernel.caller import Caller
from kernel.errors import Problem
from kernel.logs import logger
from vault.contract import Bsn
from web.site import Visit

_log = logger("web")


async def reach(visit: Visit, resident: str, number: Bsn) -> None:
    """Only where a message service waits for it: else it goes nowhere."""
    who = Caller(tenant=visit.tenant.id, kind="inwoner", user=resident)
    try:
        delivery = visit.site.registers.delivery
        if (await delivery.reached(who)).state in ("wacht", "aan"):  # who is there is not away for long
            await delivery.known(who, number)
    except Problem as problem:  # at their next login, then
        _log.warning("not_reached", code=problem.code)
