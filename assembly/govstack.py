"""`regie govstack import`: agreements, policies and individuals from a file in the form of the standard."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from anyio import to_thread

from assembly.house import House
from assembly.ports import ConsentResidents
from assembly.settings import HouseSettings
from assembly.tools import COMMAND, keeping, one_tenant
from consent.govstack.file import FILE_BYTES, Bundle, Unreadable
from consent.govstack.importing import Importer
from consent.govstack.stored import Objects
from kernel.caller import room_of
from kernel.settings import SettingsWrong

govstack = typer.Typer(no_args_is_help=True, help="The GovStack Consent Building Block.")


@govstack.callback()
def _several() -> None:
    """The GovStack Consent Building Block."""


@govstack.command("import")
def govstack_import(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON in the form of the standard")],
    tenant: Annotated[str, typer.Option(help="needed when there are several municipalities")] = "",
) -> None:
    """Load agreements, policies and individuals; ids stay. Refused whole, with all faults, when anything is wrong."""
    typer.echo(asyncio.run(load(HouseSettings.read(), tenant, file)))


async def load(settings: HouseSettings, tenant: str, file: Path) -> str:
    """What was done, as a sentence. Raises SettingsWrong with a sentence per fault."""
    chosen, text = one_tenant(settings, tenant), await to_thread.run_sync(_text, file)
    async with keeping(settings) as house:
        try:
            found = await load_into(house, chosen.id, text)
        except Unreadable as wrong:
            raise SettingsWrong([f"{file.name}, {fault.removesuffix('.')}." for fault in wrong.faults]) from None
    parts = (len(found.all_policies()), len(found.data_agreements), len(found.individuals))
    return "{} beleidsteksten, {} overeenkomsten en {} individuen staan in het register.".format(*parts)


async def load_into(house: House, tenant: str, text: str) -> Bundle:
    """Into a house that is open. Raises Unreadable, SettingsWrong."""
    if house.register is None:
        raise SettingsWrong(["Het register is hier niet."])
    residents = ConsentResidents()
    residents.vault = house.vault("consent")
    objects = Objects(house.register.register, house.audit("consent"), house.builder.world.clock)
    return await Importer(objects, residents).load(room_of(tenant, COMMAND), text)


def _text(file: Path) -> str:
    with file.open("rb") as opened:
        return opened.read(FILE_BYTES + 1).decode("utf-8", "replace")
