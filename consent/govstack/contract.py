"""What this way in refuses, beside what the register itself does.

Problem
├── OnlyResident  403  an application gives, withdraws and signs nothing in place of a resident
├── NotThisWay    403  it is kept elsewhere, by people
├── NotErased     409  a record of what was done is kept until its year of destruction
├── NotBound      409  an individual that is nobody's reference yet
└── NoActivity    409  an agreement that no process owner made an activity of yet
"""

from kernel.errors import Problem

PORTAL = "De inwoner kiest zelf: in het portaal of aan de balie."


class OnlyResident(Problem):
    """A yes, a no or a signature that is not the resident's own act."""

    code, status, title = "alleen-de-inwoner", 403, "Alleen de inwoner zelf kan dit"


class NotThisWay(Problem):
    """The sentence says where it is kept."""

    code, status, title = "niet-langs-deze-weg", 403, "Dit kan niet langs deze weg"


class NotErased(Problem):
    """The sentence says why, and what is there instead."""

    code, status, title = "wordt-niet-gewist", 409, "Dit wordt niet gewist"


class NotBound(Problem):
    """Give its `externalId` once, in a body."""

    code, status, title = "individu-niet-gekoppeld", 409, "Wij weten nog niet wie dit is"


class NoActivity(Problem):
    """An agreement names no data, no recipient and no term; an activity does."""

    code, status, title = "nog-geen-doel", 409, "Hiervoor is nog geen doel in het register"
