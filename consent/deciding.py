"""A decision: facts in one snapshot, weighed, written out, sealed (trust.md 2.3 step 3)."""

from asyncio import sleep
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from audit.contract import Audit, Count
from consent import prepared, tables
from consent.activity import ActivityVersion, UsedElement
from consent.contract import About, Question, Sealed
from consent.counting import about_nobody, of_a_set, wanted
from consent.emergencies.lines import told_of
from consent.emergency import misfit
from consent.facts import Asking, Snapshot
from consent.flags import SAFE, SECRECY
from consent.following import Following
from consent.keys import MACHINES, TenantKeys
from consent.known import Facts
from consent.limits import spent
from consent.lines import application_of
from consent.rows import Register, Row, Rows
from consent.rules import Weighed, told_at, weigh, with_ground
from consent.standing import numbered, reach
from consent.terms import DAY, covert, destruction_year, running, withheld_until
from consent.used import versions_used
from consent.words import fault, refused
from kernel.caller import Caller, room_of
from kernel.canonical import canonical_text
from kernel.clock import Clock, millis
from kernel.gather import MOST as GATHERED
from kernel.gather import Gatherer
from kernel.ids import random_id

Asked = tuple[Caller, Question]
VERSION = "1"  # of the sealed document
TURN = 50  # questions after which others have theirs
MOST = 10_000  # questions of one call, over one snapshot


async def newest_versions(rows: Rows, slugs: set[str]) -> dict[str, Row]:
    """The newest version of each that ever took effect, one statement."""
    found = await rows.asked(tables.activities, prepared.NEWEST, slugs=list(slugs))
    return {row["slug"]: row for row in found}


class Deciding:
    """Answers questions; changes nothing."""

    def __init__(self, register: Register, audit: Audit, following: Following, clock: Clock) -> None:
        self._register, self._audit, self._following, self._clock = register, audit, following, clock
        self._decided = Gatherer(self._decide)

    async def decide(self, caller: Caller, questions: Sequence[Question]) -> list[Sealed]:
        """See Consent.decide."""
        if len(questions) > MOST:
            raise fault("", "te-veel", f"Meer dan {MOST} vragen tegelijk kan niet.")
        if len(questions) > GATHERED:  # by itself: what else this application asks does not wait behind it
            return await self._decide(caller, [(caller, question) for question in questions])
        # who sits at an application changes no fact of it
        same = caller.model_copy(update={"user": ""}) if caller.user else caller
        return await self._decided.ask(same, [(caller, question) for question in questions])

    async def _decide(self, same: Caller, asked: Sequence[Asked]) -> list[Sealed]:
        """At most six statements, whatever the number of questions, and one call to the log when an activity has a
        frequency. The count comes after the snapshot: it is fresher so, and no fence covers it."""
        questions = [question for _, question in asked]
        for position in {question.not_before for question in questions if question.not_before}:
            await self._following.upto(same.tenant, position)
        at = millis(self._clock())

        async def look(rows: Rows) -> tuple[Snapshot, TenantKeys]:
            return await snapshot_of(rows, same, questions), rows.keys

        snapshot, keys = await self._register.seen(same.tenant, look)
        snapshot = replace(snapshot, consents=await spent(self._audit, same.tenant, snapshot.consents, at))
        counted = await self._counted(same.tenant, questions, snapshot, at)
        signer, asking = keys.signer, Asking(same, snapshot, keys)
        sealed = []
        for number, ((caller, question), count) in enumerate(zip(asked, counted, strict=True), 1):
            if number % TURN == 0:
                await sleep(0)  # a bulk of ten thousand takes seconds, and whoever asks beside it some milliseconds
            facts = asking.facts(question, count, keys.actor(caller))
            weighed = weigh(question, facts, at)
            text = _decision(
                caller, question, facts, weighed, (at, versions_used(caller, question, snapshot, count, facts.actor))
            )
            seal = signer.sign(text.encode()).hex()
            told = tuple(refused(name, told, _when(told, facts, at)) for name, _, told in weighed.refused)
            about = _about(caller, question, facts, weighed, (at, keys, snapshot))
            sealed.append(Sealed(decision=text, seal=seal, told=told, about=about))
        return sealed

    async def _counted(self, tenant: str, questions: Sequence[Question], snapshot: Snapshot, at: int) -> list[int]:
        asked: dict[Count, int] = {}
        wanted: list[Count | None] = []
        for question in questions:
            version = snapshot.versions.get(question.activity)
            frequency = version.frequency if version else None
            if question.table and not about_nobody(question):
                frequency = None  # a table is asked so often, not each who is in it
            if frequency is None:
                wanted.append(None)
                continue
            case = question.case if frequency.per == "zaak" else ""
            count = Count(subject=question.resident.subject, activity=question.activity, case=case,
                          since=running(frequency, at)[0])  # fmt: skip
            wanted.append(count)
            asked[count] = 0
        if asked:
            answers = await self._audit.count(room_of(tenant, "consent"), tuple(asked))
            asked = dict(zip(asked, answers, strict=True))
        return [asked[count] if count else 0 for count in wanted]


