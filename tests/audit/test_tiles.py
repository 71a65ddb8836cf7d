"""The tree as tiles (C2SP tlog-tiles), read by a client that knows the specification and no line of ours."""

import hashlib
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from nacl.signing import VerifyKey

from audit.api import routes
from audit.service import AuditService
from kernel.http.app import make_app
from kernel.http.health import StartGate
from kernel.http.hosts import Hosts
from kernel.proof.hashes import leaf_hash
from kernel.proof.tiles import completed_tiles, parse_tile_path
from kernel.proof.tree import Edge, Growth
from tests.audit.logs import DESK, HOST, TENANT, Place, fence, receipt, release
from tests.audit.test_api import Known, caller_of

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
TERM = f"https://{HOST}/logboek/v1/2026h2"


def parent(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def path_of(level: int, n: int, width: int) -> str:
    """`x001/x234/067`: three digits an element, all but the last marked."""
    groups = [f"{n % 1000:03}"]
    while n := n // 1000:
        groups.insert(0, f"x{n % 1000:03}")
    return f"tile/{level}/{'/'.join(groups)}" + (f".p/{width}" if width < 256 else "")


@dataclass
class Client:
    """Reads what it needs by `fetch` (the path below the prefix) and believes nothing that it did not hash."""

    fetch: Callable[[str], Awaitable[bytes]]

    async def tile(self, level: int, n: int, size: int) -> list[bytes]:
        """As much of it as a tree of this size has."""
        width = min(256, (size >> 8 * level) - 256 * n)
        content = await self.fetch(path_of(level, n, width))
        assert len(content) == 32 * width, "a tile is as wide as its name says"
        return [content[at : at + 32] for at in range(0, len(content), 32)]

    async def whole(self, size: int) -> bytes:
        """The root from every tile of every level; each hash is the root of the full tile below it."""
        below: list[bytes] = []
        for level in range(8):
            if not size >> 8 * level:
                break
            width = size >> 8 * level
            here = [one for n in range(-(-width // 256)) for one in await self.tile(level, n, size)]
            if level:
                full = [below[at : at + 256] for at in range(0, len(below) // 256 * 256, 256)]
                assert here == [root_of(each) for each in full]
            below = here
        return await self.root(size)

    async def root(self, size: int) -> bytes:
        """From the right border alone: the roots of the complete trees in it, folded from the right."""
        start, peaks = 0, []
        for power in reversed(range(size.bit_length())):
            if size >> power & 1:
                peaks.append(await self.node(power, start >> power, size))
                start += 1 << power
        root = peaks.pop() if peaks else hashlib.sha256().digest()
        while peaks:
            root = parent(peaks.pop(), root)
        return root

    async def node(self, power: int, at: int, size: int) -> bytes:
        """The root over 2^power leaves."""
        first = at << power % 8
        hashes = await self.tile(power // 8, first // 256, size)
        return root_of(hashes[first % 256 : first % 256 + (1 << power % 8)])

    async def consistent(self, old: int, old_root: bytes, new: int, new_root: bytes) -> bool:
        """One set of tiles gives both roots: then the one tree begins the other."""
        shared = Client(remembering(self.fetch))
        return await Client(Cut(shared, new).fetch).root(old) == old_root and await shared.root(new) == new_root


def root_of(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [parent(*hashes[at : at + 2]) for at in range(0, len(hashes), 2)]
    return hashes[0]


def remembering(fetch: Callable[[str], Awaitable[bytes]]) -> Callable[[str], Awaitable[bytes]]:
    held: dict[str, bytes] = {}

    async def once(path: str) -> bytes:
        if path not in held:
            held[path] = await fetch(path)
        return held[path]

    return once


@dataclass
class Cut:
    """The tiles of a smaller tree, cut from those of the larger one."""

    client: Client
    size: int

    async def fetch(self, path: str) -> bytes:
        level, rest = int(path.split("/")[1]), path.split("/", 2)[2]
        name, _, width = rest.partition(".p/")
        n = int(name.replace("x", "").replace("/", ""))
        return b"".join((await self.client.tile(level, n, self.size))[: int(width or 256)])


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[AuditService]:
    async with Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path).opened() as (service, _):
        yield service


@pytest.fixture
async def http(service: AuditService) -> AsyncIterator[httpx2.AsyncClient]:
    async with served(service) as http:
        yield http


def served(service: AuditService) -> httpx2.AsyncClient:
    gate = StartGate()
    app = make_app("log", gate)
    app.include_router(routes(service, Known(), caller_of, Hosts({f"https://{HOST}": TENANT})), prefix="/logboek/v1")
    gate.open()
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=f"https://{HOST}")


async def grown(service: AuditService, to: int) -> None:
    at = await service.door("web").holds(DESK, ())
    entries = [release({fence(): 0}) for _ in range(to - (at.index + 1 if at else 0))]
    for start in range(0, len(entries), 200):
        for verdict in await service.door("connectors").record(DESK, entries[start : start + 200]):
            receipt(verdict)


async def head(http: httpx2.AsyncClient) -> tuple[int, bytes]:
    """Size and root of the checkpoint, its signature checked against the published key."""
    name, _, material = (await http.get("/logboek/v1/sleutels")).text.strip().split("+", 2)
    answer = await http.get(f"{TERM}/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    text, _, signature = answer.text.partition("\n\n")
    signed = b64decode(signature.removesuffix("\n").rpartition(" ")[2])
    VerifyKey(b64decode(material)[1:]).verify(f"{text}\n".encode(), signed[4:])
    origin, size, root = text.split("\n")
    assert origin == name
    return int(size), b64decode(root)


def reading(http: httpx2.AsyncClient) -> Client:
    async def fetch(path: str) -> bytes:
        answer = await http.get(f"{TERM}/{path}")
        assert answer.status_code == 200, path
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        return answer.content

    return Client(fetch)


@pytest.mark.slow
async def test_a_stranger_rebuilds_every_signed_root_from_tiles_and_sees_that_the_log_only_grew(
    http: httpx2.AsyncClient, service: AuditService
) -> None:
    client, heads = reading(http), list[tuple[int, bytes]]()
    for to in (1, 200, 256, 300, 601):
        await grown(service, to)
        size, root = await head(http)
        assert (size, await client.whole(size)) == (to, root)
        assert all([await client.consistent(*older, size, root) for older in heads])
        heads.append((size, root))
    forged = (heads[1][0], hashlib.sha256(b"another past").digest())
    assert not await client.consistent(*forged, *heads[-1])
    for path in ("tile/0/002.p/90", "tile/0/003.p/1", "tile/1/000.p/3", "tile/2/000.p/1", "tile/0/x001/000"):
        assert (await http.get(f"{TERM}/{path}")).status_code == 404, "no signed tree has it"
    older = (await http.get(f"{TERM}/tile/0/002.p/44")).content
    assert (await http.get(f"{TERM}/tile/0/002.p/89")).content[: len(older)] == older


@pytest.mark.parametrize("path", [
    "2026h2/tile/entries/000", "2026h2/tile/entries/000.p/1", "2026h2/tile/0/000.p/0", "2026h2/tile/0/000.p/256",
    "2026h2/tile/0/000.p/01", "2026h2/tile/00/000.p/1", "2026h2/tile/64/000.p/1", "2026h2/tile/0/x000/000.p/1",
    "2026h2/tile/0/0.p/1", "2026h2/tile/0/000.p/1/", "2026h2/tile/", "2026h2/tile/0",
    "2026h2/tile/63/x999/x999/x999/x999/x999/x999/999", "2026h1/tile/0/000.p/1", "tile/0/000.p/1",
])  # fmt: skip
async def test_what_is_no_tile_of_this_tree_is_not_found_and_is_not_kept(
    http: httpx2.AsyncClient, service: AuditService, path: str
) -> None:
    await grown(service, 1)
    assert (await http.get(f"{TERM}/tile/0/000.p/1")).status_code == 200
    answer = await http.get(f"/logboek/v1/{path}")
    assert answer.status_code == 404, path
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"


async def test_an_instance_serves_tiles_that_another_one_wrote(tmp_path: Path) -> None:
    place = Place(f"sqlite+aiosqlite:///{tmp_path}/audit.db", tmp_path)
    async with place.opened() as (one, _), place.opened() as (other, _), served(one) as http:
        await grown(one, 1)
        await grown(other, 2)
        assert (await http.get(f"{TERM}/checkpoint")).text.split("\n")[1] == "2"
        await grown(other, 3)
        assert len((await http.get(f"{TERM}/tile/0/000.p/3")).content) == 96
        assert (await http.get(f"{TERM}/tile/0/000.p/4")).status_code == 404
        assert (await http.get(f"{TERM}/checkpoint")).text.split("\n")[1] == "3"


@pytest.mark.slow
async def test_the_client_rebuilds_three_levels_and_long_paths_of_a_large_tree() -> None:
    small, large = 70_000, 257_001
    leaves = [leaf_hash(b"%d" % n) for n in range(large)]
    first = Growth(Edge(), leaves[:small])
    both = [first, Growth(first.edge, leaves[small:])]
    levels: dict[tuple[int, int], bytes] = {}
    for growth in both:
        for level, n, _, hashes in completed_tiles(growth):
            levels[level, n] = levels.get((level, n), b"") + hashes
    asked = set[str]()

    async def fetch(path: str) -> bytes:
        asked.add(path)
        level, n, width = parse_tile_path(path)
        stored = levels[level, n] if level else b"".join(leaves[256 * n : 256 * n + width])
        return stored[: 32 * width]

    client = Client(fetch)
    assert await client.whole(small) == both[0].root()
    assert await client.whole(large) == both[1].root()
    assert await client.consistent(small, both[0].root(), large, both[1].root())
    assert {"tile/0/x001/002", "tile/0/x001/003.p/233", "tile/1/003.p/235", "tile/2/000.p/3"} <= asked
