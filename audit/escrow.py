"""What custodians hold and do, away from the house: a key in three shares, and bodies opened with two. Pure.

Found: the private half exists for a moment in the process that makes it, and then in the shares only.
Opened: on a machine of the custodians' own; the log checks what comes back against its leaves.
"""

import base64
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from audit.covert import escrow_id, read_escrowed
from audit.leaf import SALT
from audit.permit import Position
from kernel.crypto import CannotOpen, joined, public_half, random_bytes, split
from kernel.errors import BadInput
from kernel.message import Hex16, Hex32, Message, Short, Text
from kernel.numbers import has_written_number

LINES_MAX, FILE_BYTES = 10_000, 64 << 20  # of one file
FRAME, BESIDE = 1_024, 256  # bytes of a file beside its lines, of a line beside what is sealed; opened it is shorter
REASON_MAX = 500  # characters
BARE_REASON = f"Schrijf op waarom dit nu te zien mag zijn, in hoogstens {REASON_MAX} tekens en zonder BSN."


class Share(Message):
    """One custodian's part. Two of the three open whatever was sealed to `public`."""

    what: Literal["regie aandeel heimelijk"] = "regie aandeel heimelijk"
    tenant: Short
    public: Hex32
    number: Annotated[int, Field(ge=1, le=3)]
    share: Hex32


class SealedLine(Message):
    """A covert line as it leaves the house. key: which escrow key. sealed: base64."""

    place: Position
    event_id: Hex16
    key: Hex16
    sealed: Text


class OpenedLine(Message):
    """The same line for the log again: body and salt, base64."""

    place: Position
    body: Text
    salt: Short


class SealedFile(Message):
    """Covert lines of a case that were not lifted yet: all, or the first of them."""

    tenant: Short
    lines: Annotated[tuple[SealedLine, ...], Field(max_length=LINES_MAX)]


class OpenedFile(Message):
    """The same lines, opened by two custodians."""

    tenant: Short
    lines: Annotated[tuple[OpenedLine, ...], Field(max_length=LINES_MAX)]


def founded(tenant: str) -> tuple[Share, ...]:
    """A new key, in shares."""
    private = random_bytes(32)
    public = public_half(private).hex()
    parts = split(private)
    return tuple(Share(tenant=tenant, public=public, number=at, share=part.hex()) for at, part in parts.items())


def opened_by(shares: Sequence[Share], file: SealedFile) -> OpenedFile:
    """Raises BadInput for shares that do not fit each other or the lines."""
    private = _private(shares)
    if shares[0].tenant != file.tenant:
        raise BadInput("Deze aandelen zijn van een andere gemeente.")
    key = escrow_id(bytes.fromhex(shares[0].public))
    if other := {one.key for one in file.lines} - {key}:
        raise BadInput(f"Sommige regels zijn verzegeld met een andere sleutel: {min(other)}.")
    return OpenedFile(tenant=file.tenant, lines=tuple(_opened(private, one, file.tenant) for one in file.lines))


def fits(lines: Sequence[SealedLine]) -> bool:
    """Whether one file holds them, and what they open to."""
    return len(lines) <= LINES_MAX and FRAME + sum(map(_weight, lines)) <= FILE_BYTES


def in_a_file(tenant: str, lines: Sequence[SealedLine]) -> SealedFile:
    """As many of the first as it holds."""
    room, many = FILE_BYTES - FRAME, 0
    for one in lines[:LINES_MAX]:
        room -= _weight(one)
        many += room >= 0
    return SealedFile(tenant=tenant, lines=tuple(lines[:many]))


def _weight(line: SealedLine) -> int:
    return len(line.sealed) + BESIDE


def demand_told(reason: str) -> None:
    """It stands in the resident's line for as long as that lasts, and nobody can take it out again. Raises BadInput."""
    whole = reason.encode(errors="ignore").decode() == reason  # a terminal may hand in half a sign
    if not (whole and 1 <= len(reason.strip()) <= len(reason) <= REASON_MAX) or has_written_number(reason):
        raise BadInput(BARE_REASON)


def _private(shares: Sequence[Share]) -> bytes:
    """Two shares with the same public half, and it is theirs."""
    if len({one.number for one in shares}) != 2 or len(shares) != 2 or shares[0].public != shares[1].public:
        raise BadInput("Er zijn twee verschillende aandelen van dezelfde sleutel nodig.")
    private = joined({one.number: bytes.fromhex(one.share) for one in shares})
    if public_half(private).hex() != shares[0].public:
        raise BadInput("Een van de aandelen is veranderd: samen geven zij een andere sleutel.")
    return private


def _opened(private: bytes, line: SealedLine, tenant: str) -> OpenedLine:
    try:
        plain = read_escrowed(private, base64.b64decode(line.sealed, validate=True), tenant, line.event_id)
    except (CannotOpen, ValueError):
        raise BadInput(f"Regel {line.place} gaat met deze sleutel niet open.") from None
    return OpenedLine(place=line.place, body=_text(plain[SALT:]), salt=_text(plain[:SALT]))


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
