"""What the releases of a part stand on, and which of them have lost their ground since. Pure.

A fence that moved takes out the residents whose decision rests on it, as it would refuse a release that is decided now;
whoever wants to know why asks about that one resident.
"""

import json
import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from audit.contract import FenceAt, Ground, Position


@dataclass(frozen=True)
class Stand:
    """One release. until: when the first of its facts expires, ms; 0 never. fences: (fence, epoch, kind). group: of a
    row in a set, whom it is alike (`connectors.lab.rowing`)."""

    nr: int
    position: Position
    until: int
    fences: tuple[tuple[str, int, str], ...]
    group: str = ""

    @classmethod
    def of(cls, nr: int, position: Position, ground: Ground) -> "Stand":
        """As it was decided."""
        return cls(nr, position, ground.geldigTot, ground.hekken)


@dataclass(frozen=True)
class Stands:
    """Those of one part."""

    every: tuple[Stand, ...]

    def fences(self) -> tuple[FenceAt, ...]:
        """What must still hold, each once."""
        found = dict.fromkeys((fence, epoch) for one in self.every for fence, epoch, _ in one.fences)
        return tuple(FenceAt(fence=fence, epoch=epoch) for fence, epoch in found)

    def fallen(self, moved: Collection[str], now: int) -> frozenset[int]:
        """The numbers of residents whose release may not leave any more."""
        lost = {fence for fence in moved}
        return frozenset(
            one.nr
            for one in self.every
            if (one.until and one.until < now) or any(fence in lost for fence, _, _ in one.fences)
        )

    def halted(self, moved: Collection[str]) -> bool:
        """Whether the whole house stands still."""
        return any(kind == "gemeente" and fence in moved for one in self.every for fence, _, kind in one.fences)

    @property
    def groups(self) -> list[tuple[int, str]]:
        """Of the rows of a set."""
        return [(one.nr, one.group) for one in self.every if one.group]

    def without(self, gone: Collection[int]) -> "Stands":
        """What is left."""
        return Stands(tuple(one for one in self.every if one.nr not in gone))

    def places(self, only: Collection[int] | None = None) -> tuple[Position, ...]:
        """Of their lines."""
        return tuple(one.position for one in self.every if only is None or one.nr in only)

    def to_bytes(self) -> bytes:
        """Fences are shared by many, so each is written once."""
        known: dict[tuple[str, int, str], int] = {}
        rows = [
            [
                one.nr,
                str(one.position),
                one.until,
                [known.setdefault(fence, len(known)) for fence in one.fences],
                *([one.group] if one.group else ()),
            ]
            for one in self.every
        ]
        return zlib.compress(json.dumps({"hekken": list(known), "regels": rows}).encode(), 1)

    @classmethod
    def from_bytes(cls, text: bytes) -> "Stands":
        """Inverse of `to_bytes`."""
        if not text:
            return cls(())
        said = json.loads(zlib.decompress(text))
        fences = [(str(fence), int(epoch), str(kind)) for fence, epoch, kind in said["hekken"]]
        return cls(
            tuple(
                Stand(int(nr), Position.parse(place), int(until), tuple(fences[at] for at in on), *group)
                for nr, place, until, on, *group in said["regels"]
            )
        )


def result_of(head: dict[str, object], answers: Iterable[tuple[int, str]]) -> bytes:
    """The lines of a part: what opens it, then an answer each."""
    lines: list[dict[str, object]] = [head, *({"nr": nr, "antwoord": text} for nr, text in answers)]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def without_answers(result: bytes, gone: Collection[int]) -> bytes:
    """The same lines; of these residents nothing but that their answer fell out."""
    if not gone:
        return result
    return b"".join(_fallen(line, gone) for line in result.splitlines(keepends=True))


def _fallen(line: bytes, gone: Collection[int]) -> bytes:
    nr = json.loads(line).get("nr")
    return line if nr not in gone else json.dumps({"nr": nr, "vervallen": True}).encode() + b"\n"


def pieces(result: bytes, size: int) -> Sequence[bytes]:
    """To be sent one by one."""
    return [result[at : at + size] for at in range(0, len(result), size)]
