"""How values come out: permits checked, fences asked, and only then a key unwrapped."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from audit.contract import Audit, FenceAt, Ground, NotPermitted, Overtaken, Permit, Trust, beyond, fence_at
from kernel.caller import Caller
from kernel.clock import Clock
from kernel.crypto import CannotOpen, DataKey, KeyPlace, Keyring
from kernel.errors import Problem
from kernel.failpoints import reached
from kernel.logs import logger
from vault.contract import Value, Values, VaultUnavailable
from vault.keys import TenantKeys
from vault.records import Record, RecordRows, ResidentKey
from vault.values import opened, place_of

SOURCE = "kluis"
_log = logger("vault")


@dataclass(frozen=True)
class Opener:
    """The vault believes nobody: not the desk, not its own rows."""

    rows: RecordRows
    audit: Audit
    trust: Callable[[], Awaitable[Trust]]
    ring: Keyring
    clock: Clock

    async def fetch(self, caller: Caller, keys: TenantKeys, permits: Sequence[Permit]) -> list[Values | Problem]:
        """A verdict each. One statement for the records, one for their wrapped keys, one question to the log."""
        # 1 what each permit allows, if it is one
        grounds = self._checked(caller, permits, await self.trust())
        good = [ground for ground in grounds if isinstance(ground, Ground)]
        wanted = [(ground.inwoner, element) for ground in good for element in ground.inputs_of(SOURCE)]
        # 2 the sealed values it may be about, with their own fences, and the wrapped keys
        found, wrapped = await self.rows.sealed(caller.tenant, wanted) if wanted else ([], {})
        held = _by_resident(found)
        # 3 does everything still stand, as the log itself says now; W alone would let a permit open after a withdrawal
        needs = [_needs(keys, ground, _allowed(ground, held), wrapped) for ground in good]
        moved = await self._overtaken(caller, [fence for fences in needs for fence in fences])
        shown = [permit for permit, ground in zip(permits, grounds, strict=True) if isinstance(ground, Ground)]
        spent = await beyond(self.audit, caller, shown)
        # 4 only now a key is unwrapped
        reached("vault.permitted")
        verdicts = iter(
            [
                _of(moved, fences) or late or await self.values(caller.tenant, _allowed(ground, held), wrapped)
                for ground, fences, late in zip(good, needs, spent, strict=True)
            ]
        )
        return [ground if isinstance(ground, Problem) else next(verdicts) for ground in grounds]

    async def standing(self, caller: Caller, permits: Sequence[Permit]) -> list[Ground | Problem]:
        """What each permit allows, as far as it still does: as `fetch` before it opens anything."""
        grounds = self._checked(caller, permits, await self.trust())
        needs = [_decided(ground) if isinstance(ground, Ground) else () for ground in grounds]
        moved = await self._overtaken(caller, [fence for fences in needs for fence in fences])
        return [_of(moved, fences) or ground for ground, fences in zip(grounds, needs, strict=True)]

    def _checked(self, caller: Caller, permits: Sequence[Permit], trust: Trust) -> list[Ground | Problem]:
        grounds: list[Ground | Problem] = []
        for permit in permits:
            try:
                grounds.append(permit.check(caller.tenant, trust, self.clock()))
            except NotPermitted as refused:
                _log.warning("permit_refused", step=refused.detail)
                grounds.append(refused)
        return grounds

    async def _overtaken(self, caller: Caller, fences: Sequence[FenceAt]) -> Overtaken | None:
        try:
            await self.audit.holds(caller, tuple(dict.fromkeys(fences)))
        except Overtaken as error:
            return error
        return None

    async def values(self, tenant: str, mine: Sequence[Record], wrapped: dict[str, ResidentKey]) -> Values | Problem:
        """Opens these, of one resident; whoever asks has the line, and looked at the fences."""
        if not mine:
            return Values()
        try:
            key = await data_key(self.ring, tenant, wrapped[mine[0].resident], mine[0].salt)  # all are of one resident
            return Values(values=tuple([_opened(tenant, one, replace(key, shred_salt=one.salt)) for one in mine]))
        except (CannotOpen, KeyError):
            # altered, swapped, or its key is gone: nothing of this permit is given, and somebody must look
            _log.error("record_does_not_open")
            return VaultUnavailable("Een bewaard gegeven is beschadigd; er is niets geopend.")


async def data_key(ring: Keyring, tenant: str, wrapped: ResidentKey, salt: bytes) -> DataKey:
    """D[r], with the salt of one record. Raises CannotOpen, KeyUnavailable."""
    key = await ring.open(kek(tenant), resident_place(tenant, wrapped), wrapped.wrapped)
    return DataKey(wrapped.key_id, key, salt)


def kek(tenant: str) -> str:
    """The vault's KEK of this tenant."""
    return f"regie/{tenant}/vault"


def resident_place(tenant: str, key: ResidentKey) -> KeyPlace:
    """Where D[r] belongs."""
    return KeyPlace(tenant, "vault", "D", key.resident, key.version)


def _opened(tenant: str, record: Record, key: DataKey) -> Value:
    place = place_of(tenant, record.resident, record.record_id, record.version, record.element)
    return opened(key, place, record.envelope)


def _by_resident(found: Sequence[Record]) -> dict[str, list[Record]]:
    held: dict[str, list[Record]] = {}
    for record in found:
        held.setdefault(record.resident, []).append(record)
    return held


def _allowed(ground: Ground, held: Mapping[str, Sequence[Record]]) -> list[Record]:
    """What this decision may open, of its own resident: others wait in the same call."""
    allowed = set(ground.inputs_of(SOURCE))
    return [record for record in held.get(ground.inwoner, ()) if record.element in allowed]


def _needs(
    keys: TenantKeys, ground: Ground, mine: Sequence[Record], wrapped: Mapping[str, ResidentKey]
) -> tuple[FenceAt, ...]:
    key = wrapped.get(ground.inwoner) if mine else None
    return (*_decided(ground), *fences_of(keys, key, mine))


def fences_of(keys: TenantKeys, key: ResidentKey | None, mine: Sequence[Record]) -> tuple[FenceAt, ...]:
    """Each record, never removed or replaced, and its vault: an old backup opens nothing."""
    vault = [fence_at(keys.vault_fence(key.resident), key.version - 1)] if key else []
    return (*vault, *(fence_at(keys.record_fence(one.record_id), 0) for one in mine))


def _decided(ground: Ground) -> tuple[FenceAt, ...]:
    return tuple(fence_at(fence, epoch) for fence, epoch, _ in ground.hekken)


def _of(moved: Overtaken | None, fences: Sequence[FenceAt]) -> Overtaken | None:
    """The part of it that concerns these fences."""
    if moved is None:
        return None
    mine = {at.fence: at.epoch for at in fences}
    about = [move for move in moved.moved if move.fence in mine and move.epoch != mine[move.fence]]
    told = [move.model_dump(mode="json") for move in about]
    return Overtaken(moved.detail, moved=told, position=str(moved.position)) if about else None
