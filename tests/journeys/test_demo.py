"""`regie demo` as people start it: a process of its own, on a port, in a folder; and what the README does with it."""

import asyncio
import fcntl
import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from assembly.demo.people import ENOUGH
from assembly.demo.register import INCOME, TENANT
from assembly.demo.stage import ALL_ROOTS, CASES, CLIENTS
from assembly.demo.visitor import Visitor
from tests.needles import RUN
from tests.once import once
from tests.parts import CURL
from tests.patience import PATIENCE
from tests.test_docs import block_of_first_release

pytestmark = pytest.mark.slow
HOME = Path(sys.executable).parents[1]  # of the environment in which `regie` is installed
README_PORT = ":8000"
LAST_STEP = "14  Dezelfde vraag over R12: wat van de wet moet komt, met de waarschuwing veilig adres"
REPORTED = "Het systeem Uitkeringen meldt een gebruik buiten Regie om."
SERVED = "Stoppen     Ctrl+C"
TAKEN = "Draait er al iets op deze poort? Kies een andere met --port of --metrics-port."


@dataclass(frozen=True)
class Place:
    """A folder in which somebody types the README's commands, and the port in which they trust."""

    folder: Path
    port: int

    @property
    def demo(self) -> Path:
        """What `regie demo` keeps."""
        return self.folder / "var" / "demo"

    @property
    def vkey(self) -> str:
        return (self.demo / "log.vkey").read_text()

    def read(self, name: str) -> Any:
        return json.loads((self.demo / name).read_text())

    def command(self, *options: str) -> list[str]:
        return [str(HOME / "bin" / "regie"), "demo", "--port", str(self.port), *options]

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        """`regie demo` until it ends. What it said stays in the folder, where the canary looks."""
        done = subprocess.run(self.command(*options), cwd=self.folder, env=outside(), capture_output=True, text=True,
                              check=False, timeout=PATIENCE)  # fmt: skip
        with (self.folder / "said.txt").open("a") as file:
            file.write(done.stdout + done.stderr)
        return done

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[str]]:
        """`regie demo` that told its story and stays up; ended with Ctrl+C."""
        said = self.folder / "served.txt"
        with said.open("w") as file, subprocess.Popen(
            self.command(), cwd=self.folder, env=outside(), stdout=file, stderr=file, text=True
        ) as process:  # fmt: skip
            try:
                until = time.monotonic() + PATIENCE
                while SERVED not in said.read_text():
                    assert process.poll() is None and time.monotonic() < until, said.read_text()
                    time.sleep(0.1)
                yield process
                process.send_signal(signal.SIGINT)
                assert process.wait(PATIENCE) == 0, said.read_text()
            finally:
                with suppress(ProcessLookupError):
                    process.kill()

    def copied(self, folder: Path) -> "Place":
        """The same demo elsewhere."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Place(folder, self.port)


def outside() -> dict[str, str]:
    """Nothing of this run's own settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("REGIE_", "PYTEST_"))}


