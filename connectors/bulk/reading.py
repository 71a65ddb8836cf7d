"""An order as it comes in, as JSON or as a file: every fault at once, with its place, and never what was sent.

A file is text in UTF-8 with a line per resident under a heading, `bsn` or `pseudoniem`, with `;zaak` or without; what
is asked stands in the query then, for no number ever does.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from connectors.bulk.contract import MOST, BulkRequest, Listed, Order
from connectors.reading import json_object, number_faults, twice, user_faults
from kernel.caller import Caller
from kernel.errors import BadInput
from kernel.faults import FAULTS_MAX, bad_input
from kernel.numbers import has_number
from vault.contract import Bsn

LIST = "inwoners"
NAMES = ("bsn", "pseudoniem")
HEADINGS = [[name, *case] for name in NAMES for case in ((), ("zaak",))]
PSEUDONYM = re.compile(r"[a-z2-7]{32}")
CASE = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{0,64}")
_DETAIL = "De opdracht kan niet worden gelezen. In `fouten` staat wat er niet klopt."
_NAMES = ("verwerkingsactiviteit", "gegevenselementen", "gebruiker")
Fault = dict[str, str]
Named = Mapping[str, object]
Given = tuple[str, Named, object, bool]
"""Place, how the resident is named, the case, and whether nothing else was said."""


def read_json(caller: Caller, raw: bytes) -> BulkRequest:
    """Raises BadInput."""
    said = json_object(raw)
    return _read(caller, said, _members(said.pop(LIST, None)))


def read_file(caller: Caller, raw: bytes, query: Mapping[str, str]) -> BulkRequest:
    """query: as in the address, elements between commas. Raises BadInput."""
    said: dict[str, Any] = dict(query)
    if "gegevenselementen" in said:
        said["gegevenselementen"] = said["gegevenselementen"].split(",")
    return _read(caller, said, _lines(raw))


def _members(given: object) -> Iterator[Given]:
    if not isinstance(given, list):
        raise _wrong([_fault(f"/{LIST}", "ontbreekt", "Noem de inwoners, in een lijst.")])
    yield from (_member(at, one) for at, one in enumerate(given[: MOST + 1]))


def _lines(raw: bytes) -> "Iterator[Given]":
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _wrong([_fault("", "geen-tekst", "Het bestand is geen tekst in UTF-8.")]) from None
    divider = ";" if ";" in text.partition("\n")[0] else ","
    rows = csv.reader(io.StringIO(text), delimiter=divider, strict=True)
    try:
        heading = [name.strip().lower() for name in next(rows, [])]
        if heading not in HEADINGS:
            raise _wrong(
                [_fault("/0", "kop", "Boven het bestand hoort een regel `bsn` of `pseudoniem`, met `;zaak` of zonder.")]
            )
        for row in rows:
            if row:
                case = row[1].strip() if len(row) > 1 else ""
                yield f"/{rows.line_num - 1}", {heading[0]: row[0].strip()}, case, len(row) <= 2
    except csv.Error:
        raise _wrong([_fault("", "geen-csv", "Dit bestand kan niet als CSV worden gelezen.")]) from None


def _member(at: int, one: object) -> Given:
    """(place, names, case, whether nothing else was said)."""
    if not isinstance(one, dict):
        return f"/{LIST}/{at}", {}, "", True
    case = one.get("zaak")
    named = {name: one[name] for name in NAMES if one.get(name) is not None}
    return f"/{LIST}/{at}", named, "" if case is None else case, set(one) <= {*NAMES, "zaak"}


def _read(caller: Caller, said: dict[str, Any], given: Iterable[Given]) -> BulkRequest:
    faults = user_faults(caller, said) + twice(said) + number_faults(said)
    order = None
    try:
        order = Order.model_validate_json(json.dumps(said), by_alias=True, by_name=False)
    except ValidationError as error:
        faults = [*bad_input(error.errors(include_input=False, include_context=False)).members["fouten"], *faults]
    try:
        listed, wrong = _listed(given)
    except BadInput as unreadable:  # of the list as a whole; what else is wrong is told with it
        listed, wrong = (), unreadable.members["fouten"]
    faults += wrong
    if caller.kind == "burger":
        told = "Een toepassing voor inwoners vraagt over een inwoner tegelijk."
        faults.append(_fault("", "verkeerd-soort", told))
    if faults or order is None:
        raise _wrong(faults)
    return BulkRequest(order, listed)


def _listed(given: Iterable[Given]) -> tuple[tuple[Listed, ...], list[Fault]]:
    found: dict[Bsn | str, Listed] = {}
    faults: list[Fault] = []
    for count, (place, named, case, known) in enumerate(given):
        if count == MOST:
            return (), [_fault(f"/{LIST}", "te-veel", f"Een opdracht gaat over hoogstens {MOST} inwoners.")]
        if len(faults) >= FAULTS_MAX:
            break
        who = _who(named)
        if isinstance(who, tuple):
            faults.append(_fault(place, *who))
        elif wrong := _why_not(_key(who), case, known, found):
            faults.append(_fault(place, *wrong))
        else:
            found[_key(who)] = Listed(who.bsn, str(case), who.pseudonym)
    if not found and not faults:
        faults = [_fault(f"/{LIST}", "te-weinig", "Noem minstens een inwoner.")]
    return tuple(found.values()), faults


def _key(one: Listed) -> Bsn | str:
    return one.bsn or one.pseudonym


def _who(named: Named) -> Listed | tuple[str, str]:
    """By number or name, the case left out; code and detail when it is neither, or both."""
    if len(named) > 1:
        return "een-van-beide", "Noem een burgerservicenummer of uw eigen pseudoniem, en niet allebei."
    name = named.get("pseudoniem")
    if name is not None:
        fits = isinstance(name, str) and PSEUDONYM.fullmatch(name)
        return Listed(None, pseudonym=str(name)) if fits else ("pseudoniem", "Dit is geen pseudoniem.")
    number = named.get("bsn")
    try:
        return Listed(Bsn(number if isinstance(number, str) else ""))
    except ValueError:
        return "bsn", "Dit is geen burgerservicenummer."


def _why_not(who: Bsn | str, case: object, known: bool, found: Mapping[Bsn | str, Listed]) -> tuple[str, str] | None:
    """Code and detail; None when there is nothing wrong with this line."""
    if who in found:
        return "dubbel", "Deze inwoner staat er al."
    if not isinstance(case, str) or not CASE.fullmatch(case):
        return "zaak", "Een zaak is een tekst van hoogstens 64 tekens."
    if has_number(case):
        return "lijkt-op-bsn", "Dit mag niet op een burgerservicenummer lijken: geen negen cijfers achter elkaar."
    return None if known else ("onbekend-veld", "Hier staat iets dat wij niet kennen.")


def _fault(place: str, code: str, detail: str) -> Fault:
    return {"veld": place, "code": code, "detail": detail}


def _wrong(faults: list[Fault]) -> BadInput:
    return BadInput(_DETAIL, fouten=faults[:FAULTS_MAX])
