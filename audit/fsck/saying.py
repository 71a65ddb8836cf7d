"""What one line says of itself, once opened, and where its columns say something else. Pure but for the keys it holds.

Act and body are bound to the leaf, the leaf to the tree; so a column that differs from them is the one that is wrong.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from audit.covert import SEALED_TO, is_covert
from audit.event import Entry, Event, FenceAt
from audit.fsck.findings import What
from audit.judging import named_fences
from audit.keychain import TenantKeys
from audit.kinds import ENDED, OUTCOME
from audit.label import label_of, label_text
from audit.labels import label_id
from audit.leaf import ACT, BODY, Previous, act_place, body_place, content_hash, escrow_of, event_of, opened, words_of
from audit.permit import Position
from kernel.canonical import read_canonical
from kernel.crypto import CannotOpen, DataKey, KeyPlace, hmac_sha256, same, sha256

_KEY_ID = slice(1, 17)  # of an envelope: which key it was sealed with, in clear
_ACT_COMMIT, _BODY_COMMIT = slice(4, 36), slice(36, 68)
LATER = 4  # years that are tried for a line whose own was destroyed before its time
_UNSOUND = (CannotOpen, ValueError, KeyError, TypeError, IndexError)


@dataclass(frozen=True)
class Told:
    """A line as its act and body say it; where they do not open, as its columns say it.

    said: the act, empty when it does not open. event: None when the body does not open. previous: as the body names
    it. wrong: where the row contradicts this. emptied: content and label are not there. destroys, gone: as in Event.
    """

    position: Position
    subject: str
    n: int
    at: int
    event_id: str
    leaf_hash: bytes
    said: Mapping[str, Any]
    event: Event | None
    previous: Previous | None
    wrong: tuple[What, ...]
    requires: tuple[FenceAt, ...] = ()
    moved: Mapping[str, int] = field(default_factory=dict)
    closes: tuple[Position, ...] = ()
    emptied: bool = False
    destroys: int = 0
    gone: tuple[tuple[int, int], ...] = ()

    @property
    def kind(self) -> str:
        """Empty when the act does not open."""
        return str(self.said.get("soort", ""))

    @property
    def named(self) -> list[str]:
        """Fences whose restriction names this release; of one that nobody can read any more, all."""
        if self.event is None:
            return [] if SEALED_TO in self.said else [each.fence for each in self.requires]
        return named_fences(Entry.model_construct(event=self.event, requires=self.requires))

    @property
    def outcome(self) -> str:
        """How a release ended, as this line says; empty when nobody can read it any more."""
        return self.event.details.get(OUTCOME, "") if self.event else ""


def key_id(tenant: str, purpose: str, owner: str, version: int) -> bytes:
    """Stands in front of all that this key sealed; needs no key to know."""
    return sha256(KeyPlace(tenant, "audit", purpose, owner, version).aad)[:16]


class Saying:
    """Opens the lines of one log. Holds the log's keys for the time of a check."""

    def __init__(self, tenant: str, keys: TenantKeys) -> None:
        self._tenant, self._keys = tenant, keys

    def told(self, row: Mapping[str, Any], leaf_hash: bytes, body_key: DataKey | None) -> Told:
        """body_key: None when it is gone. leaf_hash: of the leaf as it lies there."""
        wrong = list(self._misplaced(row))
        said = self._said(row, wrong)
        if body_key and SEALED_TO in said:
            self._escrowed(row, body_key, wrong)
        read = self._read(row, body_key, said, wrong) if body_key and SEALED_TO not in said else {}
        event = self._event(row, said, read, wrong) if said and read else None
        emptied = not row["label"] and not row["content"]
        if event and not emptied and row["label"] != label_id(self._keys.tags, label_text(label_of(event))):
            wrong.append("etiket")
        before = read.get("vorige")
        return Told(
            position=Position(term=row["term"], index=row["idx"]),
            subject=event.subject if event else row["subject"],
            n=int(read["n"]) if event else row["n"],
            at=int(said["tijd"]) if said else row["logged_at"],
            event_id=said["gebeurtenis"] if said else row["event_id"],
            leaf_hash=leaf_hash,
            said=said,
            event=event,
            previous=_previous(before, int(read["n"])) if before and event else None,
            wrong=tuple(wrong),
            requires=tuple(FenceAt(fence=fence, epoch=int(epoch)) for fence, epoch in said.get("vereist", ())),
            moved={fence: int(epoch) for fence, epoch in said.get("verzet", ())},
            closes=tuple(Position.parse(text) for text in said.get("bij", ())) if said.get("soort") == ENDED else (),
            emptied=emptied,
            destroys=int(said.get("jaar", "0")),
            gone=tuple((int(first), int(last)) for first, last in said.get("weg", ())),
        )

    def _misplaced(self, row: Mapping[str, Any]) -> Iterator[What]:
        body_key = key_id(self._tenant, "A", row["subject"], row["year"])
        if row["act"][_KEY_ID] != key_id(self._tenant, "TA", row["term"], 1) or row["body"][_KEY_ID] != body_key:
            yield "sleutelplaats"

    def _said(self, row: Mapping[str, Any], wrong: list[What]) -> dict[str, Any]:
        try:
            place = act_place(self._tenant, row["term"], row["event_id"])
            text, salt = opened(self._keys.act(row["term"]), place, row["act"])
            said = read_canonical(text)
            _demand(same(hmac_sha256(salt, ACT, text.encode()), row["leaf"][_ACT_COMMIT]))
        except _UNSOUND:
            wrong.append("handeling")
            return {}
        if (said["gebeurtenis"], said["tijd"]) != (row["event_id"], str(row["logged_at"])):
            wrong.append("handeling")
        return said

    def _escrowed(self, row: Mapping[str, Any], key: DataKey, wrong: list[What]) -> None:
        """A covert body opens as far as it does here: what is inside is for custodians."""
        try:
            escrow_of(key, body_place(self._tenant, row["subject"], row["event_id"], row["year"]), row["body"])
            _demand(is_covert(row["subject"]))
        except _UNSOUND:
            wrong.append("inhoud")

    def _read(self, row: Mapping[str, Any], key: DataKey, said: Mapping[str, Any], wrong: list[What]) -> dict[str, Any]:
        try:
            place = body_place(self._tenant, row["subject"], row["event_id"], row["year"])
            text, salt = opened(key, place, row["body"])
            read = read_canonical(text)
            _demand(same(hmac_sha256(salt, BODY, text.encode()), row["leaf"][_BODY_COMMIT]))
        except _UNSOUND:
            wrong.append("inhoud")
            return {}
        ours = (row["subject"], str(row["n"]), str(row["year"]))
        theirs = (read["dpl.core.data_subject_id"], read["n"], read["bewaarTot"])
        bio = read["bio"]
        if ours != theirs or (said and (bio["handeling"], bio["tijd"]) != (said["soort"], said["tijd"])):
            wrong.append("inhoud")
        return read

    def _event(
        self, row: Mapping[str, Any], said: Mapping[str, Any], read: Mapping[str, Any], wrong: list[What]
    ) -> Event | None:
        try:
            event = event_of(said, read)
        except _UNSOUND:
            wrong.append("inhoud")
            return None
        if not row["content"] and not row["label"]:
            return event
        for given in _as_given(event, said):
            if same(content_hash(self._keys.content, words_of(given)), row["content"]):
                return given.event
        wrong.append("kenmerk")
        return event


def _as_given(event: Event, said: Mapping[str, Any]) -> Iterator[Entry]:
    """As the room may have handed it in: the year may be our own, or a later one because the key of the year asked for
    was to go; who gave no actor is called "systeem"."""
    requires = tuple(FenceAt(fence=fence, epoch=int(epoch)) for fence, epoch in said.get("vereist", ()))
    advances = tuple(fence for fence, _ in said.get("verzet", ()))
    actors = (event.actor,) if event.actor else ("", "systeem")
    for year, actor in product((0, *range(event.keep_until, event.keep_until - LATER, -1)), actors):
        given = event.model_copy(update={"keep_until": year, "actor": actor})
        yield Entry.model_construct(event=given, requires=requires, advances=advances)


def _previous(before: list[str], n: int) -> Previous:
    term, index, leaf = before
    return Previous(n - 1, Position(term=term, index=int(index)), bytes.fromhex(leaf))


def _demand(holds: bool) -> None:
    if not holds:
        raise CannotOpen
