"""A list of residents as it comes in: every fault at once, with its place, and never what was sent. Pure."""

from collections.abc import Callable
from typing import Annotated, Any, Final, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator
from pydantic_core import from_json, to_json

from consent.activity import Element, Slug
from consent.bodies import Number, Reference, used_by
from consent.words import fault
from kernel.caller import Caller
from kernel.errors import BadInput
from kernel.faults import FAULTS_MAX, bad_input, no_json
from kernel.hidden import Hidden
from kernel.message import Body, wire
from kernel.numbers import has_number

MOST: Final = 10_000  # residents of one question, over one snapshot
ELEMENTS_MOST: Final = 10  # with 10,000 residents an answer is some 10 MiB, and takes 200 MB while it is made
ASKED: Final = ("verwerkingsactiviteit", "gegevenselementen", "gebruiker", "inwoners")
NAMED: Final = ("bsn", "pseudoniem", "zaak")
Fault = dict[str, str]


class Listed(Body):
    """One resident, by number or by the recipient's own name for them, and the case in which is asked."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["bsn"]}, {"required": ["pseudoniem"]}]})

    bsn: Number | None = None
    pseudonym: Annotated[Annotated[str, Field(pattern=r"^[a-z2-7]{32}$")] | None, wire("pseudoniem")] = None
    case: Annotated[Reference | None, wire("zaak")] = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.bsn is None) == (self.pseudonym is None):
            raise ValueError("precies een van bsn of pseudoniem")
        return self


class AskMany(Body):
    """What would be decided about each? user: the recipient's own id of the employee."""

    activity: Annotated[Slug, wire("verwerkingsactiviteit")]
    elements: Annotated[
        Annotated[tuple[Element, ...], Field(min_length=1, max_length=ELEMENTS_MOST)], wire("gegevenselementen")
    ]
    user: Annotated[Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None, wire("gebruiker")] = None
    listed: Annotated[Annotated[tuple[Listed, ...], Field(min_length=1, max_length=MOST)], wire("inwoners")]


def read_many(caller: Caller, raw: bytes, is_number: Callable[[Hidden], bool]) -> tuple[Caller, AskMany]:
    """What is asked, and the caller with whoever asks. Raises BadInput."""
    if caller.kind == "burger":
        raise fault("", "verkeerd-soort", "Een toepassing voor inwoners vraagt over een inwoner tegelijk.")
    try:
        asked = AskMany.model_validate_json(_cut(raw))
    except ValidationError as error:
        raise bad_input(error.errors(include_url=False, include_input=False)) from None
    faults = _faults(asked, is_number)
    if faults:
        raise BadInput("De vraag klopt niet. In `fouten` staat wat.", fouten=faults[:FAULTS_MAX])
    return used_by(caller, asked.user), asked


def _cut(raw: bytes) -> bytes:
    """What can be right of it, with enough of the rest to see that it is wrong: a fault takes a thousand times the
    room of the text that it is about, and whoever finds them all lets nobody else go on meanwhile."""
    try:
        said = from_json(raw, allow_inf_nan=False)
    except ValueError:
        raise no_json("Dit is geen geldige JSON.") from None
    if not isinstance(said, dict):
        return to_json(0)  # any other value is as wrong
    said = _few(said, ASKED)
    for name, most in (("gegevenselementen", ELEMENTS_MOST), ("inwoners", MOST)):
        if isinstance(found := said.get(name), list):
            said[name] = [_few(one, NAMED) if isinstance(one, dict) else one for one in found[: most + 1]]
    return to_json(said)


def _few(said: dict[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
    """What is known, and one of the others."""
    other = [name for name in said if name not in known][:1]
    return {name: said[name] for name in (*known, *other) if name in said}


def _faults(asked: AskMany, is_number: Callable[[Hidden], bool]) -> list[Fault]:
    by_number = asked.listed[0].bsn is not None
    found, seen = list[Fault](), set[Number | str | None]()
    if has_number(asked.activity):
        found.append(_fault("/verwerkingsactiviteit", *_LOOKS))
    found += [_fault(f"/gegevenselementen/{at}", *_LOOKS) for at, name in enumerate(asked.elements) if has_number(name)]
    for at, one in enumerate(asked.listed):
        place, name = f"/inwoners/{at}", one.bsn or one.pseudonym
        if (one.bsn is not None) != by_number:
            found.append(_fault(place, "gemengd", "Noem iedereen met een BSN, of iedereen met uw eigen pseudoniem."))
        elif name in seen:
            found.append(_fault(place, "dubbel", "Deze inwoner staat er al."))
        elif one.bsn is not None and not is_number(one.bsn):
            found.append(_fault(f"{place}/bsn", "bsn", "Dit is geen burgerservicenummer."))
        if one.case and has_number(one.case):
            found.append(_fault(f"{place}/zaak", *_LOOKS))
        seen.add(name)
    return found


_LOOKS = ("lijkt-op-bsn", "Dit mag niet op een burgerservicenummer lijken: geen negen cijfers achter elkaar.")


def _fault(place: str, code: str, detail: str) -> Fault:
    return {"veld": place, "code": code, "detail": detail}
