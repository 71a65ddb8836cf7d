"""What changed between two versions of an activity: wording, narrower or wider, per field. Pure.

Only wider asks consent again (architecture.md section 4). What a machine cannot compare is wider: a text that says
something about the use counts as wider unless the version says that only the wording changed, which its second person
confirms by publishing it. An amount of 0, or none, is no limit.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from consent.activity import ActivityVersion, Frequency, Party, UsedElement

Effect = Literal["bewoording", "smaller", "ruimer"]
Compared = Callable[[Any, Any], Effect]
NEVER: Final = 1 << 62  # of an amount without a limit
# How many of the second fit in one of the first, at most: a limit per day is one per month too.
_FIT: Final = {("maand", "dag"): 31, ("jaar", "dag"): 366, ("jaar", "maand"): 12}
_STRICT: Final = {"A": 0, "B": 1, "C": 2}
_ALONE: Final = {"verwerker": 0}  # a processor decides nothing; the other two do, in different ways


@dataclass(frozen=True)
class Change:
    """One field of which old and new differ. field: JSON pointer, with names in place of numbers in its lists."""

    field: str
    effect: Effect
    old: str
    new: str


def difference(old: ActivityVersion, new: ActivityVersion) -> tuple[Change, ...]:
    """From one version to another, in the order of the fields. Numbers of versions are no difference."""
    found = [*_plain(old, new), *_elements(old, new), *_parties(old, new)]
    if not new.only_wording:
        return tuple(found)
    return tuple(Change(one.field, "bewoording", one.old, one.new) if _reworded(one) else one for one in found)


def _reworded(one: Change) -> bool:
    """Whether two persons may say that only its words changed: a text that begins or ends is no other wording."""
    texts = frozenset(_pointer(name) for name in BINDING)
    return bool(one.old and one.new) and (one.field in texts or one.field.endswith(TAILS))


def needs_new_consent(old: ActivityVersion, new: ActivityVersion) -> bool:
    """Whether a yes to the old version is no yes to the new one."""
    return any(one.effect == "ruimer" for one in difference(old, new))


def consents_since(version: ActivityVersion) -> int:
    """The oldest version whose yes counts for this one; a version from before this was kept stands alone."""
    return version.consents_since or version.number


def following(old: ActivityVersion | None, new: ActivityVersion) -> ActivityVersion:
    """The new version, numbered already, with the oldest version whose yes counts for it."""
    anew = old is None or needs_new_consent(old, new)
    return new.model_copy(update={"consents_since": new.number if anew or old is None else consents_since(old)})


def _wording(_old: Any, _new: Any) -> Effect:
    return "bewoording"


def _wider(_old: Any, _new: Any) -> Effect:
    return "ruimer"


def _amount(old: int, new: int) -> Effect:
    return "ruimer" if (new or NEVER) > (old or NEVER) else "smaller"


def _more(old: int, new: int) -> Effect:
    return "ruimer" if new > old else "smaller"


def _window(old: int, new: int) -> Effect:
    """None is the newest only, but however old that is: each lets through what the other does not."""
    return "ruimer" if not old or not new or new > old else "smaller"


def _less(old: int, new: int) -> Effect:
    return "ruimer" if new < old else "smaller"


def _added(old: Iterable[Hashable], new: Iterable[Hashable]) -> Effect:
    return "smaller" if set(new) < set(old) else "ruimer"


def _named(old: Iterable[Hashable], new: Iterable[Hashable]) -> Effect:
    """Where nobody was named it was about anybody: to name some is less, to name nobody any more is not."""
    return "smaller" if not old else "ruimer" if not new else _added(old, new)


def _begun(_old: object, new: object) -> Effect:
    return "ruimer" if new else "smaller"


def _case(_old: str, new: str) -> Effect:
    return "ruimer" if new == "geen" else "smaller"


def often(old: Frequency | None, new: Frequency | None) -> Effect:
    """Of two that differ: whether the new one may give more at any moment."""
    if old is None or new is None:
        return "smaller" if old is None else "ruimer"
    if old.per == new.per:
        return "ruimer" if new.times > old.times else "smaller"
    fit = _FIT.get((old.per, new.per))  # a longer term, or a case against the calendar: nobody can tell, so wider
    return "smaller" if fit and new.times * fit <= old.times else "ruimer"


def _secret(old: Any, new: Any) -> Effect:
    if old is None or new is None:
        return "smaller" if new is None else "ruimer"
    return "smaller" if old.class_ == new.class_ and new.until < old.until and old.law == new.law else "ruimer"


# Every field of a version is in exactly one of these, or a test fails.
NUMBERED: Final = frozenset({"slug", "number", "only_wording", "consents_since"})
LISTED: Final = frozenset({"elements", "parties"})
BINDING: Final = ("purpose", "controller", "retention", "consequence", "after_withdrawal", "keep_law", "published")
TAILS: Final = ("/wet", "/verstrekkingsgrond", "/gelijkeRoute", "/verstrekkingsgronden")
FIELDS: Final[Mapping[str, Compared]] = {
    **dict.fromkeys(("title", "contact", "assessment", "officer", "measures", "template", "free_choice"), _wording),
    "matters": _wording,  # who may choose in somebody's place is no other use: what was chosen stays chosen
    **dict.fromkeys(BINDING, _wider),
    **dict.fromkeys(("period", "kept_days", "erase_days"), _amount),
    "keep_lines": _more,
    "history": _window,
    **dict.fromkeys(("notice", "bar"), _less),
    **dict.fromkeys(("residents", "codes"), _named),
    **dict.fromkeys(("transfers", "pressure"), _added),
    **dict.fromkeys(("stated_case", "break_glass", "despite_objection"), _begun),
    **dict.fromkeys(("automated", "statistics", "child_help"), _wider),
    "case": _case,
    "frequency": often,
    "secrecy": _secret,
}
_GONE_IS_LESS: Final = frozenset({"published", "automated", "keep_law", "break_glass"})


def _plain(old: ActivityVersion, new: ActivityVersion) -> Iterator[Change]:
    for name, compared in FIELDS.items():
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            effect = "smaller" if name in _GONE_IS_LESS and not after else compared(before, after)
            yield Change(_pointer(name), effect, _text(before), _text(after))


def _elements(old: ActivityVersion, new: ActivityVersion) -> Iterator[Change]:
    before, after = ({one.name: one for one in version.elements} for version in (old, new))
    yield from _listed("/gegevenselementen", before, after)
    for name in sorted(before.keys() & after.keys()):
        yield from _parts(f"/gegevenselementen/{name}", before[name], after[name], ELEMENT)


def _parties(old: ActivityVersion, new: ActivityVersion) -> Iterator[Change]:
    before, after = ({one.recipient: one for one in version.parties} for version in (old, new))
    yield from _listed("/ontvangers", before, after)
    for name in sorted(before.keys() & after.keys()):
        yield from _parts(f"/ontvangers/{name}", before[name], after[name], PARTY)


def _listed(place: str, before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Change]:
    for name in sorted(before.keys() - after.keys()):
        yield Change(f"{place}/{name}", "smaller", name, "")
    for name in sorted(after.keys() - before.keys()):
        yield Change(f"{place}/{name}", "ruimer", "", name)


def _class(old: str, new: str) -> Effect:
    """From C to A a choice is lost; the other way one is won."""
    return "ruimer" if _STRICT[new] < _STRICT[old] else "smaller"


def _role(_old: str, new: str) -> Effect:
    return "smaller" if new in _ALONE else "ruimer"


# Where an element comes from and what is read for it is copied from the catalogue: reading more is wider.
ELEMENT: Final[Mapping[str, Compared]] = {
    **dict.fromkeys(("reason", "code"), _wording),
    **dict.fromkeys(("basis", "law", "giving_ground", "source", "choice", "other_route", "special"), _wider),
    "class_": _class,
    "inputs": _added,
}
PARTY: Final[Mapping[str, Compared]] = {
    **dict.fromkeys(("agreement", "agreement_until"), _wording),
    **dict.fromkeys(("processor_of", "giving"), _wider),
    "role": _role,
}


def _parts(
    place: str, old: UsedElement | Party, new: UsedElement | Party, compared: Mapping[str, Compared]
) -> Iterator[Change]:
    fields = type(old).model_fields
    for name, effect in compared.items():
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            said = fields[name].serialization_alias or name
            yield Change(f"{place}/{said}", effect(before, after), _text(before), _text(after))


def _pointer(name: str) -> str:
    return f"/{ActivityVersion.model_fields[name].serialization_alias or name}"


def _text(value: Any) -> str:
    """As staff reads it: the Dutch words, the members of a list, or nothing."""
    if value is None or value == ():
        return ""
    if isinstance(value, tuple):
        return "; ".join(_text(one) for one in value)
    if hasattr(value, "model_dump"):
        said = value.model_dump(by_alias=True, exclude_defaults=True)
        return str(said["nl"]) if "nl" in said else ", ".join(f"{name}: {_text(one)}" for name, one in said.items())
    if isinstance(value, dict):
        return str(value["nl"]) if "nl" in value else ", ".join(f"{name}: {_text(one)}" for name, one in value.items())
    return str(value)
