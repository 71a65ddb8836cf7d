"""Lines of a copy held against everything that binds them: seals, leaf, columns, tree. Reads; writes nothing."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audit.copied import Copied, hashes_of
from audit.copying import content_place, copy_place, opened_rest
from audit.covert import SEALED_TO
from audit.event import Entry
from audit.fsck.saying import Saying, Told
from audit.judging import Asked, Draft
from audit.keychain import Owner, TenantKeys
from audit.kinds import BEGUN, OUTCOME, UNKNOWN
from audit.leaf import Written, event_left
from audit.log import Log
from audit.recovering.course import ELSEWHERE, Part, acts_of
from audit.recovering.spare import BODIES, Spare, SpareKeychain
from audit.recovering.supply import ALTERED, Supply, Unfit
from audit.storing import Made
from kernel.crypto import CannotOpen, DataKey, unseal
from kernel.proof.hashes import ProofError
from kernel.proof.tree import Edge, Growth

OTHER = "De regels van de kopie zijn niet die van dit logboek: hun wortel is een andere dan er is getekend."
_NUMBERS = ("n", "logged_at", "year")


@dataclass(frozen=True)
class Stretch:
    """Lines of one term that follow each other. begun: destructions that begin in them, by owner, with place and hour.
    keys: of the subjects that they are about."""

    part: Part
    growth: Growth
    made: Sequence[Made]
    begun: Mapping[Owner, Told]
    keys: Sequence[Owner]

    @property
    def is_last(self) -> bool:
        """Of its term."""
        return self.growth.size == self.part.end


@dataclass(frozen=True)
class Sources:
    """What lines are read with. chain: that of the log."""

    log: Log
    chain: SpareKeychain
    supply: Supply


async def stretches_of(at: Sources, part: Part) -> AsyncIterator[Stretch]:
    """The last one comes after the root of the whole part was seen to be the signed one. Raises Unfit, LogUnavailable,
    KeyUnavailable."""
    keys, edge, supply = await acts_of(at.log, part.term), part.edge, at.supply
    if part.begin == part.end:
        await _demand_root(supply, part, edge)
    while edge.size < part.end:
        copies = await supply.lines(part.origin, edge.size, part.end)
        growth = Growth(edge, _hashes(copies, part, edge.size))
        if not copies:
            raise Unfit(ELSEWHERE)
        if growth.size == part.end:
            await _demand_root(supply, part, growth.edge)
        yield await _judged(at, keys, part, copies, growth)
        edge = growth.edge


def _hashes(copies: Sequence[Copied], part: Part, start: int) -> list[bytes]:
    try:
        return hashes_of(copies, start)
    except ProofError:
        pass
    for at, each in enumerate(copies, start):
        try:
            each.leaf_hash()
        except ProofError:
            raise Unfit(ALTERED.format(place=f"{part.term}-{at}")) from None
    raise Unfit(ELSEWHERE)


async def _demand_root(supply: Supply, part: Part, edge: Edge) -> None:
    while edge.size < part.whole:
        copies = await supply.lines(part.origin, edge.size, part.whole)
        if not copies:
            raise Unfit(ELSEWHERE)
        edge = Growth(edge, _hashes(copies, part, edge.size)).edge
    if edge.root() != part.root:
        raise Unfit(OTHER)


async def _judged(at: Sources, keys: TenantKeys, part: Part, copies: Sequence[Copied], growth: Growth) -> Stretch:
    rows = [_row(at.log.tenant, keys, part, each) for each in copies]
    at.chain.take(spare for _, spare in rows if spare)
    owners = list(dict.fromkeys((row["subject"], row["year"]) for row, _ in rows))
    bodies = await at.chain.bodies(owners)
    saying, made, begun = Saying(at.log.tenant, keys), [], {}
    for (row, _), leaf in zip(rows, (each.leaf_hash() for each in copies), strict=True):
        key = bodies.get((row["subject"], row["year"]))
        row["content"] = _content(at.log.tenant, row, key)
        told = saying.told(row, leaf, key)
        if set(told.wrong) - {"etiket"}:  # a mirror has no labels: they follow from what the line says
            raise Unfit(ALTERED.format(place=told.position))
        made.append(_made(row, told))
        if told.kind == BEGUN:
            begun[told.subject, told.destroys] = told
    return Stretch(part, growth, made, begun, owners)


def _row(tenant: str, keys: TenantKeys, part: Part, one: Copied) -> tuple[dict[str, Any], Spare | None]:
    """The row of `lines`, its content still sealed and without its label, and the key that came with it."""
    try:
        said = opened_rest(keys.act(part.term), copy_place(tenant, part.term, one.event_id), one.rest)
        row: dict[str, Any] = {name: int(said[name]) for name in _NUMBERS}
        row |= {"label": b"", "content": bytes.fromhex(said.get("content", ""))}
        key = said.get("key")
        spare = Spare(
            BODIES, said["subject"], row["year"], bytes.fromhex(key["wrapped"]), int(key["kek_version"])
        ) if key else None  # fmt: skip
    except (CannotOpen, ValueError, KeyError, TypeError):
        raise Unfit(ALTERED.format(place=f"{part.term}-{one.index}")) from None
    ours = {"term": part.term, "idx": one.index, "event_id": one.event_id, "leaf": one.leaf, "act": one.act}
    return {**row, **ours, "body": one.body, "subject": said["subject"]}, spare


def _content(tenant: str, row: Mapping[str, Any], key: DataKey | None) -> bytes:
    """Nothing of a line whose key is gone, or that was being destroyed when it was copied."""
    if key is None or not row["content"]:
        return b""
    try:
        return unseal(key, content_place(tenant, row["subject"], row["event_id"], row["year"]), row["content"])
    except CannotOpen:
        raise Unfit(ALTERED.format(place=f"{row['term']}-{row['idx']}")) from None


def _made(row: Mapping[str, Any], told: Told) -> Made:
    """As the writer had it. What a destroyed line said is not known any more: tags and label of what is left of it go
    when its destruction is done again. Of a covert line only custodians know it, so its tags and label do not come
    back."""
    event = told.event or event_left(told.said, row["subject"], row["year"])
    if told.event is None and SEALED_TO in told.said:
        event = event.model_copy(update={"covert": "ja"})
    if told.event is None and told.closes:
        event = event.model_copy(update={"details": {OUTCOME: UNKNOWN}})
    entry = Entry.model_construct(event=event, requires=told.requires, advances=tuple(told.moved))
    draft = Draft(Asked(entry, "", row["content"], row["year"]), told.position, told.moved, ())
    return Made(draft, Written(row["leaf"], told.leaf_hash, row["act"], row["body"], b"", b""), told.n, told.at)
