"""A SQLite database as it was, put back: what tests of rollback do to a log."""

import sqlite3
from contextlib import closing
from pathlib import Path


def copied(database: Path, to: Path) -> None:
    """As it is now, with what still lies beside it in the log of its writes; and nothing of what was there before, or
    SQLite would write that over it."""
    for left in ("", "-wal", "-shm"):
        to.with_name(to.name + left).unlink(missing_ok=True)
    with closing(sqlite3.connect(database)) as one, closing(sqlite3.connect(to)) as other:
        one.backup(other)
