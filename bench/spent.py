"""What a process spent: for the house and for the bare endpoint alike."""

import time

from fastapi import APIRouter
from sqlalchemy import Connection, Engine, event


class Spent:
    """Statements and transactions of all rooms, as they go to the driver; CPU seconds of the process."""

    def __init__(self) -> None:
        self.statements = self.transactions = 0
        event.listen(Engine, "before_cursor_execute", self._statement)
        event.listen(Engine, "begin", self._begin)

    def _statement(self, _connection: object, _cursor: object, text: str, *_: object) -> None:
        self.statements += 1
        self.transactions += text.startswith("BEGIN")

    def _begin(self, connection: Connection) -> None:
        """Where the driver itself says BEGIN, which no one hears."""
        self.transactions += connection.dialect.is_async and connection.dialect.name == "postgresql"

    def router(self) -> APIRouter:
        """`GET /bench`."""
        router = APIRouter()

        @router.get("/bench")
        async def spent() -> dict[str, float]:
            return {"statements": self.statements, "transactions": self.transactions, "cpu": time.process_time()}

        return router
