"""What is said to a database, by the loop and by worker threads alike: for tests that count it."""

from typing import Any

from sqlalchemy import event

from kernel.sql import Database


def said_to(database: Database) -> list[str]:
    """Grows with every statement from now on."""
    said: list[str] = []

    def hear(*arguments: Any) -> None:
        said.append(str(arguments[2]).strip())

    for engine in (database.engine.sync_engine, database._threads):
        event.listen(engine, "before_cursor_execute", hear)
    return said
