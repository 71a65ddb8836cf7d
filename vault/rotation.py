"""A new KEK version takes over: every wrapped key of a tenant is wrapped again, in the background.

Nothing is re-encrypted and both versions stay readable, so a crash leaves some keys under each: run it again.
"""

from collections.abc import Callable
from dataclasses import dataclass

from kernel.crypto import Keyring
from kernel.sql.key_rows import KeyRows
from vault.opening import kek, resident_place
from vault.records import RecordRows

Progress = Callable[[int, int], None]
"""Told how many keys have been looked at so far, and how many there are."""


@dataclass(frozen=True)
class Rewrapper:
    """One run over one tenant."""

    rows: RecordRows
    room_keys: KeyRows
    ring: Keyring

    async def run(self, tenant: str, progress: Progress) -> int:
        """How many keys changed; who asked for it writes the line. Raises KeyUnavailable, CannotOpen."""
        changed, seen, last = await self.room_keys.rewrap(tenant), 0, ""
        every = await self.rows.count_keys(tenant)
        while page := await self.rows.keys_after(tenant, last):
            for key in page:
                anew = await self.ring.rewrap(kek(tenant), resident_place(tenant, key), key.wrapped)
                if anew != key.wrapped:
                    await self.rows.rewrapped(tenant, key, anew)
                    changed += 1
            seen, last = seen + len(page), page[-1].resident
            progress(seen, max(seen, every))  # who comes meanwhile is looked at too
        return changed
