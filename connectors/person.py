"""A Persoon of BRP Personen 2.7, cut to what was asked, and what it says unasked. Pure; the answer is not trusted."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from connectors.around import AUTHORITY, NUMBER, authority, is_secret, without_ended
from connectors.outside.data import Bounds, Unreadable, demand_bounded
from vault.contract import Value, Values

BOUNDS = Bounds(depth=8, text=1_000, items=100)  # an address is a handful of short texts


def read_answer(body: object, fields: Mapping[str, Sequence[str]], now: int) -> Values:
    """fields: paths by element. now: ms. Nobody known: no values. Raises Unreadable."""
    person = the_person(body)
    if person is None:
        return Values()
    person = without_ended(person)
    found = (_value(element, paths, person, now) for element, paths in fields.items())
    flags: list[str] = []
    if is_secret(person):
        flags.append("geheimhouding")
    if is_dead(person):
        flags.append("overleden")
    return Values.model_validate({"values": tuple(value for value in found if value), "flags": tuple(flags)})


def people(body: object) -> list[Mapping[str, Any]]:
    """Everybody in an answer. Raises Unreadable."""
    persons = body.get("personen") if isinstance(body, dict) else None
    if not isinstance(persons, list) or any(not isinstance(one, dict) for one in persons):
        raise Unreadable
    for one in persons:
        demand_bounded(one, BOUNDS)
    return persons


def the_person(body: object) -> Mapping[str, Any] | None:
    """The one that was asked for; None when nobody is known. Raises Unreadable."""
    persons = people(body)
    if len(persons) > 1:
        raise Unreadable
    return persons[0] if persons else None


def apart(body: object, numbers: Collection[str]) -> dict[str, object]:
    """An answer about many (with `burgerservicenummer` among what was asked), as an answer about each of them alone;
    None, which nobody can read, for who is named twice, or is not named where somebody is who was not asked about.
    Raises Unreadable."""
    persons = body.get("personen") if isinstance(body, dict) else None
    if not isinstance(persons, list):
        raise Unreadable
    named: dict[str, list[object]] = {number: [] for number in numbers}
    nobodys = 0
    for one in persons:
        number = one.get(NUMBER) if isinstance(one, dict) else None
        if isinstance(number, str) and number in named:
            named[number].append(one)
        else:
            nobodys += 1
    clear = {number for number, parts in named.items() if len(parts) == 1 or not (parts or nobodys)}
    return {number: {"personen": parts} if number in clear else None for number, parts in named.items()}


def _value(element: str, paths: Sequence[str], person: Mapping[str, Any], now: int) -> Value | None:
    """Under the longest path that all have in common; a single path is the value itself."""
    root = _root(paths)
    group: Any = person
    doubted = False
    step = 0
    while step < len(root) and isinstance(group, dict):  # at a list the value begins: each of it is cut
        doubted = doubted or _doubted(group, [path.split(".")[step:] for path in paths])
        group, step = group.get(root[step]), step + 1
    rest = [path.split(".")[step:] for path in paths]
    cut = _cut(group, rest)
    if cut in (None, {}, []):
        return None
    doubted = doubted or _any_doubt(group, rest)
    if element == AUTHORITY:
        cut = authority(cut)
    return Value(element=element, value=cut, source="brp", as_of=now, origin="bron", under_investigation=doubted)


def _root(paths: Sequence[str]) -> list[str]:
    split = [path.split(".") for path in paths]
    root = []
    for names in zip(*split, strict=False):
        if len(set(names)) != 1:
            break
        root.append(names[0])
    return root


def _cut(value: Any, rest: Sequence[Sequence[str]]) -> JsonValue:
    """Only what was asked, and no marks: what a source gives unasked does not pass."""
    if any(not path for path in rest):
        return _unmarked(value)
    if isinstance(value, list):
        return [cut for one in value if (cut := _cut(one, rest)) not in (None, {}, [])]
    if not isinstance(value, dict):
        return None
    chosen: dict[str, JsonValue] = {}
    for name in dict.fromkeys(path[0] for path in rest):
        cut = _cut(value.get(name), [path[1:] for path in rest if path[0] == name])
        if cut not in (None, {}, []):
            chosen[name] = cut
    return chosen


def _unmarked(value: Any) -> JsonValue:
    if isinstance(value, list):
        return [_unmarked(one) for one in value]
    if isinstance(value, dict):
        return {str(name): _unmarked(inner) for name, inner in value.items() if name != "inOnderzoek"}
    return value if isinstance(value, str | int | float | bool) else None


def _any_doubt(value: Any, rest: Sequence[Sequence[str]]) -> bool:
    if isinstance(value, list):
        return any(_any_doubt(one, rest) for one in value)
    if not isinstance(value, dict):
        return False
    if any(not path for path in rest):
        return any(mark is True for mark in _marks(value).values()) or any(map(_nested, value.values()))
    here = _doubted(value, rest)
    below = (([path[1:] for path in rest if path[0] == name], value.get(name)) for name in {path[0] for path in rest})
    return here or any(_any_doubt(inner, paths) for paths, inner in below)


def _nested(value: Any) -> bool:
    return isinstance(value, dict | list) and _any_doubt(value, [[]])


def _doubted(group: Any, paths: Sequence[Sequence[str]]) -> bool:
    """`inOnderzoek` stands beside the field that it is about, under the same name."""
    marks = _marks(group)
    return any(path and marks.get(path[0]) is True for path in paths)


def _marks(group: Any) -> Mapping[str, Any]:
    marks = group.get("inOnderzoek") if isinstance(group, dict) else None
    return marks if isinstance(marks, dict) else {}


def is_dead(person: Mapping[str, Any]) -> bool:
    """Table 'reden opschorting bijhouding': O is death."""
    suspended = person.get("opschortingBijhouding")
    reason = suspended.get("reden") if isinstance(suspended, dict) else None
    return isinstance(person.get("overlijden"), dict) or (isinstance(reason, dict) and reason.get("code") == "O")
