"""Faults of a request, told all at once and without the value that was sent (it may be somebody's number).

pydantic's own sentences are not passed on: they may quote a value or the text of an exception of ours.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from kernel.errors import BadInput
from kernel.numbers import NO_NUMBER, without_numbers

CHOICES_MAX = 200  # characters of what may be said; a longer list stands in the document of the API
FAULTS_MAX = 100  # a body of unknown members would otherwise be answered by a larger one

_TOLD = {
    "missing": ("ontbreekt", "Dit veld is verplicht."),
    "extra_forbidden": (
        "onbekend-veld",
        "Hier staat een veld dat wij niet kennen. Welke er zijn, staat in openapi.json.",
    ),
    "json_invalid": ("geen-json", "Dit is geen geldige JSON."),
    "string_too_long": ("te-lang", "Deze tekst is te lang."),
    "string_too_short": ("te-kort", "Deze tekst is te kort."),
    "too_long": ("te-veel", "Deze lijst is te lang."),
    "too_short": ("te-weinig", "Deze lijst is te kort."),
}
_OTHERWISE = "Deze waarde kan hier niet. Wat hier wel kan, staat in openapi.json."
_NAME = re.compile(r"(?!.*\d{9})[A-Za-z_][\w.\-]{0,63}", re.ASCII)


def bad_input(errors: Iterable[Mapping[str, Any]]) -> BadInput:
    """The faults that pydantic found, as `fouten`."""
    faults = dict.fromkeys(_fault(error) for error in errors)
    fouten = [{"veld": veld, "code": code, "detail": detail} for veld, code, detail in list(faults)[:FAULTS_MAX]]
    return BadInput("De vraag kan niet worden gelezen. In `fouten` staat wat er niet klopt.", fouten=fouten)


def no_json(detail: str) -> BadInput:
    """The body as a whole cannot be read."""
    fouten = [{"veld": "", "code": "geen-json", "detail": detail}]
    return BadInput("De vraag kan niet worden gelezen. In `fouten` staat wat er niet klopt.", fouten=fouten)


def sentences(errors: Iterable[Mapping[str, Any]]) -> list[str]:
    """The same of a file, for whoever loads it at the command line: where, what, and for a value that cannot be there
    what pydantic says of it."""
    told = []
    for error in errors:
        place, code, detail = _fault(error)
        if code == "onbekend-veld":  # a file is whose who loads it: its names may be told, but for long numbers
            place = pointer(error["loc"])
        why = without_numbers(f" ({error['msg']})") if code == "ongeldige-waarde" else ""
        told.append(f"{place.removesuffix('/*') or '/'}: {detail}{why}")
    return list(dict.fromkeys(told))[:FAULTS_MAX]


def _fault(error: Mapping[str, Any]) -> tuple[str, str, str]:
    kind, place = str(error["type"]), tuple(error["loc"])
    place = place[1:] if place[:1] == ("body",) else place
    if kind == "extra_forbidden":
        place = place[:-1]  # the name of an unknown member is input too
    if kind == "json_invalid":
        place = ()
    code, detail = _TOLD.get(kind) or _of_value(kind, error.get("ctx", {}))
    return pointer(place), code, detail


def _of_value(kind: str, rule: Mapping[str, Any]) -> tuple[str, str]:
    """rule: what pydantic held it against, which is ours and not what was sent."""
    if kind.endswith(("_type", "_parsing")):
        return "verkeerd-soort", "Dit is niet het soort waarde dat hier hoort."
    if rule.get("pattern") == NO_NUMBER:
        return "negen-cijfers", "Hier staan negen cijfers op een rij. Een nummer van iemand mag hier niet."
    may = str(rule.get("expected", "")).replace(" or ", " of ") if kind == "literal_error" else ""
    if may and len(may) <= CHOICES_MAX:
        return "ongeldige-waarde", f"Deze waarde kan hier niet. Dit kan wel: {may}."
    return "ongeldige-waarde", _OTHERWISE


def pointer(place: Iterable[str | int]) -> str:
    """RFC 6901. A member's name that is not a plain name, or holds a long number, becomes `*`."""
    return "".join(f"/{part if isinstance(part, int) or _NAME.fullmatch(part) else '*'}" for part in place)
