"""Who asks. The first argument of every verb, because every answer depends on it."""

from typing import Literal

from kernel.message import Message, Short

Kind = Literal["mens", "burger", "automatisch", "inwoner", "medewerker", "kamer"]


class Caller(Message):
    """An authenticated party within one tenant. Comes from a token or a session, never from a body.

    kind: the first three are applications (used by a person, by a resident, by nobody), then a resident at the
    portal (`user` is the vault's opaque id), staff (`user` is a staff pseudonym) and a room acting by itself.
    scope: what the token was narrowed to. roles: what staff may do. auth_time: seconds since 1970. key: the kid of the
    application's key that its token was asked with.
    """

    tenant: Short
    organisation: Short = ""
    application: Short = ""
    kind: Kind
    user: Short = ""
    acting_for: Short = ""
    scope: tuple[Short, ...] = ()
    roles: tuple[Short, ...] = ()
    acr: Short = ""
    auth_time: int = 0
    key: Short = ""


def room_of(tenant: str, room: str) -> Caller:
    """A room that finishes its own work: sweepers, feeds, rotation."""
    return Caller(tenant=tenant, application=room, kind="kamer")
