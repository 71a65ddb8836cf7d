"""A statement is put in the words of a database once in a process, not once in every house: each has engines of its
own, and SQLAlchemy remembers by engine. In a house that lives longer than a test it is remembered as well.
"""

from collections.abc import Hashable
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import Dialect

MOST = 4_000  # statements, of all rooms on all databases

Key = tuple[Any, ...]


class Compiled(dict[Hashable, Any]):
    """What SQLAlchemy remembers for one engine, for all that speak alike. It asks by (dialect, statement, ...)."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(alike(key), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        if len(self) >= MOST:
            self.clear()
        super().__setitem__(alike(key), compiled)


def alike(key: Key) -> Key:
    """One dialect counts as another of its driver and version."""
    dialect: Dialect = key[0]
    return (type(dialect), dialect.server_version_info, *key[1:])


COMPILED = Compiled()


@event.listens_for(Engine, "engine_connect")
def _shares(connection: Connection) -> None:
    connection.execution_options(compiled_cache=COMPILED)
