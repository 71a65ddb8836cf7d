"""What a job's rows are sealed with: a key of its own for lists and decisions, the room's for the rows themselves."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.bulk.contract import Listed, Order
from connectors.lab.rowing import Lab
from kernel.caller import Caller
from kernel.crypto import DataKey, KeyPlace, Keyring, Place, random_bytes, seal, unseal
from kernel.ids import derived_id
from kernel.message import Message
from kernel.sql import RowSeal
from kernel.sql.key_rows import KeyRows
from vault.contract import Bsn

ROWS = "IK"  # row MACs
_ROOM, _LIST, _SALT = "connectors", "BL", 32


class Placed(Message):
    """Who asked for what."""

    caller: Caller
    order: Order
    lab: Lab | None = None


@dataclass(frozen=True)
class Box:
    """Seals and opens what belongs to one job. All of it is shredded when the row's `wrapped` goes."""

    tenant: str
    job: str
    key: DataKey

    def placed(self, placed: Placed) -> bytes:
        """Sealed."""
        return seal(self.key, self._place(0, "opdracht"), placed.model_dump_json(by_alias=False).encode())

    def read_placed(self, sealed: bytes) -> Placed:
        """Raises CannotOpen."""
        return Placed.model_validate_json(unseal(self.key, self._place(0, "opdracht"), sealed))

    def listed(self, no: int, listed: Sequence[Listed]) -> bytes:
        """The numbers and cases of one part, sealed."""
        said = [[one.bsn.reveal() if one.bsn else "", one.case, one.pseudonym] for one in listed]
        text = json.dumps(said).encode()
        return seal(self.key, self._place(no, "lijst"), text)

    def read_listed(self, no: int, sealed: bytes) -> tuple[Listed, ...]:
        """Raises CannotOpen."""
        said = json.loads(unseal(self.key, self._place(no, "lijst"), sealed))
        # without a name: from before there were any
        return tuple(Listed(Bsn(bsn) if bsn else None, case, *name) for bsn, case, *name in said)

    def steps(self, no: int, text: bytes) -> bytes:
        """Decisions of one part, sealed. They repeat each other's words."""
        return seal(self.key, self._place(no, "besluiten"), zlib.compress(text, 1))

    def read_steps(self, no: int, sealed: bytes) -> bytes:
        """Raises CannotOpen."""
        return zlib.decompress(unseal(self.key, self._place(no, "besluiten"), sealed)) if sealed else b"[]"

    def _place(self, no: int, what: str) -> Place:
        return Place(self.tenant, self.job, str(no), 1, what, "1", "")


class JobKeys:
    """Makes and opens boxes; gives the seal of rows."""

    def __init__(self, room_keys: KeyRows, ring: Keyring) -> None:
        self._room, self._ring = room_keys, ring

    async def new(self, tenant: str, job: str) -> tuple[Box, bytes]:
        """A box, and what opens it again: to keep in the job's row."""
        key, wrapped = await self._ring.wrap_new(_kek(tenant), _place(tenant, job))
        salt = random_bytes(_SALT)
        return _box(tenant, job, key, salt), salt + wrapped

    async def open(self, tenant: str, job: str, wrapped: bytes) -> Box:
        """Raises CannotOpen, KeyUnavailable."""
        key = await self._ring.open(_kek(tenant), _place(tenant, job), wrapped[_SALT:])
        return _box(tenant, job, key, wrapped[:_SALT])

    def forget(self, tenant: str, job: str) -> None:
        """At once, in this process."""
        self._ring.forget(_kek(tenant), _place(tenant, job))

    async def rows(self, tenant: str) -> RowSeal:
        """Raises CannotOpen, KeyUnavailable."""
        return RowSeal(await self._room.open(tenant, ROWS))


def _box(tenant: str, job: str, key: bytes, salt: bytes) -> Box:
    return Box(tenant, job, DataKey(bytes.fromhex(derived_id(job, _LIST)), key, salt))


def _kek(tenant: str) -> str:
    return f"regie/{tenant}/{_ROOM}"


def _place(tenant: str, job: str) -> KeyPlace:
    return KeyPlace(tenant, _ROOM, _LIST, job, 1)
