"""The command line `regie`. `regie verify` never comes here: it is dispatched before any room is imported."""

import asyncio
import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from assembly.demo.brp.loader import UnreadablePersons
from assembly.demo.brp.roles import NobodyFits
from assembly.demo.play import Demo, reset, run_demo
from assembly.demo.story import StoryFailed
from assembly.founding import demand_newest, found, migrate
from assembly.house import assemble
from assembly.settings import ROOMS, HouseSettings
from kernel.errors import Problem
from kernel.http.server import serve as serve_app
from kernel.http.server import until_signal
from kernel.logs import set_up_logs
from kernel.settings import SettingsWrong

PERSONAL = frozenset({"bsn", "burgerservicenummer", "naam", "name", "adres", "inwoner", "waarde", "value"})
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)


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
    asyncio.run(found(HouseSettings.read()))


@app.command("migrate")
def migrate_all() -> None:
    """Bring every room's tables to the newest version."""
    asyncio.run(migrate(HouseSettings.read()))


@app.command()
def serve(
    rooms: Annotated[list[str] | None, typer.Argument(help="audit consent vault connectors web; none is all")] = None,
    host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
) -> None:
    """Serve all rooms in one process, or the rooms named; the others are found through REGIE_HOUSE_…_URL."""
    settings, chosen = HouseSettings.read(), tuple(rooms or ROOMS)

    async def run() -> None:
        await demand_newest(settings, chosen)
        house = await assemble(settings, chosen)
        async with serve_app(house.app, host, port) as address:
            typer.echo(f"regie: {' '.join(chosen)} op {address.url}", err=True)
            await until_signal()

    asyncio.run(run())


def main() -> None:
    """Every foreseen failure is a sentence and exit status 1; a bug keeps its traceback."""
    level = logging.WARNING if sys.argv[1:2] == ["demo"] else logging.INFO  # the demo tells its own story
    set_up_logs(sys.stderr, level, personal=PERSONAL)
    try:
        app()
    except SettingsWrong as wrong:
        _fail(*wrong.sentences)
    except (StoryFailed, UnreadablePersons, NobodyFits) as failed:
        _fail(str(failed))
    except Problem as problem:
        _fail(problem.detail or problem.title)
    except OSError as error:
        _fail(f"{error.strerror or error}. Draait er al iets op deze poort? Kies een andere met --port.")


def _fail(*sentences: str) -> None:
    for sentence in sentences:
        typer.echo(f"regie: {sentence}", err=True)
    sys.exit(1)
