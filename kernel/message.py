"""What crosses a door: frozen, closed to unknown members, English in code and Dutch on the wire."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

# Limits of every input: an identifier, a sentence, a text.
Short = Annotated[str, StringConstraints(max_length=200)]
Sentence = Annotated[str, StringConstraints(max_length=2_000)]
Text = Annotated[str, StringConstraints(max_length=200_000)]
Millis = Annotated[int, Field(ge=0, le=253_402_300_799_999)]  # since 1970, until the last of the year 9999; 0: absent
Hex16 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Hex32 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Message(BaseModel):
    """Base of every contract's message types."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, serialize_by_alias=True)


class Body(Message):
    """What comes in from outside: only the names on the wire. A check that looks at those must see all that is read."""

    model_config = ConfigDict(validate_by_name=False, validate_by_alias=True)


def wire(name: str) -> Any:  # Any: pydantic types Field() so
    """The Dutch name of a member. Inside Annotated, so that type checkers keep the English one."""
    return Field(validation_alias=name, serialization_alias=name)
