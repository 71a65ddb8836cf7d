"""The growing tree: an edge of at most 63 hashes is all that a writer needs to know of the past."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from kernel.proof import ranges
from kernel.proof.checks import check_consistency, check_inclusion
from kernel.proof.hashes import (
    EMPTY_ROOT,
    HASH_BYTES,
    MAX_SIZE,
    ProofError,
    leaf_hash,
    node_hash,
    require_hashes,
)

__all__ = [
    "EMPTY_ROOT",
    "Edge",
    "Growth",
    "ProofError",
    "check_consistency",
    "check_inclusion",
    "leaf_hash",
    "node_hash",
]

_SIZE_BYTES = 8


@dataclass(frozen=True, slots=True)
class Edge:
    """The roots of the maximal complete subtrees of a tree of `size` leaves, left to right (a compact range).

    One hash per bit that is 1 in `size`. Raises ProofError when the two do not fit.
    """

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE or len(self.nodes) != self.size.bit_count():
            raise ProofError("the edge has not the number of hashes that its size asks for")
        require_hashes(*self.nodes)

    def root(self) -> bytes:
        """The root of the whole tree, 32 bytes; EMPTY_ROOT at size 0."""
        return ranges.fold(self.nodes)

    def to_bytes(self) -> bytes:
        """u64 size, big-endian, and the hashes."""
        return self.size.to_bytes(_SIZE_BYTES, "big") + b"".join(self.nodes)

    @classmethod
    def from_bytes(cls, stored: bytes) -> "Edge":
        """The edge that `to_bytes` wrote. Raises ProofError."""
        if len(stored) < _SIZE_BYTES:
            raise ProofError("the stored edge is too short")
        hashes = [stored[at : at + HASH_BYTES] for at in range(_SIZE_BYTES, len(stored), HASH_BYTES)]
        return cls(int.from_bytes(stored[:_SIZE_BYTES], "big"), tuple(hashes))


class Growth:
    """A batch of leaves put on top of an edge: the new edge, and a proof for each line of the batch.

    Everything a proof needs is in the edge or in the batch. Proof: call m the old size. A proof for a leaf at or
    after m, like the consistency proof from m, asks only for roots of ranges [a, b) of which the parent reaches
    beyond m. If b > m, the range reaches beyond m itself and is hashed from its two halves, to which the same
    applies. If b <= m, it is a left half (its right half would otherwise lie in the old tree too, and so would the
    parent) of length 2^k, so complete, and m lies before the end of the parent: a + 2^k <= m < a + 2^(k+1). Then bit
    k of m is 1 and a is m without its bits up to k: exactly the range that the edge holds for that bit.
    """

    def __init__(self, edge: Edge, new_leaf_hashes: Sequence[bytes]) -> None:
        require_hashes(*new_leaf_hashes)
        self.old = edge
        self.size = edge.size + len(new_leaf_hashes)
        # Every range is hashed once: 500 proofs of a batch share almost all of their nodes.
        self._roots = dict(zip(ranges.complete(0, edge.size), edge.nodes, strict=True))
        self._roots |= {(at, at + 1): leaf for at, leaf in enumerate(new_leaf_hashes, edge.size)}

    @cached_property
    def edge(self) -> Edge:
        """The edge after the batch."""
        return Edge(self.size, tuple(self.range_root(*each) for each in ranges.complete(0, self.size)))

    def root(self) -> bytes:
        """The root after the batch, 32 bytes."""
        return self.edge.root()

    def inclusions(self) -> list[tuple[bytes, ...]]:
        """The proof that each line of the batch is in the tree after it, in order: one way down, they share most."""
        found: list[tuple[bytes, ...]] = []
        if self.size > self.old.size:
            self._walk(0, self.size, (), found)
        return found

    def _walk(self, start: int, end: int, above: tuple[bytes, ...], found: list[tuple[bytes, ...]]) -> None:
        """A range that ends in the batch, left to right. above: the siblings from it up to the root."""
        if end - start == 1:
            found.append(above)
            return
        split = ranges.middle(start, end)
        if split > self.old.size:
            self._walk(start, split, (self.range_root(split, end), *above), found)
        self._walk(split, end, (self.range_root(start, split), *above), found)

    def consistency(self) -> tuple[bytes, ...]:
        """The proof that the old tree begins the new one; empty from size 0 and for an empty batch."""
        return tuple(self.range_root(*each) for each in ranges.consistency(self.old.size, self.size))

    def range_root(self, start: int, end: int) -> bytes:
        """The root over leaves [start, end) that ends in the batch or stands in the old edge. Raises ProofError."""
        known = self._roots.get((start, end))
        if known is None:
            if end <= self.old.size:
                raise ProofError("these lines are older than this batch")
            split = ranges.middle(start, end)
            known = node_hash(self.range_root(start, split), self.range_root(split, end))
            self._roots[start, end] = known
        return known
