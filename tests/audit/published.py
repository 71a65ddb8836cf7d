"""The published schemas of LDV and the VNG, where the reference is there; elsewhere everything fits them, and a test
stands on what it says in words of its own."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

REFERENCE = Path(__file__).parents[3] / "shared" / "reference"
CORE = REFERENCE / "ldv" / "core-record.schema.json"
READ = REFERENCE / "ldv" / "read-openapi.json"
ATTRIBUTES = REFERENCE / "ldv" / "attributes.schema.json"
VNG_READ = REFERENCE / "verwerkingenlogging/api-read/oas-specification/logging-verwerkingen-api/openapi.yaml"
VNG_WRITE = REFERENCE / "verwerkingenlogging/api-write/oas-specification/logging-verwerkingen-api/openapi.yaml"


def core_schema() -> jsonschema_rs.Validator:
    """A record of LDV core."""
    return _validator(json.loads(CORE.read_text("utf-8")) if CORE.exists() else True)


def read_schema(name: str) -> jsonschema_rs.Validator:
    """A schema of the read extension; its remote and sibling schemas are replaced by the local ones."""
    if not READ.exists():
        return _validator(True)
    schemas: dict[str, Any] = json.loads(READ.read_text("utf-8"))["components"]["schemas"]
    schemas["Attributes"] = json.loads(ATTRIBUTES.read_text("utf-8"))
    schemas["Nlgovproblem"] = {"type": "object"}
    return _in(schemas, name)


def vng_schema(path: Path, name: str) -> jsonschema_rs.Validator:
    """A schema of the VNG."""
    return (
        _in(yaml.safe_load(path.read_text("utf-8"))["components"]["schemas"], name)
        if path.exists()
        else _validator(True)
    )


def _in(schemas: dict[str, Any], name: str) -> jsonschema_rs.Validator:
    return _validator({"components": {"schemas": schemas}, "$ref": f"#/components/schemas/{name}"})


def _validator(schema: dict[str, Any] | bool) -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
