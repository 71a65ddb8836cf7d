"""What the register's own keys make of names. Pure; whoever has these keys can forge rows and decisions."""

from collections.abc import Callable
from dataclasses import dataclass, field

from kernel.caller import Caller
from kernel.crypto import DataKey, Place, Signer, keyed_hash, keyed_hashes, measured, seal, unseal
from kernel.sql import RowSeal

MACHINES = frozenset({"mens", "burger", "automatisch"})  # kinds of callers that are applications
# Row MACs, fences, pseudonyms of staff, decision seal, texts of questions and their shred salt (trust.md 3).
PURPOSES = ("IK", "FK", "PK", "SK", "QK", "QS")


@dataclass(frozen=True)
class TenantKeys:
    """The opened keys of one tenant, in the order of PURPOSES. Never kept longer than one call."""

    tenant: str
    rows: bytes = field(repr=False)
    fences: bytes = field(repr=False)
    pseudonyms: bytes = field(repr=False)
    deciding: bytes = field(repr=False)
    texts: bytes = field(repr=False)
    shred: bytes = field(repr=False)

    @property
    def seal(self) -> RowSeal:
        """For the protected rows."""
        return RowSeal(self.rows)

    @property
    def signer(self) -> Signer:
        """Seals decisions."""
        return Signer(self.deciding)

    def consent(self, consent_id: str) -> str:
        """Moved by withdrawal, refusal, pause."""
        return self._fence("toestemming", consent_id)

    def objection(self, resident: str, activity: str) -> str:
        """Derived, so that the absence of an objection is fenced too."""
        return self._fence("bezwaar", resident, activity)

    def restriction(self, resident: str) -> str:
        """Derived, as above."""
        return self._fence("beperking", resident)

    def objections(self, activity: str) -> Callable[[str], str]:
        """`objection` to one activity, for many residents."""
        return self._fences("bezwaar", activity)

    def restrictions(self) -> Callable[[str], str]:
        """`restriction`, for many residents."""
        return self._fences("beperking")

    def case(self, recipient: str, reference: str) -> str:
        """Moved when the case closes."""
        return self._fence("zaak", recipient, reference)

    def recipient(self, slug: str) -> str:
        """Moved by suspension."""
        return self._fence("ontvanger", slug)

    def application(self, client_id: str) -> str:
        """Moved by suspension of this one application."""
        return self._fence("toepassing", client_id)

    def version(self, slug: str, number: int) -> str:
        """Moved when this version of the activity ends."""
        return self._fence("activiteit", slug, str(number))

    def mandate(self, mandate_id: str) -> str:
        """Moved when it ends."""
        return self._fence("machtiging", mandate_id)

    def mandate_code(self, code: str) -> str:
        """Under which a code that was handed over is looked up; nobody reads it back."""
        return self._fence("machtiging-code", code)

    def municipality(self) -> str:
        """Moved by an emergency stop."""
        return self._fence("gemeente")

    def actor(self, caller: Caller) -> str:
        """A pseudonym per employee and recipient; residents never see it. "" when nobody sits at an application. Staff
        comes in under a pseudonym already."""
        if caller.kind == "medewerker":
            return caller.user
        if not caller.user or caller.kind not in MACHINES:
            return ""
        parts = [b"medewerker", self.tenant.encode(), caller.organisation.encode(), caller.user.encode()]
        return keyed_hash(self.pseudonyms, "pseudo", parts, 16).hex()

    def representative(self, resident: str) -> str:
        """A pseudonym of who acts for somebody else; other residents never see it."""
        return keyed_hash(self.pseudonyms, "pseudo", [b"namens", self.tenant.encode(), resident.encode()], 16).hex()

    def seal_text(self, owner: str, record: str, kind: str, text: str) -> bytes:
        """What a resident wrote, bound to its row and column."""
        return seal(self._data_key(), self._place(owner, record, kind), text.encode())

    def open_text(self, owner: str, record: str, kind: str, sealed: bytes) -> str:
        """The inverse. Raises CannotOpen."""
        return unseal(self._data_key(), self._place(owner, record, kind), sealed).decode()

    def _place(self, owner: str, record: str, kind: str) -> Place:
        return Place(self.tenant, owner, record, 1, kind, "1", "vraag")

    def _data_key(self) -> DataKey:
        return DataKey(keyed_hash(self.texts, "tag", [b"vraag"], 16), self.texts, self.shred)

    def _fence(self, word: str, *names: str) -> str:
        parts = [part.encode() for part in (word, self.tenant, *names)]
        return keyed_hash(self.fences, "fence", parts, 16).hex()

    def _fences(self, word: str, *after: str) -> Callable[[str], str]:
        """`_fence` of a word, a name that differs, and what comes after it: all but the name is written down once."""
        begin = (3 + len(after)).to_bytes(4) + measured(word.encode(), self.tenant.encode())
        hashed = keyed_hashes(self.fences, "fence", begin, 16)
        end = measured(*[name.encode() for name in after])
        return lambda name: hashed(measured(name.encode()) + end).hex()
