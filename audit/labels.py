"""One sealed label for all lines that share what it says: a search or a breach over millions of lines opens some
hundreds of labels and not one body.

A label names nobody. A dump shows which lines have the same one, as tags do already. Who writes the table can hide
lines from a search by exchanging labels, as by deleting tags; the lines stay in the tree and in their series.
"""

from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from audit.event import Event
from audit.keychain import TenantKeys
from audit.label import Label, label_of, label_text
from audit.leaf import VERSION
from audit.tables import labels
from audit.tags import tag
from kernel.canonical import read_canonical
from kernel.crypto import Place, seal, unseal


class Labeller:
    """Labels of the lines of one batch, which share most of them. Lives no longer than its batch."""

    def __init__(self, keys: TenantKeys, tenant: str) -> None:
        self._keys, self._tenant = keys, tenant
        self._names: dict[Hashable, bytes] = {}
        self._texts: dict[bytes, str] = {}

    def of(self, event: Event) -> bytes:
        """The id of its label."""
        said = (event.kind, event.activity, event.version, event.basis, event.elements, event.used, event.refused)
        name = self._names.get((*said, event.withheld_until))
        if name is None:
            text = label_text(label_of(event))
            name = self._names[*said, event.withheld_until] = label_id(self._keys.tags, text)
            self._texts[name] = text
        return name

    def rows(self) -> list[tuple[str, bytes, bytes]]:
        """Of `labels`, for every id that was given out."""
        return [(self._tenant, name, self._sealed(name, text)) for name, text in sorted(self._texts.items())]

    def _sealed(self, name: bytes, text: str) -> bytes:
        return seal(self._keys.labels, _place(self._tenant, name), text.encode())


def label_id(key: bytes, text: str) -> bytes:
    """16 bytes under TK."""
    return tag(key, "label", text)


async def labels_where(
    reading: AsyncConnection, tenant: str, keys: TenantKeys, wanted: Callable[[Label], bool]
) -> dict[bytes, Label]:
    """The labels of this tenant that are wanted, by id. Raises CannotOpen for one that was put elsewhere."""
    rows = await reading.execute(select(labels.c.label, labels.c.sealed).where(labels.c.tenant_id == tenant))
    opened = {bytes(name): read_label(keys, tenant, bytes(name), bytes(sealed)) for name, sealed in rows}
    return {name: label for name, label in opened.items() if wanted(label)}


async def labels_named(
    reading: AsyncConnection, tenant: str, keys: TenantKeys, names: Collection[bytes]
) -> dict[bytes, Label]:
    """Those of these that are there. Raises CannotOpen for one that was put elsewhere."""
    query = select(labels.c.label, labels.c.sealed).where(labels.c.tenant_id == tenant, labels.c.label.in_(list(names)))
    rows = await reading.execute(query)
    return {bytes(name): read_label(keys, tenant, bytes(name), bytes(sealed)) for name, sealed in rows}


def read_label(keys: TenantKeys, tenant: str, name: bytes, sealed: bytes) -> Label:
    """Raises CannotOpen for one that was put elsewhere."""
    said: Mapping[str, Any] = read_canonical(unseal(keys.labels, _place(tenant, name), sealed).decode())
    return Label(
        said["soort"],
        said.get("activiteit", ""),
        said.get("versie", ""),
        said.get("grondslag", ""),
        tuple(said.get("elementen", ())),
        tuple(said.get("gebruikt", ())),
        tuple(said.get("geweigerd", ())),
        int(said.get("ontvangerBewaart", "0")),
        int(said.get("openbaarVanaf", "0")),
    )


def _place(tenant: str, name: bytes) -> Place:
    return Place(tenant, "label", name.hex(), 1, "label", VERSION, "normaal")
