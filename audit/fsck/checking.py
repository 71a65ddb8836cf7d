"""The check of one municipality's log: with its keys everything, without them all that is hashed."""

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from sqlalchemy import RowMapping, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.chain import ended_before_term
from audit.ended import Ended
from audit.fsck.findings import Findings, Report, Wrong
from audit.fsck.opening import Opened
from audit.fsck.rows import WrappedKeys, strangers, surplus
from audit.fsck.trees import Signed, surplus_tiles
from audit.fsck.walk import Asked, Walk
from audit.keychain import Keychain, TenantKeys
from audit.tables import head, lines
from audit.terms import term_of
from kernel.crypto import CannotOpen, KeyProvider
from kernel.proof.hashes import ProofError
from kernel.sql import Database

GAP = "{present} t/m {last} ontbreken, zoals regel {term}-0 zegt"


async def check_log(database: Database, provider: KeyProvider | None, asked: Asked) -> Report:
    """provider: None for hashes only. `asked.signed` was read before: a database is never behind it.
    Raises KeyUnavailable, CannotOpen (the log's own keys), SQLAlchemyError: then nothing was judged."""
    findings = Findings()
    async with database.snapshot(asked.tenant) as reading:
        if database.postgres:
            await reading.execute(text("SET LOCAL statement_timeout = 0"))  # a page is short, counting a table is not
        await strangers(reading, asked.tenants, findings.add)
        row = (await reading.execute(select(head).where(head.c.tenant_id == asked.tenant))).mappings().first()
        if row is None:
            return await _headless(reading, asked, findings)
        *earlier, term = await _terms(reading, row, asked)
        keys = await Keychain(database, provider, asked.tenant).tenant_keys(term) if provider else None
        ended, unjudged = await _ended(reading, asked, (earlier, term), keys)
        walks = [Walk(reading, *one, findings, is_open=False) for one in ended]
        walks.append(Walk(reading, dict(row) | {"term": term}, _of_term(asked, row["origin"], term), findings))
        if row["term"] != term:
            findings.add(Wrong("kop", "head", None, "term"))
        unreadable, *gone = await _walked(walks, keys, provider)
        await surplus(reading, asked.tenant, {one.term: one.head["size"] for one in walks}, findings.add)
        await surplus_tiles(reading, asked.tenant, {one.term: one.tree.tree.size for one in walks}, findings)
    tree, unjudged = walks[-1].tree.tree, [*asked.unjudged, *unjudged]
    return Report(asked.tenant, row["origin"], tree.size, tree.root, unreadable, findings, tuple(unjudged), *gone)


async def _walked(walks: Sequence[Walk], keys: TenantKeys | None, provider: KeyProvider | None) -> tuple[int, int, int]:
    """How many bodies could not be read, were destroyed, and how many destructions were not ended."""
    if provider is None or keys is None:
        for walk in walks:
            await walk.hashes()
        return 0, 0, 0
    opened = Opened(walks, keys, WrappedKeys(walks[0].reading, provider, walks[0].tenant, time.monotonic))
    await opened.everything()
    return opened.unreadable, opened.destroyed, opened.unfinished


async def _terms(reading: AsyncConnection, row: RowMapping, asked: Asked) -> list[str]:
    """Of the log, in order: where the lines are, for the head may say anything."""
    told = dict.fromkeys([*map(term_of, (*asked.origins, row["origin"])), row["term"]])
    there = []
    for term in told:
        first = select(lines.c.idx).where(lines.c.tenant_id == asked.tenant, lines.c.term == term).limit(1)
        if await reading.scalar(first) is not None:
            there.append(str(term))
    newest = max(there, default=str(row["term"]))
    lost = {term_of(one.origin) for one in asked.signed if one.size and one.origin}
    return sorted({*there, newest, *(term for term in lost if term < newest)})


async def _ended(
    reading: AsyncConnection, asked: Asked, terms: tuple[Sequence[str], str], keys: TenantKeys | None
) -> tuple[list[tuple[dict[str, Any], Asked]], list[str]]:
    """What is said of the end of each earlier term, and what nobody says."""
    earlier, term = terms
    found, unjudged = [], []
    for before, after in pairwise([*earlier, term]):
        mine = _of_term(asked, "", before)
        last = await _last_said(reading, (asked.tenant, after), keys)
        here = select(func.max(lines.c.idx)).where(lines.c.tenant_id == asked.tenant, lines.c.term == before)
        there = await reading.scalar(here)
        size, root = 0 if there is None else there + 1, b""
        if last and last.whole:
            size, root = last.head.size, last.head.root
            mine = replace(mine, signed=(*mine.signed, Signed(f"regel {after}-0", size, root)))
        elif last:
            size = last.present[1] if last.present[0] == before else size
            mine = replace(mine, signed=[one for one in mine.signed if one.size <= size])
            lost = f"{term_of(last.head.origin)}-{last.head.size - 1}"
            unjudged.append(GAP.format(present=f"{before}-{size}", last=lost, term=after))
        elif mine.signed:
            newest = max(mine.signed, key=lambda one: one.size)
            size, root = newest.size, newest.root
        else:
            unjudged.append(f"van {before} is er geen getekende kop: of er regels zijn weggehaald, is niet te zeggen")
        found.append(({"term": before, "size": size, "root": root}, mine))
    return found, unjudged


async def _last_said(reading: AsyncConnection, place: tuple[str, str], keys: TenantKeys | None) -> Ended | None:
    try:
        return await ended_before_term(reading, *place, keys) if keys else None
    except (CannotOpen, ProofError, ValueError, KeyError):
        return None  # the line itself is named when it is walked over


def _of_term(asked: Asked, origin: str, term: str) -> Asked:
    """The same, with what is held of this term. origin: of the open one, which may be unnamed."""
    mine = [one for one in asked.signed if (term_of(one.origin) == term if one.origin else bool(origin))]
    return replace(asked, signed=mine)


async def _headless(reading: AsyncConnection, asked: Asked, findings: Findings) -> Report:
    """No log yet, if nothing ever was signed and no line is there."""
    there = await reading.scalar(select(func.count()).select_from(lines).where(lines.c.tenant_id == asked.tenant))
    if there or any(each.size for each in asked.signed) or asked.origins:
        findings.add(Wrong("ontbreekt", "head", None, asked.tenant))
    return Report(asked.tenant, "", 0, b"", 0, findings, asked.unjudged)
