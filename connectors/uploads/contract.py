"""The door for files, and its words.

Problem
├── NoSuchSheet      404  no source of this name takes files of the caller: unknown and another's are one answer
└── UploadUnderWay   409  another file of this source is being taken in; Retry-After
"""

from typing import Annotated, Protocol

from kernel.caller import Caller
from kernel.errors import Problem
from kernel.message import Message, Short, wire


class NoSuchSheet(Problem):
    """Another organisation's source and an unknown one get the same answer."""

    code, status, title = "bron-onbekend", 404, "Deze bron is er niet"


class UploadUnderWay(Problem):
    """Members: `wachtSeconden`."""

    code, status, title = "bron-bezig", 409, "Er wordt al een bestand overgenomen"


class SheetView(Message):
    """The file that is read from now. version: 0 when there is none; then nothing else is told. Times in RFC 3339."""

    source: Annotated[Short, wire("bron")]
    version: Annotated[int, wire("versie")] = 0
    rows: Annotated[int, wire("regels")] = 0
    taken: Annotated[Short | None, wire("overgenomenOp")] = None
    until: Annotated[Short | None, wire("bewaardTot")] = None


KEEPER = "bronhouder:"  # before the organisation in a role of somebody who keeps its files at a page


class SheetState(Message):
    """A source that takes files, for whoever keeps it. headings: that a file has. most: its rows. days: that a file is
    kept. soon: it will be gone before long, and its elements with it."""

    now: SheetView
    headings: tuple[Short, ...]
    most: int
    days: int
    soon: bool


class Judged(Message):
    """What a file would do that has no fault: residents in it who are new, who are in both, and who are no longer in
    it. Nothing that is kept of them was opened for it."""

    rows: int
    new: int
    both: int
    gone: int


class PortalUploads(Protocol):
    """For somebody with a role `bronhouder:<organisation>`. Raises as Uploads."""

    async def sheets(self, caller: Caller) -> list[SheetState]:
        """Of their organisations, by name."""
        ...

    async def judge(self, caller: Caller, source: str, raw: bytes) -> Judged:
        """Nothing is kept; a line says who asked, where there is a file to compare with. Raises BadInput with every
        fault, a hundred at most."""
        ...

    async def take(self, caller: Caller, source: str, raw: bytes) -> SheetView:
        """See Uploads.take."""
        ...


class Uploads(Protocol):
    """For an application with the role `bronhouder`, of the organisation that owns the source. All raise NoSuchSheet,
    NeighbourUnavailable, LogUnavailable."""

    async def take(self, caller: Caller, source: str, raw: bytes) -> SheetView:
        """The file counts when it returns, and the one before is gone. Raises BadInput with every fault: then nothing
        changed; UploadUnderWay. When the log could not be reached it may still come to count, as `view` tells."""
        ...

    async def view(self, caller: Caller, source: str) -> SheetView:
        """What counts now."""
        ...

    async def remove(self, caller: Caller, source: str) -> None:
        """Nothing is read any more. Again changes nothing."""
        ...
