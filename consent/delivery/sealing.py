"""Numbers and messages as they lie in their rows: sealed to the place where they lie, and to whom they are of. A row
that somebody moves to another resident does not open."""

from dataclasses import dataclass, field

from kernel.crypto import DataKey, Place, random_bytes, seal, unseal
from kernel.hidden import Hidden
from kernel.ids import derived_id

PURPOSE = "MB"  # a key of its own
_SALT = 32


@dataclass(frozen=True)
class Sealing:
    """Of one tenant. The salt lies in front of each text, and goes with it."""

    tenant: str
    key: bytes = field(repr=False)

    def number(self, resident: str, number: Hidden) -> bytes:
        """For the row of this resident."""
        return self._sealed(resident, "nummer", number.reveal().encode())

    def message(self, resident: str, message: str, text: bytes) -> bytes:
        """For the row of this message to this resident."""
        return self._sealed(resident, f"bericht/{message}", text)

    def number_of(self, resident: str, sealed: bytes) -> str:
        """Raises CannotOpen."""
        return self._opened(resident, "nummer", sealed).decode()

    def text_of(self, resident: str, message: str, sealed: bytes) -> bytes:
        """Raises CannotOpen."""
        return self._opened(resident, f"bericht/{message}", sealed)

    def _opened(self, resident: str, what: str, sealed: bytes) -> bytes:
        return unseal(self._of(resident, sealed[:_SALT]), self._place(resident, what), sealed[_SALT:])

    def _sealed(self, resident: str, what: str, text: bytes) -> bytes:
        salt = random_bytes(_SALT)
        return salt + seal(self._of(resident, salt), self._place(resident, what), text)

    def _of(self, resident: str, salt: bytes) -> DataKey:
        return DataKey(bytes.fromhex(derived_id(resident, PURPOSE)), self.key, salt)

    def _place(self, resident: str, what: str) -> Place:
        return Place(self.tenant, resident, what, 1, "bezorging", "1", "")
