"""A plain table of policies, for conformance suites of others: subject, action, resource -> decision. Pure.

    {"policies": [{"subject": {"id": "rick"}, "action": {"name": "can_read"}, "resource": {"type": "todo"},
                   "decision": true}, …]}

A row fits a question that says at least what the row says; "*" fits anything that is said. The first row that fits
decides; where none fits, the answer is no.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StrictBool, ValidationError

from consent.authzen.messages import Evaluation
from kernel.faults import sentences

ROWS_MAX = 2_000
FILE_BYTES = 2 << 20
ANYTHING = "*"
Pattern = dict[str, JsonValue]


class Policy(BaseModel):
    """One row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: Pattern = Field(default_factory=dict)
    action: Pattern = Field(default_factory=dict)
    resource: Pattern = Field(default_factory=dict)
    context: Pattern = Field(default_factory=dict)
    decision: StrictBool


class Policies(BaseModel):
    """A file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    policies: Annotated[tuple[Policy, ...], Field(min_length=1, max_length=ROWS_MAX)]


class NoPolicies(Exception):
    """The file is no table of policies; says where."""


def read(text: str) -> Policies:
    """Raises NoPolicies."""
    if len(text.encode()) > FILE_BYTES:
        raise NoPolicies(f"groter dan {FILE_BYTES} bytes")
    try:
        return Policies.model_validate_json(text)
    except ValidationError as wrong:
        raise NoPolicies(" ".join(sentences(wrong.errors(include_input=False, include_url=False)))) from None


def decide(policies: Sequence[Policy], asked: Evaluation) -> bool:
    """The first row that fits; no where none does."""
    said = asked.model_dump(mode="json")
    return next((row.decision for row in policies if _fits(row.model_dump(exclude={"decision"}), said)), False)


def _fits(pattern: Any, said: Any) -> bool:
    if isinstance(pattern, dict):
        return isinstance(said, dict) and all(
            name in said and _fits(inner, said[name]) for name, inner in pattern.items()
        )
    return bool(pattern == ANYTHING or (type(pattern) is type(said) and pattern == said))
