"""An order as it comes in, as JSON or as a file: every fault at once, with its place, and never what was sent.

A file is text in UTF-8 with a line per resident under a heading `bsn` or `bsn;zaak`; what is asked stands in the query
then, for no number ever does.
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
from kernel.http.faults import FAULTS_MAX, bad_input
from kernel.numbers import has_number
from vault.contract import Bsn

LIST = "inwoners"
HEADINGS = (["bsn"], ["bsn", "zaak"])
CASE = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{0,64}")
_DETAIL = "De opdracht kan niet worden gelezen. In `fouten` staat wat er niet klopt."
_NAMES = ("verwerkingsactiviteit", "gegevenselementen", "gebruiker")
Fault = dict[str, str]


def read_json(caller: Caller, raw: bytes) -> BulkRequest:
    """Raises BadInput."""
    said = json_object(raw)
    given = said.pop(LIST, None)
    if not isinstance(given, list):
        raise _wrong([_fault(f"/{LIST}", "ontbreekt", "Noem de inwoners, in een lijst.")])
    return _read(caller, said, (_member(at, one) for at, one in enumerate(given[: MOST + 1])))


def read_file(caller: Caller, raw: bytes, query: Mapping[str, str]) -> BulkRequest:
    """query: as in the address, elements between commas. Raises BadInput."""
    unknown = set(query) - set(_NAMES)
    if unknown:
        raise _wrong([_fault("", "onbekend-veld", "In het adres staat een naam die wij niet kennen.")])
    said: dict[str, Any] = dict(query)
    if "gegevenselementen" in said:
        said["gegevenselementen"] = said["gegevenselementen"].split(",")
    return _read(caller, said, _lines(raw))


def _lines(raw: bytes) -> "Iterator[tuple[str, object, object, bool]]":
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _wrong([_fault("", "geen-tekst", "Het bestand is geen tekst in UTF-8.")]) from None
    divider = ";" if ";" in text.partition("\n")[0] else ","
    rows = csv.reader(io.StringIO(text), delimiter=divider, strict=True)
    try:
        if [name.strip().lower() for name in next(rows, [])] not in HEADINGS:
            raise _wrong([_fault("/0", "kop", "Boven het bestand hoort een regel `bsn` of `bsn;zaak`.")])
        for row in rows:
            if row:
                case = row[1].strip() if len(row) > 1 else ""
                yield f"/{rows.line_num - 1}", row[0].strip(), case, len(row) <= 2
    except csv.Error:
        raise _wrong([_fault("", "geen-csv", "Dit bestand kan niet als CSV worden gelezen.")]) from None


def _member(at: int, one: object) -> tuple[str, object, object, bool]:
    """(place, number, case, whether nothing else was said)."""
    if not isinstance(one, dict):
        return f"/{LIST}/{at}", None, "", True
    case = one.get("zaak")
    return f"/{LIST}/{at}", one.get("bsn"), "" if case is None else case, set(one) <= {"bsn", "zaak"}


def _read(caller: Caller, said: dict[str, Any], given: Iterable[tuple[str, object, object, bool]]) -> BulkRequest:
    faults = user_faults(caller, said) + twice(said) + number_faults(said)
    order = None
    try:
        order = Order.model_validate_json(json.dumps(said), by_alias=True, by_name=False)
    except ValidationError as error:
        faults = [*bad_input(error.errors(include_input=False, include_context=False)).members["fouten"], *faults]
    listed, wrong = _listed(given)
    faults += wrong
    if caller.kind == "burger":
        told = "Een toepassing voor inwoners vraagt over een inwoner tegelijk."
        faults.append(_fault("", "verkeerd-soort", told))
    if faults or order is None:
        raise _wrong(faults)
    return BulkRequest(order, listed)


def _listed(given: Iterable[tuple[str, object, object, bool]]) -> tuple[tuple[Listed, ...], list[Fault]]:
    found: dict[Bsn, Listed] = {}
    faults: list[Fault] = []
    for count, (place, number, case, known) in enumerate(given):
        if count == MOST:
            return (), [_fault(f"/{LIST}", "te-veel", f"Een opdracht gaat over hoogstens {MOST} inwoners.")]
        if len(faults) >= FAULTS_MAX:
            break
        try:
            bsn = Bsn(number if isinstance(number, str) else "")
        except ValueError:
            faults.append(_fault(place, "bsn", "Dit is geen burgerservicenummer."))
            continue
        if wrong := _why_not(bsn, case, known, found):
            faults.append(_fault(place, *wrong))
        else:
            found[bsn] = Listed(bsn, str(case))
    if not found and not faults:
        faults = [_fault(f"/{LIST}", "te-weinig", "Noem minstens een inwoner.")]
    return tuple(found.values()), faults


def _why_not(bsn: Bsn, case: object, known: bool, found: Mapping[Bsn, Listed]) -> tuple[str, str] | None:
    """Code and detail; None when there is nothing wrong with this line."""
    if bsn in found:
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
