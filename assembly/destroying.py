"""`regie audit destroy`: what would go, and then to let it go. Beside a house that may be serving."""

from collections.abc import Iterator

from pydantic import ValidationError

from assembly.auditing import chosen_of
from assembly.bars import bar
from assembly.settings import HouseSettings
from assembly.tools import COMMAND, keeping
from audit.destroying import Decision, Order, Tally
from kernel.caller import room_of
from kernel.settings import SettingsWrong

TRIED = "Dit was een proef: er is niets veranderd. Met --really gebeurt het; daarna is het niet terug te halen."


def order_of(year: int, subject: str, decision: str, reason: str) -> Order:
    """As typed. Raises SettingsWrong."""
    try:
        why = Decision(number=decision, reason=reason) if decision or reason else None
        return Order(year=year, subject=subject, decision=why)
    except ValidationError:
        raise SettingsWrong(
            ["Een besluit, reden of pseudoniem is te lang, of er staat een nummer van iemand in."]
        ) from None


async def destroy(settings: HouseSettings, wanted: str, order: Order, really: bool) -> dict[str, Tally]:
    """By municipality; none wanted: all. Without `really` nothing changes. Raises SettingsWrong, KeyUnavailable, and
    the Problems of Destroyer: run it again."""
    tallies = {}
    async with keeping(settings) as house:
        for tenant in chosen_of(settings, wanted):
            if house.log is None:
                continue
            destroyer = house.log.desk(room_of(tenant.id, COMMAND)).destroyer
            if not really:
                tallies[tenant.id] = await destroyer.due(order)
                continue
            with bar(tenant.id) as progress:
                tallies[tenant.id] = await destroyer.run(order, progress)
    return tallies


def told(found: dict[str, Tally], order: Order, really: bool) -> Iterator[str]:
    """For people."""
    for tenant, tally in found.items():
        verb = "vernietigd" if really else "te vernietigen"
        yield f"{tenant}: {verb} van {order.year}: {tally.keys} sleutels, {tally.lines} regels"
        if tally.waiting:
            yield "  begonnen: andere processen kennen de sleutel nog. Geef de opdracht over 16 minuten nog eens"
    if not really:
        yield TRIED
