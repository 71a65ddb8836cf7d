"""What was released must go one day: what that is, and the word that it is gone. The resident reads that word."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import Field

from regie_client.messages import Said, Short


@dataclass(frozen=True)
class Keeps:
    """What stays for now, under which article of law, up to and including which day."""

    elements: tuple[str, ...]
    article: str
    until: date

    def body(self) -> dict[str, Any]:
        """As it is sent."""
        return {"gegevenselementen": list(self.elements), "artikel": self.article, "tot": self.until.isoformat()}


@dataclass(frozen=True)
class Removal:
    """Data of releases for one activity that you removed. releases: `receipt.line.place` of each, 200 at most.
    elements: what was removed; none: all but what you keep. Who removed it is for your own administration."""

    activity: str
    releases: tuple[str, ...]
    day: date
    elements: tuple[str, ...] = ()
    keeps: Keeps | None = None

    def body(self) -> dict[str, Any]:
        """As it is sent."""
        said: dict[str, Any] = {"verstrekkingen": list(self.releases), "verwijderdOp": self.day.isoformat()}
        said |= {"gegevenselementen": list(self.elements)} if self.elements else {}
        return said | ({"bewaart": self.keeps.body()} if self.keeps else {})


class RemovedOne(Said):
    """One release of which it is written down. line: where. left: elements that you still have, as far as you said."""

    release: Annotated[Short, Field(validation_alias="verstrekking")]
    line: Annotated[Short, Field(validation_alias="logregel")]
    left: Annotated[tuple[Short, ...], Field(validation_alias="nogAanwezig", max_length=100)]


class Removed(Said):
    """unknown: releases that are not there for you."""

    written: Annotated[tuple[RemovedOne, ...], Field(validation_alias="vastgelegd", max_length=200)]
    unknown: Annotated[tuple[Short, ...], Field(validation_alias="nietGevonden", max_length=200)]


class ToRemove(Said):
    """What must go of one release, on which day at the latest. why: `bewaartermijn`, `toestemming` (it ended) or `wet`
    (you said that you keep it until then)."""

    release: Annotated[Short, Field(validation_alias="verstrekking")]
    elements: Annotated[tuple[Short, ...], Field(validation_alias="gegevenselementen", max_length=100)]
    day: Annotated[date, Field(validation_alias="uiterlijk")]
    why: Annotated[Short, Field(validation_alias="reden")]
    late: Annotated[bool, Field(validation_alias="teLaat")]


class Dues(Said):
    """The first that must go come first. next: for the others, `to_remove(…, after=next)`; None on the last page."""

    found: Annotated[tuple[ToRemove, ...], Field(validation_alias="vernietigingen", max_length=200)]
    more: Annotated[bool, Field(validation_alias="meer")]
    next: Annotated[Short | None, Field(validation_alias="volgende")] = None
