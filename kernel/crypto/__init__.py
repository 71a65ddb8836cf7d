"""All that needs a crypto library, in one room that knows keys by opaque names and nobody's business.

Promise: what was sealed opens only under the same key in the same place. Lost: a key is lost with all it sealed.
Hostile: who can write ciphertext can put an OLD value of the same version back; only the record's fence stops that.
Surprises: one error, CannotOpen, for every reason; DataKey holds the shred salt too; the file provider is not
imported from here but from `kernel.crypto.file_keys`, because it alone touches a disk.
"""

from kernel.crypto.envelope import SUITES, DataKey, Place, Suite, seal, unseal
from kernel.crypto.hpke import OVERHEAD, hpke_open, hpke_seal, public_half
from kernel.crypto.keyring import KeyPlace, Keyring
from kernel.crypto.keys import KeyExists, KeyProvider, KeyUnavailable, kek_version
from kernel.crypto.memory import LIFE, KeyMemory
from kernel.crypto.primitives import (
    CannotOpen,
    Person,
    Signer,
    aead_open,
    aead_seal,
    hmac_sha256,
    keyed_hash,
    keyed_hash_of,
    keyed_hashes,
    measured,
    pae,
    random_bytes,
    same,
    seal_for,
    sha256,
    verify,
)
from kernel.crypto.shares import joined, split

__all__ = [
    "LIFE",
    "OVERHEAD",
    "SUITES",
    "CannotOpen",
    "DataKey",
    "KeyExists",
    "KeyMemory",
    "KeyPlace",
    "KeyProvider",
    "KeyUnavailable",
    "Keyring",
    "Person",
    "Place",
    "Signer",
    "Suite",
    "aead_open",
    "aead_seal",
    "hmac_sha256",
    "hpke_open",
    "hpke_seal",
    "joined",
    "kek_version",
    "keyed_hash",
    "keyed_hash_of",
    "keyed_hashes",
    "measured",
    "pae",
    "public_half",
    "random_bytes",
    "same",
    "seal",
    "seal_for",
    "sha256",
    "split",
    "unseal",
    "verify",
]
