"""A request as it comes in: every fault at once, with a JSON pointer, and never the value that was sent."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from connectors.contract import ReleaseRequest
from consent.contract import ActivityVersion, Emergency, misfit, misfit_fault
from kernel.caller import Caller
from kernel.errors import BadInput
from kernel.faults import bad_input, no_json
from kernel.numbers import has_number

SELF = "BurgerZelf"
_NAMES = ("verwerkingsactiviteit", "zaak", "gebruiker", "gegevensset")
_DETAIL = "De vraag kan niet worden gelezen. In `fouten` staat wat er niet klopt."


def read_request(caller: Caller, raw: bytes) -> ReleaseRequest:
    """Raises BadInput."""
    said = json_object(raw)
    faults = user_faults(caller, said) + twice(said) + number_faults(said)
    try:
        # by no other name than what the checks above look at
        request = ReleaseRequest.model_validate_json(raw, by_alias=True, by_name=False)
    except ValidationError as error:
        faults = [*bad_input(error.errors(include_input=False, include_context=False)).members["fouten"], *faults]
        request = None
    if faults or request is None:
        raise BadInput(_DETAIL, fouten=faults)
    return request


def misfits(caller: Caller, raw: bytes, versions: Iterable[ActivityVersion]) -> list[dict[str, str]]:
    """Of a request that cannot be read: whether it claims an emergency where its activity is for none, or the other way
    round, so that this is told with the rest. versions: in force."""
    said = json_object(raw)
    call, name = said.get("noodtoegang"), said.get("verwerkingsactiviteit")
    reason = call.get("reden") if isinstance(call, dict) else None
    claimed = None if call is None else Emergency.model_construct(reason=reason if isinstance(reason, str) else "")
    found = misfit(next((one for one in versions if one.slug == name), None), claimed, caller.kind)
    return [misfit_fault(found)] if found else []


def json_object(raw: bytes) -> dict[str, Any]:
    """Raises BadInput for anything else."""
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise no_json("De inhoud is geen JSON-object.")
    return said


def read_key(header: str | None) -> str:
    """The Idempotency-Key, "" for none. Raises BadInput for anything but a UUID."""
    if header is None:
        return ""
    try:
        key = UUID(header)
    except ValueError:
        key = None
    if key is None or len(header) != 36:
        fault = {"veld": "", "code": "idempotency-key", "detail": "De kop Idempotency-Key is geen UUID."}
        raise BadInput("De kop Idempotency-Key is geen UUID.", fouten=[fault])
    return str(key)


def user_faults(caller: Caller, said: dict[str, Any]) -> list[dict[str, str]]:
    """Who used the application: a person, the resident, or nobody (architecture.md section 6)."""
    user = said.get("gebruiker")
    if caller.kind == "mens" and user in (None, SELF):
        return [_fault("ontbreekt", "Noem de medewerker, met uw eigen kenmerk.")]
    if caller.kind == "burger" and user != SELF:
        return [_fault("verkeerd-soort", f"Hier hoort {SELF}: deze toepassing wordt door inwoners gebruikt.")]
    return []


def number_faults(said: dict[str, Any]) -> list[dict[str, str]]:
    """These names end up in lines, and some in headers of a source: they may not look like somebody's number."""
    detail = "Dit mag niet op een burgerservicenummer lijken: geen negen cijfers achter elkaar."
    names = said.get("gegevenselementen")
    listed = [(f"gegevenselementen/{at}", name) for at, name in enumerate(names)] if isinstance(names, list) else []
    call = said.get("noodtoegang")
    urgent = [(f"noodtoegang/{name}", call.get(name)) for name in ("reden", "toelichting") if isinstance(call, dict)]
    texts = [*((name, said.get(name)) for name in _NAMES), *listed, *urgent]
    like = [name for name, text in texts if isinstance(text, str) and has_number(text)]
    return [{"veld": f"/{name}", "code": "lijkt-op-bsn", "detail": detail} for name in like]


def twice(said: dict[str, Any]) -> list[dict[str, str]]:
    """Each element is asked once."""
    names = said.get("gegevenselementen")
    listed = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    if len(set(listed)) == len(listed):
        return []
    return [{"veld": "/gegevenselementen", "code": "dubbel", "detail": "Noem elk gegeven een keer."}]


def _fault(code: str, detail: str) -> dict[str, str]:
    return {"veld": "/gebruiker", "code": code, "detail": detail}
