"""A line as a mirror keeps it (trust.md 4.5): ciphertext, and the 100 bytes that the tree holds. Pure.

leaf, act and body are the columns of the log's own table, byte for byte; the leaf says which two ciphertexts are its
own, so whoever has the tree needs no key to check them. `rest` is everything else that a row was made of, sealed under
the key of the acts: it names a subject and a number, which are not for other organisations. The log's own keys go along
wrapped: a term that began after the last backup has a key for acts that no backup has.
"""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Base64Bytes, Field

from audit.permit import LEAF_MAGIC
from kernel.crypto import pae, sha256
from kernel.message import Hex16, Message, wire
from kernel.proof.hashes import ProofError, leaf_hash

AUDIENCE, PATH = "logboek-kopie", "/logboek-kopie"  # of the word with which a mirror asks, and where: {term}/{start}
PAGE = 128  # lines of an answer: about 350 kB
PAGE_BYTES = 2 << 20  # of ciphertext; a line more than it needs is sent all the same
LEAF_BYTES = 100

Sealed = Annotated[Base64Bytes, Field(max_length=4 << 20)]


class Copied(Message):
    """One line. index: in its term. rest: see `audit.copying`."""

    index: Annotated[int, Field(ge=0, lt=1 << 63), wire("plaats")]
    event_id: Annotated[Hex16, wire("gebeurtenis")]
    leaf: Annotated[Base64Bytes, Field(max_length=200), wire("blad")]
    act: Annotated[Sealed, wire("handeling")]
    body: Annotated[Sealed, wire("inhoud")]
    rest: Annotated[Sealed, wire("rest")]

    def leaf_hash(self) -> bytes:
        """What stands in the tree for it. Raises ProofError when the ciphertexts are not those of the leaf."""
        if len(self.leaf) != LEAF_BYTES or self.leaf[:4] != LEAF_MAGIC:
            raise ProofError("this is no leaf")
        if self.leaf[68:] != sha256(pae([self.act, self.body])):  # entry_hash, trust.md 4.1
            raise ProofError("the ciphertexts are not those of the leaf")
        return leaf_hash(self.leaf)


class CopiedKey(Message):
    """A key of the log itself as its row holds it, wrapped under the room's KEK. owner: the term, of a key for acts."""

    purpose: Annotated[str, Field(pattern=r"^[A-Z]{2}$"), wire("doel")]
    owner: Annotated[str, Field(pattern=r"^([0-9]{4}h[12])?$"), wire("termijn")]
    wrapped: Annotated[Base64Bytes, Field(max_length=1_000), wire("verpakt")]
    kek_version: Annotated[int, Field(ge=1, lt=1 << 31), wire("versie")]


class Copies(Message):
    """Lines from one index on, without a gap; none: there are no more. keys: what whoever has the KEK cannot read them
    without; with every page, for they are wrapped anew when it turns."""

    lines: Annotated[tuple[Copied, ...], Field(max_length=PAGE), wire("regels")]
    keys: Annotated[tuple[CopiedKey, ...], Field(max_length=500), wire("sleutels")] = ()


def hashes_of(copies: Sequence[Copied], start: int) -> list[bytes]:
    """Of lines that follow each other from `start` on. Raises ProofError."""
    if [each.index for each in copies] != list(range(start, start + len(copies))):
        raise ProofError("the lines do not follow each other")
    return [each.leaf_hash() for each in copies]
