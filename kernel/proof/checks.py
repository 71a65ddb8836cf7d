"""Does this proof show what it says? RFC 9162 sections 2.1.3.2 and 2.1.4.2, number by number.

A tree of `size1` leaves is the subtree [0, size1) of a larger one, so consistency is checked as that of a subtree.
"""

from collections.abc import Sequence

from kernel.proof.hashes import MAX_SIZE, ProofError, node_hash, require_hashes


def check_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """The leaf with hash `leaf` stands at `index` of the tree with `size` leaves and this root. Raises ProofError."""
    require_hashes(leaf, root, *proof)
    if not 0 <= index < size <= MAX_SIZE:
        raise ProofError("the index is not below the size of the tree")
    fn, sn, reached = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            raise ProofError("the inclusion proof is too long")
        if fn & 1 or fn == sn:
            reached = node_hash(sibling, reached)
            fn, sn = _up_to_a_right_child(fn, sn)
        else:
            reached = node_hash(reached, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise ProofError("the inclusion proof is too short")
    if reached != root:
        raise ProofError("the inclusion proof leads to another root")


def check_consistency(size1: int, size2: int, root1: bytes, root2: bytes, proof: Sequence[bytes]) -> None:
    """The tree of `size1` leaves is the beginning of the tree of `size2`. Raises ProofError.

    Size 0 is refused: every tree begins with the empty one, so such a proof would only look like one.
    """
    check_subtree((0, size1), size2, root1, root2, proof)


def check_subtree(part: tuple[int, int], size: int, subtree: bytes, root: bytes, proof: Sequence[bytes]) -> None:
    """Leaves [start, end) of the tree of `size` leaves and this root have `subtree` as their root. Raises ProofError.

    draft-ietf-plants-merkle-tree-certs-03 section 4.4: a subtree starts at a multiple of its length, rounded up to a
    power of two. An empty one is refused: it says nothing.
    """
    require_hashes(subtree, root, *proof)
    start, end = part
    if not 0 <= start < end <= size <= MAX_SIZE or start % (1 << (end - start - 1).bit_length()):
        raise ProofError("there is no such part in a tree of this size")
    # A part that is one complete subtree is itself the start: its root is left out of the proof.
    fn, sn, tn = start, end - 1, size - 1
    while fn != sn and (sn == tn or sn & 1):
        fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
    if fn != sn and not proof:
        raise ProofError("the consistency proof is empty")
    first, *rest = [subtree, *proof] if fn == sn else proof
    old, new = _climb((fn, sn, tn), first, rest)
    if old != subtree:
        raise ProofError("the consistency proof leads to another first root")
    if new != root:
        raise ProofError("the consistency proof leads to another second root")


def _climb(at: tuple[int, int, int], first: bytes, rest: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The two roots that the path gives. at: start, last leaf and last leaf of the tree, on the level of `first`."""
    (fn, sn, tn), old, new = at, first, first
    for sibling in rest:
        if tn == 0:
            raise ProofError("the consistency proof is too long")
        if sn & 1 or sn == tn:
            old, new = (node_hash(sibling, old) if fn < sn else old), node_hash(sibling, new)
            while not sn & 1:
                fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
        else:
            new = node_hash(new, sibling)
        fn, sn, tn = fn >> 1, sn >> 1, tn >> 1
    if tn != 0:
        raise ProofError("the consistency proof is too short")
    return old, new


def _up_to_a_right_child(fn: int, sn: int) -> tuple[int, int]:
    """On the right border a node without a sibling moves up unchanged, until it is a right child."""
    while fn and not fn & 1:
        fn, sn = fn >> 1, sn >> 1
    return fn, sn
