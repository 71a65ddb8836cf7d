"""Tries one declared source and says how it went, step by step, for whoever sets it up.

No resident is asked about: there is no line, so there is no question about anybody. The question goes out with a number
from the range that is kept for tests and with keys of zeros; that the register understands it is what is tried.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

from connectors.declared.credentials import headers_of
from connectors.declared.declaration import Declaration
from connectors.declared.filling import Filled, filled, parameters
from connectors.declared.loading import asker_of
from connectors.declared.sql import SqlSource, open_engine
from connectors.outside.addresses import may_call, networks
from connectors.outside.asking import Ask
from connectors.outside.failing import SourceFailed, Why
from connectors.outside.pinned import PORTS, resolve
from kernel.clock import utc_now
from kernel.settings import read_secret
from vault.contract import Bsn

NOBODY = Bsn("999999990")
ZEROS = {
    "uuid": "00000000-0000-4000-8000-000000000000",
    "digits8": "00000000",
    "digits16": "0" * 16,
    "postcode": "1000AA",
    "word": "nobody",
}
EXPLAINED: dict[Why, str] = {
    "niet-bereikbaar": "Er is geen verbinding: klopt het adres, en mag deze machine erheen?",
    "adres": "Dit adres mag niet worden gebeld: zet het netwerk in `networks` als het klopt.",
    "status": "De bron geeft een fout. Vraag de beheerder van de bron.",
    "soort": "Het antwoord is geen JSON, of het is ingepakt.",
    "te-groot": "Het antwoord is te groot: zie `limits.bytes`.",
    "onleesbaar": "Het antwoord heeft een andere vorm dan in het bestand staat.",
    "afgebroken": "De verbinding brak af of het certificaat klopt niet.",
    "vraag": "De bron vindt onze vraag niet goed.",
    "toegang": "De bron laat ons niet toe: klopt de sleutel in het bestand van `credential`?",
}


async def check(declared: Declaration) -> AsyncIterator[tuple[bool, str]]:
    """Steps as they are done: whether each went well, and a sentence. Ends at the first that did not. Raises
    SettingsWrong."""
    yield True, f"Het bestand klopt: {len(declared.elements)} gegevens."
    if declared.csv is not None:
        yield True, f"De gegevens levert {declared.csv.owner} zelf, als bestand: er is niemand te bellen."
        return
    async with AsyncExitStack() as outside:
        keys: Filled = {name: (ZEROS[key.form],) for name, key in declared.keys.items()}
        if declared.kind == "sql":
            yield await _select(declared, keys, outside)
            return
        async for step in _addresses(declared):
            yield step
            if not step[0]:
                return
        yield await _ask(declared, keys, outside)


async def _addresses(declared: Declaration) -> AsyncIterator[tuple[bool, str]]:
    parts = urlsplit(declared.url)
    try:
        found = await resolve(parts.hostname or "", parts.port or PORTS[parts.scheme])
    except (OSError, UnicodeError):
        yield False, f"{parts.hostname} heeft geen adres."
        return
    for one in found:
        may = may_call(one, networks(declared.networks))
        yield may, f"{parts.hostname} is {one}." + ("" if may else " " + EXPLAINED["adres"])


async def _ask(declared: Declaration, keys: Filled, outside: AsyncExitStack) -> tuple[bool, str]:
    ask = filled(declared.question, keys, NOBODY) if declared.question else None
    if ask is None:
        return False, "De vraag kan niet worden ingevuld."
    headers = {**ask.headers, **headers_of(declared.credential, utc_now)("regie")}
    try:
        again = Ask(ask.method, ask.path, headers, ask.body, ask.query)
        await asker_of(declared, outside).ask(again)
    except SourceFailed as failed:
        if failed.answered == 404:
            return True, "De bron antwoordt: deze vraag gaat over niemand, en dat zegt zij ook."
        more = f" (status {failed.answered})" if failed.answered else ""
        return False, f"{EXPLAINED[failed.why]}{more} {' '.join(failed.told)}".rstrip()
    return True, "De bron antwoordt, en wij kunnen het lezen."


async def _select(declared: Declaration, keys: Filled, outside: AsyncExitStack) -> tuple[bool, str]:
    if declared.credential.file is None:
        return False, "Er is geen adres."
    engine = open_engine(read_secret(declared.credential.file).decode().strip(), 1)
    outside.push_async_callback(engine.dispose)
    try:
        rows = await SqlSource.rows(engine, declared, parameters(keys, NOBODY) or {})
    except SourceFailed as failed:
        return False, EXPLAINED[failed.why]
    return True, f"De database antwoordt: {len(rows)} rijen over niemand."
