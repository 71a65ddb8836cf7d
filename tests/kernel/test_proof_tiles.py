"""Proofs out of tiles are the proofs out of the tree; tiles grow without reading any."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.proof.hashes import HASH_BYTES, ProofError, leaf_hash
from kernel.proof.tiles import (
    FULL,
    TileRef,
    completed_tiles,
    inclusion_from,
    inclusion_from_tiles,
    needed_nodes,
    node_from_tile,
    parse_tile_path,
    tile_at,
    tile_path,
    tiles_for_inclusion,
)
from kernel.proof.tree import Edge, Growth, check_inclusion

SIZE = 256 * 257 + 100  # two full levels and a ragged border on each
LEAVES = [leaf_hash(n.to_bytes(4, "big")) for n in range(SIZE)]
WHOLE = Growth(Edge(), LEAVES)


class Shelf:
    """What the audit room keeps: level 0 out of its lines, higher tiles as they were written."""

    def __init__(self) -> None:
        self.edge = Edge()
        self.tiles: dict[tuple[int, int], bytes] = {}

    def grow(self, to: int) -> Growth:
        growth = Growth(self.edge, LEAVES[self.edge.size : to])
        for level, n, offset, hashes in completed_tiles(growth):
            held = self.tiles.get((level, n), b"")
            assert len(held) == offset * HASH_BYTES  # nothing is written twice, nothing is skipped
            self.tiles[level, n] = held + hashes
        self.edge = growth.edge
        return growth

    def read(self, tile: TileRef) -> bytes:
        level, n, width = tile
        at_zero = b"".join(LEAVES[n * FULL : min((n + 1) * FULL, self.edge.size)])
        return (at_zero if level == 0 else self.tiles[level, n])[: width * HASH_BYTES]


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    grown = Shelf()
    for to in [1, 2, 255, 256, 257, 700, *range(1200, SIZE, 497), SIZE]:
        grown.grow(to)
    return grown


def test_tiles_written_batch_by_batch_are_those_of_the_whole_tree(shelf: Shelf) -> None:
    assert shelf.edge.root() == WHOLE.root()
    at_once = Shelf()
    at_once.grow(SIZE)
    assert at_once.tiles == shelf.tiles
    widths = {place: len(held) // HASH_BYTES for place, held in shelf.tiles.items()}
    assert widths == {(1, 0): 256, (1, 1): 1, (2, 0): 1}


@given(st.data())
@settings(max_examples=30, deadline=None)
@pytest.mark.slow
def test_any_line_at_any_size_is_proven_from_a_few_tiles(shelf: Shelf, data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 300) | st.integers(1, SIZE) | st.just(SIZE))
    index = data.draw(st.integers(0, size - 1))
    wanted = tiles_for_inclusion(index, size)
    assert len(wanted) <= 6
    proof = inclusion_from_tiles({tile: shelf.read(tile) for tile in wanted}, index, size)
    check_inclusion(index, size, LEAVES[index], proof, Growth(Edge(), LEAVES[:size]).root())
    nodes = {(lv, at): WHOLE.range_root(at << lv, (at + 1) << lv) for lv, at in needed_nodes(index, size)}
    assert inclusion_from(nodes, index, size) == proof


def test_a_tile_that_is_missing_short_or_another_is_refused(shelf: Shelf) -> None:
    wanted = tiles_for_inclusion(70, SIZE)
    read = {tile: shelf.read(tile) for tile in wanted}
    for tile in wanted:
        with pytest.raises(ProofError, match="missing"):
            inclusion_from_tiles({other: held for other, held in read.items() if other != tile}, 70, SIZE)
        with pytest.raises(ProofError, match="width"):
            inclusion_from_tiles(read | {tile: read[tile][:-1]}, 70, SIZE)
    with pytest.raises(ProofError, match="not in this tile"):
        node_from_tile(shelf.read(TileRef(0, 0, FULL)), TileRef(0, 0, FULL), (0, 256))
    with pytest.raises(ProofError, match="not in this tile"):
        node_from_tile(shelf.read(TileRef(0, 0, 3)), TileRef(0, 0, 3), (2, 0))
    with pytest.raises(ProofError, match="missing"):
        inclusion_from({}, 1, 2)


def test_a_line_beyond_the_tree_has_no_tiles() -> None:
    for index, size in ((0, 0), (5, 5), (-1, 5)):
        with pytest.raises(ProofError):
            tiles_for_inclusion(index, size)


def test_the_tree_of_seventy_thousand_has_the_tiles_of_the_specification() -> None:
    assert tile_at(0, 273, 70_000) == TileRef(0, 273, 112)
    assert tile_at(1, 1, 70_000) == TileRef(1, 1, 17)
    assert tile_at(2, 0, 70_000) == TileRef(2, 0, 1)
    assert tile_at(1, 0, 256) == TileRef(1, 0, 1)
    with pytest.raises(ProofError):
        tile_at(0, 1, 256)


@pytest.mark.parametrize(("tile", "path"), [
    (TileRef(0, 1234067, FULL), "tile/0/x001/x234/067"),
    (TileRef(0, 0, FULL), "tile/0/000"),
    (TileRef(1, 999, 17), "tile/1/999.p/17"),
    (TileRef(63, 1000, 255), "tile/63/x001/000.p/255"),
])  # fmt: skip
def test_a_tile_has_one_path(tile: TileRef, path: str) -> None:
    assert tile_path(*tile) == path
    assert parse_tile_path(path) == tile


@pytest.mark.parametrize("path", [
    "tile/00/000", "tile/64/000", "tile/0/x000/001", "tile/0/1", "tile/0/0001", "tile/0/001/000", "tile/0/x001",
    "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/999", "tile/0/000.p/07", "tile/entries/000", "/tile/0/000",
    "tile/0/000/", "tile/0/000\n", "tile/0/\u0660\u0660\u0660", "tile/0/../000", "",
])  # fmt: skip
def test_another_spelling_of_a_tile_is_refused(path: str) -> None:
    with pytest.raises(ProofError, match="path of a tile"):
        parse_tile_path(path)
