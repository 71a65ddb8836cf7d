"""What is known when a question is weighed: of who asks, and of whom they ask about. Pure."""

from dataclasses import dataclass, field
from typing import NamedTuple

from consent.activity import ActivityVersion
from consent.decision import Code, FenceKind, Flag
from consent.outline import Outline, outline_of
from consent.standing import Fenced, Standing


class CaseFact(NamedTuple):
    """A case of this recipient under the reference asked. told_at: when the line about it was written, ms.
    opened_by: pseudonym of who wrote it down; only for a covert activity."""

    resident: str
    activity: str
    open: bool
    origin: str
    since: int
    until: int
    told_at: int
    fence: Fenced
    opened_by: str = ""


@dataclass(slots=True)
class Asker:
    """Who asks, and for what: the same for all residents, so what follows from it alone is worked out once; nobody
    changes it. published_at: ms. admitted: recipient and application are known and not suspended. in_scope: of the
    caller's token. by_bsn: may use the number. closed: by rules 1 to 3, whatever is asked. grounded: whether the law
    lets who may ask at all know more of a resident than yes or no (trust.md 6)."""

    activity: ActivityVersion | None
    in_force: bool = False
    published_at: int = 0
    admitted: bool = False
    in_scope: bool = True
    recipient: str = ""
    by_bsn: bool = False

    outline: Outline = field(init=False)
    closed: Code | None = field(init=False)
    grounded: bool = field(init=False)

    def __post_init__(self) -> None:
        self.outline = outline_of(self.activity) if self.activity else Outline()
        self.closed = self._closed()
        self.grounded = self.by_bsn and self.outline.unasked

    def _closed(self) -> Code | None:
        if self.activity is None:
            return "onbekende-activiteit"
        if not self.in_force:
            return "activiteit-niet-actief"
        if not (self.admitted and self.in_scope and self.recipient in self.outline.parties):
            return "ontvanger-niet-bevoegd"
        return None


@dataclass(slots=True)
class Facts:
    """What the register knew at one moment; nobody changes it: to forbid that takes as long as to weigh. fences: those
    that everything stands on. counted: releases in the running term of the activity's frequency. actor: pseudonym of
    who asks. restricted: all about this resident is locked; held: within the scope of a restriction. upheld: an
    objection that was weighed, and is right. emergency: it is asked in one, and that goes with the activity; words:
    then, whatever this resident said to this recipient about the elements, in any activity. nobody: the name that was
    asked under is nobody's."""

    asker: Asker
    case: CaseFact | None = None
    consents: tuple[Standing, ...] = ()
    objected: bool = False
    upheld: bool = False
    restricted: bool = False
    held: bool = False
    flags: frozenset[Flag] = frozenset()
    counted: int = 0
    actor: str = ""
    emergency: bool = False
    nobody: bool = False
    words: tuple[Standing, ...] = ()
    fences: tuple[tuple[Fenced, FenceKind], ...] = ()

    @property
    def activity(self) -> ActivityVersion | None:
        """That is asked for."""
        return self.asker.activity
