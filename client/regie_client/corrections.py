"""What you were given and is corrected since: which of your releases, never the value."""

from typing import Annotated

from pydantic import Field

from regie_client.messages import Said, Short


class Had(Said):
    """One release that gave you what was wrong."""

    release: Annotated[Short, Field(validation_alias="verstrekking")]
    activity: Annotated[Short, Field(validation_alias="verwerkingsactiviteit")]
    elements: Annotated[tuple[Short, ...], Field(validation_alias="gegevenselementen", max_length=100)]


class Correction(Said):
    """Your own releases, the newest first. more: there are older ones, which are not named."""

    id: Short
    corrected_at: Annotated[Short, Field(validation_alias="gecorrigeerdOp")]
    had: Annotated[tuple[Had, ...], Field(validation_alias="verstrekkingen", max_length=1_000)]
    more: Annotated[bool, Field(validation_alias="meer")]
