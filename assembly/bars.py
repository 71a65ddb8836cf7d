"""How far long work is, for who waits for it at a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def bar(of: str) -> Iterator[Callable[[int, int], None]]:
    """Takes how many were done, and of how many. On a terminal, on stderr; elsewhere nothing."""
    console = Console(stderr=True)
    columns = (TextColumn(of), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(of)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield progress