async def snapshot_of(rows: Rows, caller: Caller, questions: Sequence[Question]) -> Snapshot:
    """Everything that these questions stand on: six statements, however many there are."""
    slugs = {question.activity for question in questions}
    residents = {question.resident.id for question in questions}
    cases = {question.case for question in questions if question.case}
    mine, about = caller.organisation, {"residents": list(residents)}
    named = {"recipient": mine, "references": list(cases)}
    case_rows = await rows.asked(tables.cases, prepared.CASES, **named) if cases else []
    states = await rows.asked(tables.subject_state, prepared.STATES, **about)
    if any(question.emergency for question in questions):  # a no in another activity counts then
        consents = await rows.asked(tables.consents, prepared.SAID, recipient=mine, **about)
    else:
        consents = await rows.asked(tables.consents, prepared.CONSENTS, recipient=mine, slugs=list(slugs), **about)
    system = await rows.asked(tables.applications, prepared.APPLICATION, client=caller.application)
    application = system[0] if system and caller.kind in MACHINES else None
    return Snapshot(
        recipient=await _party(rows, mine),
        application=application,
        processor=await processor_of(rows, application),
        activities=await newest_versions(rows, slugs),
        cases={row["reference"]: row for row in case_rows},
        consents=tuple(consents),
        residents={row["resident"]: row for row in states},
    )


async def processor_of(rows: Rows, application: Row | None) -> Row | None:
    """The row of whoever works for the recipient with this system; no statement where it is its own."""
    slug = application_of(application).processor if application else None
    return await _party(rows, slug) if slug else None


async def _party(rows: Rows, slug: str) -> Row | None:
    return next(iter(await rows.asked(tables.recipients, prepared.RECIPIENT, slug=slug)), None)


def _decision(
    caller: Caller,
    question: Question,
    facts: Facts,
    weighed: Weighed,
    used: tuple[int, tuple[tuple[str, str, str], ...]],
) -> str:
    """As `Decision` reads it. Written without that model: this is most of what a decision costs."""
    at, versions = used
    said: dict[str, Any] = {
        "v": VERSION,
        "nonce": random_id(),
        "gemeente": caller.tenant,
        "inwoner": question.resident.id,
        "betrokkene": question.resident.subject,
        "ontvanger": caller.organisation,
        "toepassing": caller.application,
        "activiteit": question.activity,
        "versie": str(facts.activity.number) if facts.activity else "",
        "toegestaan": [
            {"element": one.name, "bron": one.source, "invoer": one.inputs,
             "hekken": [str(index) for index in weighed.stands_on(consent)], 
             **reach(weighed.history, one.class_ == "C", consent)}
            for one, consent in weighed.allowed
        ],
        "geweigerd": [(name, code) for name, code, _ in weighed.refused],
        "hekken": [(fence.fence, str(fence.epoch), kind) for fence, kind in weighed.fences],
        "feiten": versions,
        "beslist": str(at),
        "geldigTot": str(weighed.valid_until),
    }  # fmt: skip
    kind = "verzameling" if of_a_set(question, facts.activity) else "tabel"
    nood = question.emergency.reason if facts.emergency and question.emergency else ""
    told = (("zaak", question.case), (kind, question.table), ("noodtoegang", nood))
    more: dict[str, Any] = {name: value for name, value in told if value}
    if counted := numbered(one for used, stands in weighed.allowed if used.class_ == "C" for one in stands):
        more["geteld"] = counted
    return canonical_text(said | more).decode()


def _about(
    caller: Caller,
    question: Question,
    facts: Facts,
    weighed: Weighed,
    used: tuple[int, TenantKeys, Snapshot],
) -> About:
    (at, keys, snapshot), activity = used, facts.activity
    recipient, processor = snapshot.party, snapshot.works_for
    who: dict[str, Any] = {
        "activity": question.activity,
        "recipient": caller.organisation,
        "recipient_name": recipient.name.nl if recipient else "",
        "processor": processor.slug if processor else "",
        "processor_name": processor.name.nl if processor else "",
        "actor": keys.actor(caller),
        "secret": SECRECY in facts.flags and with_ground(facts),
        "safe": SAFE in facts.flags and with_ground(facts),
        "misfit": misfit(activity, question.emergency, caller.kind),
    }
    if activity is None:
        return About.model_validate(who)
    if about_nobody(question):
        who["statistics"] = activity.statistics
    asked = [found for name in wanted(question, activity) if (found := activity.element(name))]
    allowed = [one for one, _ in weighed.allowed]
    if facts.objected and activity.despite_objection and any(one.objectable for one in allowed):
        who["despite"] = activity.despite_objection.nl
    if facts.emergency:
        who |= told_of(question, activity, at, keys)
    return About.model_validate({**who, **_words(activity, at), **_grounds(allowed or asked, asked)})


def _words(activity: ActivityVersion, at: int) -> dict[str, str | int]:
    return {
        "version": str(activity.number),
        "title": activity.title.nl,
        "purpose": activity.purpose.nl,
        "keep_until": destruction_year(at, activity.keep_lines),
        "withheld_until": withheld_until(activity, at),
        "covert": covert(activity),
        "kept_days": activity.kept_days,
    }


def _grounds(told: Sequence[UsedElement], asked: Sequence[UsedElement]) -> dict[str, object]:
    strictest = min((one.class_ for one in told), default="")
    under = [one for one in told if one.class_ == strictest]
    return {
        "class_": strictest,
        "classes": tuple((one.name, one.class_) for one in asked),
        "basis": under[0].basis if under else "",
        "law": "; ".join(dict.fromkeys(one.law for one in under if one.law))[:2_000],
    }


def _when(told: str, facts: Facts, at: int) -> int:
    """The day on which asking again helps, ms; 0 when no day is known."""
    often = facts.activity.frequency if facts.activity else None
    if often and told == "te-vaak" and facts.counted >= often.times:  # else the number of the resident is used up
        return running(often, at)[1]
    if facts.activity and told == "vooraf-informeren":
        return told_at(facts) + facts.activity.notice * DAY
    return 0
