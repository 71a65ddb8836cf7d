"""Rows of one file, sealed with its key. Pure but for its dice."""

import json
from dataclasses import dataclass

from pydantic import JsonValue

from connectors.bulk.keys import Box
from kernel.crypto import Place, hmac_sha256, seal, unseal
from vault.contract import Bsn


@dataclass(frozen=True)
class Sealing:
    """Seals and opens; all of it is shredded when the key of the file goes."""

    box: Box

    def owner(self, bsn: Bsn) -> str:
        """Without the key nobody can tie it to a number, nor this file's to another's."""
        key = hmac_sha256(self.box.key.key, b"regie/upload/1\0")
        return hmac_sha256(key, bsn.reveal().encode()).hex()

    def sealed(self, owner: str, row: dict[str, JsonValue]) -> bytes:
        """Empty cells are left out."""
        said = {name: value for name, value in row.items() if value is not None}
        return seal(self.box.key, self._place(owner), json.dumps(said, ensure_ascii=False).encode())

    def opened(self, owner: str, sealed: bytes) -> dict[str, JsonValue]:
        """Raises CannotOpen."""
        said: dict[str, JsonValue] = json.loads(unseal(self.box.key, self._place(owner), sealed))
        return said

    def _place(self, owner: str) -> Place:
        return Place(self.box.tenant, self.box.job, owner, 1, "regel", "1", "")
