"""The commands of `regie audit escrow`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from assembly.custody import Wanted, found_escrow, gather, lift, open_sealed
from assembly.settings import HouseSettings

escrow = typer.Typer(no_args_is_help=True, help="Covert lines: the key of three custodians, and lifting with two.")
Tenant = Annotated[str, typer.Option(help="needed when there are several municipalities")]


@escrow.command("found")
def escrow_found(
    shares: Annotated[Path, typer.Option(help="a folder for the three files; give them away, and wipe it")],
    tenant: Tenant = "",
) -> None:
    """Make the key to which covert lines are sealed, in three shares of which two open."""
    asyncio.run(found_escrow(HouseSettings.read(), tenant, shares, typer.echo))


@escrow.command("gather")
def escrow_gather(
    out: Annotated[Path, typer.Option(help="the file for the custodians")],
    recipient: Annotated[str, typer.Option(help="who used the data")] = "",
    case: Annotated[str, typer.Option(help="the case")] = "",
    line: Annotated[str, typer.Option(help="instead of these two: a line of the case, as 2026h2-123")] = "",
    tenant: Tenant = "",
) -> None:
    """Take the sealed lines of one case out, as they are."""
    asyncio.run(gather(HouseSettings.read(), tenant, Wanted(recipient, case, line), out, typer.echo))


@escrow.command("open")
def escrow_open(
    file: Annotated[Path, typer.Argument(help="what `gather` made")],
    share: Annotated[list[Path], typer.Option(help="of two custodians: twice")],
    out: Annotated[Path, typer.Option(help="the opened lines, for `lift`")],
) -> None:
    """Open them with two shares, on a machine of the custodians: no house, no network."""
    open_sealed(file, share, out, typer.echo)


@escrow.command("lift")
def escrow_lift(
    file: Annotated[Path, typer.Argument(help="what `open` made")],
    reason: Annotated[str, typer.Option(help="for the resident: why it was hidden, and may be seen now")],
) -> None:
    """Write a line in the resident's own series for each: it opens the old one and proves since when that was there."""
    asyncio.run(lift(HouseSettings.read(), file, reason, typer.echo))
