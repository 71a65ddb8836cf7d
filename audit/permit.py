"""The permit: a decision, its seal, and the line that made it count. Pure; no source acts without `check`.

Vault and connectors read a decision through `Ground`; consent writes it with its own `Decision`. They share bytes, not
a type: tests/contracts/test_siblings.py keeps the two alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from kernel.canonical import read_canonical
from kernel.clock import millis
from kernel.crypto import hmac_sha256, sha256, verify
from kernel.errors import Problem
from kernel.message import Hex16, Hex32, Message, Short, Text
from kernel.proof.checkpoint import Checkpoint, open_checkpoint
from kernel.proof.checks import check_inclusion
from kernel.proof.hashes import ProofError, leaf_hash
from kernel.proof.note import VerifierKey
from kernel.proof.tlogproof import TlogProof

LIFE = timedelta(seconds=30)  # W of trust.md: one slow source fits in it, a stolen permit hardly does
AHEAD = timedelta(seconds=1)  # clocks of two rooms
LEAF_MAGIC = b"RGL\x01"  # trust.md 4.1


INDEX_DIGITS = 15
Of = Literal["inwoner", "bevolking"]


class Position(Message):
    """A place in the log: (term, index). An index alone is ambiguous. Ordered as the log is."""

    term: Annotated[str, Field(pattern=r"^[0-9]{4}h[12]$")]
    index: Annotated[int, Field(ge=0, lt=10**INDEX_DIGITS)]

    def __str__(self) -> str:
        return f"{self.term}-{self.index}"

    def __lt__(self, other: "Position") -> bool:
        return (self.term, self.index) < (other.term, other.index)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Inverse of str(). Raises ValueError."""
        term, dash, index = text.partition("-")
        if not dash or not index.isascii() or not index.isdigit() or len(index) > INDEX_DIGITS:
            raise ValueError("not a position")
        return cls(term=term, index=int(index))


class Receipt(Message):
    """A durable line under a signed head. `act` is the canonical text that machines read (trust.md 4.2), with its salt
    and the 100-byte leaf; `proof` a c2sp.org/tlog-proof@v1. No other receipt, no receipt key."""

    origin: Short
    position: Position
    act: Text
    act_salt: Hex32
    leaf: Annotated[str, Field(pattern=r"^[0-9a-f]{200}$")]
    proof: Text

    def said(self) -> dict[str, Any]:
        """The act as a document; its members are text and lists of text."""
        return read_canonical(self.act)

    def proven(self, tenant: str, trust: "Trust") -> dict[str, Any]:
        """The act of a line that is in this tenant's open log, whoever gave the receipt. Raises NotPermitted."""
        try:
            return self._proven(tenant, trust)
        except (ProofError, ValueError, KeyError, TypeError) as error:
            raise NotPermitted("vorm") from error

    def _proven(self, tenant: str, trust: "Trust") -> dict[str, Any]:
        # 1 the log is this tenant's, and open
        _demand(self.origin in trust.logs and self.origin.split("/")[-2] == tenant, "logboek")
        _demand(self.origin.endswith("/" + self.position.term), "logboek")
        # 2 its head is signed and covers the leaf at this position
        leaf = bytes.fromhex(self.leaf)
        self._included(leaf, trust.logs[self.origin])
        # 3 the leaf opens to the act
        commit = hmac_sha256(bytes.fromhex(self.act_salt), b"regie/act/1\0", self.act.encode())
        _demand(leaf[:4] == LEAF_MAGIC and leaf[4:36] == commit, "blad")
        return self.said()

    def _included(self, leaf: bytes, key: bytes) -> None:
        proof = TlogProof.parse(self.proof)
        head = _head(proof.checkpoint, self.origin, key)
        _demand(proof.index == self.position.index, "plaats")
        check_inclusion(proof.index, head.size, leaf_hash(leaf), proof.hashes, head.root)

    @property
    def at(self) -> int:
        """When the line was written, ms."""
        return int(self.said()["tijd"])

    @property
    def epochs(self) -> dict[str, int]:
        """Where the fences that this line moved now stand."""
        return {fence: int(epoch) for fence, epoch in self.said().get("verzet", ())}

    @property
    def under_way(self) -> tuple[Position, ...]:
        """Releases that may still be sending while this line restricted them."""
        return tuple(Position.parse(text) for text in self.said().get("onderweg", ()))


class NotPermitted(Problem):
    """`detail` names the step that failed, in one word; nothing else is told."""

    code, status, title = "ongeldige-vrijgave", 403, "Deze vrijgave geldt niet"


class Allowed(Message):
    """One element that may leave, the source that computes it, and what is read for it: [(source, element)]. terug: how
    many days back at most, 0 is no bound; eerder: also values of before the one in force."""

    element: Short
    bron: Short
    invoer: tuple[tuple[Short, Short], ...]
    hekken: tuple[int, ...] = ()
    terug: int = 0
    eerder: Literal["", "ja"] = ""


