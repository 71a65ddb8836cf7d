"""Signs heads of one log, and never two that do not fit: the one memory that a restored database cannot set back.

In a process of its own (`audit.signing`), or in the log's, which production refuses (trust.md 2.4). Lost key: no new
receipts, old ones still hold. Stolen key: heads of another tree can be signed; start a new term. Everything here waits
for the disk: call it in a worker thread.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from audit import slots
from audit.terms import term_of
from kernel.crypto import KeyUnavailable, Signer, random_bytes
from kernel.crypto.private_files import check_folder, locked, make_folder, read_private, write_private
from kernel.proof.checkpoint import Checkpoint
from kernel.proof.checks import check_consistency
from kernel.proof.hashes import EMPTY_ROOT, ProofError
from kernel.proof.note import sign_note, vkey

SEED = 32


class Fork(Exception):
    """Asked to sign a head that does not continue what was signed before."""


@dataclass(frozen=True)
class SignedHead:
    """A head and its C2SP checkpoint."""

    size: int
    root: bytes
    note: str


@dataclass(frozen=True)
class Elsewhere:
    """Nothing was signed: the state stands at this size, and the proof must begin there."""

    size: int


@dataclass(frozen=True)
class Known:
    """What was signed last of a log, in its newest term."""

    origin: str
    state: slots.Remembered

    @property
    def place(self) -> tuple[str, int]:
        """Term and size: ordered as the log is."""
        return term_of(self.origin), self.state.size


def newest_signed(folder: Path, tenant: str) -> Known | None:
    """Of this tenant on this host: the last term with lines; None when nothing ever was signed. Raises StateLost,
    OSError for a state that cannot be read: it may be the newest."""
    found = {term_of(name): (name, state) for name, state in _states(folder, tenant)}
    for term in sorted(found, reverse=True):
        name, path = found[term]
        state = slots.glance(path)
        if state.size:
            return Known(name, state)
    return None


def _states(folder: Path, tenant: str) -> Iterator[tuple[str, Path]]:
    for path in folder.glob(f"*~{tenant}~*.state"):
        yield path.name.removesuffix(".state").replace("~", "/"), path


class HeadSigner(Protocol):
    """Of one origin, here or at the other end of a socket. What each verb does and raises: see LogSigner."""

    origin: str

    def newest(self) -> Known | None:
        """What was signed last for this tenant, in whatever term."""
        ...

    def found(self) -> None:
        """Make what a new log needs, and open it."""
        ...

    def adopt(self, size: int, root: bytes, map_root: bytes) -> None:
        """Take a head for the newest, on the word of a person."""
        ...

    def open(self) -> None:
        """Before anything is signed."""
        ...

    @property
    def public_key(self) -> bytes:
        """32 bytes."""
        ...

    @property
    def vkey(self) -> str:
        """As C2SP writes it."""
        ...

    def remembered(self) -> slots.Remembered:
        """What was signed last."""
        ...

    def sign(
        self, size: int, root: bytes, old: int, proof: Sequence[bytes], map_root: bytes = slots.ZERO
    ) -> SignedHead | Elsewhere:
        """The signed head; durable before it answers."""
        ...


class LogSigner:
    """One origin on this host. Any number of processes may share its two files."""

    def __init__(self, folder: Path, origin: str) -> None:
        name = origin.replace("/", "~")
        self.origin = origin
        self._seed, self._state = folder / f"{name}.seed", folder / f"{name}.state"
        self._folder = folder
        self._signer: Signer | None = None

    def newest(self) -> Known | None:
        """What was signed last for this tenant on this host, in whatever term. Raises StateLost, OSError."""
        return newest_signed(self._folder, self.origin.split("/")[-2])

    def found(self) -> None:
        """Key and state of a new log; what is there already stays. A crash here leaves an empty state without a key:
        founding goes on from there. Raises StateLost for a key without its memory: from nothing it would sign any head,
        so a person gives it back (`adopt`); KeyUnavailable for a memory without its key."""
        make_folder(self._folder)
        with locked(self._folder):
            key, memory = self._seed.exists(), self._state.exists()
            if key and not memory:
                raise slots.StateLost("the signer's state is gone")
            if memory and not key and self.remembered().size:
                raise KeyUnavailable("the key of a log that was signed is gone")
            if not memory:
                slots.found_state(self._state, 0, EMPTY_ROOT)
            if not key:
                write_private(self._seed, random_bytes(SEED))
        self.open()

    def adopt(self, size: int, root: bytes, map_root: bytes) -> None:
        """Begin here on a new host, with the word of a person that this is the newest head. Raises FileExistsError."""
        slots.found_state(self._state, size, root, map_root)

    def open(self) -> None:
        """Read the key. Raises KeyUnavailable."""
        check_folder(self._folder)
        self._signer = Signer(read_private(self._seed, SEED))

    @property
    def public_key(self) -> bytes:
        """32 bytes."""
        return self._key.public

    @property
    def vkey(self) -> str:
        """As C2SP writes it."""
        return vkey(self.origin, self.public_key)

    def remembered(self) -> slots.Remembered:
        """What was signed last; waits for nobody. Raises StateLost, OSError."""
        return slots.glance(self._state)

    def sign(
        self, size: int, root: bytes, old: int, proof: Sequence[bytes], map_root: bytes = slots.ZERO
    ) -> SignedHead | Elsewhere:
        """The signed head of this size, or of a larger one when another instance was first. Durable before it answers.

        proof: from `old` to `size`. map_root: of the fences at that size, kept with it; ZERO says nothing about them,
        and is refused at a larger size once something was said. Raises Fork: that, another root at the same size, a
        step that is not shown, or any step once a later term has lines; StateLost and OSError: what was signed
        last is gone, or cannot be reached now. A failing write ends the process.
        """
        with slots.opened(self._state) as state:
            return self._advanced(state, slots.Remembered(0, size, root, map_root), old, proof)

    def _advanced(
        self, state: slots.StateFile, new: slots.Remembered, old: int, proof: Sequence[bytes]
    ) -> SignedHead | Elsewhere:
        now, size, root = state.read(), new.size, new.root
        if size == now.size:
            self._demand_same(now, new)
            if now.map_root == slots.ZERO != new.map_root:
                state.write(now, size, root, new.map_root)
        if size <= now.size:
            return self._signed(now.size, now.root)
        if old != now.size:
            return Elsewhere(now.size)
        self._demand_step(now, new, old, proof)
        state.write(now, size, root, new.map_root)
        return self._signed(size, root)

    def _demand_step(self, now: slots.Remembered, new: slots.Remembered, old: int, proof: Sequence[bytes]) -> None:
        if new.map_root == slots.ZERO != now.map_root:
            raise Fork("the fences are left out")  # the next start would believe the rows
        mine = term_of(self.origin)
        later = (path for name, path in _states(self._folder, self.origin.split("/")[-2]) if term_of(name) > mine)
        if any(slots.glance(path).size for path in later):
            raise Fork("a later term has begun")  # the database was set back to before the turn
        if old:
            try:
                check_consistency(old, new.size, now.root, new.root, proof)
            except ProofError as error:
                raise Fork("the step is not shown") from error

    def _demand_same(self, now: slots.Remembered, new: slots.Remembered) -> None:
        if new.root != now.root:
            raise Fork("another root at the same size")
        if slots.ZERO not in (now.map_root, new.map_root) and now.map_root != new.map_root:
            raise Fork("other fences at the same size")

    def _signed(self, size: int, root: bytes) -> SignedHead:
        text = Checkpoint(self.origin, size, root).encode()
        return SignedHead(size, root, sign_note(text, self.origin, self._key.public, self._key.sign))

    @property
    def _key(self) -> Signer:
        if self._signer is None:
            raise RuntimeError("open the signer first")
        return self._signer


class Signers:
    """The signers of one log, by origin. `open` and everything they do themselves waits: in a worker thread."""

    def __init__(self, make: Callable[[str], HeadSigner]) -> None:
        self._make = make
        self._known: dict[str, HeadSigner] = {}
        self._opened: set[str] = set()

    def of(self, origin: str) -> HeadSigner:
        """Opened or not."""
        if origin not in self._known:
            self._known[origin] = self._make(origin)
        return self._known[origin]

    def open(self, origin: str) -> None:
        """Read its key. Raises KeyUnavailable."""
        self.of(origin).open()
        self._opened.add(origin)

    @property
    def opened(self) -> list[HeadSigner]:
        """In the order of their terms: those whose key was read here."""
        return [self._known[origin] for origin in sorted(self._opened, key=term_of)]
