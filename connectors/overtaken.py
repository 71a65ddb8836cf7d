"""What is left of a question when fences moved under the decision (trust.md 2.3 step 4). Pure."""

from pydantic import TypeAdapter

from audit.contract import Ground, Kind, LogUnavailable, Overtaken
from connectors.contract import Halted
from connectors.refusal import Refusal, code_of, refusal
from consent.contract import FenceKind

# The resident's own fences: what they mean for each element only the register can weigh again.
_KIND: TypeAdapter[FenceKind] = TypeAdapter(FenceKind)
WEIGHED_ANEW = frozenset({"bezwaar", "beperking", "inwoner"})


def fallen(ground: Ground, moved: Overtaken, class_: str, last: bool) -> tuple[Refusal, ...]:
    """The elements that are refused by the line that moved their fence; the rest is decided once more.

    last: it was decided once more already, so everything is refused. Raises Halted when the whole house stands still,
    LogUnavailable when no fence moved but the log got the decision too late, twice: busy is no reason to refuse.
    """
    if last and not moved.moved:
        raise LogUnavailable("Het is nu te druk. Er is niets verstuurd; herhaal de vraag.")
    hits = _hits(ground, moved)
    if any(kind == "gemeente" for _, kind, _ in hits):
        raise Halted("Regie is stilgezet voor onderzoek. Er is niets verstuurd.")
    if not last and (not hits or any(_anew(ground, kind) for _, kind, _ in hits)):
        return ()
    refused: dict[str, Refusal] = {}
    for index, kind, line in hits:
        for element in _standing_on(ground, index):
            refused.setdefault(element, refusal(element, code_of(line, kind), class_))
    if last:
        for one in ground.toegestaan:
            refused.setdefault(one.element, refusal(one.element, "geen-toestemming", class_))
    return tuple(refused[one.element] for one in ground.toegestaan if one.element in refused)


def _anew(ground: Ground, kind: FenceKind) -> bool:
    """Whether only the register can say what this move means: in an emergency a pause elsewhere is no no."""
    return kind in WEIGHED_ANEW or (kind == "toestemming" and bool(ground.noodtoegang))


def concerns(ground: Ground, moved: Overtaken) -> bool:
    """Whether a fence of the decision moved, and not only one that a source required besides."""
    return bool(_hits(ground, moved)) or not moved.moved


def _hits(ground: Ground, moved: Overtaken) -> list[tuple[int, FenceKind, Kind]]:
    lines = {move.fence: move.kind for move in moved.moved}
    found = ((index, fence, kind) for index, (fence, _, kind) in enumerate(ground.hekken))
    return [(index, _KIND.validate_python(kind), lines[fence]) for index, fence, kind in found if fence in lines]


def _standing_on(ground: Ground, index: int) -> tuple[str, ...]:
    """Elements that name this fence; one that nobody names carries them all."""
    naming = tuple(one.element for one in ground.toegestaan if index in one.hekken)
    return naming or tuple(one.element for one in ground.toegestaan)
