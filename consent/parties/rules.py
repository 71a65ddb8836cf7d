"""Which keys of an application count, and what may be registered of it. Pure."""

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

from consent.activity import Application
from consent.jwks import fault_of
from kernel.address import plain_address
from kernel.numbers import has_number

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


def faults(application: Application) -> Iterator[Fault]:
    """What is wrong with it by itself."""
    if bool(application.jwks) == bool(application.jwks_url):
        yield "/jwks", "sleutels", "Geef sleutels, of het adres waar zij staan: een van de twee."
        return
    if application.jwks_url:
        yield from _address(application)
        return
    if told := fault_of(application.jwks):
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
