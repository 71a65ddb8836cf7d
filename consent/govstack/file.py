"""A file in the form of the standard: {"policies": […], "dataAgreements": […], "individuals": […]}. Pure.

Read whole or not at all: every fault is told with its place, and none with what stood there.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import ConfigDict, Field, ValidationError

from consent.govstack.mapping import REGISTER
from consent.govstack.messages import Agreement, IndividualIn, Policy, Standard
from kernel.faults import sentences
from kernel.numbers import has_number

FILE_BYTES, MOST = 8 << 20, 4_900  # as many as a list can be paged (consent.govstack.stored.DEEP_MAX)


class Bundle(Standard):
    """A file. Unknown members are refused here: a list with another name would be silently left out."""

    model_config = ConfigDict(extra="forbid")

    policies: Annotated[tuple[Policy, ...], Field(max_length=MOST)] = ()
    data_agreements: Annotated[tuple[Agreement, ...], Field(max_length=MOST)] = ()
    individuals: Annotated[tuple[IndividualIn, ...], Field(max_length=MOST)] = ()

    def all_policies(self) -> list[Policy]:
        """With those that only an agreement shows; our own register is none of them."""
        inside = [one.policy for one in self.data_agreements if one.policy is not None]
        return list({one.id: one for one in (*inside, *self.policies) if one.id != REGISTER}.values())


class Unreadable(Exception):
    """faults: a sentence each."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


def read(text: str) -> Bundle:
    """Raises Unreadable."""
    if len(text.encode()) > FILE_BYTES:
        raise Unreadable([f"groter dan {FILE_BYTES} bytes"])
    try:
        given = json.loads(text)
        bundle = Bundle.model_validate(given)
    except ValidationError as wrong:
        shape = sentences(wrong.errors(include_input=False, include_url=False))
        raise Unreadable([*shape, *_names(given)]) from None
    except (ValueError, RecursionError):
        raise Unreadable(["geen JSON"]) from None
    faults = [*_names(given), *_other_policies(bundle)]
    if faults:
        raise Unreadable(faults)
    return bundle


def _names(given: Any) -> Iterator[str]:
    """What is wrong with ids; of whatever can be read of the file."""
    for kind in ("policies", "dataAgreements", "individuals"):
        listed = given.get(kind) if isinstance(given, dict) else None
        seen: set[str] = set()
        for number, one in enumerate(listed if isinstance(listed, list) else []):
            name = one.get("id") if isinstance(one, dict) else None
            if not isinstance(name, str):
                continue
            if wrong := _wrong(kind, name, seen):
                yield f"/{kind}/{number}/id: {wrong}"
            seen.add(name)


def _wrong(kind: str, name: str, seen: set[str]) -> str:
    if not name:
        return "ontbreekt; ids blijven zoals zij zijn"
    if name in seen:
        return "staat er twee keer"
    if has_number(name):
        return "lijkt op een burgerservicenummer"
    return "is het register zelf" if (kind, name) == ("policies", REGISTER) else ""


def _other_policies(bundle: Bundle) -> Iterator[str]:
    """The same id with another content."""
    known = {one.id: one for one in bundle.policies}
    for number, agreement in enumerate(bundle.data_agreements):
        policy = agreement.policy
        if policy is None:
            continue
        if not policy.id or has_number(policy.id):
            yield f"/dataAgreements/{number}/policy/id: ontbreekt of lijkt op een burgerservicenummer"
        elif policy.id != REGISTER and known.setdefault(policy.id, policy) != policy:
            yield f"/dataAgreements/{number}/policy: zegt iets anders dan elders onder deze id staat"
