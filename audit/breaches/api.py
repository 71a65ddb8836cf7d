"""HTTP in, for the portal where it lives elsewhere."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends

from audit.breach import Decision, Leak, Version, Window
from audit.breach_answers import Export
from audit.breaches.contract import PeopleWanted, PortalBreaches
from audit.contract import Reason
from audit.wire import Nothing
from kernel.caller import Caller
from kernel.message import Message, Short

PREFIX = "/intern/v1/audit/breaches"
Gate = Callable[..., Awaitable[Caller]]


class Reported(Message):
    """The arguments of `report`."""

    window: Window
    reason: Reason
    file_id: Short = ""


class FileOf(Message):
    """Which file."""

    id: Short


class Versions(Message):
    """Of one file, or the newest of each."""

    versions: tuple[Version, ...]


class Deciding(Message):
    """The arguments of `decide`."""

    file_id: Short
    reason: Reason
    said: Decision


class Whose(Message):
    """Of whom."""

    subject: Short


class AllLeaks(Message):
    """Of one resident."""

    leaks: tuple[Leak, ...]


def breach_intern(breaches: PortalBreaches, caller: Gate) -> APIRouter:
    """Never routed from outside and absent from the public description."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    Asking = Annotated[Caller, Depends(caller)]

    @router.post("/report")
    async def report(who: Asking, body: Reported) -> Version:
        return await breaches.report(who, body.window, body.reason, body.file_id)

    @router.post("/versions")
    async def versions(who: Asking, body: FileOf) -> Versions:
        return Versions(versions=await breaches.versions(who, body.id))

    @router.post("/newest")
    async def newest(who: Asking, _: Nothing) -> Versions:
        return Versions(versions=await breaches.newest(who))

    @router.post("/decide")
    async def decide(who: Asking, body: Deciding) -> Version:
        return await breaches.decide(who, body.file_id, body.reason, body.said)

    @router.post("/leaks")
    async def leaks(who: Asking, body: Whose) -> AllLeaks:
        return AllLeaks(leaks=await breaches.leaks(who, body.subject))

    @router.post("/export")
    async def export(who: Asking, body: PeopleWanted) -> Export:
        return await breaches.export(who, body)

    return router
