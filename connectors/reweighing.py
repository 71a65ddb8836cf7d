"""Step 7 of a release: a flag that only the source knew becomes a restriction, and is weighed at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from audit.contract import FenceAt, Ground, Overtaken
from connectors.granting import Granted, Granting
from connectors.refusal import Refusal
from consent.contract import Consent, Flag, ResidentRef

_FLAGS: tuple[Flag, ...] = ("geheimhouding", "veilig-adres", "overleden")


@dataclass(frozen=True)
class Weighed:
    """What may still leave. ground: the newest decision. flags: those that go with it, for this recipient has a ground.
    anew: it is not the one that the line is about."""

    allowed: tuple[str, ...]
    ground: Ground
    flags: frozenset[Flag]
    dropped: tuple[Refusal, ...] = ()
    anew: bool = False


@dataclass(frozen=True)
class Reweighing:
    """Tells the register, and asks it again."""

    consent: Consent
    granting: Granting

    async def weigh(self, granted: Granted, flags: Sequence[str]) -> Weighed:
        """Raises NotReleased, after its line, when nothing may leave any more; Overtaken when what may leave stands on
        other fences now; LogUnavailable, RegisterUnavailable."""
        about, first = granted.decided.act.about, granted.ground
        allowed = tuple(one.element for one in first.toegestaan)
        new: list[Flag] = [flag for flag in _FLAGS if flag in flags and flag not in about.hiding]
        hiding = about.hiding | (frozenset(new) - {"overleden"})
        if not new:
            return Weighed(allowed, first, hiding)
        if about.withheld_until or about.covert:
            # the line of a flag would tell its resident that somebody asked, and when: the next use that is shown
            # writes it. Nothing here depends on it: what is withheld rests on law, and goes to who has a ground
            return Weighed(allowed, first, hiding)
        asked = granted.asked
        who = ResidentRef.model_validate(asked.resident.model_dump())
        position = await self.consent.flag(asked.caller, who, new)
        again = replace(asked, elements=allowed, not_before=position, fallen=(), round=asked.round + 1)
        decided = await self.granting.decide(again)
        ground = decided.act.ground
        kept = {one.element for one in ground.toegestaan}
        if not kept:
            told = replace(decided, refused=(*granted.decided.refused, *decided.refused))
            raise await self.granting.refused(again, told)
        if not _fences(ground) <= _fences(first):
            # it stands on something that the line does not require: who withdraws that would not wait for this release
            raise Overtaken("Er is net iets veranderd.", moved=[], position=str(position))
        left = tuple(name for name in allowed if name in kept)
        return Weighed(left, ground, hiding, decided.refused, anew=True)


def _fences(ground: Ground) -> set[str]:
    return {fence for fence, _, _ in ground.hekken}


def standing(ground: Ground) -> tuple[FenceAt, ...]:
    """What must still hold for a decision."""
    return tuple(FenceAt(fence=fence, epoch=epoch) for fence, epoch, _ in ground.hekken)
