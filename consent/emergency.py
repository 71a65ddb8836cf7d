"""Asking in an emergency (break-glass): what goes with what, and what it never reaches (architecture.md section 4).

It lifts a missing case, the days of notice and the frequency, which `consent.rules` leaves out then, and nothing else.
It never opens the vault, and a no to this recipient stands: whoever said no is not asked less because it is urgent.
Pure.
"""

from collections.abc import Iterable
from typing import Final

from consent.activity import ActivityVersion, UsedElement
from consent.decision import Code, Emergency, Misfit
from consent.standing import Standing

VAULT: Final = "kluis"
PERSON: Final = "mens"  # the kind of application at which an employee sits, who can be asked why
_NO: Final[dict[str, Code]] = {"geweigerd": "geen-toestemming", "ingetrokken": "toestemming-ingetrokken"}
_FAULTS: Final[dict[Misfit, tuple[str, str]]] = {
    "ontbreekt": ("", "Dit doel is voor nood. Noem in `noodtoegang` waarom het nood is."),
    "past-niet": ("", "Dit doel is niet voor nood. Laat `noodtoegang` weg."),
    "onbekende-reden": ("/reden", "Deze reden hoort niet bij dit doel."),
    "geen-medewerker": ("", "In nood vraagt een medewerker, met een toepassing voor medewerkers."),
}
_SILENT: Final = frozenset({"gevraagd", "vervallen"})


def misfit(version: ActivityVersion | None, claimed: Emergency | None, kind: str) -> Misfit:
    """Why the emergency that was claimed does not go with this activity, or the other way round; "" when they fit.
    kind: of the caller. By the public register and the question alone: it says nothing of anybody."""
    glass = version.break_glass if version else None
    if glass is None:
        return "past-niet" if claimed else ""
    if claimed is None:
        return "ontbreekt"
    if kind != PERSON:
        return "geen-medewerker"
    return "" if glass.reason(claimed.reason) else "onbekende-reden"


def misfit_fault(found: Misfit) -> dict[str, str]:
    """The same for who asked, as one of `fouten`."""
    place, detail = _FAULTS[found]
    return {"veld": f"/noodtoegang{place}", "code": found, "detail": detail}


def in_vault(used: UsedElement) -> bool:
    """Whether anything of it is opened in a resident's own vault."""
    return used.name.startswith(f"{VAULT}.") or VAULT in (used.source, *(source for source, _ in used.inputs))


def never(used: UsedElement, words: Iterable[Standing]) -> Code | None:
    """Why an emergency does not reach this element; None when it does. words: as in `consent.rules.Facts`."""
    if in_vault(used):
        return "buiten-doel"
    said = [one for one in last_words(words, used.name) if one.status in _NO]
    return _NO[max(said, key=lambda one: (one.asked_at, one.id)).status] if said else None


def last_words(words: Iterable[Standing], element: str) -> tuple[Standing, ...]:
    """What the resident said last about an element, of each activity; and what they may be answering now."""
    newest: dict[str, Standing] = {}
    asked: list[Standing] = []
    for one in sorted(words, key=lambda one: (one.asked_at, one.id)):
        if element not in one.elements:
            continue
        if one.status not in _SILENT:
            newest[one.activity] = one
        elif one.status == "gevraagd":
            asked.append(one)
    return (*newest.values(), *asked)
