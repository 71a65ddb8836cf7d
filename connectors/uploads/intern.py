"""HTTP in, for a portal that lives elsewhere: a file that somebody sent at a page. It goes in the body, as base64."""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from pydantic import Field

from connectors.uploads.api import UPLOAD_BYTES
from connectors.uploads.contract import Judged, PortalUploads, SheetState, SheetView
from kernel.caller import Caller
from kernel.errors import BadInput
from kernel.message import Message, Short

PREFIX: Final = "/intern/v1/connectors/uploads"
_CHARACTERS: Final = 4 * (UPLOAD_BYTES // 3 + 1)
LARGE: Final[Mapping[str, int]] = {f"{PREFIX}/{verb}": _CHARACTERS + 1_024 for verb in ("judge", "take")}


class Nothing(Message):
    """Only the caller matters."""


class SentSheet(Message):
    """A file with numbers in it: it is never printed."""

    source: Short
    content: Annotated[str, Field(max_length=_CHARACTERS, repr=False)]

    @classmethod
    def of(cls, source: str, raw: bytes) -> "SentSheet":
        """On its way out."""
        return cls(source=source, content=base64.b64encode(raw).decode())

    def raw(self) -> bytes:
        """The inverse. Raises BadInput."""
        try:
            return base64.b64decode(self.content, validate=True)
        except binascii.Error:
            pass
        raise BadInput("Dit bestand kan niet worden gelezen.")  # out here: the cause may quote the file


class SheetStates(Message):
    """By name."""

    sheets: tuple[SheetState, ...]


def upload_intern(uploads: PortalUploads, caller: Callable[..., Awaitable[Caller]]) -> APIRouter:
    """`caller`: the dependency that knows which room asks on whose behalf."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/sheets")
    async def sheets(who: Asking, _: Nothing) -> SheetStates:
        return SheetStates(sheets=tuple(await uploads.sheets(who)))

    @router.post("/judge")
    async def judge(who: Asking, body: SentSheet) -> Judged:
        return await uploads.judge(who, body.source, body.raw())

    @router.post("/take")
    async def take(who: Asking, body: SentSheet) -> SheetView:
        return await uploads.take(who, body.source, body.raw())

    return router
