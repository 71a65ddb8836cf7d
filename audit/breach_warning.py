"""Before letters go out about a breach: whose address nobody may know. Some of them hide from who reads the letter.

The log does not keep it, the register does, so it is asked there at that moment; `assembly` says how. Without an answer
nobody is taken to be safe to write to. Lost: everybody is `niet-nagegaan`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from audit.breach import MARKED, UNASKED, Affected, Warned
from kernel.caller import Caller
from kernel.errors import Problem
from kernel.logs import logger

_log = logger("audit")


class Hiding(Protocol):
    """Port: who may not be found?"""

    async def hidden(self, caller: Caller, subjects: Sequence[str]) -> list[bool | None]:
        """In order, by the pseudonyms of the log; None of whom nobody knows. Raises Problem."""
        ...


async def warned(hiding: Hiding, caller: Caller, found: Sequence[Affected]) -> tuple[Affected, ...]:
    """The same people, those with a warning first. For staff in person: what an application collects is a list that
    can be stolen."""
    if not found or caller.kind != "medewerker":
        return tuple(found)
    try:
        told = [_said(one) for one in await hiding.hidden(caller, [each.subject for each in found])]
    except Problem as problem:
        _log.warning("hiding_not_asked", code=problem.code)
        return tuple(found)
    marked = [replace(each, warned=said) for each, said in zip(found, told, strict=True)]
    return tuple(sorted(marked, key=lambda one: (MARKED, UNASKED, "").index(one.warned)))


def _said(hidden: bool | None) -> Warned:
    return UNASKED if hidden is None else MARKED if hidden else ""
