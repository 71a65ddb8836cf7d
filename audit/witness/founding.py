"""`regie init witness`: a key, and a memory for each log that is known and has none. To open it is another verb."""

from collections.abc import Sequence
from pathlib import Path

from audit import slots
from audit.keeping import read_limited
from audit.witness.cosigner import SEED, Shelf, origin_hash
from audit.witness.mirror import Mirror
from kernel.crypto import Signer, random_bytes
from kernel.crypto.private_files import locked, make_folder, read_private, write_private
from kernel.http.rooms import RoomKey
from kernel.proof.hashes import EMPTY_ROOT, ProofError
from kernel.proof.note import COSIGNATURE, vkey
from kernel.proof.policy import MAX_POLICY_BYTES, Known, Policy
from kernel.settings import SettingsWrong


def known_logs(path: Path) -> tuple[Known, ...]:
    """Raises SettingsWrong."""
    try:
        content = read_limited(path, MAX_POLICY_BYTES)
        return Policy.parse(content).logs if content is not None else ()
    except OSError as error:
        raise SettingsWrong([f"{path} kan niet worden gelezen ({error.strerror or error})."]) from None
    except ProofError as error:
        raise SettingsWrong([f"{path} is geen C2SP-policy: {error}."]) from None


def found_mirror(folder: Path, name: str) -> str:
    """The public key of a mirror, in hexadecimal digits; what is there already stays. Raises KeyUnavailable."""
    shelf = Shelf(folder)
    with locked(folder):
        if not shelf.mirror_seed.exists():
            write_private(shelf.mirror_seed, random_bytes(SEED))
        Mirror(shelf.mirror).found()
    return RoomKey(name, read_private(shelf.mirror_seed, SEED)).public.hex()


def found_witness(folder: Path, name: str, logs: Sequence[Known]) -> tuple[str, tuple[str, ...]]:
    """The vkey, and the origins that it knows from now on; what is there already stays. Raises KeyUnavailable, OSError,
    SettingsWrong: a log that was cosigned before has lost its memory, and is never new again."""
    shelf, new = Shelf(folder), []
    make_folder(folder)
    with locked(folder):
        if not shelf.seed.exists():
            write_private(shelf.seed, random_bytes(SEED))
        for origin in dict.fromkeys(one.key.name for one in logs):
            if shelf.state(origin).exists():
                continue
            if shelf.head(origin_hash(origin)).exists():
                raise SettingsWrong([f"Wat van {origin} is getekend, is weg: begin opnieuw, met een andere sleutel."])
            slots.found_state(shelf.state(origin), 0, EMPTY_ROOT)
            new.append(origin)
    return vkey(name, Signer(read_private(shelf.seed, SEED)).public, COSIGNATURE), tuple(new)
