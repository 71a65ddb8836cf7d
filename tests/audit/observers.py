"""Witnesses for tests: real processes in folders of their own, and a policy file that names them.

One process imports everything once, and every witness is a fork of it: a start takes a blink. `serve` and `found` are
the real commands.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from audit.keeping import write_whole
from audit.slots import Remembered, glance
from audit.witness.cosigner import Shelf
from audit.witness.founding import found_witness, known_logs
from audit.witness.process import witnessing
from audit.witness.settings import WitnessSettings
from kernel.failpoints import arm
from tests.forks import FORKS
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]
ORIGIN = "regie.example/gm9901/2026h2"
Failing = tuple[str, int]


def live(settings: WitnessSettings, told: str, failing: Failing) -> None:
    """Serve until killed; the port is written down. failing: where it dies, and the how many-th time."""
    sys.stderr = Path(f"{told}.errors").open("a")  # noqa: SIM115 - until it is killed

    async def served() -> None:
        async with witnessing(settings) as address:
            arm(*failing)
            write_whole(Path(told), json.dumps(address.port))
            await asyncio.Event().wait()

    asyncio.run(served())


@dataclass
class Observer:
    """One witness. key: its vkey, once it was founded. port: kept from one life to the next."""

    folder: Path
    name: str
    key: str = ""
    port: int = 0
    forked: ForkServerProcess | None = None
    running: subprocess.Popen[str] | None = None
    said: list[str] = field(default_factory=list)

    @property
    def settings(self) -> WitnessSettings:
        return WitnessSettings(
            mode="test", folder=self.folder / "kept", name=self.name, logs=self.folder / "logs", port=self.port
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def shelf(self) -> Shelf:
        return Shelf(self.folder / "kept")

    def remembers(self, origin: str = ORIGIN) -> Remembered:
        return glance(self.shelf.state(origin))

    def knows(self, *vkeys: str) -> None:
        """Found it, for these logs."""
        self.folder.mkdir(exist_ok=True)
        logs = self.settings.logs
        logs.write_text("".join(f"log {each.strip()}\n" for each in vkeys) + "quorum none\n")
        self.key, _ = found_witness(self.settings.folder, self.name, known_logs(logs))

    def start(self, failing: Failing = ("", 0)) -> None:
        told = self.folder / "told"
        told.unlink(missing_ok=True)
        self.forked = FORKS.Process(target=live, args=(self.settings, str(told), failing), daemon=True)
        self.forked.start()
        until = time.monotonic() + PATIENCE
        while not told.exists():
            self.forked.join(0.01)
            assert self.forked.is_alive() and time.monotonic() < until, told.with_name("told.errors").read_text()
        self.port = json.loads(told.read_text())

    def kill(self) -> None:
        if self.forked:
            self.forked.kill()
            self.gone()
        if self.running:
            self.running.kill()
            self.ended()

    def gone(self) -> int | None:
        """How the fork ended, once it did."""
        assert self.forked
        self.forked.join(PATIENCE)
        status, self.forked = self.forked.exitcode, None
        return status

    def init(self) -> str:
        """`regie init witness`: what it printed."""
        done = self._command("init", stdout=subprocess.PIPE)
        told, _ = done.communicate(timeout=PATIENCE)
        assert done.returncode == 0
        return str(told)

    def serve(self) -> None:
        """`regie serve witness`."""
        self.running = self._command("serve")
        assert self.running.stderr
        for line in self.running.stderr:
            self.said.append(line)
            if "witness_listens" in line:
                self.port = json.loads(line)["port"]
                return
        raise AssertionError("".join(self.said))

    def ended(self) -> int:
        """How the command ended, once it did."""
        assert self.running and self.running.stderr
        status = self.running.wait(PATIENCE)
        self.running.stderr.close()
        self.running = None
        return status

    def _command(self, verb: str, stdout: int | None = None) -> "subprocess.Popen[str]":
        told = self.settings.model_dump(mode="json", exclude={"host"})
        environment = os.environ | {f"REGIE_WITNESS_{name.upper()}": str(value) for name, value in told.items()}
        command = [sys.executable, "regie_main.py", verb, "witness"]
        return subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdout=stdout, stderr=subprocess.PIPE)


@dataclass
class Three:
    """Three witnesses that know one log; two make a quorum."""

    folder: Path
    all: list[Observer] = field(default_factory=list)

    def found(self, *vkeys: str) -> None:
        for number in (1, 2, 3):
            one = Observer(self.folder / f"w{number}", f"witness.example/w{number}")
            one.knows(*vkeys)
            self.all.append(one)

    def start(self, which: Sequence[int] = (1, 2, 3)) -> None:
        for number in which:
            self.all[number - 1].start()

    def kill(self, count: int = 3) -> None:
        for one in self.all[:count]:
            one.kill()

    def policy(self, *logs: str) -> Path:
        path = self.folder / "policy"
        lines = [f"witness w{at} {one.key} {one.url}" for at, one in enumerate(self.all, 1)]
        lines += ["group three 2 w1 w2 w3", "quorum three", *(f"log {each.strip()}" for each in logs)]
        path.write_text("\n".join(lines) + "\n")
        return path

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
