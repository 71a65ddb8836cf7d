"""The head of a tenant's log as its row says it: how far, with which tree, and when last."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.bulk import own_row, set_own_row
from audit.permit import Position
from audit.tables import head
from kernel.proof.hashes import ProofError
from kernel.proof.tree import Edge, Growth
from kernel.sql import RowSeal


@dataclass(frozen=True)
class Head:
    """Who has the row's lock has the word. last_logged_at: ms."""

    tenant: str
    origin: str
    term: str
    size: int
    edge: Edge
    last_logged_at: int

    @property
    def root(self) -> bytes:
        """Of the whole tree."""
        return self.edge.root()

    @property
    def last(self) -> Position | None:
        """The newest line."""
        return Position(term=self.term, index=self.size - 1) if self.size else None

    def grown(self, growth: Growth, at: int) -> "Head":
        """After a batch."""
        return Head(self.tenant, self.origin, self.term, growth.size, growth.edge, at)

    def row(self) -> dict[str, Any]:
        """As it is stored, without its MAC."""
        return {
            "tenant_id": self.tenant,
            "origin": self.origin,
            "term": self.term,
            "size": self.size,
            "edge": self.edge.to_bytes(),
            "root": self.root,
            "last_logged_at": self.last_logged_at,
        }


def empty_head(tenant: str, origin: str) -> Head:
    """Of a log that nobody wrote in."""
    return Head(tenant, origin, origin.rpartition("/")[2], 0, Edge(), 0)


async def founding_of(reading: AsyncConnection, tenant: str) -> tuple[str, str] | None:
    """Origin and term, before any key is open; None when there is no log. Believed only after `read_head`."""
    found = (await reading.execute(select(head.c.origin, head.c.term).where(head.c.tenant_id == tenant))).first()
    return None if found is None else (found[0], found[1])


async def read_head(connection: AsyncConnection, tenant: str, seal: RowSeal, lock: bool = False) -> Head:
    """Raises RowForged, ProofError. lock: nobody else appends until this transaction ends."""
    found = await own_row(connection, head, tenant, lock)
    if found is None:
        raise ProofError("the head of the log is gone")
    row = seal.checked(head, found)
    edge = Edge.from_bytes(bytes(row["edge"]))
    if (edge.size, edge.root()) != (row["size"], bytes(row["root"])):
        raise ProofError("the head of the log contradicts itself")
    return Head(tenant, row["origin"], row["term"], row["size"], edge, row["last_logged_at"])


async def store_head(tx: AsyncConnection, new: Head, old: Head, seal: RowSeal) -> None:
    """Compare-and-set; under the lock it cannot fail, unless somebody else writes here."""
    if not await set_own_row(tx, head, seal.sealed(head, new.row()), ("size", old.size)):
        raise ProofError("the head of the log moved under our lock")


async def insert_head(tx: AsyncConnection, new: Head, seal: RowSeal) -> None:
    """Found a log. Raises IntegrityError when another instance was first."""
    await tx.execute(insert(head).values(**seal.sealed(head, new.row())))
