"""The rows of the log; no other room reads them. `lines`, `tiles`, `moves`, `tags`, `labels` and `breaches` are
append-only by trigger, but for what a destruction empties or takes away (migration 0003).

Lost: nothing is released until they are back; the signer knows how far they went. Written by an attacker: `head`,
`fences` and `series` have a MAC, a line belongs to the tree, and what names people is sealed. Times in milliseconds.
"""

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Table, Text, UniqueConstraint

from kernel.sql.key_rows import key_table

metadata = MetaData(schema="audit")


def _text(name: str, key: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=False)


def _number(name: str, key: bool = False) -> Column[int]:
    return Column(name, BigInteger, primary_key=key, nullable=False, autoincrement=False)


def _bytes(name: str, key: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, primary_key=key, nullable=False)


def _table(name: str, *rest: Column[str] | Column[int] | Column[bytes] | UniqueConstraint) -> Table:
    return Table(name, metadata, _text("tenant_id", key=True), *rest)


# One row per tenant; locked by whoever writes. edge: kernel.proof.Edge of the whole tree.
head = _table(
    "head", _text("origin"), _text("term"), _number("size"), _bytes("edge"), _bytes("root"), _number("last_logged_at"),
    _bytes("mac"),
)  # fmt: skip
# content: keyed hash of the event as it was given. n: number in the subject's series. year: of destruction. label: what
# the line is about in general, as a keyed hash; `labels` says it under seal. Of a destroyed line both hashes are empty.
lines = _table(
    "lines", _text("term", key=True), _number("idx", key=True), _text("event_id"), _bytes("content"), _text("subject"),
    _number("n"), _number("logged_at"), _bytes("leaf"), _bytes("leaf_hash"), _bytes("act"), _bytes("body"),
    _number("year"), _bytes("label"), UniqueConstraint("tenant_id", "event_id"),
    UniqueConstraint("tenant_id", "subject", "n"),
)  # fmt: skip
# Nodes of the tree at levels 8, 16, …: the hashes that C2SP tiles of level 1 and up consist of.
tiles = _table("tiles", _text("term", key=True), _number("level", key=True), _number("idx", key=True), _bytes("hash"))
# Only fences that ever moved; term and idx of the line that moved it last. The database adds `bucket` (migration 0002):
# nobody writes it. Set back alone: the fence map notices.
fences = _table("fences", _text("fence", key=True), _number("epoch"), _text("term"), _number("idx"), _bytes("mac"))
moves = _table("moves", _text("term", key=True), _number("idx", key=True), _text("fence", key=True), _number("epoch"))
series = _table(
    "series", _text("subject", key=True), _number("n"), _text("term"), _number("idx"), _bytes("leaf_hash"),
    _bytes("mac"),
)  # fmt: skip
# A release without outcome. fences: 16 bytes each, of all that it required.
under_way = _table(
    "under_way", _text("term", key=True), _number("idx", key=True), _text("event_id"), _number("logged_at"),
    _bytes("fences"),
)  # fmt: skip
# term, idx: of the release; closed_term, closed_idx: of the line that says how it ended.
outcomes = _table(
    "outcomes", _text("term", key=True), _number("idx", key=True), _text("closed_term"), _number("closed_idx"),
    _text("outcome"),
)  # fmt: skip
tags = _table("tags", _bytes("tag", key=True), _text("term", key=True), _number("idx", key=True), _number("logged_at"))
labels = _table("labels", _bytes("label", key=True), _bytes("sealed"))
# Files on breaches, a row per version; term, idx: of the line that says who asked. year: of destruction.
breaches = _table(
    "breaches", _text("id", key=True), _number("version", key=True), _number("made_at"), _text("term"), _number("idx"),
    _number("year"), _bytes("sealed"),
)  # fmt: skip
# Keys of a subject's year that go, or are gone. term, idx: of the line that began it, at: its hour; done_term,
# done_idx: of the last line that says it is done, "" and 0 until then. Lost: a destroyed key looks like a stolen one.
destroyed = _table(
    "destroyed", _text("subject", key=True), _number("year", key=True), _number("at"), _text("term"), _number("idx"),
    _text("done_term"), _number("done_idx"), _bytes("mac"),
)  # fmt: skip
# Wrapped keys. version: 1 for the room's own, the year of destruction for a subject's.
keys = key_table(metadata)
