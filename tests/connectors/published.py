"""A register on a real socket that keeps to a published OpenAPI document: it refuses what that does not describe, and a
test fails when what it answers is not described either. Where the document is absent it only answers.
"""

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml
from fastapi import FastAPI, Request, Response

from kernel.http.server import serve

REFERENCE = Path(__file__).parents[3] / "shared" / "reference"
TEXTS = {
    "uri": "https://a.example/b/5a1f2a9e-1c11-4d5e-9c0b-0a52b7f0a001",
    "uuid": "5a1f2a9e-1c11-4d5e-9c0b-0a52b7f0a001",
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "duration": "P1D",
}


def raw(name: str) -> dict[str, Any]:
    """{} where it is absent. Schemas elsewhere on the network are not fetched: anything fits them."""
    found: dict[str, Any] = json.loads(_text(name), object_hook=_here)
    return found


@cache
def _text(name: str) -> str:
    file = REFERENCE / name
    if not name or not file.exists():
        return "{}"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return json.dumps(yaml.load(file.read_text(), loader), default=str)  # noqa: S506 - a safe loader


def _here(said: dict[str, Any]) -> dict[str, Any]:
    return {} if str(said.get("$ref", "#")).startswith("http") else said


@cache
def document(name: str) -> dict[str, Any]:
    """The same in the JSON Schema of today, without what says the kind of something by a name."""
    modern: dict[str, Any] = _modern(raw(name))
    return modern


def _modern(said: Any) -> Any:
    """OpenAPI 3.0's `nullable` as JSON Schema has it."""
    if isinstance(said, list):
        return [_modern(one) for one in said]
    if not isinstance(said, dict):
        return said
    made = {
        name: _modern(inner) for name, inner in said.items() if name not in ("example", "examples", "discriminator")
    }
    if "discriminator" in said and "oneOf" in made:
        made["anyOf"] = made.pop("oneOf")  # which of them it is stands in a member: several may fit
    if made.pop("nullable", False) is True:
        return {"anyOf": [{"type": "null"}, made]}
    return made


@dataclass
class Published:
    """answer: what it says to a good question, or what makes it of the body. faults: what was not as
    published. seen: raw addresses. bodies, headers: sent."""

    name: str
    answer: Any
    status: int = 200
    kind: str = "application/json"
    root: str = ""
    faults: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    def app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)

        @app.api_route("/{path:path}", methods=["GET", "POST"])
        async def everything(request: Request, path: str) -> Response:
            raw = await request.body()
            body = json.loads(raw) if raw else None
            self.seen.append(str(request.url))
            self.bodies.append(body)
            self.headers.append(dict(request.headers))
            self.judge(request, body)
            return Response(json.dumps(self.said(body)), self.status, media_type=self.kind)

        return app

    def said(self, body: Any) -> Any:
        """The answer to this question."""
        return self.answer(body) if callable(self.answer) else self.answer

    def judge(self, request: Request, body: Any) -> None:
        published = document(self.name)
        if not published:
            return
        path = request.url.path.removeprefix(self.root)
        fitting = [one for one in published["paths"] if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", one), path)]
        fitting.sort(key=lambda one: one.count("{"))  # what is named goes before what is any name
        if not fitting or request.method.lower() not in published["paths"][fitting[0]]:
            self.faults.append(f"{request.method} {path}")
            return
        whole = published["paths"][fitting[0]]
        operation = whole[request.method.lower()]
        given = [self._of(one) for one in (*whole.get("parameters", ()), *operation.get("parameters", ()))]
        self._query(request, [one for one in given if one["in"] == "query"])
        for one in given:
            if one["in"] == "header" and one.get("required") and one["name"].lower() not in request.headers:
                self.faults.append(f"header {one['name']} is missing")
        if body is not None:
            content = self._of(operation["requestBody"])["content"]
            self._fits(body, next(iter(content.values()))["schema"], "question")
        if self.status == 200:
            content = self._of(operation["responses"]["200"])["content"]
            self._fits(self.said(body), content.get(self.kind, next(iter(content.values())))["schema"], "answer")

    def _query(self, request: Request, known: list[dict[str, Any]]) -> None:
        by_name = {one["name"]: one for one in known}
        for name, value in request.query_params.items():
            if name not in by_name:
                self.faults.append(f"query {name}")
            elif (pattern := by_name[name].get("schema", {}).get("pattern")) and not re.search(pattern, value):
                self.faults.append(f"query {name} has another pattern")

    def _of(self, one: dict[str, Any]) -> dict[str, Any]:
        found: Any = one
        if "$ref" in one:
            found = document(self.name)
            for part in one["$ref"].removeprefix("#/").split("/"):
                found = found[part]
        return dict(found)

    def _fits(self, value: Any, schema: dict[str, Any], what: str) -> None:
        rules = {**schema, "components": document(self.name)["components"]}
        for error in jsonschema_rs.Draft202012Validator(rules).iter_errors(value):
            self.faults.append(f"{what}: {error.message[:200]} at {error.instance_path}")

    def example(self, schema: str, **more: Any) -> Any:
        """The smallest value of a published schema, with these members; just the members where it is absent."""
        made = self._smallest({"$ref": f"#/components/schemas/{schema}"}) if document(self.name) else {}
        return {**made, **more}

    def _smallest(self, schema: dict[str, Any]) -> Any:
        schema = self._of(schema)
        if "enum" in schema:
            return schema["enum"][0]
        if choices := schema.get("anyOf") or schema.get("oneOf"):
            return None if {"type": "null"} in choices else self._smallest(choices[0])
        if "allOf" in schema:
            parts = [self._smallest(one) for one in schema["allOf"]]
            plain = [one for one in parts if not isinstance(one, dict)]
            return plain[0] if plain else {key: value for part in parts for key, value in part.items()}
        kind = schema.get("type", "object")
        if kind == "object":
            inner = schema.get("properties", {})
            return {name: self._smallest(inner.get(name, {})) for name in schema.get("required", ())}
        texts = TEXTS.get(schema.get("format", ""), "x" * max(1, schema.get("minLength", 1)))
        return {"array": [], "integer": schema.get("minimum", 1), "number": 1, "boolean": False}.get(kind, texts)


@asynccontextmanager
async def published(one: Published) -> AsyncIterator[str]:
    """Its address."""
    async with serve(one.app()) as address:
        yield f"{address.url}{one.root}"
