"""Whose work a purpose is, and who may stop it, or suspend who takes part in it. Pure.

A department is a recipient that data is used for. Who its employees are the login provider says, in a role
`afdeling:<ontvanger>` beside `proceseigenaar`.
"""

from collections.abc import Iterable
from typing import Final, Literal

from consent.activity import ActivityVersion
from consent.rights.contract import DEPARTMENT
from kernel.caller import Caller

OFFICER: Final = "fg"
OWNER: Final = "proceseigenaar"
# What residents read about themselves, what they keep, and who watches over both: the house lives on these.
LASTING: Final = frozenset({"regie-inzage", "regie-kluis", "logboek"})
Stop = Literal["zelf", "ander", "nooit"]


def is_officer(caller: Caller) -> bool:
    """The FG."""
    return caller.kind == "medewerker" and OFFICER in caller.roles


def departments(caller: Caller) -> frozenset[str]:
    """Recipients that this employee speaks for as an owner; none for who is no owner."""
    return works_at(caller) if OWNER in caller.roles else frozenset()


def works_at(caller: Caller) -> frozenset[str]:
    """The departments of an employee, whatever they do there: the portal gives one role to who has several, so that an
    FG who is an owner too comes as FG, with their departments alone."""
    if caller.kind != "medewerker":
        return frozenset()
    return frozenset(role.removeprefix(DEPARTMENT) for role in caller.roles if role.startswith(DEPARTMENT))


def owners(version: ActivityVersion) -> frozenset[str]:
    """Recipients for whom data is used; who works for one of them is none."""
    return frozenset(one.recipient for one in version.parties if one.role != "verwerker")


def stop_by(caller: Caller, version: ActivityVersion) -> Stop:
    """Whether this employee may stop it, somebody else may, or nobody ever may."""
    if version.slug in LASTING:
        return "nooit"
    return "zelf" if is_officer(caller) or owners(version) & departments(caller) else "ander"


def suspenders(recipient: str, versions: Iterable[ActivityVersion]) -> frozenset[str]:
    """Departments whose owners may suspend this recipient and its applications: itself, and all for whom it takes part
    in a purpose, in whatever role. versions: those in force. What nobody stops binds nobody together."""
    shared = [one for one in versions if one.slug not in LASTING and recipient in {of.recipient for of in one.parties}]
    return frozenset({recipient}.union(*map(owners, shared)))


def suspends(caller: Caller, recipient: str, versions: Iterable[ActivityVersion]) -> bool:
    """Whether this employee may."""
    return is_officer(caller) or bool(suspenders(recipient, versions) & departments(caller))
