"""The load generator, a process of its own: raw HTTP/1.1 on kept connections, so that the server is what is measured.

stdin: JSON {"port", "path", "host", "token", "bodies": [text], "connections", "seconds", "type": of the bodies, JSON
unless said, "method": POST unless said, "proofs": [text]}; without token no Authorization is sent. With "once" each
body is sent once, with proofs (DPoP) each proof, and who has none left stops.
stdout: JSON, the members of `Measured`.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

PATIENCE = 20.0  # seconds for one answer; then the connection counts as an error and ends


@dataclass
class Measured:
    """What came back. latencies: ms of answers with status 200. seconds: until the last answer, not as asked."""

    seconds: float = 0.0
    cpu: float = 0.0
    latencies: list[float] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)
    sample: str = ""


@dataclass
class Generator:
    """As many connections as asked, each with one question under way."""

    job: dict[str, Any]
    measured: Measured = field(default_factory=Measured)
    _errors: Counter[str] = field(default_factory=Counter)
    _next: int = 0

    async def run(self) -> Measured:
        """Until the time is up; answers under way are waited for and counted."""
        start, cpu = time.monotonic(), time.process_time()
        until = start + float(self.job["seconds"])
        await asyncio.gather(*(self._connection(until) for _ in range(self.job["connections"])))
        done = self.measured
        done.seconds, done.cpu = time.monotonic() - start, time.process_time() - cpu
        done.errors = dict(self._errors)
        return done

    def _spent(self) -> bool:
        each = self.job.get("proofs") or (self.job["bodies"] if self.job.get("once") else None)
        return each is not None and self._next >= len(each)

    async def _connection(self, until: float) -> None:
        while time.monotonic() < until and not self._spent():
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.job["port"])
                await self._ask(reader, writer, until)
                writer.close()
            except (OSError, EOFError, TimeoutError, ValueError) as error:
                self._errors[type(error).__name__] += 1
                await asyncio.sleep(0.05)  # a server that is gone must not be hammered

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, until: float) -> None:
        while time.monotonic() < until:
            before = time.perf_counter()
            if self._spent():
                return
            writer.write(self._request())
            async with asyncio.timeout(PATIENCE):
                status, body = await _answer(reader)
            if status == 200:
                self.measured.latencies.append((time.perf_counter() - before) * 1000)
                self.measured.sample = self.measured.sample or body.decode()
            else:
                self._errors[f"{status} {_code(body)}"] += 1

    def _request(self) -> bytes:
        job, turn = self.job, self._next
        self._next += 1
        body = job["bodies"][turn % len(job["bodies"])].encode()
        head = [f"{job.get('method', 'POST')} {job['path']} HTTP/1.1", f"host: {job['host']}"]
        if job.get("proofs"):
            head += [f"authorization: DPoP {job['token']}", f"dpop: {job['proofs'][turn]}"]
        elif job.get("token"):
            head.append(f"authorization: Bearer {job['token']}")
        if body:
            head += [f"content-type: {job.get('type', 'application/json')}", f"content-length: {len(body)}"]
        question: bytes = "\r\n".join([*head, "", ""]).encode() + body
        return question


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    if "transfer-encoding: chunked" in head:
        return int(head[9:12]), await _chunks(reader)
    length = int(head.split("content-length:", 1)[1].split("\r\n", 1)[0])
    return int(head[9:12]), await reader.readexactly(length)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    whole = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        whole += (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
    return whole


def _code(body: bytes) -> str:
    try:
        return str(json.loads(body)["code"])
    except (ValueError, KeyError, TypeError):
        return "?"


def main() -> None:
    """One measurement."""
    measured = asyncio.run(Generator(json.load(sys.stdin)).run())
    json.dump(asdict(measured), sys.stdout)


if __name__ == "__main__":
    main()
