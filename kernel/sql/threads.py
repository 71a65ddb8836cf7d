"""A transaction in a worker thread, over a connection of its own: what is asked in the driver's words goes past the
layers between, which took as long as a short question.
"""

from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, Dialect, Engine, PoolProxiedConnection
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

Result = TypeVar("Result")
Given = Sequence[Any] | Mapping[str, Any]
"""The values of a statement by place or by name; of one for many rows a list of those."""
Question = tuple[str, Given]
"""A statement in the driver's own words, and its values."""
_LAST_WORDS = ("FATAL", "PANIC")


class Direct(AsyncConnection):
    """A connection of the thread that uses it: to await these verbs never waits for the loop. The verbs that are not
    named here raise. What is asked in the driver's words goes past SQLAlchemy's layers, and they are not made."""

    def __init__(self, engine: AsyncEngine, threads: Engine, raw: PoolProxiedConnection) -> None:
        """raw: of `threads`. Whoever made this begins and ends its transaction."""
        self.engine, self.sync_engine, self._raw = engine, threads, raw
        self._cursor: Any = raw.cursor()
        self._failures: Any = threads.dialect.loaded_dbapi.Error
        self._layers: list[Connection] = []

    @property
    def _proxied(self) -> Connection:
        """What AsyncConnection's other verbs go to. One that ended our transaction would leave what comes after it
        outside any, for the driver begins none."""
        raise RuntimeError("only who made this connection begins and ends its transaction")

    @property  # type: ignore[misc]  # never set
    def dialect(self) -> Dialect:
        """Of which database it is."""
        return self.sync_engine.dialect

    @property
    def sync_connection(self) -> Connection:  # type: ignore[override]  # never set: made when somebody asks
        """With SQLAlchemy's layers."""
        if not self._layers:
            self._layers.append(Connection(self.sync_engine, connection=self._raw))
        return self._layers[0]

    async def execute(self, statement: Any, parameters: Any = None, **more: Any) -> CursorResult[Any]:
        """As AsyncConnection's; rows come as they are asked for."""
        return self.sync_connection.execute(statement, parameters, **more)

    async def exec_driver_sql(
        self, statement: str, parameters: Any = None, execution_options: Any = None
    ) -> CursorResult[Any]:
        """As AsyncConnection's."""
        return self.sync_connection.exec_driver_sql(statement, parameters, execution_options)

    def asked(self, text: str, given: Given, take: Callable[[Any], Result]) -> Result:
        """What `take` takes from the driver's cursor. Whoever listens to statements hears this one too. Raises what
        `Connection.execute` raises, and a connection that is gone is not used again."""
        many, cursor = isinstance(given, list), self._cursor
        for hear in self.sync_engine.dispatch.before_cursor_execute:
            hear(self, cursor, text, given, None, many)
        try:
            (cursor.executemany if many else cursor.execute)(text, given)
            return take(cursor)
        except self._failures as error:
            raise self._as_told(text, error) from error

    @contextmanager
    def pipelined(self) -> Iterator[None]:
        """See `unanswered`."""
        raw: Any = self._raw.dbapi_connection
        try:
            with raw.pipeline():
                yield
        except self._failures as error:
            raise self._as_told("several", error) from error

    def commit_here(self) -> None:
        """The end, when all went well. Raises as `asked`; PendingRollbackError where a statement failed and the work
        went on: PostgreSQL answers COMMIT then as if all were well, and nothing is written."""
        raw: Any = self._raw.dbapi_connection
        postgres = self.dialect.name == "postgresql"
        if raw is None or (postgres and raw.info.transaction_status.name == "INERROR"):
            raise PendingRollbackError("a statement of this transaction failed, and its work went on")
        try:
            self._raw.commit()
        except self._failures as error:
            raise self._as_told("COMMIT", error) from error

    def _as_told(self, text: str, error: BaseException) -> BaseException:
        """What the driver raised, in SQLAlchemy's words."""
        gone = self.dialect.is_disconnect(error, self._raw.dbapi_connection, None)  # type: ignore[arg-type]  # the driver's
        # the last word of a server that goes away; the driver may not have heard yet that the line is cut
        gone = gone or getattr(getattr(error, "diag", None), "severity_nonlocalized", "") in _LAST_WORDS
        if gone:
            _given_up(self.sync_connection, error)
        return DBAPIError.instance(text, None, error, self._failures, True, gone, self.dialect)


def carried_out(
    engine: AsyncEngine,
    threads: Engine,
    begin: Sequence[Question],
    work: Callable[[Direct], Coroutine[Any, Any, Result]],
) -> Result:
    """Work in a transaction, here and now: committed at its end, rolled back when it raises. begin: how the transaction
    begins; the drivers of `threads` begin none themselves."""
    known: Any = threads.dialect.loaded_dbapi.Error
    try:
        raw = threads.raw_connection()
    except known as error:
        raise DBAPIError.instance("", None, error, known, True, dialect=threads.dialect) from error
    try:
        connection = Direct(engine, threads, raw)
        for text, given in begin:
            connection.asked(text, given, touched)
        result = straight(work(connection))
        connection.commit_here()
    finally:
        raw.close()  # rolls back what was not committed
    return result


def _given_up(connection: Connection, error: BaseException) -> None:
    """It is not used again, and nor is any that is as old: SQLAlchemy sees to that when it meets the loss itself."""
    with suppress(DBAPIError):
        connection.exec_driver_sql("SELECT 1")
    if not connection.invalidated:
        connection.invalidate(error)


def touched(cursor: Any) -> int:
    """Rows."""
    return int(cursor.rowcount)


def straight(work: Coroutine[Any, Any, Result]) -> Result:
    """What comes of work that awaits nothing but a Direct. Raises RuntimeError where it would wait for something else:
    there is no loop here."""
    try:
        work.send(None)
    except StopIteration as done:
        result: Result = done.value
        return result
    work.close()
    raise RuntimeError("this work waits, and its thread has no loop")
