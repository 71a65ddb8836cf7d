"""The two hashes of RFC 6962 section 2.1, and the one error of this package."""

import hashlib
from collections.abc import Sequence

HASH_BYTES = 32
LEAF, NODE = b"\x00", b"\x01"  # RFC 6962 section 2.1: a node can never be passed off as a leaf
EMPTY_ROOT = hashlib.sha256(b"").digest()
MAX_SIZE = 1 << 63  # sizes travel as unsigned 64 bits here and as signed 64 bits in the databases


class ProofError(Exception):
    """This is not a proof of what it claims; the text says why, in plain English, without content of the line."""


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256(00 + leaf)."""
    return hashlib.sha256(LEAF + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(01 + left + right)."""
    return hashlib.sha256(NODE + left + right).digest()


def parents(nodes: Sequence[bytes]) -> list[bytes]:
    """The level above an even number of nodes: `node_hash` of each two, without a call for each."""
    return [hashlib.sha256(NODE + left + right).digest() for left, right in zip(nodes[::2], nodes[1::2], strict=True)]


def require_hashes(*hashes: bytes) -> None:
    """Raises ProofError unless each is exactly 32 bytes: a longer one could smuggle a second node into the first."""
    if hashes and set(map(len, hashes)) != {HASH_BYTES}:
        raise ProofError("a hash is not 32 bytes long")
