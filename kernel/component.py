"""A room, put together: what it serves, whether it is ready, what runs in the background."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from fastapi import APIRouter
from starlette.routing import Route


@dataclass(frozen=True)
class Doors:
    """What a room serves. public: root path ("/verstrekking/v1") and what makes its router, documented per root. plain:
    routers outside the API Design Rules (/oauth, pages, C2SP). intern: makes what only neighbours may call, under
    /intern/v1. busy: of `plain` what is asked all day; it is found by its path,
    before all others are tried."""

    public: tuple[tuple[str, Callable[[], APIRouter]], ...] = ()
    busy: tuple[Route, ...] = ()
    plain: tuple[APIRouter, ...] = ()
    intern: Callable[[], tuple[APIRouter, ...]] = tuple


@dataclass(frozen=True)
class Component:
    """Built by each room's component.py; `assembly` wires them and nobody else reads them.

    check: raises Problem with a sentence when the room cannot work. run: entered at start, left at shutdown; it opens
    when the room may act. doors: for whoever serves the room, once: making them takes longer than the rest of a start.
    metrics: what whoever watches may know, in Prometheus' text format; served on a door of its own.
    uploads: public paths that take a list larger than other bodies, and the bytes that it may have.
    warning: what whoever operates it must see to though the room works; "" when nothing.
    shut: municipalities for which it cannot work, and why, while it does for others: asked once, at the start.
    """

    name: str
    check: Callable[[], Awaitable[None]]
    run: Callable[[], AbstractAsyncContextManager[None]]
    doors: Callable[[], Doors] = Doors
    metrics: Callable[[], str] | None = None
    warning: Callable[[], str] | None = None
    uploads: Mapping[str, int] = field(default_factory=dict)
    shut: Callable[[], Mapping[str, str]] = dict


@dataclass(frozen=True)
class Tenant:
    """A municipality as every room needs it. public_url: of its host, no path; the issuer of its tokens."""

    id: str
    name: str
    public_url: str
