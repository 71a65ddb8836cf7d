"""The load generator, a process of its own: raw HTTP/1.1 on kept connections, so that the server is what is measured.

stdin: JSON {"port", "path", "host", "token", "bodies": [text], "connections", "seconds", "type": of the bodies, JSON
unless said}; without token no Authorization is sent. With "once" each body is sent once, and who has none left stops.
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
        return bool(self.job.get("once")) and self._next >= len(self.job["bodies"])

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
        bodies = self.job["bodies"]
        body = bodies[self._next % len(bodies)].encode()
        self._next += 1
        token = self.job.get("token", "")
        head = (
            f"POST {self.job['path']} HTTP/1.1\r\nhost: {self.job['host']}\r\n"
            + (f"authorization: Bearer {token}\r\n" if token else "")
            + f"content-type: {self.job.get('type', 'application/json')}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        question: bytes = head.encode() + body
        return question


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.split("content-length:", 1)[1].split("\r\n", 1)[0])
    return int(head[9:12]), await reader.readexactly(length)


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
