"""What is sealed in an envelope, and its limits. Pure."""

import json
from typing import Any

from pydantic import JsonValue

from kernel.crypto import DataKey, Place, seal, unseal
from kernel.errors import BadInput
from vault.contract import Deposit, Value

VALUE_BYTES = 64 << 10
DEPTH = 16  # of lists and objects
SCHEMA = "1"


def text_of(deposits: tuple[Deposit, ...]) -> list[bytes]:
    """What will be sealed, canonical, so that the same deposit gives the same bytes. Raises BadInput, all faults."""
    faults: list[dict[str, str]] = []
    for number, deposit in enumerate(deposits):
        if _deeper(deposit.value, DEPTH) or len(_json(deposit.value)) > VALUE_BYTES:
            detail = "Een waarde is hoogstens 64 KiB groot en 16 lagen diep."
            faults.append({"veld": f"/{number}/waarde", "code": "te-groot", "detail": detail})
    names = [deposit.element for deposit in deposits]
    if len(set(names)) != len(names):
        faults.append({"veld": "", "code": "dubbel", "detail": "Elk gegeven mag hier een keer staan."})
    if faults:
        raise BadInput("De vraag klopt niet. In `fouten` staat wat er niet klopt.", fouten=faults)
    return [_json(deposit.model_dump(mode="json", exclude={"element"}, by_alias=False)) for deposit in deposits]


def sealed(key: DataKey, place: Place, text: bytes, now: int) -> bytes:
    """The envelope. A value without a moment of its own is as of now (ms)."""
    said = json.loads(text)
    return seal(key, place, _json({**said, "as_of": said["as_of"] or now}))


def opened(key: DataKey, place: Place, envelope: bytes) -> Value:
    """The value in the envelope. Raises CannotOpen."""
    return Value(element=place.element_type, **json.loads(unseal(key, place, envelope)))


def place_of(tenant: str, resident: str, record_id: str, version: int, element: str) -> Place:
    """Where a record belongs; class C, for nothing is kept here but by the resident's own choice."""
    return Place(tenant, resident, record_id, version, element, SCHEMA, "C")


def _json(value: Any) -> bytes:
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise BadInput("Deze waarde is geen JSON.") from None


def _deeper(value: JsonValue, allowed: int) -> bool:
    if isinstance(value, dict):
        return allowed == 0 or any(_deeper(one, allowed - 1) for one in value.values())
    if isinstance(value, list):
        return allowed == 0 or any(_deeper(one, allowed - 1) for one in value)
    return False
