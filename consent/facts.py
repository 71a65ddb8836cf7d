"""From rows to facts: what the rules weigh, and how a decision names them. Pure."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from audit.contract import Entry
from consent.activity import ActivityVersion, Application, Recipient
from consent.contract import FenceKind, Question
from consent.difference import consents_since
from consent.emergency import last_words, misfit
from consent.keys import MACHINES, TenantKeys
from consent.known import Asker, CaseFact, Facts
from consent.limits import history_of, pause_of
from consent.lines import application_of, names, recipient_of, version_of
from consent.locks import LOCKED, held
from consent.standing import Fenced, Standing, Stood, last_moment
from consent.terms import covert
from kernel.caller import Caller

Row = Mapping[str, Any]
Fence = tuple[Fenced, FenceKind]
NOTHING_SAID: Mapping[str, Any] = {"flags": (), "objections": {}}
NO_OBJECTION: Mapping[str, Any] = {"epoch": 0, "open": False}
# Facts that are in no table.
TOKEN, COUNTED, SPENT, ACTOR, NAMED = "token", "geteld", "besteed", "gebruiker", "genoemd"
BY_NUMBER, NOBODY = "nummer", "onbekend"  # how the resident was named, where that refuses


@dataclass(frozen=True)
class Snapshot:
    """All rows that the questions of one call are about, read at one moment; each is understood once, however many
    questions there are. consents: to this recipient. processor: whose system the application is, where that works for
    the recipient."""

    recipient: Row | None = None
    application: Row | None = None
    processor: Row | None = None
    activities: Mapping[str, Row] = field(default_factory=dict)
    cases: Mapping[str, Row] = field(default_factory=dict)
    consents: tuple[Row, ...] = ()
    residents: Mapping[str, Row] = field(default_factory=dict)

    @cached_property
    def versions(self) -> dict[str, ActivityVersion]:
        """Of each activity, by its name."""
        return {slug: version_of(row) for slug, row in self.activities.items()}

    @cached_property
    def party(self) -> Recipient | None:
        """Whoever asks."""
        return recipient_of(self.recipient) if self.recipient else None

    @cached_property
    def system(self) -> Application | None:
        """What asks, as it is registered."""
        return application_of(self.application) if self.application else None

    @cached_property
    def works_for(self) -> Recipient | None:
        """The processor, by whatever name it has now."""
        return recipient_of(self.processor) if self.processor else None

    @cached_property
    def by_resident(self) -> dict[tuple[str, str], list[Row]]:
        """Consents, by resident and activity."""
        found: dict[tuple[str, str], list[Row]] = {}
        for row in self.consents:
            found.setdefault((row["resident"], row["activity"]), []).append(row)
        return found

    def about(self, question: Question) -> Sequence[Row]:
        """The consents of this resident for this activity, whatever version they are to."""
        return self.by_resident.get((question.resident.id, question.activity), ())

    def words(self, question: Question) -> tuple[Standing, ...]:
        """In an emergency: what this resident said last to this recipient about the elements, in any activity."""
        if question.emergency is None:
            return ()
        said = [_standing(row, 0) for row in self.consents if row["resident"] == question.resident.id]
        return tuple({one.id: one for name in question.elements for one in last_words(said, name)}.values())

    def named(self, question: Question) -> Sequence[Row]:
        """The consents that a decision names: what it rests on, or refuses by."""
        if question.emergency is None:
            return self.about(question)
        words = {one.id for one in self.words(question)}
        return [row for row in self.consents if row["id"] in words]


@dataclass(frozen=True)
class _Always:
    """What is the same for all questions of one caller about one activity. before, after: fences that all stand on, in
    the order of a decision."""

    asker: Asker
    since: int
    before: tuple[Fence, ...]
    after: tuple[Fence, ...]
    objections: Callable[[str], str]


class Asking:
    """The facts of one caller's questions, over one snapshot. Only who sits at the application may differ."""

    def __init__(self, caller: Caller, snapshot: Snapshot, keys: TenantKeys) -> None:
        self._caller, self._snapshot, self._keys = caller, snapshot, keys
        self._known: dict[str, _Always] = {}
        self._restrictions = keys.restrictions()

    def facts(self, question: Question, counted: int = 0, actor: str = "") -> Facts:
        """Of one question; epochs are those of the rows, and 0 where there is none."""
        snapshot, slug = self._snapshot, question.activity
        always = self._known.get(slug) or self._always(slug)
        version, resident = always.asker.activity, snapshot.residents.get(question.resident.id)
        said = json.loads(resident["document"]) if resident else NOTHING_SAID
        objection = said["objections"].get(slug) or NO_OBJECTION  # see consent.rights.standing
        return Facts(
            asker=always.asker,
            case=_case(snapshot.cases.get(question.case), version) if question.case else None,
            consents=_counting(snapshot.about(question), version, always.since),
            objected=objection["open"],
            upheld=objection.get("upheld", True),
            restricted=resident is not None and resident["status"] == LOCKED,
            held=held(said, slug),
            flags=frozenset(said["flags"]),
            counted=counted,
            actor=actor,
            emergency=bool(question.emergency) and not misfit(version, question.emergency, self._caller.kind),
            nobody=question.nobody,
            words=snapshot.words(question),
            fences=(*always.before, *self._own(question, always, resident, objection), *always.after),
        )

    def _own(
        self, question: Question, always: _Always, resident: Row | None, objection: Mapping[str, Any]
    ) -> tuple[Fence, Fence, Fence]:
        of = question.resident
        moved, locked = (resident["epoch"], resident["restriction_epoch"]) if resident else (0, 0)
        return (
            (Stood(of.fence, moved), "inwoner"),
            (Stood(self._restrictions(of.id), locked), "beperking"),
            (Stood(always.objections(of.id), objection["epoch"]), "bezwaar"),
        )

    def _always(self, slug: str) -> _Always:
        snapshot, caller = self._snapshot, self._caller
        row, version = snapshot.activities.get(slug), snapshot.versions.get(slug)
        asker = Asker(
            activity=version,
            in_force=row is not None and row["status"] == "gepubliceerd",
            published_at=row["effective_at"] if row else 0,
            admitted=_admitted(caller, snapshot.recipient, snapshot.application) and _may_ask(snapshot, version),
            in_scope=in_scope(caller, slug),
            recipient=caller.organisation,
            by_bsn=snapshot.party is not None and snapshot.party.by_bsn,
        )
        self._known[slug] = _Always(
            asker=asker,
            since=consents_since(version) if version else 0,
            before=((Stood(self._keys.municipality(), 0), "gemeente"),),
            after=_others(row, self._keys, snapshot),
            objections=self._keys.objections(slug),
        )
        return self._known[slug]


