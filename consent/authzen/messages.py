"""What crosses the door (Authorization API 1.0, sections Information Model and Access Evaluations API).

Unlike everywhere else, unknown members are ignored: section JSON Serialization wants that of every receiver.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from kernel.message import Short

MOST = 100  # evaluations of one request
Properties = Annotated[dict[str, JsonValue], Field(max_length=100)]
Given = Annotated[str, Field(min_length=1, max_length=200)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Entity(_Part):
    """A subject or a resource. properties may hold a number, so they are never shown."""

    type: Given
    id: Given
    properties: Properties = Field(default_factory=dict, repr=False)


class Action(_Part):
    """What is to be done."""

    name: Given
    properties: Properties = Field(default_factory=dict, repr=False)


class Evaluation(_Part):
    """One question."""

    subject: Entity
    action: Action
    resource: Entity
    context: Properties = Field(default_factory=dict, repr=False)


class Partial(_Part):
    """One of several: what it leaves out, stands above it."""

    subject: Entity | None = None
    action: Action | None = None
    resource: Entity | None = None
    context: Properties | None = Field(default=None, repr=False)


class Options(_Part):
    """How several are answered; others are ignored."""

    evaluations_semantic: Literal["execute_all", "deny_on_first_deny", "permit_on_first_permit"] = "execute_all"


class Evaluations(Partial):
    """Several questions, or one as in Evaluation when `evaluations` is absent or empty."""

    evaluations: Annotated[tuple[Partial, ...], Field(max_length=MOST, strict=False)] = ()
    options: Options = Options()


class Verdict(BaseModel):
    """Whether it may, and why not. context: `code`, `reden`, `volgendeStap` of a refusal, `logregel` of the line;
    `error` where the question itself was wrong."""

    decision: bool
    context: dict[str, Any] = Field(default_factory=dict)


class Verdicts(BaseModel):
    """In the order of the questions; shorter where a semantic stops early."""

    evaluations: list[Verdict]


class Metadata(BaseModel):
    """Section Policy Decision Point Metadata. No search: who may have what of whom is no list that we make."""

    policy_decision_point: Short
    access_evaluation_endpoint: Short
    access_evaluations_endpoint: Short
