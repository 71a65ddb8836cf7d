"""The check of one municipality's log: with its keys everything, without them all that is hashed."""

import time

from sqlalchemy import RowMapping, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.fsck.findings import Findings, Report, Wrong
from audit.fsck.opening import Opened
from audit.fsck.rows import WrappedKeys, strangers
from audit.fsck.walk import Asked, Walk
from audit.keychain import Keychain
from audit.tables import head, lines
from kernel.crypto import KeyProvider
from kernel.sql import Database


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
        term = await _term(reading, row, asked)
        keys = await Keychain(database, provider, asked.tenant).tenant_keys(term) if provider else None
        walk, counts = Walk(reading, dict(row) | {"term": term}, asked, findings), (0, 0, 0)
        if row["term"] != term:
            findings.add(Wrong("kop", "head", None, "term"))
        if provider and keys:
            opened = Opened(walk, keys, WrappedKeys(reading, provider, asked.tenant, time.monotonic))
            await opened.everything()
            counts = (opened.unreadable, opened.destroyed, opened.unfinished)
        else:
            await walk.hashes()
    tree = walk.tree.tree
    unreadable, *gone = counts
    return Report(asked.tenant, row["origin"], tree.size, tree.root, unreadable, findings, asked.unjudged, *gone)


async def _term(reading: AsyncConnection, row: RowMapping, asked: Asked) -> str:
    """Of the log: where the lines are, for the head may say anything."""
    told = [origin.rpartition("/")[2] for origin in (*asked.origins, row["origin"])]
    for term in (*told, row["term"]):
        there = select(lines.c.idx).where(lines.c.tenant_id == asked.tenant, lines.c.term == term).limit(1)
        if await reading.scalar(there) is not None:
            return str(term)
    return str(row["term"])


async def _headless(reading: AsyncConnection, asked: Asked, findings: Findings) -> Report:
    """No log yet, if nothing ever was signed and no line is there."""
    there = await reading.scalar(select(func.count()).select_from(lines).where(lines.c.tenant_id == asked.tenant))
    if there or any(each.size for each in asked.signed) or asked.origins:
        findings.add(Wrong("ontbreekt", "head", None, asked.tenant))
    return Report(asked.tenant, "", 0, b"", 0, findings, asked.unjudged)