def in_scope(caller: Caller, activity: str) -> bool:
    """Whether the caller's token was given for this activity; a token without a scope is for all."""
    return not caller.scope or activity in caller.scope


def _admitted(caller: Caller, recipient: Row | None, application: Row | None) -> bool:
    if not recipient or recipient["status"] != "toegelaten":
        return False
    if caller.kind not in MACHINES:
        return True
    mine = ("recipient", "epoch")  # keys from before a suspension are given anew
    known = application is not None and tuple(application[name] for name in mine) == (
        recipient["slug"],
        recipient["epoch"],
    )
    return known and application is not None and application["status"] == "toegelaten"


def _may_ask(snapshot: Snapshot, version: ActivityVersion | None) -> bool:
    """Whether this activity is the application's: one that it was narrowed to, and for a system of somebody who works
    for the recipient one in which they are registered to do so."""
    system = snapshot.system
    if system is None or version is None:
        return True
    application = snapshot.application or {}
    if system.processor and not works_still(application, snapshot.processor):
        return False
    return may_ask(system, version, application["recipient"])


def works_still(application: Row, processor: Row | None) -> bool:
    """Whether who works for the recipient with this system is admitted, and was when the system was: keys from before a
    suspension are given anew."""
    if processor is None or processor["status"] != "toegelaten":
        return False
    stood = {one.fence: one.epoch for one in Entry.model_validate_json(application["entry"]).requires}
    return stood.get(processor["fence"], 0) == int(processor["epoch"])


def may_ask(system: Application, version: ActivityVersion, recipient: str) -> bool:
    """As above; what a token of it may be for."""
    if system.activities and version.slug not in system.activities:
        return False
    works = (system.processor, "verwerker", recipient)
    return not system.processor or any(works == (one.recipient, one.role, one.processor_of) for one in version.parties)


def _counting(rows: Sequence[Row], version: ActivityVersion | None, since: int) -> tuple[Standing, ...]:
    """A yes is to what was read: it holds for a newer version that is no wider; a wider one asks anew."""
    if version is None:
        return ()
    return tuple([_standing(row, version.period) for row in rows if int(row["version"]) >= since])


def _standing(row: Row, period: int) -> Standing:
    return Standing(
        id=row["id"],
        status=row["status"],
        elements=names(row["elements"]),
        case=row["reference"],
        asked_at=row["requested_at"],
        valid_until=last_moment(row, period),
        fence=Stood(row["fence"], row["epoch"]),
        revision=row["revision"],
        spent=row.get("spent", False),
        pauses_at=pause_of(row),
        activity=row["activity"],
        history=history_of(row),
        limit=row.get("limit", (0, 0)),
    )


def _case(row: Row | None, version: ActivityVersion | None) -> CaseFact | None:
    if row is None:
        return None
    return CaseFact(
        resident=row["resident"],
        activity=row["activity"],
        open=row["status"] == "open",
        origin=row["origin"],
        since=row["since"],
        until=row["until"],
        told_at=row["effective_at"],
        fence=Stood(row["fence"], row["epoch"]),
        opened_by=Entry.model_validate_json(row["entry"]).event.actor if version and covert(version) else "",
    )


def _others(activity: Row | None, keys: TenantKeys, snapshot: Snapshot) -> tuple[Fence, ...]:
    rows: list[tuple[Row | None, FenceKind]] = [
        (snapshot.recipient, "ontvanger"), (activity, "activiteit"), (snapshot.processor, "ontvanger")
    ]  # fmt: skip
    stood: list[Fence] = [(Stood(row["fence"], row["epoch"]), kind) for row, kind in rows if row]
    if snapshot.application:
        stood.append((Stood(*own_fence(keys, snapshot.application)), "ontvanger"))
    return tuple(stood)


def own_fence(keys: TenantKeys, application: Row) -> tuple[str, int]:
    """Of one application, and where it stands."""
    return keys.application(application["client_id"]), application["own_epoch"] or 0
