"""A house on PostgreSQL that releases four elements of a resident: two of the vault under consent, two of the BRP."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assembly.demo import register
from bench.__main__ import CLIENT, _postgres
from bench.bare import PATH
from bench.processes import free_port, load, program
from kernel.http.client import open_client
from regie_client import Credentials
from regie_client.tokens import Tokens

ACTIVITY, ELEMENTS = "meten", (*register.EXERCISES, "brp.naam", "brp.adres")
SOURCE_PATH, WARM = "/personen", 30


@dataclass(frozen=True)
class Four:
    """One that runs. process: its id. source: port of its BRP. numbers: residents."""

    folder: Path
    process: int
    port: int
    source: int
    numbers: list[str] = field(repr=False)

    def job(self, proofs: int, connections: int) -> dict[str, Any]:
        """So many releases, each with a proof of its own that the token is held (DPoP), signed before."""
        token, holder = asyncio.run(self._token())
        now, url = time.time(), f"http://localhost:{self.port}{PATH}"
        asked = {"verwerkingsactiviteit": ACTIVITY, "gegevenselementen": list(ELEMENTS)}
        return {
            "port": self.port,
            "path": PATH,
            "host": f"localhost:{self.port}",
            "token": token,
            "bodies": [json.dumps({"inwoner": {"bsn": number}, **asked}) for number in self.numbers],
            "proofs": [holder.proof("POST", url, now, token) for _ in range(proofs)],
            "connections": connections,
            "seconds": 30.0,
        }

    def values(self) -> dict[str, Any]:
        """What one release gives, after some to warm up. Raises RuntimeError when it is not all four."""
        warm = load(self.job(WARM, 4))
        found: dict[str, Any] = json.loads(warm.sample or "{}").get("gegevens", {})
        if warm.errors or set(found) != set(ELEMENTS):
            raise RuntimeError(f"a release gave {sorted(found)}, errors {warm.errors}")
        return {name: said["waarde"] for name, said in found.items()}

    def beneath(self, times: int) -> dict[str, Any]:
        """The same question as the source gets it, without Regie; one after the other."""
        fields = ["naam", "adressering.adresregel1"]
        said = {"type": "RaadpleegMetBurgerservicenummer", "burgerservicenummer": self.numbers[:1], "fields": fields}
        return {
            "port": self.source,
            "path": SOURCE_PATH,
            "host": "localhost",
            "bodies": [json.dumps(said)] * times,
            "once": True,
            "connections": 1,
            "seconds": 30.0,
        }

    async def _token(self) -> Any:
        clients = json.loads((self.folder / "clients.json").read_text())
        entry = next(one for one in clients["clients"] if one["clientId"] == CLIENT)
        async with open_client("", timeout_seconds=20) as http:
            tokens = Tokens(Credentials(clients["issuer"], CLIENT, entry["privateJwk"]), http, time.time)
            return await tokens.get("verstrekking", ""), tokens.holder


@contextmanager
def four(folder: Path, wait_ms: float) -> Iterator[Four]:
    """wait_ms: before the source answers."""
    house, port, source = folder / "house", free_port(), free_port()
    house.mkdir(mode=0o700)
    brp = f"http://127.0.0.1:{source}"
    with (
        _postgres(folder) as url,
        program("bench.source", str(source), str(wait_ms)),
        program("bench.house", str(house), str(port), str(url), brp) as running,
    ):
        personas = json.loads((house / "personas.json").read_text())["personas"]
        yield Four(house, running.pid, port, source, [one["bsn"] for one in personas if one["bsn"]])
