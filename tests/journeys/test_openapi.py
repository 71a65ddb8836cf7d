"""Every root describes itself as the NL API Design Rules want it (STANDARDS.md 1.1), and does what it describes."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.house import House, crossed_plan

pytestmark = pytest.mark.anyio
plan = crossed_plan
OURS = ("verstrekking", "toestemming", "logboek")  # the names below other roots are those of their standards
ROOTS = (*OURS, "access", "govstack")
KEBAB, LOWER, UPPER = r"[a-z0-9]+(-[a-z0-9]+)*", r"[a-z]+[A-Za-z0-9]*", r"[A-Z][A-Za-z0-9]*"
SEGMENT = re.compile(rf"{KEBAB}|\{{{LOWER}\}}")
PROBLEM = {"type", "title", "status", "detail", "code", "instance"}


async def described(house: House, root: str) -> dict[str, Any]:
    answer = await house.http.get(f"{house.url()}/{root}/v1/openapi.json")
    assert answer.status_code == 200 and answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["content-type"] == "application/json"
    document: dict[str, Any] = answer.json()
    assert answer.headers["api-version"] == document["info"]["version"]
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, verbs in document["paths"].items():
        yield from ((path, verb, operation) for verb, operation in verbs.items() if isinstance(operation, dict))


def properties(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """At any depth."""
    if isinstance(schema, dict):
        for name, inner in schema.get("properties", {}).items():
            yield name, inner
        for inner in schema.values():
            yield from properties(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from properties(inner)


@pytest.mark.parametrize("root", ROOTS)
async def test_the_document_says_who_where_and_which_version(house: House, root: str) -> None:
    document = await described(house, root)
    info = document["info"]
    assert document["openapi"].startswith("3.") and re.fullmatch(r"\d+\.\d+\.\d+", info["version"])
    assert {"name", "email", "url"} <= info["contact"].keys() and all(info["contact"].values())
    assert [server["url"] for server in document["servers"]] == [f"{house.url()}/{root}/v1"]
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert ids and len(set(ids)) == len(ids)
    tags = [tag["name"] for tag in document.get("tags", [])]
    assert len(set(tags)) == len(tags)


@pytest.mark.parametrize("root", OURS)
async def test_names_are_spelled_as_the_rules_say(house: House, root: str) -> None:
    document = await described(house, root)
    for path, _, operation in operations(document):
        *above, last = path.removeprefix("/").split("/")
        assert path.startswith("/") and not path.endswith("/")
        assert all(SEGMENT.fullmatch(segment) for segment in above), path
        assert SEGMENT.fullmatch(last) or last == "_zoek", path
        for parameter in operation.get("parameters", []):
            assert parameter["in"] != "query" or re.fullmatch(LOWER, parameter["name"]), parameter["name"]
            assert "bsn" not in parameter["name"].lower()
    for name in document["components"]["schemas"]:
        assert re.fullmatch(UPPER, name), name
    for name, schema in properties(document):
        assert schema.get("format") != "time"
        if "Datum" in name or "datum" in name or "Date" in name:
            assert schema.get("format") == "date", name


@pytest.mark.parametrize("root", ROOTS)
async def test_every_answer_is_described_and_no_error_is_the_frameworks_own(house: House, root: str) -> None:
    document = await described(house, root)
    assert not {"HTTPValidationError", "ValidationError"} & document["components"]["schemas"].keys()
    assert set(document["components"]["schemas"]["Probleem"]["required"]) >= PROBLEM
    for path, verb, operation in operations(document):
        responses = operation["responses"]
        assert "422" not in responses, path
        assert any(status < "400" for status in responses), path
        if verb in ("post", "put", "patch") or operation.get("parameters"):
            assert "400" in responses, (path, verb)
        for status, response in responses.items():
            assert "API-Version" in response["headers"], (path, verb, status)
            if status >= "400":
                assert list(response["content"]) == ["application/problem+json"], (path, verb, status)


@pytest.mark.parametrize("root", ROOTS)
async def test_every_operation_answers_a_stranger_as_described(house: House, root: str) -> None:
    document = await described(house, root)
    for path, verb, operation in operations(document):
        place = re.sub(r"\{\w+\}", "0197d2f0-0000-7000-8000-000000000000", path)
        empty: dict[str, Any] | None = {} if "requestBody" in operation else None
        answer = await house.http.request(verb.upper(), f"{house.url()}/{root}/v1{place}", json=empty)
        assert answer.headers["api-version"] == document["info"]["version"], path
        assert str(answer.status_code) in {*operation["responses"], "404"}, (path, answer.status_code)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json().keys() >= PROBLEM


async def test_tokens_pages_and_inner_doors_are_in_no_document(house: House) -> None:
    for root in ROOTS:
        text = str((await described(house, root))["paths"])
        assert "/intern" not in text and "/oauth" not in text and "/overzicht" not in text
