"""Who keeps a source, as reports about it know them. Pure.

The interface is ours (docs/corrections.md); an owner answers with a status, now or later.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

from pydantic import ConfigDict, Field

from connectors.correcting.contract import WORDS, Assignment, Day
from connectors.declared.declaration import DAYS
from kernel.message import Message


class Heard(Message):
    """What an owner answers; members that we do not know are theirs."""

    model_config = ConfigDict(extra="ignore")

    status: Literal["ontvangen", "in-onderzoek", "gecorrigeerd", "geen-wijziging"]
    words: Annotated[str | None, Field(max_length=WORDS, validation_alias="toelichting")] = None
    since: Annotated[Day | None, Field(validation_alias="onjuistSinds")] = None


class Interface(Protocol):
    """An address of the owner's own."""

    async def tell(self, report: Assignment) -> Heard:
        """Once more is the same report. Raises SourceFailed."""
        ...

    async def ask(self, id_: str) -> Heard:
        """How it stands. Raises SourceFailed."""
        ...


@dataclass(frozen=True)
class Owner:
    """organisation: the recipient under whose name its people work here. interface: None where only the list is. days:
    for which a report stands open while nothing is said about it."""

    organisation: str
    interface: Interface | None = None
    days: int = DAYS


Owners = Mapping[str, Mapping[str, Owner]]
"""By tenant and source."""
