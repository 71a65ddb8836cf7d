"""What stops applications and keys, on the command line: `regie client suspend`, `regie client end-key`."""

import asyncio
from datetime import MAXYEAR, datetime
from typing import Annotated

import typer

from assembly.settings import HouseSettings
from assembly.tools import COMMAND, keeping, one_tenant
from audit.contract import Receipt
from kernel.caller import room_of
from kernel.clock import millis
from kernel.settings import SettingsWrong

Tenant = Annotated[str, typer.Option(help="needed when there are several municipalities")]


def client_suspend(name: Annotated[str, typer.Argument(help="its id")], tenant: Tenant = "") -> None:
    """Suspend an application: effective at the next line, and at the next request of who has a token."""
    typer.echo(f"Geschorst, regel {asyncio.run(suspended(HouseSettings.read(), tenant, name)).position}")


def client_end_key(
    name: Annotated[str, typer.Argument(help="its id")],
    kid: Annotated[str, typer.Argument(help="of the key")],
    at: Annotated[str, typer.Option(help="the moment, such as 2026-12-31T23:59:00+01:00; none is at once")] = "",
    tenant: Tenant = "",
) -> None:
    """Say from when a key does not count any more."""
    receipt = asyncio.run(key_ended(HouseSettings.read(), tenant, (name, kid), moment_of(at)))
    typer.echo(f"Vastgelegd, regel {receipt.position}")


def moment_of(text: str) -> int:
    """In ms; 0 for none. Raises SettingsWrong for one without a zone, or so far off that a zone makes it no date."""
    if not text:
        return 0
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = datetime.min  # noqa: DTZ901 - is refused below
    if found.tzinfo is None or found.year == MAXYEAR:
        raise SettingsWrong(["--at is een moment met zijn zone, zoals 2026-12-31T23:59:00+01:00."])
    return millis(found)


async def suspended(settings: HouseSettings, tenant: str, name: str) -> Receipt:
    """Raises NoSuchThing, LogUnavailable."""
    chosen = one_tenant(settings, tenant)
    async with keeping(settings) as house:
        return await house.consent(COMMAND).parties.suspend(room_of(chosen.id, COMMAND), name)


async def key_ended(settings: HouseSettings, tenant: str, key: tuple[str, str], at: int) -> Receipt:
    """key: client and kid. at: ms, 0 is now. Raises NoSuchThing, NotNow, LogUnavailable."""
    chosen = one_tenant(settings, tenant)
    async with keeping(settings) as house:
        return await house.consent(COMMAND).parties.end_key(room_of(chosen.id, COMMAND), *key, at)
