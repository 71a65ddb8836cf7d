"""Releases beside authenticated private reads of Community Solid Server: `python -m bench.pods [releases reads]`.
Goal: 15 times as many.

At 16 connections, each question with a fresh proof that its token is held (DPoP), signed before. Ours: four elements of
a resident, of the vault under consent and of a BRP that answers at once, decided and logged, PostgreSQL, one process.
The peer, which npm fetches: one document of the same four values, that only its owner may read, kept in memory; it
decides who asks and logs nothing. In turns, twice, so that a machine that is busy halfway is seen; and per second of
CPU of either server, which says more where it is.
"""

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from bench.__main__ import _percentiles
from bench.four import Four, four
from bench.load import Measured
from bench.processes import command, cpu, free_port, from_npm, load
from regie_client.holding import Holder

PEER, GOAL = "@solid/community-server@7.2.0", 15.0
CONNECTIONS, RELEASES, READS, WARM = 16, 600, 1_500, 100


@dataclass(frozen=True)
class Pod:
    """A document of somebody. process: the server's id. token: its owner's, bound to the key of `holder`."""

    process: int
    url: str
    token: str
    holder: Holder

    def job(self, reads: int) -> dict[str, Any]:
        """So many reads."""
        place, now = urlsplit(self.url), time.time()
        return {
            "port": place.port,
            "path": place.path,
            "host": place.netloc,
            "method": "GET",
            "bodies": [""],
            "token": self.token,
            "proofs": [self.holder.proof("GET", self.url, now, self.token) for _ in range(reads)],
            "connections": CONNECTIONS,
            "seconds": 60.0,
        }


@dataclass(frozen=True)
class Spent:
    """One measurement. cpu: seconds of the server's own process for each answer; a database's are not counted."""

    measured: Measured
    cpu: float

    @classmethod
    def of(cls, process: int, job: dict[str, Any]) -> "Spent":
        """Measures."""
        before = cpu(process)
        measured = load(job)
        return cls(measured, (cpu(process) - before) / max(len(measured.latencies), 1))

    @property
    def rate(self) -> float:
        """Good answers per second."""
        return len(self.measured.latencies) / self.measured.seconds

    def __str__(self) -> str:
        half, last = _percentiles(self.measured.latencies)
        errors = self.measured.errors or "none"
        return f"{self.rate:.1f}/s p50 {half:.0f} p99 {last:.0f} ms, CPU {self.cpu * 1000:.1f} ms, errors {errors}"


def main() -> int:
    """Ends with 1 when an answer was not good, or the goal was missed twice."""
    if shutil.which("npm") is None:
        print("bench.pods: there is no npm here, so no peer")
        return 0
    releases, reads = (int(said) for said in (sys.argv[1:] or (RELEASES, READS)))
    with tempfile.TemporaryDirectory(prefix="regie-bench-pods-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the servant of PostgreSQL walks through it
        with four(folder, 0) as house, _pod(folder, house) as pod:
            load(house.job(WARM, CONNECTIONS))
            load(pod.job(WARM))
            rounds = [
                (
                    Spent.of(house.process, house.job(releases, CONNECTIONS)),
                    Spent.of(pod.process, pod.job(reads)),
                )
                for _ in range(2)
            ]
    print(f"Four elements at {CONNECTIONS} connections, a proof for each question; load {os.getloadavg()[0]:.1f}")
    for ours, theirs in rounds:
        many, each = ours.rate / theirs.rate, theirs.cpu / ours.cpu
        print(f"  releases {ours} | {PEER} {theirs}")
        print(f"  {many:.2f} times as many (goal {GOAL:.0f}), {each:.2f} times per second of CPU")
    errors = any(one.measured.errors for each in rounds for one in each)
    return int(errors or all(ours.rate < GOAL * theirs.rate for ours, theirs in rounds))


@contextmanager
def _pod(folder: Path, house: Four) -> Iterator[Pod]:
    """With the values that a release of ours gives. Raises RuntimeError when anybody may read it."""
    values = house.values()
    from_npm(folder, PEER)
    script = folder / "pod.mjs"
    script.write_text((Path(__file__).parent / "pod.mjs").read_text())
    told_file = folder / "pod.json"
    with (
        command("node", str(script), str(free_port()), str(told_file)) as running,
        httpx2.Client(trust_env=False, timeout=30) as http,
    ):
        told = json.loads(told_file.read_text())
        url, holder = told["document"], Holder()
        form = {"grant_type": "client_credentials", "scope": "webid"}
        proof = {"dpop": holder.proof("POST", told["token"], time.time())}
        answer = http.post(told["token"], data=form, headers=proof, auth=(told["id"], told["secret"]))
        token = str(answer.raise_for_status().json()["access_token"])
        proof = {"dpop": holder.proof("PUT", url, time.time(), token), "authorization": f"DPoP {token}"}
        http.put(url, json=values, headers=proof).raise_for_status()
        if http.get(url).status_code != 401:
            raise RuntimeError("anybody may read it")
        yield Pod(running.pid, url, token, holder)


if __name__ == "__main__":
    sys.exit(main())
