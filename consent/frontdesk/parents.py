"""Who stands at the desk for a child: a parent or a guardian, as the BRP said when the conversation began. Pure.

The column `stands` is a document {relation, until}; absent where somebody chooses for themselves, and in rows from
before it. What holds for who acts at the portal holds here (`consent.mandates.rules`); the BRP is asked once per
conversation, for the number of who stands there is kept nowhere.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from consent.activity import ActivityVersion
from consent.acts import PAUSES
from consent.frontdesk.contract import Meeting
from consent.mandates.rules import BY_AUTHORITY, DEEDS, Authority, Relation, grown_at, sees

NOBODY: Final = "niemand"  # who says to have authority, and has none that may be told


@dataclass(frozen=True)
class Parent:
    """until: when the child chooses alone, ms."""

    relation: Relation
    until: int

    @property
    def told(self) -> dict[str, str]:
        """In `details` of a choice."""
        return {PAUSES: str(self.until)}

    def sees(self, activity: ActivityVersion) -> bool:
        """Whether choices about this are shown to them at all."""
        return sees(Authority(self.relation, self.until), activity)

    def may(self, answer: str, at: int) -> bool:
        """Whether this choice is theirs at a moment in ms; to see is `zien`."""
        return answer in DEEDS and at < self.until


def stands_for(met: Meeting) -> str | None:
    """The column. A child of whom nobody knows when it was born is of age here: nothing is shown."""
    if met.stands == "zelf":
        return None
    return json.dumps({"relation": met.stands, "until": grown_at(met.birth)}, sort_keys=True)


def parent_of(row: Mapping[str, Any]) -> Parent | None:
    """None for who is there for themselves. Raises ValueError, KeyError for what this version did not write."""
    if row["stands"] is None:
        return None
    said = json.loads(row["stands"])
    if said["relation"] not in (*BY_AUTHORITY, NOBODY):
        raise ValueError("no such relation")
    return Parent(said["relation"], int(said["until"]) if said["relation"] != NOBODY else 0)
