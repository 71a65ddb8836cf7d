"""Regie. Besides what stands below: `regie verify FILE` checks proofs without a network and without the service;
`regie serve signer` and `regie init witness`, `regie serve witness` are processes of their own."""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from sqlalchemy.exc import SQLAlchemyError

from assembly.auditing import as_json, as_text, fsck, statuses, told
from assembly.building import World
from assembly.clients import NewClient, Role
from assembly.custody_cli import escrow
from assembly.demo.brp.loader import UnreadablePersons
from assembly.demo.brp.roles import NobodyFits
from assembly.demo.play import Demo, reset, run_demo
from assembly.demo.story import StoryFailed
from assembly.destroying import destroy, order_of
from assembly.destroying import told as destruction
from assembly.founding import demand_newest, found, migrate, public_keys
from assembly.garbage import settled
from assembly.govstack import govstack
from assembly.house import assemble
from assembly.party_verbs import client_end_key, client_suspend
from assembly.register_verbs import authzen, consent
from assembly.settings import ROOMS, HouseSettings
from assembly.sourcing import source
from assembly.term_commands import audit
from assembly.tools import load_register, one_tenant, read_clients, register_client, rotate_keys, token_for
from kernel.crypto import CannotOpen, KeyUnavailable
from kernel.errors import Problem
from kernel.http.metrics import metrics_app
from kernel.http.server import serve as serve_app
from kernel.http.server import until_signal
from kernel.logs import set_up_logs
from kernel.settings import SettingsWrong

PERSONAL = frozenset({"bsn", "burgerservicenummer", "naam", "name", "adres", "inwoner", "waarde", "value"})


class Kind(StrEnum):
    """Who sits at an application."""

    mens = "mens"
    burger = "burger"
    automatisch = "automatisch"


NARROWER: tuple[Role, ...] = ("logboek", "melden", "beheer", "govstack", "introspectie", "bronhouder")


class More(StrEnum):
    """What an application may besides asking."""

    logboek = "logboek"
    melden = "melden"
    beheer = "beheer"
    govstack = "govstack"
    introspectie = "introspectie"
    bronhouder = "bronhouder"
    dpop = "dpop"


app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.add_typer(consent, name="consent")
app.add_typer(authzen, name="authzen")
app.add_typer(govstack, name="govstack")


@app.command()
def demo(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    once: Annotated[bool, typer.Option(help="stop after the story")] = False,
    again: Annotated[bool, typer.Option("--reset", help="start over")] = False,
    persons: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="official test persons")] = None,
    folder: Annotated[Path, typer.Option(help="where it is kept")] = Path("var/demo"),
) -> None:
    """Start everything on this machine, tell story 1, and serve it."""
    steps = iter(range(1, 100))

    def say(text: str) -> None:
        typer.echo(f"{next(steps):2}  {text}" if text.endswith((".", "!")) else text)

    if again:
        reset(folder)
    run_demo(Demo(folder, port, persons, say), once)


@app.command()
def init() -> None:
    """Make folders, keys, tables and logs: once for an installation."""
    settings = HouseSettings.read()
    asyncio.run(found(settings, World(environ=os.environ)))
    typer.echo(f"regie: ingericht in {settings.data}; geef wie wil nakijken deze sleutel van het logboek", err=True)
    typer.echo("\n".join(public_keys(settings)))


@app.command("migrate")
def migrate_all() -> None:
    """Bring every room's tables to the newest version."""
    asyncio.run(migrate(HouseSettings.read()))


