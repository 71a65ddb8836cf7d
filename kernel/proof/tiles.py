"""The tree cut into tiles of 256 hashes (C2SP tlog-tiles, height 8): any proof from a handful of short reads.

A *node* is (level, position): the root over the complete range of 2^level leaves that starts at position * 2^level.
A tile at level L holds the nodes of level 8 * L; the seven levels above those are hashed when asked for.
At most two tiles per level are read: the one above the line, and the one at the right border of the tree.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from kernel.proof import ranges
from kernel.proof.hashes import HASH_BYTES, ProofError, parents
from kernel.proof.tree import Growth

HEIGHT = 8
FULL = 1 << HEIGHT
LEVELS = 64
_PATH = re.compile(r"tile/(0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)

Node = tuple[int, int]


class TileRef(NamedTuple):
    """The first `width` hashes (1 to 256) of tile `n` at `level`."""

    level: int
    n: int
    width: int

    @property
    def leaves(self) -> int:
        """The size of the smallest tree that has it."""
        return (self.n * FULL + self.width) << (HEIGHT * self.level)


class TileGrowth(NamedTuple):
    """Hashes (n times 32 bytes) to write at `offset` (counted in hashes) of tile `n` at `level`."""

    level: int
    n: int
    offset: int
    hashes: bytes


def tile_path(level: int, n: int, width: int = FULL) -> str:
    """`tile/0/x001/x234/067`, with `.p/<width>` when it is not full."""
    *above, last = (group.zfill(3) for group in f"{n:,}".split(","))
    path = "/".join([f"tile/{level}", *(f"x{group}" for group in above), last])
    return path if width == FULL else f"{path}.p/{width}"


def parse_tile_path(path: str) -> TileRef:
    """The tile that this path names; raises ProofError for any other spelling of it."""
    found = _PATH.fullmatch(path)
    if found is None:
        raise ProofError("this is not the path of a tile")
    tile = TileRef(int(found[1]), int(re.sub("[x/]", "", found[2])), int(found[3] or FULL))
    if tile_path(*tile) != path or tile.level >= LEVELS or tile.width > FULL:
        raise ProofError("this is not the path of a tile")
    return tile


def tile_at(level: int, n: int, size: int) -> TileRef:
    """As much of the tile as a tree of `size` leaves has. Raises ProofError when it has nothing of it."""
    width = min(FULL, (size >> (HEIGHT * level)) - n * FULL)
    if width < 1:
        raise ProofError("a tree of this size does not have this tile")
    return TileRef(level, n, width)


def needed_nodes(index: int, size: int) -> list[Node]:
    """The nodes that an inclusion proof is made of; the sibling at the right border is given in complete parts."""
    return [node_of(part) for sibling in ranges.inclusion(index, size) for part in ranges.complete(*sibling)]


def inclusion_from(nodes: Mapping[Node, bytes], index: int, size: int) -> tuple[bytes, ...]:
    """The inclusion proof, from the nodes that `needed_nodes` names. Raises ProofError when one is missing."""
    try:
        return tuple(
            ranges.fold(nodes[node_of(part)] for part in ranges.complete(*sibling))
            for sibling in ranges.inclusion(index, size)
        )
    except KeyError:
        raise ProofError("a node of the tree is missing") from None


def tiles_for_inclusion(index: int, size: int) -> list[TileRef]:
    """The tiles to read for an inclusion proof, each once."""
    return list(dict.fromkeys(tile_of(node, size) for node in needed_nodes(index, size)))


def inclusion_from_tiles(read: Mapping[TileRef, bytes], index: int, size: int) -> tuple[bytes, ...]:
    """The inclusion proof, from the tiles that `tiles_for_inclusion` names. Raises ProofError when one is missing."""
    nodes = {}
    for node in needed_nodes(index, size):
        tile = tile_of(node, size)
        if tile not in read:
            raise ProofError("a tile of the tree is missing")
        nodes[node] = node_from_tile(read[tile], tile, node)
    return inclusion_from(nodes, index, size)


def node_from_tile(stored: bytes, tile: TileRef, node: Node) -> bytes:
    """The node, hashed from its part of the tile. Raises ProofError when the tile is not what its name says."""
    if len(stored) != tile.width * HASH_BYTES:
        raise ProofError("a tile has not the width that its name says")
    level, n, first, count = _place(node)
    if (level, n) != (tile.level, tile.n) or first + count > tile.width:
        raise ProofError("the node is not in this tile")
    part = [stored[at * HASH_BYTES : (at + 1) * HASH_BYTES] for at in range(first, first + count)]
    while len(part) > 1:
        part = parents(part)
    return part[0]


def completed_tiles(growth: Growth) -> list[TileGrowth]:
    """What to write at levels 1 and up after a batch; level 0 is the leaf hashes of the batch themselves.

    Nothing has to be read: a tile that the batch completes ends in the batch, so its root is known to the growth.
    """
    written: dict[tuple[int, int], TileGrowth] = {}
    for level in range(1, growth.size.bit_length() // HEIGHT + 1):
        height = HEIGHT * level
        for at in range(growth.old.size >> height, growth.size >> height):
            root = growth.range_root(at << height, (at + 1) << height)
            n, offset = divmod(at, FULL)
            so_far = written.get((level, n), TileGrowth(level, n, offset, b""))
            written[level, n] = so_far._replace(hashes=so_far.hashes + root)
    return list(written.values())


def node_of(part: ranges.Range) -> Node:
    """Of a complete range."""
    start, end = part
    level = (end - start).bit_length() - 1
    return level, start >> level


def _place(node: Node) -> tuple[int, int, int, int]:
    """Level and number of its tile, the first hash in it and how many are under the node."""
    level, above = divmod(node[0], HEIGHT)
    n, first = divmod(node[1] << above, FULL)
    return level, n, first, 1 << above


def tile_of(node: Node, size: int) -> TileRef:
    """Where a tree of `size` leaves keeps the node. Raises ProofError when it does not have it."""
    level, n, *_ = _place(node)
    return tile_at(level, n, size)
