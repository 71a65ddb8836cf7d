"""What FastAPI costs by itself: one endpoint behind the same server, which parses the question and writes an answer.

Arguments: port, and a file with the answer as the house gave it.
"""

import asyncio
import sys
from pathlib import Path

from fastapi import FastAPI

from bench.spent import Spent
from connectors.contract import Release, ReleaseRequest
from kernel.http.server import serve, until_signal

PATH = "/verstrekking/v1/verstrekkingen"


async def run(port: int, answer: Release) -> None:
    """Until SIGTERM. `ready` is printed once it can be asked."""
    app = FastAPI(openapi_url=None)

    @app.post(PATH)
    async def release(_: ReleaseRequest) -> Release:
        return answer

    app.include_router(Spent().router())
    async with serve(app, port=port):
        print("ready", flush=True)
        await until_signal()


def main() -> None:
    """See the module."""
    port, answer = sys.argv[1:]
    asyncio.run(run(int(port), Release.model_validate_json(Path(answer).read_text())))


if __name__ == "__main__":
    main()
