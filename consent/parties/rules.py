"""Which keys of an application count, and what may be registered of it. Pure."""

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

from consent.activity import Application
from consent.jwks import fault_of
from kernel.address import plain_address
from kernel.numbers import has_number

NEVER = 1 << 62  # ms; no key ends that late
TOLD_MOST = 2_000  # characters that a line of the log takes of a list: what is admitted is told there whole
Fault = tuple[str, str, str]  # JSON pointer, code, sentence


def live(application: Application, at: int) -> str:
    """Its JWK set without the keys that have ended at a moment (ms)."""
    ended = {kid for kid, end in application.key_ends if end <= at}
    if not ended or not application.jwks:
        return application.jwks
    return json.dumps({"keys": [key for key in json.loads(application.jwks)["keys"] if key["kid"] not in ended]})


def kids(application: Application) -> tuple[str, ...]:
    """Of all keys in it, in order."""
    return kids_of(application.jwks)


def kids_of(jwks: str) -> tuple[str, ...]:
    """Of a JWK set that was looked at before; "" is an empty one."""
    return tuple(str(key["kid"]) for key in json.loads(jwks)["keys"]) if jwks else ()


def with_end(application: Application, kid: str, end: int) -> Application:
    """With that end of that key, ms, or an earlier one that it has. Raises KeyError for a key that is not there."""
    if kid not in kids(application):
        raise KeyError(kid)
    ends = dict(application.key_ends)
    ends[kid] = min(ends.get(kid, end), end)
    return application.model_copy(update={"key_ends": tuple(sorted(ends.items()))})


def only_adds(before: Application, after: Application) -> bool:
    """Whether everything that counted before counts after it, so that who puts the older row back takes and gives
    nothing. In doubt no: a field that this does not know must be the same."""
    wider = (
        _keys(before) <= _keys(after),
        _no_earlier_end(before, after),
        {*before.roles} <= {*after.roles},
        not after.activities or (bool(before.activities) and {*before.activities} <= {*after.activities}),
        before.bound or not after.bound,
        {*before.returns} <= {*after.returns},
    )
    free = ("name", "jwks", "key_ends", "roles", "activities", "bound", "returns")
    rest = {name: getattr(after, name) for name in free}
    return all(wider) and before.model_copy(update=rest) == after


def _keys(application: Application) -> set[str]:
    listed = json.loads(application.jwks)["keys"] if application.jwks else []
    return {json.dumps(key, sort_keys=True) for key in listed}


def _no_earlier_end(before: Application, after: Application) -> bool:
    """Of keys that were there; no end is the latest."""
    ended, known = dict(before.key_ends), {*kids(before)}
    return all(ended.get(kid, NEVER) <= end for kid, end in after.key_ends if kid in known)


def faults(application: Application) -> Iterator[Fault]:
    """What is wrong with it by itself."""
    back = " ".join(application.returns)
    if has_number(back):
        yield "/terugkeerUrls", "adres", "Een adres zonder negen cijfers achter elkaar."
    if len(back) > TOLD_MOST:
        yield "/terugkeerUrls", "te-lang", "Deze adressen zijn samen langer dan 2.000 tekens."
    if has_number(" ".join(application.grants)):
        yield (
            "/fscToegangen",
            "nummer",
            "Een toegang met negen cijfers achter elkaar kan niet: hij komt in het logboek.",
        )
    given = (application.jwks, application.jwks_url)
    if all(given) or not any((*given, application.grants)):
        yield "/jwks", "sleutels", "Geef sleutels, of het adres waar zij staan: een van de twee."
        return
    if application.jwks_url:
        yield from _address(application)
        return
    if application.jwks and (told := fault_of(application.jwks)):
        yield "/jwks", "sleutels", told
        return
    ending = [kid for kid, _ in application.key_ends]
    if len(set(ending)) < len(ending) or not set(ending) <= set(kids(application)):
        yield "/sleutelEinden", "past-niet", "Een einde is van een sleutel die er staat, en elke sleutel heeft er een."


def _address(application: Application) -> Iterator[Fault]:
    if application.key_ends:
        yield "/sleutelEinden", "past-niet", "Van opgehaalde sleutels bepaalt het adres wanneer zij eindigen."
    try:
        parts = urlsplit(plain_address(application.jwks_url))
    except ValueError:
        yield "/jwksUri", "adres", "Een adres met https, zonder naam, wachtwoord, vraag of fragment."
        return
    if parts.scheme != "https" or has_number(application.jwks_url):
        yield "/jwksUri", "adres", "Een adres met https, zonder negen cijfers achter elkaar."
