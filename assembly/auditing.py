"""`regie audit`: does the log fit, and how does it stand? Beside a house that may be serving; nothing is written."""

import base64
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from assembly.bars import bar
from assembly.building import World
from assembly.founding import demand_newest
from assembly.settings import HouseSettings, TenantSettings
from assembly.tools import one_tenant
from audit.component import signer_of
from audit.cosigned import Keeping
from audit.fsck.checking import check_log
from audit.fsck.findings import Report, Wrong
from audit.fsck.outside import checkpoint_in, doubts, outside_of
from audit.fsck.trees import Signed
from audit.fsck.walk import Asked
from audit.settings import AuditSettings
from audit.signer import HeadSigner
from audit.status import Around, Status, status_of
from audit.witnesses import policy_of
from kernel.clock import millis, utc_now
from kernel.proof.hashes import ProofError
from kernel.settings import SettingsWrong
from kernel.sql import Database

NOTE_BYTES = 1 << 20
VERDICTS = ("klopt", "klopt NIET", "niet te controleren")


async def fsck(settings: HouseSettings, wanted: str, keyless: bool, notes: Sequence[Path]) -> list[Report]:
    """A report per municipality; none wanted: all. Raises SettingsWrong, KeyUnavailable, CannotOpen, SQLAlchemyError:
    then nothing was judged."""
    anchors = await _founded(settings)
    signer = _signer(settings)
    provider = None if keyless else World().keys(settings.folder.keys)
    database = Database(settings.database("audit"), "audit")
    reports = []
    try:
        for tenant in chosen_of(settings, wanted):
            outside = outside_of(signer, tenant.id, anchors, with_key=not keyless)
            kept = [_checkpoint(note, anchors, tenant.id) for note in notes]
            with bar(tenant.id) as progress:
                asked = Asked(
                    tenant=tenant.id,
                    tenants=[one.id for one in settings.tenants],
                    signed=(*outside.signed, *filter(None, kept)),
                    origins=outside.origins,
                    unjudged=outside.unjudged,
                    progress=progress,
                )
                report = await check_log(database, provider, asked)
            if outside.wrong:
                report.findings.add(Wrong("ondertekenaar", "head", None, "sleutel"))
            sizes = [one.size for one in kept if one]
            reports.append(replace(report, unjudged=doubts(report.unjudged, sizes, report.size)))
    finally:
        await database.close()
    return reports


async def statuses(settings: HouseSettings, wanted: str) -> list[Status]:
    """One per municipality; none wanted: all. Raises as `fsck`."""
    await _founded(settings)
    told, provider = _told(settings), World().keys(settings.folder.keys)
    policy = policy_of(told)
    witnesses = Keeping(told.signer, policy) if policy else None
    around = Around(provider, signer_of(told), witnesses, millis(utc_now()))
    database = Database(settings.database("audit"), "audit")
    try:
        return [await status_of(database, around, tenant.id) for tenant in chosen_of(settings, wanted)]
    finally:
        await database.close()


def _signer(settings: HouseSettings) -> Callable[[str], HeadSigner]:
    """As the log finds it. Raises SettingsWrong."""
    return signer_of(_told(settings))


def _told(settings: HouseSettings) -> AuditSettings:
    given = {"mode": settings.mode, "database": settings.database("audit"), "signer": settings.folder.log}
    return AuditSettings.read(os.environ, **given)


async def _founded(settings: HouseSettings) -> dict[str, str]:
    """Public keys of logs by origin. Raises SettingsWrong where nothing was founded, or by another version."""
    anchors = settings.folder.read_anchors()
    await demand_newest(settings, ("audit",))
    return {**anchors["logs"], **anchors.get("stolen", {})}


def chosen_of(settings: HouseSettings, wanted: str) -> Sequence[TenantSettings]:
    """The tenant named, or all. Raises SettingsWrong."""
    return [one_tenant(settings, wanted)] if wanted else settings.tenants


def told(report: Report) -> Iterator[str]:
    """The report for people."""
    yield f"{report.tenant}: {VERDICTS[report.status]}"
    if report.size:
        yield f"  {report.origin}, {report.size} regels, wortel {base64.b64encode(report.root).decode()}"
    if report.unreadable:
        yield f"  {report.unreadable} regels zijn niet leesbaar: hun sleutel gaat niet open"
    if report.destroyed:
        yield f"  {report.destroyed} regels zijn vernietigd; voor elk zegt een andere regel dat"
    if report.unfinished:
        yield f"  {report.unfinished} keer is een vernietiging begonnen en niet afgemaakt"
    findings = report.findings
    if findings.first:
        yield f"  eerste fout: {findings.first}"
        yield from (f"  {wrong}" for wrong in findings.shown if wrong is not findings.first)
        yield from (f"  {count} x audit.{table} {what}" for (table, what), count in sorted(findings.counts.items()))
    yield from (f"  niet nagekeken: {sentence}" for sentence in report.unjudged)


def as_json(found: Sequence[Status]) -> str:
    """The statuses for machines; times in ms."""
    return json.dumps([{**asdict(one), "healthy": one.healthy} for one in found], indent=1)


def as_text(found: Sequence[Status]) -> Iterator[str]:
    """The statuses for people, a line per fact."""
    for one in found:
        yield f"{one.tenant}: {f'VERZEGELD: {one.sealed}' if one.sealed else one.complaint or 'goed'}"
        yield f"  logboek            {one.origin}, termijn {one.term}"
        yield f"  regels             {one.size}, getekend tot {'?' if one.signed is None else one.signed}"
        yield f"  wortel             {one.root}"
        if one.cosigned is not None:
            yield f"  getuigen           zagen {one.cosigned} regels, {_ago(one.unseen)}"
        yield f"  laatste regel      {_ago(one.age)}"
        yield f"  onderweg           {one.under_way}" + (f", de oudste {_ago(one.oldest)}" if one.under_way else "")
        due = ", ".join(f"{year}: {count}" for year, count in one.due.items())
        yield f"  te vernietigen     {f'{due} (hun jaar is voorbij: regie audit destroy)' if due else 'niets'}"
        yield f"  sleutels per jaar  {', '.join(f'{year}: {count}' for year, count in one.keys.items())}"


def _ago(milliseconds: int | None) -> str:
    return "geen" if milliseconds is None else f"{milliseconds / 1000:.0f} s geleden"


def _checkpoint(path: Path, anchors: dict[str, str], tenant: str) -> Signed | None:
    try:
        with path.open("rb") as file:
            return checkpoint_in(file.read(NOTE_BYTES).decode(), anchors, tenant)
    except (OSError, ValueError, ProofError):
        raise SettingsWrong([f"{path} is geen checkpoint dat dit logboek heeft getekend."]) from None
