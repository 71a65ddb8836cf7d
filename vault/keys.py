"""What the vault's own keys make of a number or an id. Pure; whoever has these keys knows who everybody is."""

import base64
from dataclasses import dataclass, field

from audit.contract import NOBODY
from kernel.crypto import hmac_sha256, keyed_hash
from kernel.sql import RowSeal
from vault.contract import Bsn, ResidentRef

PURPOSES = ("BK", "PK", "FK", "IK")  # blind index, pseudonyms, fences, row MACs (trust.md 3)
NUMBERS = "NK"  # sealed numbers; it came later
DOMAIN = b"verstrekking"  # of a recipient's pseudonyms: all its purposes share one


@dataclass(frozen=True)
class TenantKeys:
    """The opened keys of one tenant. Never kept longer than one call."""

    tenant: str
    index: bytes = field(repr=False)
    pseudonym: bytes = field(repr=False)
    fences: bytes = field(repr=False)
    rows: bytes = field(repr=False)

    @property
    def seal(self) -> RowSeal:
        """For the resident rows."""
        return RowSeal(self.rows)

    def bsn_index(self, bsn: Bsn) -> bytes:
        """Blind index, 32 bytes (trust.md 3). Without the key no index can be tied to a number."""
        return hmac_sha256(self.index, b"regie/bsn/1\0", bsn.reveal().encode())

    def known(self, resident: str) -> ResidentRef:
        """Somebody enrolled."""
        return ResidentRef(id=resident, subject=self.subject(resident), fence=self._fence(b"inwoner", resident))

    def subject(self, resident: str) -> str:
        """How the lines of the log call them."""
        return keyed_hash(self.pseudonym, "pseudo", self._parts(b"betrokkene", resident), 16).hex()

    def stand_in(self, index: bytes) -> ResidentRef:
        """Nobody, in the shape of somebody: the same each time, so that two questions do not tell either."""
        made_up = keyed_hash(self.pseudonym, "pseudo", [b"niemand", self.tenant.encode(), index], 16).hex()
        return ResidentRef(id=made_up, subject=NOBODY, fence=self._fence(b"inwoner", made_up), stand_in=True)

    def pseudonym_of(self, recipient: str, resident: str) -> str:
        """How this one recipient calls a resident: never from the number, and nothing that another's can be joined
        with."""
        parts = [recipient.encode(), DOMAIN, resident.encode()]
        return base64.b32encode(keyed_hash(self.pseudonym, "pseudo", parts, 20)).decode().lower()

    def stranger(self, recipient: str, pseudonym: str) -> ResidentRef:
        """Whom a recipient calls by a name that we never gave it."""
        return self.stand_in(hmac_sha256(self.index, b"regie/pseudoniem/1\0", f"{recipient}/{pseudonym}".encode()))

    def record_fence(self, record: str) -> str:
        """Moved by each new version of a record."""
        return self._fence(b"gegeven", record)

    def vault_fence(self, resident: str) -> str:
        """Moved by each erasure of this vault: D[r] of version v counts while it stands at v - 1."""
        return self._fence(b"kluis", resident)

    def content(self, resident: str, element: str, given: bytes) -> bytes:
        """Says only whether the same was given before for this resident's element, and that only to who has the key."""
        return keyed_hash(self.rows, "record", [*self._parts(b"inhoud", resident), element.encode(), given])

    def _fence(self, word: bytes, owner: str) -> str:
        return keyed_hash(self.fences, "fence", self._parts(word, owner), 16).hex()

    def _parts(self, word: bytes, owner: str) -> list[bytes]:
        return [word, self.tenant.encode(), owner.encode()]
