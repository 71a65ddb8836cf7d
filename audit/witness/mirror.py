"""The lines that a mirror keeps, in one SQLite file. Waits for the disk; one process writes it at a time.

    logs     origin (key), size, edge (kernel.proof.Edge), note: a head that we cosigned and that covers `size` lines
    entries  origin, idx (key), event_id, leaf, act, body, rest: see `audit.copied`; the bytes of the log's own columns
    keys     origin, purpose, owner, kek_version (key), wrapped: the log's own keys, under each version the first

Lines from `logs.size` on are not checked against a head yet: nobody may use them. Lost: fetched again, as long as the
log has them. Stolen: ciphertext, and how many lines there are. Written by an attacker: the leaves no longer hash to the
head, and `rest` does not open.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from audit.copied import Copied, CopiedKey
from kernel.proof.hashes import leaf_hash
from kernel.proof.tree import Edge, Growth

AT_ONCE = 1_000  # lines in memory
_SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS logs (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, edge BLOB NOT NULL, note TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (
    origin TEXT NOT NULL, idx INTEGER NOT NULL, event_id TEXT NOT NULL, leaf BLOB NOT NULL, act BLOB NOT NULL,
    body BLOB NOT NULL, rest BLOB NOT NULL, PRIMARY KEY (origin, idx)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS keys (
    origin TEXT NOT NULL, purpose TEXT NOT NULL, owner TEXT NOT NULL, kek_version INTEGER NOT NULL,
    wrapped BLOB NOT NULL, PRIMARY KEY (origin, purpose, owner, kek_version)
) WITHOUT ROWID;
"""


class Mirror:
    """A file with the copies of any number of logs."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def found(self) -> None:
        """Make its tables; those that are there stay. Mode 0600."""
        self._path.touch(mode=0o600)
        with closing(sqlite3.connect(self._path)) as door:
            door.executescript(_SCHEMA)

    def checked(self, origin: str) -> Edge:
        """How far the lines were held against a head that we cosigned."""
        with self._reading() as door:
            found = door.execute("SELECT edge FROM logs WHERE origin = ?", (origin,)).fetchone()
        return Edge.from_bytes(found[0]) if found else Edge()

    def fetched(self, origin: str) -> Edge:
        """How far there are lines, checked or not."""
        edge = self.checked(origin)
        while True:
            hashes = [leaf_hash(each.leaf) for each in self.entries(origin, edge.size, edge.size + AT_ONCE)]
            edge = Growth(edge, hashes).edge
            if len(hashes) < AT_ONCE:
                return edge

    def entries(self, origin: str, start: int, end: int) -> Iterator[Copied]:
        """Lines [start, end) as far as there are. Only those below the size of `checked` may be used."""
        names = "idx, event_id, leaf, act, body, rest"
        query = f"SELECT {names} FROM entries WHERE origin = ? AND idx >= ? AND idx < ? ORDER BY idx"  # noqa: S608 - our own names
        with self._reading() as door:
            for row in door.execute(query, (origin, start, end)):
                yield Copied.model_construct(**dict(zip(("index", *names.split(", ")[1:]), row, strict=True)))

    def origins(self) -> list[str]:
        """Of which logs there are lines that were checked."""
        with self._reading() as door:
            return [origin for (origin,) in door.execute("SELECT origin FROM logs ORDER BY origin")]

    def note(self, origin: str) -> str:
        """The head that covers the lines that were checked; "" when there are none."""
        with self._reading() as door:
            found = door.execute("SELECT note FROM logs WHERE origin = ?", (origin,)).fetchone()
        return found[0] if found else ""

    def keys(self, origin: str) -> list[CopiedKey]:
        """The log's own keys as they came with its lines; under several versions of the KEK the newest first."""
        names = "purpose, owner, wrapped, kek_version"
        query = f"SELECT {names} FROM keys WHERE origin = ? ORDER BY kek_version DESC"  # noqa: S608 - our own names
        with self._reading() as door:
            rows = door.execute(query, (origin,)).fetchall()
        return [CopiedKey.model_construct(**dict(zip(names.split(", "), row, strict=True))) for row in rows]

    def keep(self, origin: str, copies: Sequence[Copied], keys: Sequence[CopiedKey] = ()) -> None:
        """Durable when it returns; not yet checked. Raises sqlite3.Error."""
        rows = [(origin, each.index, each.event_id, each.leaf, each.act, each.body, each.rest) for each in copies]
        with self._writing() as door:
            door.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            own = [(origin, each.purpose, each.owner, each.kek_version, each.wrapped) for each in keys]
            # the first stays: who takes over the log later cannot spoil what came before
            door.executemany("INSERT OR IGNORE INTO keys VALUES (?, ?, ?, ?, ?)", own)

    def settle(self, origin: str, edge: Edge, note: str) -> None:
        """From now on the lines below this edge are the log's: its root is that of the head in `note`."""
        with self._writing() as door:
            door.execute("REPLACE INTO logs VALUES (?, ?, ?, ?)", (origin, edge.size, edge.to_bytes(), note))

    def drop(self, origin: str) -> None:
        """What was not checked is not the log's: away with it."""
        size = self.checked(origin).size
        with self._writing() as door:
            door.execute("DELETE FROM entries WHERE origin = ? AND idx >= ?", (origin, size))

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(f"{self._path.resolve().as_uri()}?mode=ro", uri=True, timeout=10)) as door:
            yield door

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=10, isolation_level=None)) as door:
            door.execute("PRAGMA synchronous = FULL")
            door.execute("BEGIN IMMEDIATE")
            yield door
            door.execute("COMMIT")
