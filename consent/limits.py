"""What a yes is limited to beyond its end: how often, how far back, how long the recipient keeps it.

All of it stands in one document of the consent's own row, under its MAC: a limit that could be deleted alone would be
none.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from audit.contract import Audit, Count
from consent.activity import ActivityVersion, Frequency
from consent.standing import PERMITS
from consent.terms import running
from consent.words import fault
from kernel.caller import room_of
from kernel.message import Message, Short, wire

Row = Mapping[str, Any]
DRAFTS_MAX = 20  # earlier ends that wait for their line; one more pushes the oldest out


class Limits(Message):
    """times 0: as often as the activity allows; 1 without `per`: once. per: the running day, month or year; "" is the
    whole life of the consent. history: how old the data may be at most, kept: how long the recipient keeps it, in days;
    0: as the activity says."""

    times: Annotated[Annotated[int, Field(ge=0, le=100_000)], wire("keer")] = 0
    per: Literal["", "dag", "maand", "jaar"] = ""
    history: Annotated[Annotated[int, Field(ge=0, le=36_600)], wire("terugkijkDagen")] = 0
    kept: Annotated[Annotated[int, Field(ge=0, le=36_600)], wire("bewaarDagen")] = 0


class Terms(Message):
    """Of a row. shorter: (event id, ms) of earlier ends that count once their line is there. renewed: whether the
    resident said yes again. channel: through which they chose last. by: who said yes for the resident, "" for
    themselves. pauses_at: from then on a yes of a parent stands still, ms, 0 for never: the child chooses.
    taken: it was for whoever answers it. counted: lines name this consent where they take one of its number; a yes from
    before that counts every release of its activity."""

    limits: Limits = Limits()
    shorter: tuple[tuple[Short, int], ...] = ()
    renewed: bool = False
    channel: Short = ""
    by: Short = ""
    pauses_at: int = 0
    taken: bool = False
    counted: bool = False


def terms_of(row: Row) -> Terms:
    """Rows from before have none."""
    return Terms.model_validate_json(row["terms"]) if row.get("terms") else Terms()


def pause_of(row: Row) -> int:
    """See Terms.pauses_at; most rows say nothing, and are not read for it."""
    return terms_of(row).pauses_at if '"pauses_at"' in (row.get("terms") or "") else 0


def history_of(row: Row) -> int:
    """See Limits.history; read as little as the above."""
    return terms_of(row).limits.history if '"terugkijkDagen"' in (row.get("terms") or "") else 0


def unnamed(row: Row) -> bool:
    """Whether its recipient does not know whose it is: it is for whoever answers it, and nobody said yes."""
    return not row["resident"] or (not row["decided_at"] and terms_of(row).taken)


def stored_terms(terms: Terms) -> str:
    """The inverse."""
    return terms.model_dump_json(exclude_defaults=True)


def check_limits(limits: Limits, version: ActivityVersion) -> None:
    """A request may ask for less than the activity allows, never for more. Raises BadInput."""
    if limits.per and not limits.times:
        raise fault("/gebruik/keer", "ontbreekt", "Hoe vaak per periode?")
    if version.kept_days and limits.kept > version.kept_days:
        raise fault("/gebruik/bewaarDagen", "te-lang", "Dit is langer dan dit doel bewaart.")
    if version.history and limits.history > version.history:
        raise fault("/gebruik/terugkijkDagen", "te-lang", "Dit is verder terug dan dit doel kijkt.")
    if version.frequency and limits.per == version.frequency.per and limits.times > version.frequency.times:
        raise fault("/gebruik/keer", "te-vaak", "Dit is vaker dan dit doel vraagt.")


def counting(row: Row, at: int) -> Count | None:
    """Which releases use up this consent; None when it has no number, or lets nothing through any more. Those that the
    law granted do not."""
    if row["status"] not in PERMITS:
        return None
    terms = terms_of(row)
    limits = terms.limits
    if not limits.times:
        return None
    begin = running(Frequency(times=limits.times, per=limits.per), at)[0] if limits.per else 0
    since, fence = max(begin, row["decided_at"]), row["fence"] if terms.counted else ""
    return Count(subject=row["subject"], activity=row["activity"], case=row["reference"], since=since, fence=fence)


async def spent(audit: Audit, tenant: str, consents: Sequence[Row], at: int) -> tuple[Row, ...]:
    """The rows, those that are used up marked `spent`; limit: how many since when, for their lines. One call to the
    log, and none without a number. Two questions at one moment both count before either is written down: which of them
    was in time is told by the order of their lines (`audit.within`)."""
    wanted = [counting(row, at) for row in consents]
    asked = tuple(dict.fromkeys(count for count in wanted if count))
    if not asked:
        return tuple(consents)
    used = dict(zip(asked, await audit.count(room_of(tenant, "consent"), asked), strict=True))
    return tuple(
        {**row, **_spent(used[count], count, terms_of(row).limits.times)} if count else row
        for row, count in zip(consents, wanted, strict=True)
    )


def _spent(used: int, count: Count, times: int) -> Row:
    return {"spent": used >= times, "limit": (times, count.since) if count.fence else (0, 0)}


class Under(Message):
    """A consent as it stands for data that was given under it. kept: days that its recipient may keep that, where it
    says less than the activity. ended_at: ms. 0 is none, also of a fence that is no consent's."""

    kept: int = 0
    ended_at: int = 0