@app.command()
def serve(
    rooms: Annotated[
        list[str] | None,
        typer.Argument(help="audit consent vault connectors web; none is all; signer, witness: alone"),
    ] = None,
    host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
    metrics_port: Annotated[int, typer.Option(min=0, max=65535, help="/metrics for Prometheus; none: not at all")] = 0,
    metrics_host: Annotated[str, typer.Option(help="never one that is reached from outside")] = "127.0.0.1",
) -> None:
    """Serve all rooms in one process, or the rooms named; the others are found through REGIE_HOUSE_…_URL."""
    settings, chosen = HouseSettings.read(), tuple(rooms or ROOMS)

    async def run() -> None:
        await demand_newest(settings, chosen)
        house = await assemble(settings, chosen, World(environ=os.environ, stays=True))
        async with AsyncExitStack() as stack:
            if metrics_port:
                told = [one.metrics for one in house.builder.components if one.metrics]
                await stack.enter_async_context(serve_app(metrics_app(told), metrics_host, metrics_port))
            address = await stack.enter_async_context(serve_app(house.app, host, port))
            typer.echo(f"regie: {' '.join(chosen)} op {address.url}", err=True)
            settled()
            await until_signal()

    asyncio.run(run())


client = typer.Typer(no_args_is_help=True, help="Applications of recipients.")
key = typer.Typer(no_args_is_help=True, help="Keys.")
register = typer.Typer(no_args_is_help=True, help="Recipients and processing activities.")
app.add_typer(audit, name="audit")
audit.add_typer(escrow, name="escrow")
app.add_typer(source, name="source")
app.add_typer(client, name="client")
app.add_typer(key, name="key")
app.add_typer(register, name="register")


@register.command("load")
def register_load(
    file: Annotated[Path, typer.Argument(help="JSON: ontvangers, verwerkingsactiviteiten")],
    tenant: Annotated[str, typer.Option(help="needed when there are several municipalities")] = "",
) -> None:
    """Admit recipients and publish activities; what is there already, or was stopped, stays as it is."""
    asyncio.run(load_register(HouseSettings.read(), tenant, file, typer.echo))


@client.command("add")
def client_add(
    name: Annotated[str, typer.Argument(help="its id: lower case, digits, hyphens")],
    recipient: Annotated[str, typer.Option(help="the recipient it works for")],
    kind: Annotated[Kind, typer.Option(help="who sits at it")] = Kind.automatisch,
    label: Annotated[str, typer.Option(help="its name for people")] = "",
    also: Annotated[
        list[More] | None,
        typer.Option(
            help="logboek: proofs of its own lines; melden: report its own uses; beheer: write drafts, and stop "
            "recipients, applications and keys; govstack; introspectie: look at tokens of others; bronhouder: send "
            "files of a source; dpop: no tokens but those that are bound to a key or a certificate"
        ),
    ] = None,
    tenant: Annotated[str, typer.Option(help="needed when there are several municipalities")] = "",
) -> None:
    """Register an application and print its entry with the private key, once: nobody keeps it for you."""
    more = also or []
    roots: list[Role] = ["verstrekking", "toestemming", *(role for role in NARROWER if role in more)]
    new = NewClient(name, label or name, kind.value, tuple(roots), bound=More.dpop in more)
    typer.echo(json.dumps(asyncio.run(register_client(HouseSettings.read(), tenant, recipient, new)), indent=1))


@client.command("token")
def client_token(
    root: Annotated[
        str, typer.Argument(help="verstrekking, toestemming, logboek, melden, beheer, bronhouder, govstack")
    ],
    name: Annotated[str, typer.Option("--client", help="its id; none: the first in the file")] = "",
    clients: Annotated[Path, typer.Option(help="the file with private keys")] = Path("var/demo/clients.json"),
) -> None:
    """Print an access token of five minutes, to try the API by hand."""
    typer.echo(asyncio.run(token_for(read_clients(clients), name, root)))


client.command("suspend")(client_suspend)
client.command("end-key")(client_end_key)


@key.command("rotate")
def key_rotate(
    room: Annotated[str, typer.Argument(help="audit, consent, vault, connectors or web; none is all")] = "",
) -> None:
    """Make a new version of a room's wrapping key and wrap everything again under it."""
    if room and room not in ROOMS:
        raise SettingsWrong([f"Een onderdeel {room} kennen wij niet."])
    asyncio.run(rotate_keys(HouseSettings.read(), (room,) if room else ROOMS, typer.echo))


