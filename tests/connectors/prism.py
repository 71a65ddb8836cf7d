"""Prism, another party's reading of a published OpenAPI document, as the register that our sources ask.

It judges each question by the document (method, path, parameters, headers, credential, body) and refuses what breaks
it; its answer is an example of the document's, one that a test puts in, or made up: `Prefer` in a question says which.
"""

import asyncio
import json
import re
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.connectors.published import raw
from tests.parts import NPM, PRISM

# what it says of a question; that an answer was wrong is another's fault
WRONG = r"(?:\[VALIDATOR\] ✖ +error +|terminated with error: \S+#(?!VIOLATIONS))(.+)"
DONE = "> Responding with|terminated with error|< Received forward"
PATIENCE = 120.0  # seconds, on a machine that does much else


@dataclass(frozen=True)
class Seed:
    """What a good question to this operation is answered with, unless it prefers something else."""

    path: str
    method: str
    answer: Any


@dataclass(frozen=True)
class Prism:
    """One that runs. log: what it says of each question, never its content."""

    url: str
    log: Path

    def said(self) -> str:
        return self.log.read_text()

    async def broken(self, count: int) -> list[str]:
        """What was wrong in questions so far, in its words, once it had so many."""
        for _ in range(int(PATIENCE / 0.05)):
            said = self.said()
            each = said.split("Request received")[1:]
            if len(each) >= count and all(re.search(DONE, one) for one in each):
                break
            await asyncio.sleep(0.05)
        assert len(each) == count
        return re.findall(WRONG, said)


@asynccontextmanager
async def prism(name: str, seed: Seed | None = None, before: str = "") -> AsyncIterator[Prism]:
    """With this document of the references; skips where it is not here. before: the address of a register that answers
    instead, each of its answers judged as well."""
    NPM.or_skip()  # node comes with it
    program, document = PRISM.or_skip(), raw(name)
    if not document:
        pytest.skip("the reference is not here")
    _tell_apart(document)
    if seed:
        _put(document, seed)
    # not in pytest's folder, where nobody's number may stand when a run ends
    with TemporaryDirectory(prefix="regie-prism-") as folder:
        said, log = Path(folder) / "document.json", Path(folder) / "log"
        # an escape that its regular expressions do not know would make it judge no body at all, and say nothing of it
        said.write_text(json.dumps(document).replace(r"\\'", "'"))
        what = ["proxy", str(said), before] if before else ["mock", str(said), "--seed", "regie"]
        with _running(["node", str(program), *what, "--errors", "--port", "0"], log):
            yield Prism(await _address(Prism("", log)), log)


@contextmanager
def _running(command: list[str], log: Path) -> Iterator[None]:
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT) as running:
        try:
            yield
        finally:
            running.kill()


async def _address(one: Prism) -> str:
    for _ in range(int(PATIENCE / 0.05)):
        if found := re.search(r"listening on (http://127\.0\.0\.1:[0-9]+)", said := one.said()):
            return found[1]
        if " fatal " in said:
            break
        await asyncio.sleep(0.05)
    raise RuntimeError(said[-2_000:])


def _tell_apart(document: Mapping[str, Any]) -> None:
    """Prism looks past `discriminator`, the member that says which kind something is: it is told as a choice."""
    schemas = document["components"]["schemas"]
    told = {name: _kinds(one) for name, one in schemas.items() if one.get("discriminator", {}).get("mapping")}
    schemas.update({name: one for name, one in told.items() if "oneOf" in schemas[name]})
    for contents in _contents(document):
        for kind in [kind for kind in contents if ";" in kind]:
            contents[kind.partition(";")[0]] = contents.pop(kind)  # with a charset it would look at no body at all
    for content in (content for contents in _contents(document) for content in contents.values()):
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        content["schema"] = told.get(name, content["schema"])  # a kind may be made of it: only who uses it is changed


def _kinds(schema: Mapping[str, Any]) -> dict[str, Any]:
    member, mapping = schema["discriminator"]["propertyName"], schema["discriminator"]["mapping"]
    says = {kind: {"required": [member], "properties": {member: {"enum": [kind]}}} for kind in mapping}
    return {"oneOf": [{"allOf": [{"$ref": target}, says[kind]]} for kind, target in mapping.items()]}


def _contents(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Of all questions and answers."""
    operations = [one for path in document["paths"].values() for one in path.values() if isinstance(one, dict)]
    for one in operations:
        for said in (one.get("requestBody", {}), *one.get("responses", {}).values()):
            yield said.get("content", {})


def _put(document: Mapping[str, Any], seed: Seed) -> None:
    good = document["paths"][seed.path][seed.method]["responses"]["200"]
    while "$ref" in good:
        where = good["$ref"].removeprefix("#/").split("/")
        good = document
        for part in where:
            good = good[part]
    for content in good["content"].values():
        content.pop("example", None)
        content["examples"] = {"gezocht": {"value": seed.answer}}
