"""Labels and files on breaches: sealed rows beside the lines. That the last version of a file was deleted is not seen
here: the line of whoever asked for it stays."""

from sqlalchemy import select

from audit.breaching import read_version
from audit.fsck.findings import Wrong
from audit.fsck.rows import pages
from audit.fsck.walk import Walk
from audit.keychain import TenantKeys
from audit.labels import read_label
from audit.tables import breaches, labels, lines
from kernel.crypto import CannotOpen


async def check_labels(walk: Walk, keys: TenantKeys) -> None:
    """Every label opens in its place, is used, and none is missing."""
    query = select(lines.c.label).where(lines.c.tenant_id == walk.tenant).distinct()
    used = {bytes(name) for name in (await walk.reading.execute(query)).scalars()}
    async for rows in pages(walk.reading, labels, walk.tenant):
        for row in rows:
            name = bytes(row["label"])
            if name not in used:
                walk.add(Wrong("te-veel", "labels", None, name.hex()))
            used.discard(name)
            try:
                read_label(keys, walk.tenant, name, bytes(row["sealed"]))
            except (CannotOpen, ValueError, KeyError, TypeError):
                walk.add(Wrong("rij", "labels", None, name.hex()))
    for name in sorted(used):
        walk.add(Wrong("ontbreekt", "labels", None, name.hex()))


async def check_breaches(walk: Walk, keys: TenantKeys) -> None:
    """Every version opens in its place and says what its columns say."""
    async for rows in pages(walk.reading, breaches, walk.tenant):
        for row in rows:
            try:
                version = read_version(keys, walk.tenant, row)
            except (CannotOpen, ValueError):
                walk.add(Wrong("rij", "breaches", None, str(row["id"])))
                continue
            place = (version.made_at, version.line.term, version.line.index)
            if place != (row["made_at"], row["term"], row["idx"]):
                walk.add(Wrong("rij", "breaches", None, str(row["id"])))
