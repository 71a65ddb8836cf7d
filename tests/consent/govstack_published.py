"""The published OpenAPI of the standard, where the reference is: its operations, and strict schemas of answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

OPENAPI = Path(__file__).parents[3] / "shared" / "reference" / "govstack-consent" / "consent-openapi.yaml"


def operations() -> Iterator[tuple[str, str, str]]:
    """(id, verb, path); nothing where the reference is not here."""
    for path, verbs in _document().get("paths", {}).items():
        yield from ((one["operationId"], verb.upper(), path) for verb, one in verbs.items())


def answer_schema(operation: str) -> jsonschema_rs.Validator:
    """Of a 200: as published, and every member of it is there, and no other."""
    document = _document()
    for verbs in document.get("paths", {}).values():
        for one in verbs.values():
            if one["operationId"] == operation:
                schema = one["responses"]["200"].get("content", {}).get("application/json", {}).get("schema", {})
                strict = {"required": list(schema.get("properties", {})), "additionalProperties": False}
                whole = {**schema, **strict, "components": document["components"]}
                return jsonschema_rs.Draft202012Validator(whole, validate_formats=False)
    return jsonschema_rs.Draft202012Validator({"type": "object"})


def _document() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(OPENAPI.read_text("utf-8")) if OPENAPI.exists() else {}
    return document
