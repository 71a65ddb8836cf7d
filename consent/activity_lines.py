"""What the log is told of the versions of an activity. Pure."""

from collections.abc import Mapping
from typing import Any

from audit.contract import Event
from consent.activity import ActivityVersion
from consent.lines import event


def activity_published(event_id: str, version: ActivityVersion, actor: str, told: Mapping[str, str]) -> Event:
    """A version that comes into force. told: who prepared it."""
    details = {**told, "toestemmingenVanaf": str(version.consents_since)}
    return event("activiteit-gepubliceerd", event_id, "systeem", actor=actor, activity=version.slug,
                 version=str(version.number), purpose=version.purpose.nl, details=details)  # fmt: skip


def activity_ended(event_id: str, row: Mapping[str, Any], actor: str, **more: Any) -> Event:
    """A version that is over: another came in its place, or somebody stopped it."""
    return event("activiteit-beeindigd", event_id, "systeem", activity=row["slug"], version=str(row["number"]),
                 actor=actor, **more)  # fmt: skip
