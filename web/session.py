"""What we know of one browser. Pure; `web.sessions` keeps it."""

import secrets
from collections.abc import Mapping
from typing import Literal

from connectors.uploads.contract import KEEPER
from consent.mandates.contract import Ground
from consent.rights.contract import DEPARTMENT
from kernel.caller import Caller
from kernel.message import Hex16, Message, Short

Answer = Literal["ja", "nee", "stop", "pauze", "hervat", "korter", "vernieuw"]

# as login provider and rooms call them
ROLES: Mapping[str, str] = {"fg": "fg", "eigenaar": "proceseigenaar", "balie": "balie", "burgerzaken": "burgerzaken"}


class Person(Message):
    """Who logged in. user: the vault's opaque id, or a staff pseudonym. The BSN is not here. auth_time: seconds.
    departments: recipients whose requests an owner handles. keeps: organisations whose files of sources they send."""

    kind: Literal["inwoner", "fg", "eigenaar", "balie", "burgerzaken"]
    user: Short
    subject: Short = ""
    fence: Hex16 | Literal[""] = ""
    name: Short = ""
    acr: Short
    auth_time: int
    departments: tuple[Short, ...] = ()
    keeps: tuple[Short, ...] = ()

    def caller(self, tenant: str) -> Caller:
        """As the rooms know this person."""
        staff = self.kind != "inwoner"
        more = (*(DEPARTMENT + one for one in self.departments), *(KEEPER + one for one in self.keeps))
        return Caller(
            tenant=tenant,
            kind="medewerker" if staff else "inwoner",
            user=self.user,
            roles=(ROLES[self.kind], *more) if staff else (),
            acr=self.acr,
            auth_time=self.auth_time,
        )


class Kept(Message):
    """A choice that was not carried out, to be shown to the same person after login. until: the last day they chose,
    ms, 0 for none: it may not turn into a longer one on the way."""

    user: Short
    consent: Short
    answer: Answer
    until: int = 0


class Acting(Message):
    """For whom somebody acts, and on what ground. by: who does, as `Person.user`. name: of the other. until: the first
    moment at which it ends by itself, ms."""

    by: Short
    ground: Ground
    name: Short
    until: int


class Attempt(Message):
    """A login under way; works once. until: ms. fresh: the person must log in anew, now. for_children: they want to
    act for a child, so the BRP must be asked about them. acting: goes on, when the same person logs in."""

    state: Short
    nonce: Short
    verifier: Short
    back: Short
    until: int
    fresh: bool = False
    kept: Kept | None = None
    for_children: bool = False
    acting: Acting | None = None


class Session(Message):
    """What we know of one browser; `person` is absent before login. number: where the BSN is kept, sealed and for
    minutes, of who wants to act for a child (`web.children`); "" for everybody else."""

    csrf: Short
    person: Person | None = None
    attempt: Attempt | None = None
    kept: Kept | None = None
    acting: Acting | None = None
    number: Short = ""


def new_token() -> str:
    """256 random bits, 43 characters."""
    return secrets.token_urlsafe(32)