@audit.command("fsck")
def audit_fsck(
    tenant: Annotated[str, typer.Option(help="one municipality; none is all")] = "",
    without_keys: Annotated[bool, typer.Option("--without-keys", help="hashes, tree and signer only")] = False,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, help="a signed head that you kept; may be repeated"),
    ] = None,
) -> None:
    """Compute the whole log anew and name what does not fit. Exit status: 0 it fits, 1 not, 2 could not be checked."""
    with _judging(" Probeer --without-keys."):
        reports = asyncio.run(fsck(HouseSettings.read(), tenant, without_keys, checkpoint or ()))
    for report in reports:
        for sentence in told(report):
            typer.echo(sentence)
    found = {report.status for report in reports}
    raise typer.Exit(1 if 1 in found else max(found))


@audit.command("status")
def audit_status(
    tenant: Annotated[str, typer.Option(help="one municipality; none is all")] = "",
    machine: Annotated[bool, typer.Option("--json", help="for machines; times in milliseconds")] = False,
) -> None:
    """Tell how each log stands. Exit status: 0 all are well, 1 one is not, 2 could not be seen."""
    with _judging():
        found = asyncio.run(statuses(HouseSettings.read(), tenant))
    if machine:
        typer.echo(as_json(found))
    else:
        for sentence in as_text(found):
            typer.echo(sentence)
    raise typer.Exit(0 if all(one.healthy for one in found) else 1)


@audit.command("destroy")
def audit_destroy(
    year: Annotated[int, typer.Option(min=2000, max=9998, help="of destruction, as `regie audit status` tells it")],
    subject: Annotated[str, typer.Option(help="pseudonym of one resident; none is everybody")] = "",
    decision: Annotated[str, typer.Option(help="number of a decision (AVG 17): before the year is over")] = "",
    reason: Annotated[str, typer.Option(help="why, in words; goes with --decision")] = "",
    tenant: Annotated[str, typer.Option(help="one municipality; none is all")] = "",
    really: Annotated[bool, typer.Option("--really", help="without it nothing changes")] = False,
) -> None:
    """Destroy the keys of a year that is over: tell what would go, and with --really let it go. May be run again."""
    order = order_of(year, subject, decision, reason)
    settings = HouseSettings.read()
    if decision:
        one_tenant(settings, tenant)  # a decision is of one municipality
    for sentence in destruction(asyncio.run(destroy(settings, tenant, order, really)), order, really):
        typer.echo(sentence)


@contextmanager
def _judging(hint: str = "") -> Iterator[None]:
    """What cannot be judged is neither good nor wrong: status 2."""
    try:
        yield
    except SettingsWrong as wrong:
        _fail(*wrong.sentences, status=2)
    except (KeyUnavailable, CannotOpen):
        _fail(f"De sleutels van het logboek zijn niet bereikbaar of openen niet.{hint}", status=2)
    except (SQLAlchemyError, OSError, TypeError) as error:  # TypeError: a column holds another type than it may
        _fail(f"Het logboek is niet te lezen ({type(error).__name__}).", status=2)


def main() -> None:
    """Every foreseen failure is a sentence and exit status 1; a bug keeps its traceback."""
    level = logging.WARNING if sys.argv[1:2] in (["demo"], ["audit"]) else logging.INFO  # they tell their own story
    set_up_logs(sys.stderr, level, personal=PERSONAL)
    try:
        app()
    except SettingsWrong as wrong:
        _fail(*wrong.sentences)
    except (StoryFailed, UnreadablePersons, NobodyFits) as failed:
        _fail(str(failed))
    except Problem as problem:
        faults = [f"{fault['veld']}: {fault['detail']}" for fault in problem.members.get("fouten", ())]
        _fail(problem.detail or problem.title, *faults)
    except KeyUnavailable as away:
        _fail(f"De sleutels zijn niet bereikbaar: {away}")
    except OSError as error:
        _fail(
            f"{error.strerror or error}. Draait er al iets op deze poort? Kies een andere met --port of --metrics-port."
        )


def _fail(*sentences: str, status: int = 1) -> NoReturn:
    for sentence in sentences:
        typer.echo(f"regie: {sentence}", err=True)
    sys.exit(status)
