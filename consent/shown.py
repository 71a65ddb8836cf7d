"""The texts that people were shown, word for word, by their hash."""

from consent import tables
from consent.contract import Choice
from consent.rows import Rows
from kernel.crypto import sha256


async def keep_text(rows: Rows, choice: Choice) -> None:
    """By its hash: everybody who was shown the same reads the same row."""
    if choice.text:
        await rows.add(tables.texts, {"hash": choice.text_hash, "text": choice.text})


async def shown_text(rows: Rows, text_hash: str) -> str:
    """What somebody was shown; "" where it is not known, or was altered."""
    row = await rows.one(tables.texts, hash=text_hash) if text_hash else None
    return str(row["text"]) if row and sha256(row["text"].encode()).hex() == text_hash else ""
