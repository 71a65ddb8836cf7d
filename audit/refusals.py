"""What the log refuses with. Part of the door (audit.contract).

Problem
├── Overtaken          409  a required fence has moved; nothing was written
├── EventIdTaken       409  this id belongs to an event with other words
├── JustDecided        409  of a file on a breach: somebody else wrote its next version
├── Misfit             400  this kind may not require or move what it was asked to, or not by this room
├── NoSuchLine         404
├── LogUnavailable     503  the log cannot write now, so nothing may happen now
│   ├── LogSealed      503  in the log's own process; behind a wire it is LogUnavailable
│   └── Unwitnessed    503  no witness saw the log lately: restrictions are written, permits are not
├── OutcomeUnknown     503  written or not: repeat with the same id; until then nobody acts
└── NotPermitted       403  what was shown is no permit, or not for this, or no longer (audit.permit)
"""

from audit.event import Kind
from audit.permit import Position
from kernel.errors import Problem
from kernel.message import Hex16, Message


class Moved(Message):
    """A fence that stands elsewhere, and the kind of the line that moved it."""

    fence: Hex16
    epoch: int
    kind: Kind


class Overtaken(Problem):
    """Nothing was written. Members: `moved` [{fence, epoch, kind}], `position` (text) from which to decide anew.
    moved is empty when the decision itself came too late: expired, or older than 2 seconds."""

    code, status, title = "ingehaald", 409, "Er is net iets veranderd"

    @property
    def moved(self) -> tuple[Moved, ...]:
        """Every required fence that has moved."""
        return tuple(Moved.model_validate(move) for move in self.members["moved"])

    @property
    def position(self) -> Position:
        """The register must know every move up to here before it decides again."""
        return Position.parse(self.members["position"])


class EventIdTaken(Problem):
    """Members: `position` of the line that has the id."""

    code, status, title = "gebeurtenis-bestaat", 409, "Deze gebeurtenis bestaat al"


class JustDecided(Problem):
    """Nothing changed by whoever gets this: they read the file again, and decide about what it says now."""

    code, status, title = "net-besloten", 409, "Iemand anders schreef net in dit dossier"


class Misfit(Problem):
    """A programming error of a neighbour; nothing was written."""

    code, status, title = "soort-past-niet", 400, "Dit kan zo niet worden vastgelegd"


class NoSuchLine(Problem):
    """No such line, or not yours to see: the two answers are the same."""

    code, status, title = "logregel-onbekend", 404, "Deze logregel is er niet"


class LogUnavailable(Problem):
    """Nothing was written. Repeat with the same id."""

    code, status, title = "logboek-niet-beschikbaar", 503, "Het logboek schrijft nu niet"


class LogSealed(LogUnavailable):
    """What stands there is not what was signed: nothing is written, read or released until people looked at it."""


class Unwitnessed(LogUnavailable):
    """This permit was not written; what was asked with it is judged by itself. Repeat it with the same id."""

    code, title = "logboek-zonder-getuigen", "De getuigen hebben het logboek niet gezien"


class OutcomeUnknown(Problem):
    """Nobody acts on it. Repeat with the same id."""

    code, status, title = "uitkomst-onbekend", 503, "Wij weten nog niet of dit is vastgelegd"
