"""Labels and files on breaches: sealed rows beside the lines. That the last version of a file was deleted is not seen
here: the line of whoever asked for it stays."""

from sqlalchemy import select

from audit.breaching import read_version
from audit.event import SYSTEM
from audit.fsck.findings import Wrong
from audit.fsck.rows import WrappedKeys, pages
from audit.fsck.walk import Walk
from audit.keychain import TenantKeys
from audit.labels import read_label
from audit.tables import breaches, labels, lines
from kernel.crypto import CannotOpen


async def check_labels(walk: Walk, keys: TenantKeys) -> None:
    """Every label opens in its place, is used, and none is missing; a destroyed line has none. One that nobody uses may
    have been left by a destruction that was broken off."""
    query = select(lines.c.label).where(lines.c.tenant_id == walk.tenant).distinct()
    used = {bytes(name) for name in (await walk.reading.execute(query)).scalars()}
    some_went = b"" in used
    used.discard(b"")
    async for rows in pages(walk.reading, labels, walk.tenant):
        for row in rows:
            name = bytes(row["label"])
            if name not in used and not some_went:
                walk.add(Wrong("te-veel", "labels", None, name.hex()))
            used.discard(name)
            try:
                read_label(keys, walk.tenant, name, bytes(row["sealed"]))
            except (CannotOpen, ValueError, KeyError, TypeError):
                walk.add(Wrong("rij", "labels", None, name.hex()))
    for name in sorted(used):
        walk.add(Wrong("ontbreekt", "labels", None, name.hex()))


async def check_breaches(walk: Walk, wrapped: WrappedKeys) -> None:
    """Every version opens in its place and says what its columns say. Those of a destroyed year are gone with it."""
    async for rows in pages(walk.reading, breaches, walk.tenant):
        keys = await wrapped.bodies({(SYSTEM, row["year"]) for row in rows})
        for row in rows:
            try:
                version = read_version(keys[SYSTEM, row["year"]], walk.tenant, row)
            except (CannotOpen, ValueError, KeyError):
                walk.add(Wrong("rij", "breaches", None, str(row["id"])))
                continue
            place = (version.made_at, version.line.term, version.line.index, version.keep_until)
            if place != (row["made_at"], row["term"], row["idx"], row["year"]):
                walk.add(Wrong("rij", "breaches", None, str(row["id"])))
