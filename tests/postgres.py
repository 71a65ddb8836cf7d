"""Where a run of the tests writes, and a real PostgreSQL 15 for it, with fsync and checksums on, never run by root.

In memory where there is enough of it: what is killed here are processes, never the power, and a sync to a disk takes
longer than all else that a test does. Everything is gone after the run; what a failed one wrote stays until the next.

One cluster per run, whichever worker asks first; the process that began the run ends it. Tests get a database each.
Fault tests take `own_postgres`, a cluster that nobody else stands on, and may stop, kill and start it.
Tests connect as `regie`, who owns the databases but is bound by row-level security; the superuser is `postgres`.
Connections are trusted: the cluster listens on loopback and holds invented people.
"""

import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from tests.needles import RUN, search_before_it_goes
from tests.parts import POSTGRES
from tests.patience import PATIENCE

HOST = "127.0.0.1"
SERVANT = "postgres"  # the user that Debian's package makes
OWNER = "regie"  # owns the databases and is no superuser: row-level security holds for it
MEMORY, ENOUGH = Path("/dev/shm"), 2 << 30  # noqa: S108 - bytes that are free there, and in the machine
TEMPROOT = "PYTEST_DEBUG_TEMPROOT"  # pytest's own name for the folder in which its temporary folders are
FAILED = pytest.StashKey[bool]()
SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "listen_addresses": f"'{HOST}'",
    "unix_socket_directories": "''",
    "max_connections": "700",  # seven workers, with a house of five rooms each that hold sixteen
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_statement": "none",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


@dataclass
class Postgres:
    """One cluster in one folder."""

    folder: Path
    port: int = field(init=False)

    def __post_init__(self) -> None:
        self.port = int((self.folder / "port").read_text())

    @property
    def log(self) -> Path:
        """What the server wrote: no value of ours may be in it."""
        return self.folder / "server.log"

    def url(self, database: str, user: str = OWNER) -> str:
        """For SQLAlchemy, sync and async alike."""
        return f"postgresql+psycopg://{user}@{HOST}:{self.port}/{database}"

    def create(self, template: str = "template1") -> str:
        """The URL of a fresh database, a copy of `template` (which nobody may be connected to)."""
        name = f"t_{uuid4().hex}"
        self._copy(template, name)
        return self.url(name)

    def fill(self, url: str, template: str) -> None:
        """A database in which there is nothing yet becomes a copy, under its own name."""
        name = url.rpartition("/")[2]
        self._do(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
        self._copy(template, name)

    def _copy(self, template: str, name: str) -> None:
        made = "CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY FILE_COPY"  # through the log it takes twice as long
        self._do(sql.SQL(made).format(*map(sql.Identifier, (name, template, OWNER))))

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected, once nobody's number is seen in its files."""
        self.search(url)
        self._do(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(url.rpartition("/")[2])))

    def search(self, url: str) -> None:
        """Look for numbers in the files of a database, as it would lie on a stolen disk."""
        with psycopg.connect(host=HOST, port=self.port, user="postgres", dbname="postgres", autocommit=True) as door:
            door.execute("CHECKPOINT")
            named = "SELECT oid FROM pg_database WHERE datname = %s"
            for (oid,) in door.execute(named, [url.rpartition("/")[2]]).fetchall():
                search_before_it_goes(self.folder / "data" / "base" / str(oid))

    def start(self) -> None:
        """Accepts connections when it returns, also after a kill. Raises RuntimeError with the end of the log."""
        until = time.monotonic() + PATIENCE
        while _run(self.folder, *self._control("start", "--wait", "-l", str(self.log))).returncode:
            # The memory of a killed server is held until its last child has noticed.
            if time.monotonic() > until:
                raise RuntimeError(self.log.read_text()[-2000:] if self.log.exists() else "no log was written")
            time.sleep(0.2)

    def stop(self) -> None:
        """An orderly end: connections are broken off, everything is written."""
        _run(self.folder, *self._control("stop", "--mode", "fast"))

    def kill(self) -> None:
        """The power goes: no process of the server gets another instruction."""
        main = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        for pid in (main, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _control(self, verb: str, *options: str) -> tuple[str, ...]:
        return ("pg_ctl", verb, "--silent", "-D", str(self.folder / "data"), *options)

    def _do(self, statement: sql.Composed) -> None:
        with psycopg.connect(host=HOST, port=self.port, user="postgres", dbname="postgres", autocommit=True) as door:
            door.execute(statement)


def found_cluster(folder: Path) -> Postgres:
    """Make a cluster in a folder that is not there yet, and start it."""
    folder.mkdir(parents=True)
    if os.geteuid() == 0:
        shutil.chown(folder, SERVANT, SERVANT)
    initdb = ("initdb", "--data-checksums", "--auth=trust", "--username=postgres", "--locale=C.UTF-8", "--no-sync")
    made = _run(folder, *initdb, "-D", str(folder / "data"))
    if made.returncode:
        raise RuntimeError(made.stderr)
    with socket.socket() as held:  # bound and not listened on: ours until the server has it
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind((HOST, 0))
        port = held.getsockname()[1]
        (folder / "port").write_text(str(port))
        with (folder / "data" / "postgresql.conf").open("a") as conf:
            conf.writelines(f"{name} = {value}\n" for name, value in {**SETTINGS, "port": port}.items())
        cluster = Postgres(folder)
        cluster.start()
    cluster._do(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(OWNER)))
    return cluster


