"""The verbs of the register on the command line: `regie consent …`, `regie authzen …`."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from assembly.policies import load_policies
from assembly.replaying import replay
from assembly.settings import HouseSettings

consent = typer.Typer(no_args_is_help=True, help="the register: decisions weighed again")
authzen = typer.Typer(no_args_is_help=True, help="AuthZEN: a table of policies for conformance suites")


@consent.command("replay")
def consent_replay(
    what: Annotated[str, typer.Argument(help="a place in the log (2026h2-4711), or the id of a release or a toetsing")],
    tenant: Annotated[str, typer.Option(help="needed when there are several municipalities")] = "",
) -> None:
    """Weigh a decision again with the facts of its day; exit status 1 when it would be decided otherwise."""
    if not asyncio.run(replay(HouseSettings.read(), what, tenant, typer.echo)):
        sys.exit(1)


@authzen.command("load")
def authzen_load(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON: see consent.authzen.policies")],
) -> None:
    """Load a plain table of policies into the tenant that REGIE_CONSENT_AUTHZEN_TENANT names."""
    typer.echo(asyncio.run(load_policies(HouseSettings.read(), file)))
