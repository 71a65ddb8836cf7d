"""Routes that are made when somebody first asks for one of them: to make them takes most of a start, and where all
rooms live in one process nobody asks for what lies between two of them."""

from collections.abc import Callable, Iterable
from functools import cached_property

from fastapi import APIRouter
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send


class Late(BaseRoute):
    """All that lies below a path: what `make` makes, once, and nothing else."""

    def __init__(self, below: str, make: Callable[[], Iterable[APIRouter]]) -> None:
        self._below, self._make = f"{below}/", make

    @cached_property
    def _router(self) -> APIRouter:
        made = APIRouter(redirect_slashes=False)
        for router in self._make():
            made.routes.extend(router.routes)  # as they are: included, each would be built a second time
        return made

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """By the path alone: what is not there is not looked for elsewhere."""
        below = scope["type"] == "http" and scope["path"].startswith(self._below)
        return (Match.FULL if below else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As the route that is found."""
        await self._router(scope, receive, send)
