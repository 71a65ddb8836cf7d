"""The acts of a resident on their vault, as the log reads them. Pure: names and epochs, never a value. How long
the lines are kept, the log says: a year of ours would make the same act another one after New Year."""

from collections.abc import Sequence

from audit.contract import Entry, Event, FenceAt, Kind, Moved, Overtaken
from kernel.ids import derived_id
from vault.contract import ResidentRef

ACTIVITY, BASIS = "regie-kluis", "AVG 6(1)(a)"
ERASING: Kind = "wissing-begonnen"
ERASED: Kind = "wissing-voltooid"
KEPT: Kind = "kluis-bewaard"
REPLACED: Kind = "kluis-vervangen"
REMOVING: Kind = "kluis-verwijderen"
REMOVED: Kind = "kluis-verwijderd"
LOOKED: Kind = "kluis-ingezien"
TAKEN = "meegenomen"
_NAMES: dict[Kind, str] = {
    "kluis-geopend": "Kluis geopend",
    KEPT: "In de kluis bewaard",
    REPLACED: "In de kluis vervangen",
    REMOVING: "Uit de kluis verwijderen",
    REMOVED: "Uit de kluis verwijderd",
    LOOKED: "In de kluis gekeken",
    ERASING: "Kluis wissen",
    ERASED: "Kluis gewist",
}


def opening(resident: ResidentRef, epoch: int, version: int, vault: Sequence[FenceAt]) -> Entry:
    """The vault is opened; after an erasure under another id. version: of its key. vault: that it was not erased
    meanwhile."""
    again = f"-{version}" if version > 1 else ""
    event = _event("kluis-geopend", derived_id(resident.id, f"kluis-geopend{again}"), resident.subject)
    return Entry(event=event, requires=(FenceAt(fence=resident.fence, epoch=epoch), *vault))


def keeping(
    resident: ResidentRef, epoch: int, record: tuple[str, str, str], vault: Sequence[FenceAt], instead_of: str = ""
) -> Entry:
    """A value is kept. record: its id, its fence and its element. vault: that it was not erased meanwhile. instead_of:
    the fence of the value whose place it takes, which nothing opens from this line on."""
    record_id, fence, element = record
    kind = REPLACED if instead_of else KEPT
    event = _about(kind, record_id, element, resident.subject)
    old = (FenceAt(fence=instead_of, epoch=0),) if instead_of else ()
    requires = (FenceAt(fence=resident.fence, epoch=epoch), FenceAt(fence=fence, epoch=0), *vault, *old)
    return Entry(event=event, requires=requires, advances=tuple(one.fence for one in old))


def removing(resident: ResidentRef, record: tuple[str, str, str]) -> Entry:
    """One value goes. record: as when it was kept. The same again is the same line."""
    record_id, fence, element = record
    return Entry(event=_about(REMOVING, record_id, element, resident.subject), advances=(fence,))


def removed(resident: ResidentRef, record_id: str, element: str) -> Entry:
    """It is gone."""
    return Entry(event=_about(REMOVED, record_id, element, resident.subject))


def looking(
    resident: ResidentRef, event_id: str, elements: Sequence[str], fences: Sequence[FenceAt], *, whole: bool
) -> Entry:
    """Values are shown to who keeps them. fences: that neither vault nor value went meanwhile; a flag or a restriction,
    which keeps others out, keeps nobody from their own. whole: they take all of it along."""
    more = {"elements": tuple(elements), "details": {"stap": TAKEN} if whole else {}}
    event = _event(LOOKED, event_id, resident.subject).model_copy(update=more)
    return Entry(event=event, requires=tuple(fences))


def erasing(resident: ResidentRef, fence: str, version: int) -> Entry:
    """The vault goes, with this version of its key. fence: the vault's. The same again is the same line."""
    event = _event(ERASING, derived_id(resident.id, f"{ERASING}-{version}"), resident.subject)
    return Entry(event=event, advances=(fence,))


def erased(resident: ResidentRef, version: int) -> Entry:
    """It is gone."""
    return Entry(event=_event(ERASED, derived_id(resident.id, f"{ERASED}-{version}"), resident.subject))


def lapsing(entry: Entry) -> Entry:
    """Under its own id, so that a late original fails (trust.md 2.2)."""
    return Entry(event=entry.event.model_copy(update={"kind": "vervallen"}))


def at_epochs(entry: Entry, moved: Sequence[Moved]) -> Entry:
    """The same act, for the fences as they stand now."""
    epochs = {move.fence: move.epoch for move in moved}
    requires = tuple(FenceAt(fence=at.fence, epoch=epochs.get(at.fence, at.epoch)) for at in entry.requires)
    return entry.model_copy(update={"requires": requires})


def goes_on(verdict: object) -> bool:
    """Whether only a flag moved the fence: a secret resident may keep things; after anything else the act is over."""
    return isinstance(verdict, Overtaken) and all(move.kind == "vlag" for move in verdict.moved)


def _about(kind: Kind, record_id: str, element: str, subject: str) -> Event:
    return _event(kind, derived_id(record_id, kind), subject).model_copy(update={"elements": (element,)})


def _event(kind: Kind, event_id: str, subject: str) -> Event:
    return Event(
        id=event_id,
        kind=kind,
        subject=subject,
        name=_NAMES[kind],
        activity=ACTIVITY,
        purpose="U bewaart eigen gegevens in uw kluis.",
        class_="C",
        basis=BASIS,
    )
