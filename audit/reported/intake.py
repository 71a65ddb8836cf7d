"""Reports become lines: read, look up, identify, record, each by itself and AT_ONCE together.

A crash leaves the lines that were committed; the system sends everything again and gets the same lines.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from audit.contract import EventIdTaken, Line, LogUnavailable, OutcomeUnknown, Verdict
from audit.event import NOBODY, Entry, Event
from audit.permit import Position, Receipt
from audit.reported.bodies import ReportedUse
from audit.reported.events import event_of_use, registered_as, same_report
from audit.reported.ports import AT_ONCE, Numbers, Register, Registered, Reporter
from audit.reported.problems import CannotKeepSecret, NotByNumber, OtherReport
from audit.reported.uses import Here, Use, use_of, wrong
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.errors import NoAccess, Problem

SCOPE = "logboek:melden"

Record = Callable[[Sequence[Entry]], Awaitable[list[Verdict]]]
LineAt = Callable[[Position], Awaitable[Line]]
Told = ReportedUse | Problem
Answer = Position | Problem


def demand_reporter(caller: Caller) -> None:
    """Raises NoAccess for whoever has no token to report with."""
    if SCOPE not in caller.scope or not caller.application:
        raise NoAccess("Melden is voor toepassingen die daarvoor zijn toegelaten.")


@dataclass(frozen=True)
class Calling:
    """Who reports where. issuer: our public address."""

    caller: Caller
    issuer: str
    activities: Mapping[str, Registered]


@dataclass
class _Chunk:
    """AT_ONCE reports on their way; `answers` by number, each set once."""

    told: Sequence[Told]
    answers: dict[int, Answer] = field(default_factory=dict)

    def left(self) -> Iterable[tuple[int, ReportedUse]]:
        return [
            (at, one) for at, one in enumerate(self.told) if at not in self.answers and isinstance(one, ReportedUse)
        ]


class Intake:
    """Of one open log. record: as the room `audit`; line: of the same log."""

    def __init__(self, record: Record, line: LineAt, neighbours: tuple[Register, Numbers], clock: Clock) -> None:
        self._record, self._line, self._clock = record, line, clock
        self._register, self._numbers = neighbours

    async def take(self, caller: Caller, issuer: str, told: Sequence[Told]) -> list[Answer]:
        """An answer each, in order; `told` holds a Problem for what could not be read. Raises NoAccess; LogUnavailable
        and OutcomeUnknown when nothing at all was recorded, else they stand with each that they met."""
        demand_reporter(caller)
        calling = Calling(caller, issuer, await self._register.activities(caller))
        answers: list[Answer] = []
        for at in range(0, len(told), AT_ONCE):
            answers += await self._chunk(calling, told[at : at + AT_ONCE])
        stopped = [each for each in answers if isinstance(each, LogUnavailable | OutcomeUnknown)]
        if stopped and not any(isinstance(each, Position) for each in answers):
            raise stopped[0]
        return answers

    async def _chunk(self, calling: Calling, told: Sequence[Told]) -> list[Answer]:
        chunk = _Chunk(told, {at: one for at, one in enumerate(told) if isinstance(one, Problem)})
        users = {one.user or (one.action.user if one.action else None) or "" for _, one in chunk.left()}
        named = sorted(users - {""})
        reporter = await self._register.reporter(calling.caller, named)
        if not reporter.by_bsn:  # before anybody is looked up: all of them get the same answer
            refused = NotByNumber("Uw organisatie mag niemand met een nummer aanwijzen.")
            return [each if isinstance(each, Problem) else refused for each in told]
        actors = dict(zip(named, reporter.actors, strict=True)) | {"": ""}
        uses = self._read(chunk, calling, reporter)
        events = self._events(chunk, uses, (calling, reporter), actors)
        refs = await self._numbers.identify_all(calling.caller, [uses[at].bsn for at in events])
        about = {
            at: events[at].model_copy(update={"subject": ref.subject}) for at, ref in zip(events, refs, strict=True)
        }
        await self._recorded(chunk, about)
        return [chunk.answers[at] for at in range(len(told))]

    def _read(self, chunk: _Chunk, calling: Calling, reporter: Reporter) -> dict[int, Use]:
        here = Here(reporter.recipient, reporter.oin, calling.issuer, millis(self._clock()))
        uses = {}
        for at, one in chunk.left():
            try:
                uses[at] = use_of(one, here)
                if not self._numbers.is_number(uses[at].bsn):
                    raise wrong((_place_of_number(one), "bsn", "Dit is geen burgerservicenummer."))
            except Problem as problem:
                chunk.answers[at] = problem
        return uses

    def _events(
        self, chunk: _Chunk, uses: Mapping[int, Use], where: tuple[Calling, Reporter], actors: Mapping[str, str]
    ) -> dict[int, Event]:
        (calling, reporter), events, at_now = where, dict[int, Event](), millis(self._clock())
        for at, _ in chunk.left():
            use = uses[at]
            try:
                activity = registered_as(use.activity, calling.activities, calling.issuer)
                if use.secret and activity.withheld_until <= at_now:
                    raise CannotKeepSecret("Regels van deze activiteit ziet de inwoner meteen.")
            except Problem as problem:
                chunk.answers[at] = problem
                continue
            events[at] = event_of_use(use, calling.caller, (reporter, actors[use.user]), activity, at_now)
        return events

    async def _recorded(self, chunk: _Chunk, events: Mapping[int, Event]) -> None:
        if not events:
            return
        try:
            verdicts: Sequence[Verdict] = await self._record([Entry(event=event) for event in events.values()])
        except (LogUnavailable, OutcomeUnknown) as problem:
            verdicts = [problem] * len(events)
        for (at, event), verdict in zip(events.items(), verdicts, strict=True):
            chunk.answers[at] = await self._answer(event, verdict)

    async def _answer(self, event: Event, verdict: Verdict) -> Answer:
        if isinstance(verdict, Receipt):
            return verdict.position
        if not isinstance(verdict, EventIdTaken):
            return verdict
        there = Position.parse(verdict.members["position"])
        if same_report((await self._line(there)).event, event, NOBODY):
            return there
        return OtherReport("Onder dit kenmerk staat al iets anders.", logregel=str(there))


def _place_of_number(one: ReportedUse) -> str:
    if one.action is not None:
        return "/verwerkingsactie/verwerkteObjecten/0/objectId"
    return "/inwoner/bsn" if one.resident else "/logregel/attributes/dpl.core.data_subject_id"
