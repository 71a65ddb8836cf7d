"""How a term ended, as the first line of the next one tells it (trust.md 4.5). Pure.

At the turn the last head of the old log is signed once more, and the first line of the new log carries it. Fences,
series and event ids run on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.event import Kind
from audit.terms import term_of
from kernel.proof.checkpoint import Checkpoint
from kernel.proof.hashes import ProofError

BEGUN: Kind = "termijn-begonnen"
RECOVERED: Kind = "regels-teruggezet"
RELEASED: Kind = "zegel-verbroken"
BEFORE, PRESENT = "voorganger", "aanwezig"  # members of the act and the details of BEGUN; of RECOVERED the latter


@dataclass(frozen=True)
class Ended:
    """The log before, as the first line of a term tells it. note: its last signed head. present: term and size up to
    which lines were there; less than was signed after a rollback without a mirror."""

    note: str
    head: Checkpoint
    present: tuple[str, int]

    @property
    def whole(self) -> bool:
        """Every line that was signed is there."""
        return self.present == (term_of(self.head.origin), self.head.size)


def ended_before(said: Mapping[str, Any]) -> Ended | None:
    """From an act; None when it is no first line of a later term. Raises ProofError."""
    if said.get("soort") != BEGUN:
        return None
    note = str(said.get(BEFORE, ""))
    head, present = head_of(note), said.get(PRESENT, "")
    term, dash, size = present.partition("-") if present else (term_of(head.origin), "-", str(head.size))
    if not dash or not size.isdigit():
        raise ProofError("a term begins without saying what was there")
    return Ended(note, head, (term, int(size)))


def head_of(note: str) -> Checkpoint:
    """What a note says; that it is signed, whoever stored it has checked. Raises ProofError."""
    text, blank, _ = note.partition("\n\n")
    if not blank:
        raise ProofError("this is no signed head")
    return Checkpoint.parse(f"{text}\n")
