"""The token endpoint beside oidc-provider on Node, both with private_key_jwt: `python -m bench.tokens [tokens]`.
Goal: a par with the peer that does the same work.

At 16 connections, one after the other and twice each, so that a machine that is busy halfway is seen. Every assertion
is signed before and counts once. Ours remembers it for all instances and after a crash, and reads its client from the
register for each token. The peer of the first pair does as much, with an adapter, in a database beside ours on one
PostgreSQL: it is the one that counts. That of the second has its client in its settings, where a stop takes a restart.
That of the third keeps used assertions in its own memory too, as it does by itself and calls development-only; ours is
in SQLite there.
"""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from assembly.clients import make_client_key
from assembly.demo.recipient import ASSERTION, assertion
from bench.__main__ import CLIENT, _percentiles
from bench.load import Measured
from bench.processes import command, cpu, free_port, from_npm, load, program
from kernel.clock import utc_now
from tests.postgres import Postgres, borrowed_cluster

PEER = "oidc-provider@8.8.1"  # the last that runs on Node 18 and 20
DRIVER = "pg@8.23.1"
CONNECTIONS, SECONDS, WARM = 16, 30.0, 200
MOST = 3_000  # assertions of one measurement, signed before it begins: they live 50 seconds
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Server:
    """One that gives tokens. process: its id. who: its client, that one's private key, the issuer, the resource."""

    process: int
    port: int
    path: str
    who: tuple[str, dict[str, Any], str, str]

    def measured(self, most: int) -> "Row":
        """So many tokens, or as many as it gives in the time."""
        client, private, issuer, resource = self.who
        now = utc_now()
        form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION, "resource": resource}
        begin = urlencode(form)
        bodies = [f"{begin}&client_assertion={assertion(client, private, issuer, now)}" for _ in range(most)]
        job = {"port": self.port, "path": self.path, "host": f"localhost:{self.port}", "type": FORM, "once": True,
               "connections": CONNECTIONS, "seconds": SECONDS, "bodies": bodies}  # fmt: skip
        before = cpu(self.process)
        done = load(job)
        return Row(done, (cpu(self.process) - before) / max(len(done.latencies), 1))


@dataclass(frozen=True)
class Row:
    """One measurement. spent: seconds of processor of the server for a token, without PostgreSQL's."""

    done: Measured
    spent: float

    @property
    def rate(self) -> float:
        """Tokens per second."""
        return len(self.done.latencies) / self.done.seconds

    def __str__(self) -> str:
        half, last = _percentiles(self.done.latencies)
        told = f"p50 {half:.1f} p99 {last:.1f} ms, cpu {self.spent * 1000:.2f} ms"
        return f"{self.rate:7.1f}/s {told}, errors {self.done.errors or 'none'}"


Rounds = list[tuple[Row, Row]]


def main() -> int:
    """Ends with 1 when an answer was no token, or we were slower than the peer that does as much in both rounds."""
    if shutil.which("npm") is None:
        print("bench.tokens: there is no npm here, so no peer")
        return 0
    most = int(sys.argv[1]) if len(sys.argv) > 1 else MOST
    with tempfile.TemporaryDirectory(prefix="regie-bench-tokens-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the servant of PostgreSQL walks through it
        from_npm(folder, PEER, DRIVER)
        with borrowed_cluster(folder / "cluster") as cluster:
            same = _rounds(folder / "same", most, cluster, rows=True)
            settled = _rounds(folder / "settled", most, cluster)
        lighter = _rounds(folder / "lighter", most)
    print(f"Tokens per second at {CONNECTIONS} connections, private_key_jwt, ES256; load {os.getloadavg()[0]:.1f}")
    _tell(f"Both durable in PostgreSQL, clients too; the peer is {PEER} with {DRIVER}", same)
    _tell("The same, with the peer's client in its settings", settled)
    _tell(f"Ours durable in SQLite; the peer is {PEER} as it comes, in its memory", lighter)
    errors = any(one.done.errors for both in same + settled + lighter for one in both)
    return int(errors or all(ours.rate < peer.rate for ours, peer in same))


def _rounds(folder: Path, most: int, cluster: Postgres | None = None, *, rows: bool = False) -> Rounds:
    """Ours and the peer's, twice. cluster: where both keep what was used. rows: the peer its client, too."""
    folder.mkdir()
    with _ours(folder, cluster) as ours, _peer(folder, cluster, rows) as peer:
        for one in (ours, peer):
            one.measured(WARM)
        return [(ours.measured(most), peer.measured(most)) for _ in range(2)]


def _tell(what: str, rounds: Rounds) -> None:
    print(what)
    for ours, peer in rounds:
        ratio = ours.rate / peer.rate if peer.done.latencies else float("nan")
        print(f"  ours {ours} | peer {peer} | {ratio:.2f} times")


@contextmanager
def _ours(folder: Path, cluster: Postgres | None) -> Iterator[Server]:
    port, house, url = free_port(), folder / "house", folder / "url"
    house.mkdir(mode=0o700)
    if cluster:
        url.write_text(cluster.create())
    with program("bench.house", str(house), str(port), *([str(url)] if cluster else [])) as running:
        clients = json.loads((house / "clients.json").read_text())
        entry = next(one for one in clients["clients"] if one["clientId"] == CLIENT)
        who = (CLIENT, entry["privateJwk"], clients["issuer"], entry["resources"]["verstrekking"])
        yield Server(running.pid, port, "/oauth/token", who)


@contextmanager
def _peer(folder: Path, cluster: Postgres | None, rows: bool) -> Iterator[Server]:
    script, keys = folder / "peer.mjs", folder / "keys.json"
    script.write_text((Path(__file__).parent / "peer.mjs").read_text())
    private, public = make_client_key()
    keys.write_text(json.dumps(public))
    port = free_port()
    address = [cluster.create().replace("+psycopg", "")] if cluster else []
    address += ["rows"] if rows else []
    with command("node", str(script), str(port), str(keys), *address) as running:
        who = ("loket", private, f"http://localhost:{port}", "https://bench.example/v1")
        yield Server(running.pid, port, "/token", who)


if __name__ == "__main__":
    sys.exit(main())
