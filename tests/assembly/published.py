"""The published OpenAPI of BRP Personen bevragen as a strict JSON Schema; absent when the reference is not here.

The file names the kinds of a date, a place or a nationality in `discriminator`, which JSON Schema does not know: left
alone, a date of no kind would pass. So each use of such a schema becomes a choice among its kinds, and no property
that the file does not name is allowed anywhere.
"""

from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "brp"
OPENAPI = REFERENCE / "openapi.yaml"
PERSONS = REFERENCE / "persons.json"
PREFIX = "#/components/schemas/"


def answer_schema() -> jsonschema_rs.Validator:
    """What an answer to RaadpleegMetBurgerservicenummer must look like."""
    document: dict[str, Any] = yaml.safe_load(OPENAPI.read_text("utf-8"))
    schemas: dict[str, Any] = document["components"]["schemas"]
    kinds = {name: one.get("discriminator", {}).get("mapping", {}) for name, one in schemas.items()}
    strict = {"components": {"schemas": {name: _strict(one, kinds) for name, one in schemas.items()}}}
    root = PREFIX + "RaadpleegMetBurgerservicenummerResponse"
    return jsonschema_rs.Draft202012Validator({**strict, "$ref": root}, validate_formats=True)


def _strict(schema: Any, kinds: dict[str, dict[str, str]]) -> Any:
    if isinstance(schema, list):
        return [_strict(one, kinds) for one in schema]
    if not isinstance(schema, dict):
        return schema
    walked = {
        name: one if name in ("discriminator", "example") else _strict(one, kinds) for name, one in schema.items()
    }
    if "properties" in walked:
        walked["properties"] = {name: _used(one, kinds) for name, one in walked["properties"].items()}
    if "items" in walked:
        walked["items"] = _used(walked["items"], kinds)
    return walked


def _used(schema: dict[str, Any], kinds: dict[str, dict[str, str]]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    mapping = kinds[schema["$ref"].removeprefix(PREFIX)]
    if not mapping:
        return {**schema, "unevaluatedProperties": False}
    return {
        "oneOf": [
            {"$ref": target, "properties": {"type": {"const": kind}}, "unevaluatedProperties": False}
            for kind, target in mapping.items()
        ]
    }