@contextmanager
def borrowed_cluster(folder: Path) -> Iterator[Postgres]:
    """A cluster that is gone afterwards, folder and all."""
    try:
        yield found_cluster(folder)
    finally:
        end_cluster(folder)


def end_cluster(folder: Path) -> None:
    """Stop what runs in the folder, if anything, and remove it."""
    if (folder / "data").exists():
        _run(folder, "pg_ctl", "stop", "--silent", "--mode", "immediate", "-D", str(folder / "data"))
    shutil.rmtree(folder, ignore_errors=True)


def _run(folder: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """PostgreSQL refuses root, so root lends it another's name."""
    servant = SERVANT if os.geteuid() == 0 else None
    groups = [SERVANT] if servant else None
    command = [str(POSTGRES.program.with_name(program)), *arguments]
    # To a file: a server that starts keeps a pipe open for ever.
    with tempfile.TemporaryFile("w+") as heard:
        done = subprocess.run(
            command,
            check=False,
            cwd=folder,
            stdout=heard,
            stderr=heard,
            user=servant,
            group=servant,
            extra_groups=groups,
        )
        heard.seek(0)
        return subprocess.CompletedProcess(command, done.returncode, "", heard.read())


def _in_memory() -> bool:
    """Whether a run fits there."""
    told = re.search(r"MemAvailable: +(\d+) kB", Path("/proc/meminfo").read_text())
    free = shutil.disk_usage(MEMORY).free if os.access(MEMORY, os.W_OK) else 0
    return min(free, int(told[1]) << 10 if told else 0) > ENOUGH


def _room(root: Path) -> Path:
    """Where runs write: in memory, or in the checkout, or, where another user cannot walk to it, in the system's own
    place."""
    if _in_memory():
        return MEMORY
    room = root / "var" / "test"
    room.mkdir(parents=True, exist_ok=True)
    open_to_all = all(path.stat().st_mode & 0o001 for path in (room, *room.parents))
    return room if open_to_all or os.geteuid() else Path(tempfile.gettempdir())


def _clusters(folder: Path) -> list[Path]:
    """The folders of a run in which a server stands, or stood."""
    return [path.parent for path in folder.glob("*/port")]


def _sweep(room: Path) -> None:
    """End the clusters of runs that were killed: their folders are named after a process that is no more."""
    for folder in room.glob("regie-run-*"):
        if not Path(f"/proc/{folder.name.rpartition('-')[2]}").exists():
            for cluster in _clusters(folder):
                end_cluster(cluster)
            shutil.rmtree(folder, ignore_errors=True)


def pytest_configure(config: pytest.Config) -> None:
    """The first process of a run names its folder; workers and programs started by tests inherit the name."""
    if RUN not in os.environ:
        room = _room(config.rootpath)
        _sweep(room)
        folder = room / f"regie-run-{os.getpid()}"
        folder.mkdir()
        os.environ[RUN] = str(folder)
        if room == MEMORY:
            os.environ[TEMPROOT] = str(folder)


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """When everybody has said whether all is well."""
    yield
    session.config.stash[FAILED] = session.exitstatus == pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    """Only the process that named the run ends it: workers come and go."""
    folder = Path(os.environ[RUN])
    if folder.name == f"regie-run-{os.getpid()}":
        for cluster in _clusters(folder):
            end_cluster(cluster)
        if not (config.stash.get(FAILED, False) and list(folder.glob("pytest-of-*"))):
            shutil.rmtree(folder, ignore_errors=True)
        del os.environ[RUN]
        os.environ.pop(TEMPROOT, None)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Who asks for a server is marked as such; a test that asks later, by name, marks itself."""
    for item in items:
        if {"postgres", "own_postgres"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.postgres)


def shared_cluster() -> Postgres | None:
    """The cluster of this run, once somebody asked for it."""
    shared = Path(os.environ[RUN]) / "shared"
    return Postgres(shared) if (shared / "port").exists() else None


@pytest.fixture(scope="session")
def postgres() -> Postgres:
    """The cluster of this run. Nobody stops it: others stand on it."""
    POSTGRES.or_skip()
    run = Path(os.environ[RUN])
    with (run / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shared = run / "shared"
        return Postgres(shared) if shared.exists() else found_cluster(shared)


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """An empty database for one test."""
    url = postgres.create()
    yield url
    postgres.drop(url)


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A cluster for one test, to stop, kill and start at will."""
    POSTGRES.or_skip()
    run = Path(os.environ[RUN])
    with borrowed_cluster(run / f"own-{uuid4().hex[:8]}") as cluster:
        yield cluster
        search_before_it_goes(cluster.folder)
