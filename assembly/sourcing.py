"""`regie source`: registers that the municipality declared, tried from this machine."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from assembly.settings import HouseSettings
from assembly.tools import one_tenant
from connectors.declared.checking import check
from connectors.declared.loading import read_file
from kernel.settings import SettingsWrong

source = typer.Typer(no_args_is_help=True, help="Registers that the municipality declared.")


@source.callback()
def declared() -> None:
    """Registers that the municipality declared."""


@source.command("check")
def source_check(
    name: Annotated[str, typer.Argument(help="as its file is called, without .toml")],
    tenant: Annotated[str, typer.Option(help="needed when there are several municipalities")] = "",
    folder: Annotated[Path | None, typer.Option(file_okay=False, help="where its file lies, if not in use yet")] = None,
) -> None:
    """Try a declared source and tell what happens; nobody is asked about."""
    if not asyncio.run(check_source(_there(folder or _in_use(tenant), name), typer.echo)):
        raise typer.Exit(1)


async def check_source(file: Path, say: Callable[[str], None]) -> bool:
    """Says each step; whether all went well. Raises SettingsWrong."""
    well = True
    async for well, sentence in check(read_file(file)):
        say(f"{'goed' if well else 'fout'}  {sentence}")
    return well


def _there(folder: Path, name: str) -> Path:
    names = sorted(one.stem for one in folder.glob("*.toml"))
    if name not in names:
        raise SettingsWrong([f"{folder}: hier staat geen {name}.toml. Wel: {', '.join(names) or 'niets'}."])
    return folder / f"{name}.toml"


def _in_use(tenant: str) -> Path:
    folder = os.environ.get("REGIE_CONNECTORS_SOURCES", "")
    if not folder:
        raise SettingsWrong(["REGIE_CONNECTORS_SOURCES ontbreekt: in welke map staan de bronnen?"])
    return Path(folder) / one_tenant(HouseSettings.read(), tenant).id