class Ground(Message):
    """A decision as a source reads it; member names are those of the sealed document (trust.md 2.3). tabel: of a
    decision for statistics, which opens nothing that is given to anybody. verzameling: of one for a row in a set, which
    gives as a release does. noodtoegang: the reason of one in an emergency, whose line is of a kind of its own. geteld:
    of what it takes one: (fence, how many were allowed, since when, ms)."""

    v: Short
    nonce: Hex16
    gemeente: Short
    inwoner: Short
    betrokkene: Short
    ontvanger: Short
    toepassing: Short
    activiteit: Short
    versie: Short
    zaak: Short = ""
    namens: Short = ""
    tabel: Short = ""
    verzameling: Short = ""
    noodtoegang: Short = ""
    toegestaan: tuple[Allowed, ...]
    geweigerd: tuple[tuple[Short, Short], ...]
    hekken: tuple[tuple[Hex16, int, Short], ...]
    feiten: tuple[tuple[Short, Short, Short], ...]
    beslist: int
    geldigTot: int
    geteld: tuple[tuple[Hex16, int, int], ...] = ()

    @staticmethod
    def read(decision: str) -> "Ground":
        """As it was sealed. Raises ValueError."""
        return _ground(decision)

    def inputs_of(self, source: str) -> tuple[str, ...]:
        """The elements that this source may read, without repeats, in order."""
        wanted = (name for one in self.toegestaan for bron, name in one.invoer if bron == source)
        return tuple(dict.fromkeys(wanted))


@dataclass(frozen=True)
class Trust:
    """What a permit is checked with: the log's public key (32 bytes) per open origin, the register's per tenant."""

    logs: Mapping[str, bytes]
    registers: Mapping[str, bytes]


class Permit(Message):
    """A sealed decision and the receipt of its release line."""

    decision: Text
    seal: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
    receipt: Receipt

    def check(self, tenant: str, trust: Trust, now: datetime, of: Of = "inwoner") -> Ground:
        """What may be opened. Raises NotPermitted. The steps are those of trust.md 2.3. of: one resident, or everybody
        in a population, of whom then nothing but their numbers may be told."""
        try:
            return self._checked(tenant, trust, now, of)
        except (ProofError, ValueError, KeyError, TypeError) as error:
            raise NotPermitted("vorm") from error

    def _checked(self, tenant: str, trust: Trust, now: datetime, of: Of) -> Ground:
        # 1 to 3 its line is in the log
        said = self.receipt.proven(tenant, trust)
        # 4 the line is one that opens, of the kind that its decision is about: refusals are signed as well
        ground = Ground.read(self.decision)
        _demand(said["soort"] == _opening(ground, of), "soort")
        # 5 of this decision and exactly its fences
        _demand(said["besluit"] == sha256(self.decision.encode()).hex(), "besluit")
        required = [(fence, int(epoch)) for fence, epoch in said.get("vereist", ())]
        _demand(required == [(fence, epoch) for fence, epoch, _ in ground.hekken], "hekken")
        # 6 which the register has taken, not the desk
        _demand(tenant in trust.registers and _taken(trust.registers[tenant], self.decision, self.seal), "zegel")
        # 7 for this tenant
        _demand(ground.gemeente == tenant, "gemeente")
        # 8 a moment ago, and its facts have not expired
        age = millis(now) - int(said["tijd"])
        _demand(-AHEAD.total_seconds() * 1000 <= age <= LIFE.total_seconds() * 1000, "leeftijd")
        _demand(not ground.geldigTot or millis(now) <= ground.geldigTot, "verlopen")
        return ground


@lru_cache(maxsize=256)
def _taken(register: bytes, decision: str, seal: str) -> bool:
    """Each source of a release looks at the same bytes: whether these three fit is worked out once, and whether the
    permit still counts each time."""
    return verify(register, decision.encode(), bytes.fromhex(seal))


@lru_cache(maxsize=1_024)
def _ground(decision: str) -> Ground:
    """Desk, vault and other sources of one process read the same text within a moment; what it says is in the text
    alone, so whoever asks gets the same. Whether it is sealed is looked at each time. 1,024: parts of bulk in hand."""
    return Ground.model_validate(read_canonical(decision))


@lru_cache(maxsize=64)
def _head(text: str, origin: str, key: bytes) -> Checkpoint:
    """A head whose signature holds. Lines of one batch share theirs: it is looked at once. Raises ProofError."""
    return open_checkpoint(text, (VerifierKey(origin, key),), verify)


def _opening(ground: Ground, of: Of) -> str:
    if of == "bevolking":
        return "statistiek" if ground.tabel else ""
    if ground.noodtoegang:
        return "noodverstrekking"
    return "meegeteld" if ground.tabel else "verstrekking"


def _demand(holds: bool, what: str) -> None:
    if not holds:
        raise NotPermitted(what)
