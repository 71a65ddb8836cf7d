"""The file of a mirror (`audit.witness.mirror`) in our hands. Nothing in it is believed: not even types of columns."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from anyio import to_thread

from audit.copied import Copied, CopiedKey
from audit.terms import term_of
from audit.witness.mirror import Mirror
from kernel.proof.hashes import ProofError
from kernel.proof.tree import Edge

PAGE = 500  # lines, about 1.5 MB
UNREADABLE = "De kopie is niet te lezen: dit is geen `mirror.db`, of het bestand is beschadigd."
ALTERED = "De kopie is veranderd: regel {place} is niet zoals het logboek haar schreef."
_ID = re.compile("[0-9a-f]{32}", re.ASCII)


class Unfit(Exception):
    """A sentence for people: why these lines are not put back. Nothing was written."""


class Supply:
    """Of one municipality. Every verb raises Unfit."""

    def __init__(self, path: Path, tenant: str) -> None:
        self._mirror, self._tenant = Mirror(path), tenant

    async def origins(self) -> list[str]:
        """The logs of this municipality, in the order of their terms."""
        return await to_thread.run_sync(self._origins)

    async def settled(self, origin: str) -> tuple[Edge, str]:
        """Up to where the mirror checked the lines, and the head in its hands."""
        return await to_thread.run_sync(self._settled, origin)

    async def lines(self, origin: str, start: int, end: int) -> list[Copied]:
        """[start, end), at most PAGE of them; fewer when the mirror has no more."""
        return await to_thread.run_sync(self._lines, origin, start, min(end, start + PAGE))

    async def keys(self) -> list[CopiedKey]:
        """The log's own keys, as they came with whatever term."""
        return await to_thread.run_sync(self._keys)

    def _origins(self) -> list[str]:
        with _read():
            found = [each for each in self._mirror.origins() if each.split("/")[1:2] == [self._tenant]]
        return sorted(found, key=term_of)

    def _settled(self, origin: str) -> tuple[Edge, str]:
        with _read():
            return self._mirror.checked(origin), self._mirror.note(origin)

    def _lines(self, origin: str, start: int, end: int) -> list[Copied]:
        with _read():
            found = list(self._mirror.entries(origin, start, end))
        for at, each in enumerate(found, start):
            if each.index != at or not _is_whole(each):
                raise Unfit(ALTERED.format(place=f"{term_of(origin)}-{at}"))
        return found

    def _keys(self) -> list[CopiedKey]:
        with _read():
            found = [key for origin in self._mirror.origins() for key in self._mirror.keys(origin)]
        return [each for each in found if _are([each.purpose, each.owner], str) and _are([each.wrapped], bytes)]


@contextmanager
def _read() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError, ProofError, TypeError, AttributeError) as error:
        raise Unfit(UNREADABLE) from error


def _is_whole(one: Copied) -> bool:
    typed = _are([one.event_id], str) and _are([one.leaf, one.act, one.body, one.rest], bytes)
    return typed and _ID.fullmatch(one.event_id) is not None


def _are(values: Sequence[object], kind: type) -> bool:
    return {type(value) for value in values} == {kind}
