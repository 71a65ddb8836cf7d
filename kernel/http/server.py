"""An app on a socket: uvicorn with h11, small limits, no access log, nothing said about itself."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from kernel.http.connection import HEADER_BYTES, PatientProtocol

STOP_SECONDS = 10  # a release in flight fits in it
IDLE_SECONDS = 30  # longer than any client of ours keeps a connection: who closes first must be the one who asks


@dataclass(frozen=True)
class Address:
    """Where an app is reached: the real port, also when 0 was asked; 0 for a Unix socket."""

    host: str
    port: int
    uds: Path | None = None

    @property
    def url(self) -> str:
        """For clients on this machine."""
        return f"http://{self.host}:{self.port}"


@asynccontextmanager
async def serve(
    app: FastAPI,
    host: str = "127.0.0.1",
    port: int = 0,
    uds: Path | None = None,
    protocol: type[PatientProtocol] = PatientProtocol,
) -> AsyncIterator[Address]:
    """Opens the app, answers while inside, and lets requests under way finish when left.

    Any number of apps fit in one process: signals are left to the caller (`until_signal`). What an app raises
    while opening is raised here. Raises OSError when the address is taken.
    """
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",  # opened below: uvicorn would print the traceback, text and all
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=HEADER_BYTES,
        timeout_graceful_shutdown=STOP_SECONDS,
        timeout_keep_alive=IDLE_SECONDS,
    )
    with _bound(host, port, uds) as bound:
        async with app.router.lifespan_context(app), _answering(config, bound):
            yield Address(host, 0 if uds else bound.getsockname()[1], uds)


@asynccontextmanager
async def _answering(config: uvicorn.Config, bound: socket.socket) -> AsyncIterator[None]:
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[bound])
    ticking = asyncio.create_task(server.main_loop())
    try:
        yield
    finally:
        server.should_exit = True
        await ticking
        await server.shutdown(sockets=[bound])


def _bound(host: str, port: int, uds: Path | None) -> socket.socket:
    if uds is None:
        bound = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        # asyncio does so only for sockets that say IPPROTO_TCP, and ours says 0: an answer in two parts waited 40 ms
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return bound
    uds.unlink(missing_ok=True)  # left by a crash
    bound = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)  # ours alone from the first moment
    try:
        bound.bind(str(uds))
    finally:
        os.umask(before)
    return bound


async def until_signal() -> None:
    """Waits for Ctrl+C or a request to stop. For the command line, in the main thread."""
    loop, asked, ends = asyncio.get_running_loop(), asyncio.Event(), (signal.SIGINT, signal.SIGTERM)
    for number in ends:
        loop.add_signal_handler(number, asked.set)
    try:
        await asked.wait()
    finally:
        for number in ends:
            loop.remove_signal_handler(number)
