"""The one error that may cross a boundary.

    Problem                     500  never raised itself; what an unknown code is revived as
    ├── BadInput                400  every fault of a request at once, in `fouten`
    ├── NotLoggedIn             401  nobody, or a token that does not hold
    ├── NoAccess                403  somebody, but not for this
    ├── NotFound                404  not here, or not for this caller: the two are not told apart
    ├── TooManyRequests         429  `wachtSeconden`: how long to wait
    └── NeighbourUnavailable    503  no answer from the room next door; nothing was opened

Every room adds its own leaves in its contract. A Problem raised behind a wire arrives in front of it as
the same class with the same detail and members; its cause and its traceback stay behind.
"""

from typing import Any, ClassVar, Self


class Problem(Exception):
    """An answer that is not the one hoped for; `detail` and `members` are safe to show to the caller."""

    code: ClassVar[str] = "interne-fout"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Er gaat iets mis bij ons"
    usual: ClassVar[str] = ""  # told where nothing else is; "": the title
    _known: ClassVar[dict[str, type["Problem"]]] = {}

    def __init_subclass__(cls) -> None:
        """Every code is known with the class that brought it, so that a client can revive it: one that only narrows
        another is that other behind a wire."""
        if "code" in vars(cls):
            Problem._known[cls.code] = cls

    def __init__(self, detail: str = "", **members: Any) -> None:
        super().__init__(detail)
        self.detail, self.members = detail, members

    @staticmethod
    def revive(code: str, detail: str, members: dict[str, Any]) -> "Problem":
        """The same error on this side of the wire."""
        return Problem._known.get(code, Problem)(detail, **members)

    def same_as(self, other: Self) -> bool:
        """Whether both say the same: class, detail and members."""
        return type(self) is type(other) and (self.detail, self.members) == (other.detail, other.members)


class BadInput(Problem):
    """The request cannot be read. `fouten`: [{veld: JSON pointer, code, detail}]."""

    code, status, title = "ongeldige-invoer", 400, "De vraag klopt niet"


class NotLoggedIn(Problem):
    """No credential, or one that does not hold. Says what is needed and nothing about why: that would help a forger."""

    code, status, title = "niet-ingelogd", 401, "U bent niet ingelogd"
    usual = (
        "Stuur een token van /oauth/token dat voor deze ingang is (resource) en nog geldt, vijf minuten lang. "
        "Is het gebonden, toon dan ook het bewijs (DPoP) of het certificaat."
    )


class NoAccess(Problem):
    """The caller is known and may not do this."""

    code, status, title = "geen-toegang", 403, "U heeft hier geen toegang toe"


class NotFound(Problem):
    """Nothing by that name for this caller."""

    code, status, title = "niet-gevonden", 404, "Dit bestaat niet"


class TooManyRequests(Problem):
    """Slow down. `wachtSeconden` is also sent as Retry-After."""

    code, status, title = "te-veel-verzoeken", 429, "Te veel verzoeken"


class NeighbourUnavailable(Problem):
    """A neighbour did not answer in time, or not at all. `asked`: the question may have reached it all the same."""

    code, status, title = "onderdeel-niet-bereikbaar", 503, "Dit lukt nu niet"
    asked = True
