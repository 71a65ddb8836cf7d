"""Partners, parents and children, as they stand on the list of the person asked for.

Source: BRP Personen bevragen 2.7.0, persoon/partner, persoon/ouder, persoon/kind.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from assembly.demo.brp import investigation
from assembly.demo.brp.dates import datum
from assembly.demo.brp.investigation import Elements, marks
from assembly.demo.brp.names import last_partner, related_name
from assembly.demo.brp.values import Json, group, present, table, text


def event(source: object, elements: Elements, investigated: object) -> Json | None:
    """A date, place and country: of birth, of death, or of a bond."""
    happened = group(source)
    if happened is None:
        return None
    return present(
        datum=datum(happened.get("datum")),
        land=table(happened.get("land")),
        plaats=table(happened.get("plaats")),
        inOnderzoek=marks(investigated, elements) or None,
    )


def _relative(source: Mapping[str, Any], elements: Elements) -> Json:
    return present(
        burgerservicenummer=text(source.get("burgerservicenummer")),
        naam=related_name(source, source),
        geboorte=event(source.get("geboorte"), investigation.BIRTH, source),
        inOnderzoek=marks(source, elements) or None,
    )


def children(gba: Mapping[str, Any]) -> list[Json]:
    """All children on the list; one of whom nothing is known stays as an empty group."""
    return [_relative(child, investigation.CHILD) for child in gba.get("kinderen") or ()]


def parents(gba: Mapping[str, Any]) -> list[Json]:
    """Parent 1 and parent 2, in that order when both are written."""
    listed = sorted(gba.get("ouders") or (), key=lambda parent: str(parent.get("ouderAanduiding", "")))
    return [
        _relative(parent, investigation.PARENT)
        | present(
            ouderAanduiding=text(parent.get("ouderAanduiding")),
            geslacht=table(parent.get("geslacht")),
            datumIngangFamilierechtelijkeBetrekking=datum(parent.get("datumIngangFamilierechtelijkeBetrekking")),
        )
        for parent in listed
    ]


def partners(gba: Mapping[str, Any]) -> list[Json]:
    """The partners of today; when there are none, the one of whom the bond ended last."""
    listed: Sequence[Mapping[str, Any]] = gba.get("partners") or ()
    current = [one for one in listed if not group(one.get("ontbindingHuwelijkPartnerschap"))]
    last = last_partner(listed)
    return [_partner(one) for one in current or ([last] if last else [])]


def _partner(partner: Mapping[str, Any]) -> Json:
    ended = group(partner.get("ontbindingHuwelijkPartnerschap"))
    return _relative(partner, investigation.PARTNER) | present(
        geslacht=table(partner.get("geslacht")),
        soortVerbintenis=table(partner.get("soortVerbintenis")),
        aangaanHuwelijkPartnerschap=event(partner.get("aangaanHuwelijkPartnerschap"), investigation.BOND, partner),
        ontbindingHuwelijkPartnerschap=event(ended, investigation.BOND_ENDED, partner),
    )
