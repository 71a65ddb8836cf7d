"""Why a report is not taken.

Problem
├── OtherReport      409  this id belongs to a report with other words
├── UnknownActivity  400  the register has no such activity in force
├── NotTheirs        403  reported in the name of another recipient
├── NotByNumber      403  this recipient may not use a number, whoever's it is
└── CannotKeepSecret 403  lines of this activity are shown to their resident at once
"""

from kernel.errors import Problem


class OtherReport(Problem):
    """Members: `logregel` of the line that was first."""

    code, status, title = "melding-bestaat-anders", 409, "Deze melding bestaat al, met een andere inhoud"


class UnknownActivity(Problem):
    """Publish it first."""

    code, status, title = "activiteit-onbekend", 400, "Deze verwerkingsactiviteit staat niet in het register"


class NotTheirs(Problem):
    """A system reports for the recipient to which it belongs, and for no other."""

    code, status, title = "ontvanger-past-niet", 403, "Deze toepassing hoort niet bij deze ontvanger"


class NotByNumber(Problem):
    """Nobody was looked up."""

    code, status, title = "geen-bsn", 403, "U mag geen burgerservicenummer gebruiken"


class CannotKeepSecret(Problem):
    """A secret use would stand on the resident's page. Withhold the activity in the register, or keep the use in
    its own log until it may be told."""

    code, status, title = "vertrouwelijk-kan-niet", 403, "Dit vertrouwelijke gebruik kan hier niet worden gemeld"
