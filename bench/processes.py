"""Programs of the bench, each in its own process, ended when left."""

import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.load import Measured

STOP_SECONDS = 20.0


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return int(bound.getsockname()[1])


@contextmanager
def program(module: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A module of ours. Ready when entered. Raises RuntimeError when it ended instead."""
    with command(sys.executable, "-m", module, *arguments) as running:
        yield running


@contextmanager
def command(*words: str) -> Iterator[subprocess.Popen[str]]:
    """The same for anything that says `ready` on a line of its own."""
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as running:  # noqa: S603 - named by the bench
        try:
            if not any(line.strip() == "ready" for line in iter(_out(running).readline, "")):
                raise RuntimeError(f"{words[-1]} did not start")
            yield running
        finally:
            running.terminate()
            try:
                running.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                running.kill()


def cpu(process: int) -> float:
    """Seconds of processor that it spent so far, its children aside."""
    said = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")


def from_npm(folder: Path, *packages: str) -> None:
    """Into a folder that goes, without running anything of it but what the measurement runs."""
    quiet = ("--silent", "--ignore-scripts", "--no-audit", "--no-fund")
    words = ["npm", "install", *quiet, "--prefix", str(folder), *packages]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - named by the bench


def _out(running: subprocess.Popen[str]) -> Any:
    return running.stdout


def load(job: dict[str, Any]) -> Measured:
    """One measurement by a fresh generator."""
    words = [sys.executable, "-m", "bench.load"]
    done = subprocess.run(  # noqa: S603 - our own module
        words, input=json.dumps(job), stdout=subprocess.PIPE, text=True, check=True
    )
    return Measured(**json.loads(done.stdout))


def spent(port: int) -> dict[str, float]:
    """Statements, transactions and CPU seconds of the house so far."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/bench", timeout=20) as answer:  # nosec B310 - loopback
        found: dict[str, float] = json.load(answer)
    return found
