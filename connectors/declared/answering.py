"""An answer of a declared source, cut to what was permitted and held against the catalogue. Pure.

Everything that is not exactly as declared gives nothing: the wrong person, a list that goes on, an old date. A value of
another shape is not there, and takes no other with it. A register that says more than one thing about secrecy is taken
at its most careful word.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from pydantic import JsonValue

from connectors.catalogue import fits
from connectors.declared.declaration import Declaration, Question
from connectors.declared.filling import is_about
from connectors.declared.paths import flat, path, says_nothing
from connectors.outside.data import Unreadable
from kernel.clock import millis
from vault.contract import Bsn, Value, Values


def values_of(
    declared: Declaration,
    wanted: Sequence[str],
    answer: JsonValue,
    bsn: Bsn,
    now: datetime,
    since: datetime | None = None,
) -> Values:
    """wanted: permitted elements. since: when the source gave this, where that is not now; its own day (`dated`) goes
    before that, and if it cannot be read nobody knows how old this is. Raises Unreadable."""
    if declared.question is not None:
        answer = _theirs(declared.question, answer, bsn)
        if answer is None:
            return Values()
    found, unreadable = _found(declared.elements, wanted, answer)
    asked = {"geheimhouding": declared.secrecy, "veilig-adres": declared.safe_address}
    said_of = {flag: path(place).of(answer) for flag, place in asked.items() if place}
    # an empty list may be a register without data; beside data it is a flag that was left out
    flags = tuple(flag for flag, told in said_of.items() if _secret(told) and (found or unreadable or told != []))
    as_of = _day(path(declared.dated).of(answer)) if declared.dated else since or now
    if as_of is None or (declared.fresh_days and now - as_of > timedelta(days=declared.fresh_days)):
        return Values.model_validate({"flags": flags})
    moment = millis(as_of)
    values = [Value(element=one, value=said, source=declared.name, as_of=moment, origin="bron") for one, said in found]
    return Values.model_validate({"values": tuple(values), "flags": flags, "unreadable": unreadable})


def _theirs(question: Question, answer: JsonValue, bsn: Bsn) -> JsonValue:
    """The part that is about this resident; None when none is. Raises Unreadable."""
    if question.demand and path(question.demand).of(answer) is not True:
        raise Unreadable
    if question.about:
        named = path(question.about).of(answer)
        if named in (None, []):
            return None  # of whom it speaks is not said, so it is not this one
        if not is_about(bsn, named):
            raise Unreadable
    if not question.one:
        return answer
    listed = path(question.one).of(answer)
    if not isinstance(listed, list) or len(listed) > 1:
        raise Unreadable
    return listed[0] if listed else None


def _found(
    elements: Mapping[str, str], wanted: Sequence[str], answer: JsonValue
) -> tuple[list[tuple[str, JsonValue]], tuple[str, ...]]:
    """What is as agreed, and the names of what is not."""
    found: list[tuple[str, JsonValue]] = []
    unreadable: list[str] = []
    for element in wanted:
        try:
            said = path(elements[element]).of(answer) if element in elements else None
        except Unreadable:
            unreadable.append(element)
            continue
        if says_nothing(said):
            continue
        if fits(element, said):
            found.append((element, said))
        else:
            unreadable.append(element)
    return found, tuple(unreadable)


def _secret(said: JsonValue) -> bool:
    """Anything but a plain no is a yes, and so is no word; 0 is the no of a database without booleans."""
    listed = flat(said)
    return not listed or any(one != 0 for one in listed)


def _day(said: JsonValue) -> datetime | None:
    """A day or a moment (RFC 3339); the oldest of a list."""
    if isinstance(said, list):
        days = [_day(one) for one in said]
        return min((one for one in days if one), default=None) if all(days) else None
    if not isinstance(said, str):
        return None
    try:
        if len(said) == len("2026-01-01"):
            return datetime.combine(date.fromisoformat(said), datetime.min.time(), UTC)
        moment = datetime.fromisoformat(said)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
