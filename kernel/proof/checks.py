"""Does this proof show what it says? RFC 9162 sections 2.1.3.2 and 2.1.4.2, number by number."""

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
    require_hashes(root1, root2, *proof)
    if not 0 < size1 <= size2 <= MAX_SIZE:
        raise ProofError("the first size is 0, or larger than the second")
    if size1 == size2:
        if proof or root1 != root2:
            raise ProofError("equal sizes need equal roots and no proof")
        return
    if not proof:
        raise ProofError("the consistency proof is empty")
    # A first tree that is one complete subtree is itself the start: its root is left out of the proof.
    path = [root1, *proof] if size1 & (size1 - 1) == 0 else list(proof)
    old, new = _climb(size1, size2, path)
    if old != root1:
        raise ProofError("the consistency proof leads to another first root")
    if new != root2:
        raise ProofError("the consistency proof leads to another second root")


def _climb(size1: int, size2: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The two roots that the path gives."""
    fn, sn = size1 - 1, size2 - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if sn == 0:
            raise ProofError("the consistency proof is too long")
        if fn & 1 or fn == sn:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            fn, sn = _up_to_a_right_child(fn, sn)
        else:
            new = node_hash(new, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise ProofError("the consistency proof is too short")
    return old, new


def _up_to_a_right_child(fn: int, sn: int) -> tuple[int, int]:
    """On the right border a node without a sibling moves up unchanged, until it is a right child."""
    while fn and not fn & 1:
        fn, sn = fn >> 1, sn >> 1
    return fn, sn
