"""Which stretches of leaves a proof is made of. A proof is then the root of each stretch, in this order.

A range [start, end) is *complete* when its length is a power of two and it starts at a multiple of that length:
only the root of a complete range never changes again when the log grows.
"""

from collections.abc import Iterable

from kernel.proof.hashes import EMPTY_ROOT, ProofError, node_hash

Range = tuple[int, int]


def middle(start: int, end: int) -> int:
    """Where RFC 9162 section 2.1.1 splits: the largest power of two smaller than the length (at least 2)."""
    return start + (1 << ((end - start - 1).bit_length() - 1))


def complete(start: int, end: int) -> list[Range]:
    """The maximal complete ranges of [start, end), left to right; `start` is one that `middle` gave, or 0."""
    found = []
    while start < end:
        length = 1 << ((end - start).bit_length() - 1)
        found.append((start, start + length))
        start += length
    return found


def inclusion(index: int, size: int) -> list[Range]:
    """The siblings on the way from leaf `index` up to the root at `size` (RFC 9162 section 2.1.3.1)."""
    if not 0 <= index < size:
        raise ProofError("the index is not below the size of the tree")
    start, end, siblings = 0, size, []
    while end - start > 1:
        split = middle(start, end)
        if index < split:
            siblings.append((split, end))
            end = split
        else:
            siblings.append((start, split))
            start = split
    return siblings[::-1]


def consistency(old: int, new: int) -> list[Range]:
    """What shows that the tree of `old` leaves begins the tree of `new` (RFC 9162 section 2.1.4.1).

    Empty for `old` 0 and for equal sizes: nothing has to be shown there.
    """
    if not 0 <= old <= new:
        raise ProofError("a tree does not shrink")
    if old in (0, new):
        return []
    start, end, siblings = 0, new, []
    while old != end:
        split = middle(start, end)
        if old <= split:
            siblings.append((split, end))
            end = split
        else:
            siblings.append((start, split))
            start = split
    # The whole old tree is left out: who checks already has its root. Any other stretch he cannot know.
    return ([(start, end)] if start else []) + siblings[::-1]


def fold(hashes: Iterable[bytes]) -> bytes:
    """The root over the roots of maximal complete ranges, given left to right."""
    root = b""
    for left in reversed(tuple(hashes)):
        root = node_hash(left, root) if root else left
    return root or EMPTY_ROOT
