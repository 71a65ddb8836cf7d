"""`regie audit` turn, next-key, reconcile and recover: what ends a term, and what a log does that lost lines."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from assembly.reconciling import person_of, reconcile
from assembly.recovering import Order, recover
from assembly.settings import HouseSettings
from assembly.terms import next_key, turn_at_once

audit = typer.Typer(no_args_is_help=True, help="The log: does it fit, and how does it stand?")


@audit.command("turn")
def audit_turn(
    reason: Annotated[str, typer.Option(help="why now; stands in the log")],
    stolen: Annotated[
        bool, typer.Option("--stolen", help="the key of the open term was stolen: trust it no more")
    ] = False,
    tenant: Annotated[str, typer.Option(help="needed when there are several municipalities")] = "",
) -> None:
    """End the open term at once and begin the next, under a new key. The half-year turns by itself."""
    asyncio.run(turn_at_once(HouseSettings.read(), tenant, reason, stolen, typer.echo))


@audit.command("next-key")
def audit_next_key(
    tenant: Annotated[str, typer.Option(help="needed when there are several municipalities")] = "",
) -> None:
    """Make the key of the next term, and print its public half for the witnesses; tell which of them know it."""
    asyncio.run(next_key(HouseSettings.read(), tenant, typer.echo))


@audit.command("reconcile")
def audit_reconcile(
    name: Annotated[str, typer.Option(help="who says so")],
    reason: Annotated[str, typer.Option(help="what was found out, and why this is all there is; stands in the log")],
    tenant: Annotated[str, typer.Option(help="needed when there are several municipalities")] = "",
) -> None:
    """After a rollback: tell what is missing, and go on without it once two persons said so, each in a call."""
    asyncio.run(reconcile(HouseSettings.read(), tenant, person_of(name, reason), typer.echo))


@audit.command("recover")
def audit_recover(
    mirror: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="a copy of the `mirror.db` of a mirror")],
    name: Annotated[str, typer.Option(help="who says so")],
    reason: Annotated[str, typer.Option(help="what happened; stands in the log")],
    partial: Annotated[bool, typer.Option("--partial", help="as far as the mirror goes; then reconcile")] = False,
    tenant: Annotated[str, typer.Option(help="needed when there are several municipalities")] = "",
) -> None:
    """After a rollback: put the missing lines back from a mirror, once two persons said so, each in a call."""
    order = Order(tenant, mirror, person_of(name, reason), partial)
    asyncio.run(recover(HouseSettings.read(), order, typer.echo))
