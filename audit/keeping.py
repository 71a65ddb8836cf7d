"""A small text on the disk that is the old one or the new one, whole, after any crash. Waits for the disk."""

import os
from pathlib import Path


def write_whole(path: Path, content: str) -> None:
    """Durable when it returns, mode 0600. One writer at a time: who comes last stays. Raises OSError."""
    draft = path.with_name(f".{path.name}.draft")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content.encode())
        file.flush()
        os.fsync(handle)
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_limited(path: Path, most: int) -> bytes | None:
    """None when it is not there. Raises OSError, also when it is longer than `most` bytes."""
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except FileNotFoundError:
        return None
    if len(content) > most:
        raise OSError(f"{path.name} is longer than {most} bytes")
    return content
