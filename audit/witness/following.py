"""Fetches the lines of a log up to the head that we cosigned, and keeps them once they hash to it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import httpx2
from anyio import to_thread
from pydantic import ValidationError

from audit import slots
from audit.copied import PATH, Copies, hashes_of
from audit.ended import head_of
from audit.witness.cosigner import Shelf, origin_hash
from audit.witness.mirror import Mirror
from kernel.http.client import limited
from kernel.logs import logger
from kernel.proof.checkpoint import Checkpoint
from kernel.proof.hashes import ProofError
from kernel.proof.tree import Edge, Growth

SECONDS = 20.0  # for a page of lines
ANSWER_BYTES = 16 << 20

_log = logger("audit.witness")


class CannotFollow(Exception):
    """The log did not give what it should, or gave something else."""


@dataclass(frozen=True)
class Following:
    """Of one log. token: a word of ours that lives a minute."""

    mirror: Mirror
    shelf: Shelf
    http: httpx2.AsyncClient
    origin: str
    token: Callable[[], str]

    async def round(self) -> int:
        """Up to the newest head that we cosigned; how many lines there are now. Raises CannotFollow, OSError,
        StateLost, sqlite3.Error."""
        head, note = await to_thread.run_sync(self._cosigned)
        edge = await to_thread.run_sync(self.mirror.checked, self.origin)
        if head.size <= edge.size:
            return edge.size
        edge = await to_thread.run_sync(self.mirror.fetched, self.origin)
        while edge.size < head.size:
            edge = await self._page(edge, head.size)
        if edge.root() != head.root:
            await to_thread.run_sync(self.mirror.drop, self.origin)
            _log.critical("copy_is_not_the_log", origin=self.origin, size=head.size)
            raise CannotFollow("the lines do not hash to the head that was cosigned")
        await to_thread.run_sync(self.mirror.settle, self.origin, edge, note)
        return edge.size

    def _cosigned(self) -> tuple[Checkpoint, str]:
        """The newest head that we cosigned and its text, of one moment. Raises CannotFollow, OSError, StateLost."""
        state = slots.glance(self.shelf.state(self.origin))
        if not state.size:
            return Checkpoint(self.origin, 0, state.root), ""
        note = self.shelf.head(origin_hash(self.origin)).read_text()
        try:
            return head_of(note), note
        except ProofError:
            raise CannotFollow("the head that was cosigned cannot be read") from None

    async def _page(self, edge: Edge, size: int) -> Edge:
        """With what the log gave next, kept but not yet checked."""
        given = await self._fetched(edge.size)
        copies = given.lines[: size - edge.size]
        try:
            grown = Growth(edge, hashes_of(copies, edge.size)).edge
        except ProofError as error:
            raise CannotFollow(str(error)) from None
        if not copies:
            raise CannotFollow("the log does not give the lines under its own head")
        await to_thread.run_sync(self.mirror.keep, self.origin, copies, given.keys)
        return grown

    async def _fetched(self, start: int) -> Copies:
        term = self.origin.rpartition("/")[2]
        headers = {"authorization": f"Bearer {self.token()}"}
        try:
            async with (
                asyncio.timeout(SECONDS),
                self.http.stream("GET", f"{PATH}/{term}/{start}", headers=headers) as answer,
            ):
                content = await limited(answer, ANSWER_BYTES)
            if answer.status_code != 200 or content is None:
                raise CannotFollow(f"the log answered {answer.status_code}")
            return Copies.model_validate_json(content)
        except (httpx2.HTTPError, TimeoutError, ValidationError) as error:
            raise CannotFollow(type(error).__name__) from None
