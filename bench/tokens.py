"""The token endpoint beside oidc-provider on Node, both with private_key_jwt: `python -m bench.tokens [tokens]`.
Goal: a par.

At 16 connections, one after the other and twice each, so that a machine that is busy halfway is seen. Every assertion
is signed before and counts once. Ours remembers it in SQLite, for all instances and after a crash; the peer in memory.
"""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from assembly.clients import make_client_key
from assembly.demo.recipient import ASSERTION, assertion
from bench.__main__ import CLIENT, _percentiles
from bench.load import Measured
from bench.processes import command, free_port, from_npm, load, program
from kernel.clock import utc_now

PEER = "oidc-provider@8.8.1"  # the last that runs on Node 18 and 20
CONNECTIONS, SECONDS, WARM = 16, 30.0, 200
MOST = 3_000  # assertions of one measurement, signed before it begins: they live 50 seconds
FORM = "application/x-www-form-urlencoded"


def main() -> int:
    """Ends with 1 when an answer was no token, or we were slower in both rounds."""
    if shutil.which("npm") is None:
        print("bench.tokens: there is no npm here, so no peer")
        return 0
    most = int(sys.argv[1]) if len(sys.argv) > 1 else MOST
    with tempfile.TemporaryDirectory(prefix="regie-bench-tokens-") as name:
        folder = Path(name)
        with _ours(folder / "house") as ours, _peer(folder) as peer:
            for job in (ours, peer):
                _measured(job, WARM)
            rounds = [(_measured(ours, most), _measured(peer, most)) for _ in range(2)]
    print(f"Tokens per second at {CONNECTIONS} connections, private_key_jwt, ES256; load {os.getloadavg()[0]:.1f}")
    for mine, theirs in rounds:
        ratio = _rate(mine) / _rate(theirs) if theirs.latencies else float("nan")
        print(f"  ours {_told(mine)} | {PEER} {_told(theirs)} | {ratio:.2f} times")
    errors = any(one.errors for each in rounds for one in each)
    return int(errors or all(_rate(mine) < _rate(theirs) for mine, theirs in rounds))


@contextmanager
def _ours(folder: Path) -> Iterator[dict[str, Any]]:
    port = free_port()
    folder.mkdir(mode=0o700)
    with program("bench.house", str(folder), str(port)):
        clients = json.loads((folder / "clients.json").read_text())
        entry = next(one for one in clients["clients"] if one["clientId"] == CLIENT)
        resource = entry["resources"]["verstrekking"]
        yield _job(port, "/oauth/token", (CLIENT, entry["privateJwk"], clients["issuer"], resource))


@contextmanager
def _peer(folder: Path) -> Iterator[dict[str, Any]]:
    from_npm(folder, PEER)
    script = folder / "peer.mjs"
    script.write_text((Path(__file__).parent / "peer.mjs").read_text())
    private, public = make_client_key()
    (folder / "keys.json").write_text(json.dumps(public))
    port = free_port()
    with command("node", str(script), str(port), str(folder / "keys.json")):
        issuer = f"http://localhost:{port}"
        yield _job(port, "/token", ("loket", private, issuer, "https://bench.example/v1"))


def _job(port: int, path: str, who: tuple[str, dict[str, Any], str, str]) -> dict[str, Any]:
    return {"port": port, "path": path, "host": f"localhost:{port}", "type": FORM, "once": True,
            "connections": CONNECTIONS, "seconds": SECONDS, "who": who}  # fmt: skip


def _measured(job: dict[str, Any], most: int) -> Measured:
    client, private, issuer, resource = job["who"]
    now = utc_now()
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION, "resource": resource}
    begin = urlencode(form)
    bodies = [f"{begin}&client_assertion={assertion(client, private, issuer, now)}" for _ in range(most)]
    return load({**job, "bodies": bodies})


def _rate(one: Measured) -> float:
    return len(one.latencies) / one.seconds


def _told(one: Measured) -> str:
    half, last = _percentiles(one.latencies)
    return f"{_rate(one):7.1f}/s p50 {half:.1f} p99 {last:.1f} ms, errors {one.errors or 'none'}"


if __name__ == "__main__":
    sys.exit(main())
