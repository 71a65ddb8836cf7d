"""The tree once more, from its leaves, a level at a time: one batch and an edge in memory. Pure."""

from collections.abc import Sequence
from hashlib import sha256
from struct import Struct

from kernel.proof.hashes import LEAF, NODE
from kernel.proof.tiles import HEIGHT
from kernel.proof.tree import Edge

_BEGIN, _U32 = Struct(">II").pack, Struct(">I").pack  # `pae` of two parts: their count, and the length of each


def leaf_hashes(leaves: Sequence[bytes]) -> list[bytes]:
    """As `kernel.proof.hashes.leaf_hash`, without a call per leaf."""
    return [sha256(LEAF + leaf).digest() for leaf in leaves]


def entry_hashes(acts: Sequence[bytes], bodies: Sequence[bytes]) -> list[bytes]:
    """SHA-256(pae(act, body)) of each line, without a call per line; the body is not copied, which took as long as the
    hash over it."""
    found = []
    for act, body in zip(acts, bodies, strict=True):
        entry = sha256(_BEGIN(2, len(act)) + act)
        entry.update(_U32(len(body)))
        entry.update(body)
        found.append(entry.digest())
    return found


class Regrown:
    """Takes leaf hashes in order. `_waiting`: by height, the node that has no sibling yet, or nothing."""

    def __init__(self) -> None:
        self.size = 0
        self._waiting: list[bytes] = []

    def grow(self, hashes: Sequence[bytes]) -> dict[int, tuple[int, list[bytes]]]:
        """The tile nodes that are complete now: level (1 and up) -> index of the first, and the nodes."""
        before, self.size = self.size, self.size + len(hashes)
        done: dict[int, tuple[int, list[bytes]]] = {}
        nodes, height = list(hashes), 0
        while nodes:
            if height and height % HEIGHT == 0:
                done[height // HEIGHT] = (before >> height, nodes[:])  # what follows takes nodes away
            if height == len(self._waiting):
                self._waiting.append(b"")
            if self._waiting[height]:
                nodes = [self._waiting[height], *nodes]
            self._waiting[height] = nodes.pop() if len(nodes) % 2 else b""
            nodes = [sha256(NODE + left + right).digest() for left, right in zip(nodes[::2], nodes[1::2], strict=True)]
            height += 1
        return done

    @property
    def edge(self) -> Edge:
        """The roots of the complete subtrees, largest first."""
        return Edge(self.size, tuple(node for node in reversed(self._waiting) if node))

    @property
    def root(self) -> bytes:
        """Of the tree so far."""
        return self.edge.root()
