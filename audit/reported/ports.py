"""What the intake must know and the log does not: who reports, what is registered, who a number is. `assembly` hands in
the register and the vault."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Protocol

from pydantic import Field

from audit.contract import ResidentRef
from kernel.caller import Caller
from kernel.hidden import Hidden
from kernel.message import Message, Sentence, Short

AT_ONCE = 250  # uses that are identified and recorded together: half a batch, so that releases go between


class RegisteredElement(Message):
    """An element as its activity uses it."""

    name: Short
    class_: Short
    basis: Short
    law: Sentence = ""


class Registered(Message):
    """An activity in force. keep_lines: years that its lines stay. kept_days: see Event. withheld_until: ms."""

    slug: Short
    version: Short
    title: Sentence
    purpose: Sentence
    elements: tuple[RegisteredElement, ...]
    keep_lines: int
    kept_days: int = 0
    withheld_until: int = 0


class Reporter(Message):
    """The application that reports, as it is registered now. by_bsn: whether its recipient may use a number at all.
    actors: pseudonyms of the employees asked for."""

    recipient: Short
    recipient_name: Sentence
    oin: Short
    system: Sentence
    by_bsn: bool = False
    actors: Annotated[tuple[Short, ...], Field(max_length=AT_ONCE)] = ()


class Register(Protocol):
    """Port to the registers."""

    async def reporter(self, caller: Caller, users: Sequence[str]) -> Reporter:
        """The caller. Raises NoAccess for one that is not admitted (any more) or may not report."""
        ...

    async def activities(self, caller: Caller) -> Mapping[str, Registered]:
        """Those in force, by slug."""
        ...


class Numbers(Protocol):
    """Port to whoever knows numbers."""

    async def identify_all(self, caller: Caller, bsns: Sequence[Hidden]) -> list[ResidentRef]:
        """In order; same cost and answer for known and unknown numbers. At most AT_ONCE. Raises BadInput."""
        ...

    def is_number(self, bsn: Hidden) -> bool:
        """Whether it can be somebody's number at all (nine digits, elfproef)."""
        ...
