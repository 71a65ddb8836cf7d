"""Tries one declared source and says how it went, step by step, for whoever sets it up.

No resident is asked about: there is no line, so there is no question about anybody. The question goes out with a number
from the range that is kept for tests and with keys of zeros; that the register understands it is what is tried.
"""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from urllib.parse import urlsplit

from pydantic import JsonValue

from connectors.around import NUMBER
from connectors.brp import BY_NUMBER, CONTENT, PERSONS
from connectors.catalogue import catalogue, fields_of
from connectors.declared.answering import values_of
from connectors.declared.credentials import headers_of
from connectors.declared.declaration import NOT_FOUND, Declaration
from connectors.declared.filling import Filled, filled, parameters
from connectors.declared.loading import asker_of
from connectors.declared.sql import SqlSource, open_engine
from connectors.outside.addresses import may_call, networks
from connectors.outside.asking import Ask, Asker
from connectors.outside.data import Unreadable
from connectors.outside.failing import SourceFailed, Why
from connectors.outside.pinned import PORTS, resolve
from connectors.person import people
from kernel.clock import utc_now
from kernel.settings import read_secret
from vault.contract import Bsn

NOBODY = "999999990"
ZEROS = {
    "uuid": "00000000-0000-4000-8000-000000000000",
    "digits8": "00000000",
    "digits16": "0" * 16,
    "postcode": "1000AA",
    "word": "nobody",
}
EXPLAINED: dict[Why, str] = {
    "niet-bereikbaar": "Er is geen verbinding: kloppen adres en certificaat, en mag deze machine erheen?",
    "adres": "Dit adres mag niet worden gebeld: zet het netwerk in `networks` als het klopt.",
    "status": "De bron geeft een fout. Vraag de beheerder van de bron.",
    "soort": "Het antwoord is geen JSON, of het is ingepakt: klopt `url`?",
    "te-groot": "Het antwoord is te groot: zie `limits.bytes`.",
    "onleesbaar": "Het antwoord heeft een andere vorm dan in het bestand staat.",
    "afgebroken": "De verbinding brak af of het certificaat klopt niet.",
    "vraag": "De bron vindt onze vraag niet goed: kijk in `question` en `gateway`.",
    "toegang": "De bron laat ons niet toe: klopt de sleutel in het bestand van `credential`?",
}
UNSEALED = "Zonder TLS (http) mag dat alleen naar een netwerk in `networks`: neem https."
UNKNOWN = (
    "De bron antwoordt dat dit er niet is. Dat klopt, want wij vroegen naar niemand. Klopt het pad in `question` ook?"
)
GAVE = (
    "De bron gaf gegevens bij een nummer dat van niemand is. Let zij niet op onze vraag, dan krijgt iemand gegevens "
    "van een ander: gebruik haar niet. Kijk of haar versie deze vraag kent."
)


async def check(declared: Declaration) -> AsyncIterator[tuple[bool, str]]:
    """Steps as they are done: whether each went well, and a sentence. Ends at the first that did not. Raises
    SettingsWrong."""
    known = declared.elements or fields_of(catalogue())
    yield True, f"Het bestand klopt: {len(known)} gegevens."
    if declared.csv is not None:
        yield True, f"De gegevens levert {declared.csv.owner} zelf, als bestand: er is niemand te bellen."
        return
    async with AsyncExitStack() as outside:
        keys: Filled = {name: (ZEROS[key.form],) for name, key in declared.keys.items()}
        if declared.kind == "sql":
            yield await _select(declared, keys, outside)
            return
        asker = asker_of(declared, outside)  # our own files first: a wrong one is wrong whatever the network says
        async for step in _addresses(declared):
            yield step
            if not step[0]:
                return
        yield await _ask(declared, keys, asker)


async def _addresses(declared: Declaration) -> AsyncIterator[tuple[bool, str]]:
    parts = urlsplit(declared.url)
    try:
        found = await resolve(parts.hostname or "", parts.port or PORTS[parts.scheme])
    except (OSError, UnicodeError):
        yield False, f"{parts.hostname} heeft geen adres: klopt `url`, en kan deze machine namen opzoeken?"
        return
    listed = networks(declared.networks)
    for one in found:
        may = may_call(one, listed, parts.scheme == "https")
        why = EXPLAINED["adres"] if not may_call(one, listed) else UNSEALED
        yield may, f"{parts.hostname} is {one}." + ("" if may else f" {why}")


async def _ask(declared: Declaration, keys: Filled, asker: Asker) -> tuple[bool, str]:
    ask = _question(declared, keys)
    if ask is None:
        return False, "De vraag kan niet worden ingevuld."
    known = {**declared.gateway.headers("", "regie", "regie"), **headers_of(declared.credential, utc_now)("regie")}
    try:
        answer = await asker.ask(replace(ask, headers={**ask.headers, **known}))
        given = _given(declared, answer)
    except Unreadable:
        return False, EXPLAINED["onleesbaar"]
    except SourceFailed as failed:
        if failed.answered == NOT_FOUND and declared.asks_for_one:
            return True, UNKNOWN
        more = f" (status {failed.answered})" if failed.answered else ""
        return False, f"{EXPLAINED[failed.why]}{more} {' '.join(failed.told)}".rstrip()
    return (False, GAVE) if given else (True, "De bron antwoordt, en wij kunnen het lezen.")


def _given(declared: Declaration, answer: JsonValue) -> bool:
    """Whether somebody's data is in an answer about nobody, however old: a register that does not know our filter may
    leave it out, and give everybody's. Raises Unreadable."""
    if declared.kind == "brp":
        return bool(people(answer))
    ageless = declared.model_copy(update={"dated": None, "fresh_days": 0})
    found = values_of(ageless, list(declared.elements), answer, Bsn(NOBODY), utc_now())
    return bool(found.values or found.unreadable)


def _question(declared: Declaration, keys: Filled) -> Ask | None:
    if declared.kind == "brp":
        said = {"type": BY_NUMBER, NUMBER: [NOBODY], "fields": [NUMBER]}
        return Ask("POST", PERSONS, {"content-type": CONTENT}, json.dumps(said).encode(), alike=True)
    return filled(declared.question, keys, Bsn(NOBODY)) if declared.question else None


async def _select(declared: Declaration, keys: Filled, outside: AsyncExitStack) -> tuple[bool, str]:
    if declared.credential.file is None:
        return False, "Er is geen adres."
    engine = open_engine(read_secret(declared.credential.file).decode().strip(), 1)
    outside.push_async_callback(engine.dispose)
    try:
        rows = await SqlSource.rows(engine, declared, parameters(keys, Bsn(NOBODY)) or {})
    except SourceFailed as failed:
        return False, EXPLAINED[failed.why]
    return (False, GAVE) if rows else (True, "De database antwoordt: 0 rijen over niemand.")
