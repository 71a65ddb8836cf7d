"""The tree against the definition in RFC 9162, written out naively; the published vectors have a file of their own."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.proof.tree import (
    EMPTY_ROOT,
    Edge,
    Growth,
    ProofError,
    check_consistency,
    check_inclusion,
    leaf_hash,
    node_hash,
)

LEAVES = [leaf_hash(str(n).encode()) for n in range(301)]


def naive_root(leaves: list[bytes]) -> bytes:
    if len(leaves) <= 1:
        return leaves[0] if leaves else EMPTY_ROOT
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


def edge_of(size: int) -> Edge:
    return Growth(Edge(), LEAVES[:size]).edge


def test_eight_leaves_have_the_published_root() -> None:
    leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    growth = Growth(Edge(), [leaf_hash(bytes.fromhex(leaf)) for leaf in leaves])
    assert growth.root().hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    assert Edge().root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_every_size_has_the_root_of_the_definition_and_its_edge_survives_storage() -> None:
    edge = Edge()
    for size in range(301):
        assert edge.root() == naive_root(LEAVES[:size])
        assert Edge.from_bytes(edge.to_bytes()) == edge
        edge = Growth(edge, LEAVES[size : size + 1]).edge


@given(st.integers(0, 300), st.integers(0, 300))
@settings(max_examples=150, deadline=None)
def test_a_batch_on_any_edge_gives_the_tree_and_the_proofs_of_the_whole(one: int, other: int) -> None:
    old, new = sorted((one, other))
    edge = edge_of(old)
    growth = Growth(edge, LEAVES[old:new])
    assert growth.root() == naive_root(LEAVES[:new])
    assert growth.edge == edge_of(new)
    proofs = growth.inclusions()
    assert len(proofs) == new - old
    for index, proof in enumerate(proofs, old):
        check_inclusion(index, new, LEAVES[index], proof, growth.root())
    if old:
        check_consistency(old, new, edge.root(), growth.root(), growth.consistency())
    else:
        assert growth.consistency() == ()


def test_a_large_batch_on_a_long_log_hashes_each_node_once() -> None:
    edge = Edge((1 << 40) - 1, tuple(leaf_hash(bytes([n])) for n in range(40)))
    growth = Growth(edge, [leaf_hash(str(n).encode()) for n in range(500)])
    root = growth.root()
    for index, proof in enumerate(growth.inclusions(), edge.size):
        check_inclusion(index, growth.size, growth.range_root(index, index + 1), proof, root)
    check_consistency(edge.size, growth.size, edge.root(), root, growth.consistency())
    assert len(growth._roots) < 40 + 500 + 500 + 60


def test_lines_before_the_batch_have_no_proof() -> None:
    growth = Growth(edge_of(7), LEAVES[7:9])
    assert len(growth.inclusions()) == 2
    with pytest.raises(ProofError, match="older than this batch"):
        growth.range_root(0, 2)


@pytest.mark.parametrize("stored", [b"", b"\0" * 7, b"\0" * 9, edge_of(5).to_bytes()[:-1], edge_of(5).to_bytes() + b"x",
                                    edge_of(3).to_bytes()[:40], b"\xff" * 8 + b"\0" * 2048])  # fmt: skip
def test_a_damaged_edge_is_refused(stored: bytes) -> None:
    with pytest.raises(ProofError):
        Edge.from_bytes(stored)


def test_a_hash_of_another_length_is_refused_everywhere() -> None:
    good = LEAVES[0]
    for bad in (b"", good[:31], good + b"\0"):
        with pytest.raises(ProofError):
            Growth(Edge(), [bad])
        with pytest.raises(ProofError):
            check_inclusion(0, 1, bad, [], bad)
        with pytest.raises(ProofError):
            check_consistency(1, 2, good, good, [bad])


@given(st.integers(2, 60), st.data())
@settings(max_examples=120, deadline=None)
def test_no_changed_field_of_an_inclusion_proof_passes(size: int, data: st.DataObject) -> None:
    growth = Growth(Edge(), LEAVES[:size])
    index = data.draw(st.integers(0, size - 1))
    path, root, leaf = list(growth.inclusions()[index]), growth.root(), LEAVES[index]
    at = data.draw(st.integers(0, len(path) - 1))
    mutants: list[tuple[int, int, bytes, list[bytes], bytes]] = [
        (data.draw(st.integers(-1, size + 1).filter(lambda other: other != index)), size, leaf, path, root),
        (index, size, flipped(leaf), path, root),
        (index, size, leaf, path, flipped(root)),
        (index, size, leaf, [*path[:at], flipped(path[at]), *path[at + 1 :]], root),
        (index, size, leaf, path[:at] + path[at + 1 :], root),
        (index, size, leaf, [*path[:at], leaf, *path[at:]], root),
    ]
    for mutant in mutants:
        with pytest.raises(ProofError):
            check_inclusion(*mutant)


@given(st.integers(2, 60), st.data())
@settings(max_examples=120, deadline=None)
def test_no_changed_field_of_a_consistency_proof_passes(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new - 1))
    edge, growth = edge_of(old), Growth(edge_of(old), LEAVES[old:new])
    path, first, second = list(growth.consistency()), edge.root(), growth.root()
    at = data.draw(st.integers(0, len(path) - 1))
    mutants: list[tuple[int, int, bytes, bytes, list[bytes]]] = [
        (0, new, EMPTY_ROOT, second, path),
        (0, new, EMPTY_ROOT, second, []),
        (old, old, first, second, path),
        (new, old, first, second, path),
        (old, new, flipped(first), second, path),
        (old, new, first, flipped(second), path),
        (old, new, second, first, path),
        (old, new, first, second, [*path[:at], flipped(path[at]), *path[at + 1 :]]),
        (old, new, first, second, path[:at] + path[at + 1 :]),
        (old, new, first, second, [*path, first]),
        (old, new, first, second, []),
    ]
    for mutant in mutants:
        with pytest.raises(ProofError):
            check_consistency(*mutant)


def flipped(content: bytes) -> bytes:
    return bytes([content[0] ^ 1]) + content[1:]
