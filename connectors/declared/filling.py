"""A declared question, filled in for one resident. The number goes into the body."""

import json
from collections.abc import Mapping
from urllib.parse import quote

from pydantic import JsonValue

from connectors.contract import Known
from connectors.declared.declaration import FORMS, HOLE, KEYS_MOST, NUMBER, Key, Question
from connectors.declared.paths import flat, path
from connectors.outside.asking import Ask
from connectors.outside.data import Unreadable
from kernel.numbers import has_number
from vault.contract import Bsn

Filled = Mapping[str, tuple[str, ...]]


def keys_of(keys: Mapping[str, Key], known: Known) -> Filled | None:
    """The values that the question needs; None when one is not there: then there is nothing to ask."""
    found = {name: _values(key, known) for name, key in keys.items()}
    return found if all(found.values()) else None


def filled(question: Question, keys: Filled, bsn: Bsn) -> Ask | None:
    """As it is sent. None when an address or a text would need one of several values."""
    single = {name: values[0] for name, values in keys.items() if len(values) == 1}
    needed = {hole for text in (question.path, *question.query.values()) for hole in HOLE.findall(text)}
    if (needed | _alone(question.body)) - {*single, NUMBER}:
        return None
    body = b""
    if question.body is not None:
        body = json.dumps(_body(question.body, keys, {**single, NUMBER: bsn.reveal()})).encode()
    return Ask(
        question.method,
        HOLE.sub(lambda hole: quote(single[hole[1]], safe=""), question.path),
        headers=dict(question.headers) | ({"content-type": "application/json"} if body else {}),
        body=body,
        query={name: HOLE.sub(lambda hole: single[hole[1]], text) for name, text in question.query.items()},
        repeatable=question.repeatable,
        alike=not HOLE.search(question.path),
    )


def is_about(bsn: Bsn, values: JsonValue) -> bool:
    """Whether every value, and at least one, is this resident's number."""
    listed = flat(values)
    return bool(listed) and all(one == bsn.reveal() for one in listed)


def parameters(keys: Filled, bsn: Bsn) -> dict[str, str] | None:
    """Bound parameters of a statement: never part of its text. None when a key has several values."""
    if any(len(values) != 1 for values in keys.values()):
        return None
    return {name: values[0] for name, values in keys.items()} | {NUMBER: bsn.reveal()}


def _values(key: Key, known: Known) -> tuple[str, ...]:
    if key.element not in known:
        return ()
    try:
        said = path(key.path).of(known[key.element].value)
    except Unreadable:
        return ()
    listed = said if isinstance(said, list) else [said]
    fit = [FORMS[key.form].fullmatch(one) for one in listed if isinstance(one, str)]
    fits = [one[1] for one in fit if one]
    if key.form == "word" and any(map(has_number, fits)):
        return ()  # a UUID may hold nine digits in a row by chance; a word that does may be somebody's number
    return tuple(dict.fromkeys(fits)) if len(fits) == len(listed) <= KEYS_MOST else ()


def _takes_all(template: JsonValue) -> str:
    """The name of the key of `["{uuids}"]`, which takes all its values; "" for anything else."""
    if not isinstance(template, list) or len(template) != 1 or not isinstance(template[0], str):
        return ""
    alone = HOLE.fullmatch(template[0])
    return alone[1] if alone else ""


def _alone(template: JsonValue) -> set[str]:
    """Holes of a body that one value fills."""
    if _takes_all(template):
        return set()
    if isinstance(template, dict | list):
        inner = template.values() if isinstance(template, dict) else template
        return {hole for one in inner for hole in _alone(one)}
    return set(HOLE.findall(template)) if isinstance(template, str) else set()


def _body(template: JsonValue, keys: Filled, single: Mapping[str, str]) -> JsonValue:
    name = _takes_all(template)
    if name:
        return list(keys.get(name, (single[NUMBER],)))
    if isinstance(template, dict):
        return {name: _body(inner, keys, single) for name, inner in template.items()}
    if isinstance(template, list):
        return [_body(inner, keys, single) for inner in template]
    return HOLE.sub(lambda hole: single[hole[1]], template) if isinstance(template, str) else template
