"""Nodes of the tree from the database, and proofs from nodes. Reads are bounded by the height of the tree.

Level 0 of the tiles are the leaf hashes in `lines`; the levels above are rows of `tiles`. Nothing read here is
believed: every proof is checked against a signed head by whoever gets it.
"""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from audit.bulk import rows_within
from audit.tables import lines, tiles
from kernel.proof import ranges
from kernel.proof.hashes import ProofError
from kernel.proof.tiles import FULL, Node, TileRef, inclusion_from, needed_nodes, node_from_tile, node_of, tile_of
from kernel.proof.tree import Edge


async def inclusion_proofs(
    reading: AsyncConnection, log: tuple[str, str], indexes: Sequence[int], size: int
) -> dict[int, tuple[bytes, ...]]:
    """Proofs that these lines are in the tree of `size`. log: tenant and term. Raises ProofError."""
    wanted = {node for index in indexes for node in needed_nodes(index, size)}
    nodes = await _nodes(reading, log, wanted, size)
    return {index: inclusion_from(nodes, index, size) for index in indexes}


async def consistency_proof(reading: AsyncConnection, log: tuple[str, str], old: int, new: int) -> tuple[bytes, ...]:
    """Shows that the tree of `old` begins that of `new`. Raises ProofError."""
    steps = [ranges.complete(*step) for step in ranges.consistency(old, new)]
    nodes = await _nodes(reading, log, {node_of(part) for parts in steps for part in parts}, new)
    return tuple(ranges.fold(nodes[node_of(part)] for part in parts) for parts in steps)


async def edge_at(reading: AsyncConnection, log: tuple[str, str], size: int) -> Edge:
    """The edge of the tree when it had `size` lines. Raises ProofError."""
    wanted = [node_of(part) for part in ranges.complete(0, size)]
    nodes = await _nodes(reading, log, wanted, size)
    return Edge(size, tuple(nodes[node] for node in wanted))


async def stored_tile(reading: AsyncConnection, log: tuple[str, str], tile: TileRef) -> bytes:
    """Its hashes, 32 bytes each, left to right. Raises ProofError."""
    return (await _tiles(reading, log, {tile}))[tile]


async def _nodes(
    reading: AsyncConnection, log: tuple[str, str], wanted: Iterable[Node], size: int
) -> dict[Node, bytes]:
    places = {node: tile_of(node, size) for node in wanted}
    read = await _tiles(reading, log, set(places.values()))
    return {node: node_from_tile(read[tile], tile, node) for node, tile in places.items()}


async def _tiles(reading: AsyncConnection, log: tuple[str, str], wanted: set[TileRef]) -> Mapping[TileRef, bytes]:
    """A statement per level of the tree: three for ten million lines. Rows are taken as the driver gives them: half a
    thousand of them are a proof."""
    found: dict[int, dict[int, bytes]] = {}  # by level and index
    for level in {tile.level for tile in wanted}:
        spans = [_span(tile) for tile in wanted if tile.level == level]
        if level:
            rows = await rows_within(reading, tiles, ("idx", "hash"), (*log, level), spans)
        else:
            rows = await rows_within(reading, lines, ("idx", "leaf_hash"), log, spans)
        found[level] = dict(map(tuple, rows))
    return {tile: _joined(found[tile.level], tile) for tile in wanted}


def _span(tile: TileRef) -> tuple[int, int]:
    return tile.n * FULL, tile.n * FULL + tile.width - 1


def _joined(found: Mapping[int, bytes], tile: TileRef) -> bytes:
    first, last = _span(tile)
    try:
        return b"".join(map(found.__getitem__, range(first, last + 1)))
    except KeyError:
        raise ProofError("a node of the tree is missing from the database") from None
