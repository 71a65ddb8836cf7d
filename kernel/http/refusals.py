"""What HTTP itself refuses, before any room has seen the request.

Problem
├── MethodNotAllowed   405
├── TooSlow            408  a body that does not end
├── TooLarge           413  a body above 1 MiB, counted while it comes in
├── WrongMediaType     415  a body that is not what this door reads
├── HeadersTooLarge    431  above 16 KiB
└── Sealed             503  the house has not opened yet (trust.md 2.7)
"""

from kernel.errors import Problem


class MethodNotAllowed(Problem):
    """The resource exists and does not know this verb."""

    code, status, title = "methode-niet-toegestaan", 405, "Dit kan hier niet"


class TooSlow(Problem):
    """The body did not arrive in time."""

    code, status, title = "te-langzaam", 408, "De vraag kwam te langzaam binnen"


class TooLarge(Problem):
    """The body is larger than this door takes."""

    code, status, title = "te-groot", 413, "De vraag is te groot"


class WrongMediaType(Problem):
    """The body has another content type, or none."""

    code, status, title = "verkeerd-mediatype", 415, "Dit soort inhoud lezen wij hier niet"


class HeadersTooLarge(Problem):
    """All header lines together are too large."""

    code, status, title = "kop-te-groot", 431, "De kop van de vraag is te groot"


class Sealed(Problem):
    """Start is sealed: nothing answers but /livez and /readyz."""

    code, status, title = "verzegeld", 503, "Regie is nog niet open"