def quiet_port() -> int:
    """One that nobody listens on, below those that outgoing connections take while it is not in use."""
    while True:
        port = random.SystemRandom().randrange(20000, 32000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@pytest.fixture(scope="module")
def told() -> Place:
    """A demo that was started once, told its story and ended: one for all workers, so nothing is changed in it."""
    folder = once("demo", tell)
    return Place(folder / "checkout", int((folder / "port").read_text()))


@pytest.fixture
def mine(told: Place, tmp_path: Path) -> Iterator[Place]:
    """A copy to go on with. Its port is part of its log's name, so only one of them is up at a time."""
    with (Path(os.environ[RUN]) / "lock-demo-port").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield told.copied(tmp_path / "checkout")


def tell(folder: Path) -> None:
    place = Place(folder / "checkout", quiet_port())
    (folder / "port").write_text(str(place.port))
    place.folder.mkdir()
    (place.folder / ".venv").symlink_to(HOME)
    done = place.run("--once")
    assert (done.returncode, done.stderr) == (0, "")
    assert LAST_STEP in done.stdout and REPORTED in done.stdout


def test_programs_outside_find_who_can_do_what(told: Place) -> None:
    known, url = told.read("clients.json"), f"http://localhost:{told.port}"
    assert (known["issuer"], known["tokenUrl"]) == (url, f"{url}/oauth/token")
    assert [(one["clientId"], one["soort"]) for one in known["clients"]] == [(new.client_id, new.kind) for _, new in
                                                                             CLIENTS]  # fmt: skip
    for one in known["clients"]:
        assert one["naam"] and {"kty": "EC", "crv": "P-256", "alg": "ES256"}.items() <= one["privateJwk"].items()
        assert one["resources"] == {root: f"{url}/{root}/v1" for root in ALL_ROOTS}
        for activity in one["activities"]:
            assert activity["slug"] and activity["gegevenselementen"] and activity["zaak"] in (True, False)
    assert any(one["activities"] for one in known["clients"])


def test_a_system_that_only_reports_stands_beside_those_that_ask(told: Place) -> None:
    known = told.read("reporting.json")
    assert [one["clientId"] for one in known["clients"]] == ["uitkeringen"]
    assert known["clients"][0]["resources"] == {"melden": f"http://localhost:{told.port}/logboek/v1"}
    assert known["issuer"] == told.read("clients.json")["issuer"]


def test_people_outside_find_who_can_log_in(told: Place) -> None:
    *residents, officer = told.read("personas.json")["personas"]
    assert len(residents) == len({one["bsn"] for one in residents}) == ENOUGH
    login = {"url": f"http://localhost:{told.port}/inloggen"}
    for one in residents:
        assert one["naam"] and one["rol"] == "inwoner" and len(one["bsn"]) == 9 and len(set(one["zaken"])) == CASES
        assert one["inloggen"].items() >= login.items() and one["inloggen"]["keuze"]
    assert (officer["rol"], officer["bsn"], officer["zaken"]) == ("fg", "", [])
    assert officer["inloggen"] == login | {"keuze": "fg"}


def test_only_the_owner_reads_keys_and_numbers(told: Place) -> None:
    for name in ("clients.json", "reporting.json", "personas.json"):
        assert (told.demo / name).stat().st_mode & 0o077 == 0, name
    origin, key_hash, key = told.vkey.removesuffix("\n").split("+", 2)  # base64 may have one
    assert origin.startswith(f"localhost:{told.port}/{TENANT}/") and len(key_hash) == 8 and len(key) == 44


@pytest.mark.long(30)
def test_a_second_start_goes_on_and_serves_the_readmes_first_release(told: Place, mine: Place) -> None:
    CURL.or_skip()
    with mine.serving():
        assert mine.vkey == told.vkey and mine.read("clients.json") == told.read("clients.json")
        fresh, old = (each.read("personas.json")["personas"][0] for each in (mine, told))
        assert fresh["bsn"] == old["bsn"] and not set(fresh["zaken"]) & set(old["zaken"])
        block = block_of_first_release()
        assert README_PORT in block
        typed = block.replace(README_PORT, f":{mine.port}")
        done = subprocess.run(["/bin/sh", "-eu"], input=typed, cwd=mine.folder, env=outside(), capture_output=True,
                              text=True, check=False, timeout=PATIENCE)  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        answer = mine.read("answer.json")
        assert "waarde" in answer["gegevens"]["brp.naam"]
        assert [(one["gegevenselement"], one["code"]) for one in answer["geweigerd"]] == [(INCOME, "geen-toestemming")]
        assert done.stdout.splitlines()[-1].startswith("Alles klopt: 1 klopt"), done.stdout
        assert fresh["bsn"] not in done.stdout
        second = mine.run("--once")
        (sentence,) = second.stderr.splitlines()
        assert (second.returncode, sentence[:7]) == (1, "regie: ")
        assert str(mine.port) in sentence and sentence.endswith(TAKEN)
        asyncio.run(removed_by_resident(mine.port, fresh["inloggen"]["keuze"]))
    elsewhere = Place(mine.folder, quiet_port())
    third = elsewhere.run("--once")
    assert (third.returncode, LAST_STEP in third.stdout) == (0, True), third.stderr
    entries = [one for name in ("clients.json", "reporting.json") for one in elsewhere.read(name)["clients"]]
    ports = {url.split(":")[2].split("/")[0] for one in entries for url in one["resources"].values()}
    assert ports == {str(elsewhere.port)}, "what was on another port is on this one now"


async def removed_by_resident(port: int, who: str) -> None:
    """Somebody looks around, and removes what the story needs."""
    async with httpx2.AsyncClient() as http:
        resident = Visitor(http, f"http://localhost:{port}")
        await resident.log_in(who)
        item = await resident.get("/gegevens/inkomen.brutoPerMaand")
        gone = await resident.send(item, item.form("actie", "verwijder"), actie="verwijder")
        assert gone.status == 200 and "U bewaart dit niet." in gone.text


def test_a_step_that_fails_ends_the_story_with_what_came_instead(mine: Place) -> None:
    """The income that R1 keeps was changed behind the vault's back: the story cannot be told."""
    with closing(sqlite3.connect(mine.demo / "vault.db")) as door, door:
        assert door.execute("UPDATE records SET envelope = zeroblob(length(envelope))").rowcount >= ENOUGH
    done = mine.run("--once")
    sentence = done.stderr.splitlines()[-1]
    assert (done.returncode, sentence.partition("Maar")[0]) == (1, "regie: Nu komt er ja of nee. "), done.stderr
    assert sentence.endswith("Begin dan opnieuw, met --reset.")
    assert LAST_STEP not in done.stdout and "Traceback" not in done.stderr
    assert mine.read("personas.json")["personas"][0]["bsn"] not in done.stdout + done.stderr


def test_reset_forgets_everything_and_tells_it_again(told: Place, mine: Place) -> None:
    done = mine.run("--once", "--reset")
    assert (done.returncode, done.stderr) == (0, "")
    assert LAST_STEP in done.stdout
    assert mine.vkey != told.vkey
    before, after = (each.read("clients.json")["clients"][0]["privateJwk"]["kid"] for each in (told, mine))
    assert before != after
