"""A disk that refuses: strace answers one call on one file of a process of ours with EIO or ENOSPC.

The process is a fork that waits until strace holds it, so a start takes a blink and every call is seen from the first.
A first run without a fault tells which calls there are; `Call.nth` counts them per thread, as strace does.
"""

import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.faults.dice import thrown
from tests.forks import FORKS
from tests.parts import NOT_RUN, STRACE
from tests.patience import PATIENCE

ERRORS = ("EIO", "ENOSPC")
ALL = float(os.environ.get("REGIE_REFUSED", "0")) >= 1
SHARDS = 12  # parts of everything, each within the time that one test may take
WRITES = (
    "write,writev,pwrite64,pwritev,ftruncate,fallocate,fsync,fdatasync,rename,renameat,renameat2,link,linkat,unlink"
)
ANY = 2**64 - 1  # who may trace
SET_PTRACER = 0x59616D61
_LINE = re.compile(r"(\d+) +(\w+)\((.*)")
_PATH = re.compile(r'[<"]([^<>"]+)[>"]')


@dataclass(frozen=True, order=True)
class Call:
    """The nth time that a thread makes this call on this file, by its name below the folder of the process."""

    call: str
    file: str
    nth: int


@dataclass(frozen=True)
class Refusal:
    """What the system says in place of doing it."""

    at: Call
    error: str


@dataclass
class Traced:
    """A process under strace. folder: where it writes; heard: what strace wrote down."""

    folder: Path
    heard: Path
    process: ForkServerProcess
    calls: list[Call] = field(default_factory=list)

    def gone(self) -> int:
        """How it ended, once it did. Raises AssertionError when it hangs."""
        self.process.join(PATIENCE)
        assert self.process.exitcode is not None, "it hangs"
        return self.process.exitcode

    def seen(self) -> list[Call]:
        """What it asked of the system, in order; once it is gone."""
        counts: Counter[tuple[str, str, str]] = Counter()
        for line in self.heard.read_text().splitlines():
            if (told := _LINE.match(line)) and (file := self._file(told[3])):
                counts[told[1], told[2], file] += 1
                self.calls.append(Call(told[2], file, counts[told[1], told[2], file]))
        return self.calls

    def refused(self) -> bool:
        """Whether it ever came there."""
        return "(INJECTED)" in self.heard.read_text()

    def _file(self, arguments: str) -> str:
        """The first of two paths: strace looks at no other."""
        below = [path for path in _PATH.findall(arguments.partition(") = ")[0]) if path.startswith(f"{self.folder}/")]
        return below[0].removeprefix(f"{self.folder}/") if below else ""


def waiting(go: Connection, work: Callable[..., None], given: tuple[Any, ...]) -> None:
    """In the fork: anybody may trace it, and it does nothing before it is told to."""
    ctypes.CDLL(None).prctl(SET_PTRACER, ctypes.c_ulong(ANY), 0, 0, 0)
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - until it ends; what it refuses it says at length
    go.send("ready")
    go.recv()
    work(*given)


@contextmanager
def traced(
    folder: Path, heard: Path, refusal: Refusal | None, work: Callable[..., None], *given: Any
) -> Iterator[Traced]:
    """`work(*given)` in a process of its own, of which one write on a file below this folder is refused."""
    ours, theirs = FORKS.Pipe()
    process = FORKS.Process(target=waiting, args=(theirs, work, given))
    process.start()
    ours.recv()
    order = [str(able_to_trace()), "-f", "-qq", "-y", "-s", "1", "-o", str(heard), "-e", f"trace={WRITES}"]
    if refusal:
        place = refusal.at
        order += ["-P", str(folder / place.file), "-e", f"inject={place.call}:error={refusal.error}:when={place.nth}"]
    with subprocess.Popen([*order, "-p", str(process.pid)]) as strace:
        try:
            until_held(process.pid or 0)
            ours.send("go")
            yield Traced(folder, heard, process)
            process.join(PATIENCE)
            strace.wait(PATIENCE)
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            strace.send_signal(signal.SIGTERM)
            process.join()
            process.close()


def until_held(pid: int) -> None:
    """Until strace has it. Raises AssertionError."""
    end = time.monotonic() + PATIENCE
    while "TracerPid:\t0\n" in Path(f"/proc/{pid}/status").read_text():
        assert time.monotonic() < end, "strace does not come"
        time.sleep(0.002)


@cache
def able_to_trace() -> Path:
    """The program. A machine that lets nobody trace anybody skips the test."""
    strace = STRACE.or_skip()
    tried = subprocess.run([strace, "-qq", "-o", "/dev/null", shutil.which("true") or "true"], check=False,
                           capture_output=True)  # fmt: skip
    if tried.returncode:
        pytest.skip(f"{NOT_RUN}nobody may trace a process here; run in a container with --cap-add SYS_PTRACE")
    return strace


def some_of(calls: list[Call], count: int, dice: Random) -> list[Refusal]:
    """By chance, of each kind of call on each file as often: most calls are pages of one file."""
    kinds: dict[tuple[str, str], list[Call]] = {}
    for each in calls:
        kinds.setdefault((each.call, each.file), []).append(each)
    order = sorted(kinds)
    dice.shuffle(order)
    return [Refusal(dice.choice(kinds[order[at % len(order)]]), dice.choice(ERRORS)) for at in range(count)]


def share_of(calls: list[Call], shard: int, shards: int) -> list[Refusal]:
    """Every call, with each error, in parts that are everything together."""
    return [Refusal(call, error) for call in sorted(set(calls))[shard::shards] for error in ERRORS]


def chosen(calls: list[Call], count: int, shard: int) -> list[Refusal]:
    """What this run refuses: so many by chance, or a part of everything."""
    print(f"{len(set(calls))} writes")
    return share_of(calls, shard, SHARDS) if ALL else some_of(calls, count, thrown())


def demand_tried(ends: Counter[str]) -> None:
    """How often each end came. How many pages a batch takes differs a little from run to run: some calls never come."""
    print(f"{ends.total()} refusals: {dict(ends)}")
    assert 2 * ends["did not come there"] < ends.total(), "hardly anything was refused"
