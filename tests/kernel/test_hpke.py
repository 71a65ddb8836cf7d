"""HPKE beside RFC 9180 read once more, step by step, and the sharing of a key beside its definition."""

import hmac
from itertools import combinations

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given
from hypothesis import strategies as st

from kernel.crypto import OVERHEAD, CannotOpen, hpke_open, hpke_seal, joined, public_half, random_bytes, split
from kernel.crypto.shares import _times

KEM, SUITE = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x03"
# RFC 9180 A.2.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305, base mode, sequence 0
INFO = bytes.fromhex("4f6465206f6e2061204772656369616e2055726e")
ENC = bytes.fromhex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a")
PRIVATE = bytes.fromhex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb")
PLAIN = b"Beauty is truth, truth beauty"
SEALED = bytes.fromhex("1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28")


def extract(suite: bytes, salt: bytes, label: bytes, key: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + key, "sha256")


def expand(suite: bytes, key: bytes, label: bytes, info: bytes, size: int) -> bytes:
    text, found, block = size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info, b"", b""
    for number in range(1, -(-size // 32) + 1):
        block = hmac.digest(key, block + text + bytes([number]), "sha256")
        found += block
    return found[:size]


def by_hand(private: bytes, enc: bytes, sealed: bytes, info: bytes, aad: bytes = b"") -> bytes:
    """RFC 9180, 4.1 and 5.1, written out once more."""
    own = X25519PrivateKey.from_private_bytes(private)
    shared = own.exchange(X25519PublicKey.from_public_bytes(enc))
    secret = expand(
        KEM, extract(KEM, b"", b"eae_prk", shared), b"shared_secret", enc + own.public_key().public_bytes_raw(), 32
    )
    context = b"\x00" + extract(SUITE, b"", b"psk_id_hash", b"") + extract(SUITE, b"", b"info_hash", info)
    schedule = extract(SUITE, secret, b"secret", b"")
    key, nonce = expand(SUITE, schedule, b"key", context, 32), expand(SUITE, schedule, b"base_nonce", context, 12)
    return ChaCha20Poly1305(key).decrypt(nonce, sealed, aad)


def test_the_steps_written_out_open_the_vector_of_the_rfc() -> None:
    assert by_hand(PRIVATE, ENC, SEALED, INFO, b"Count-0") == PLAIN


@given(st.binary(max_size=2_000), st.binary(max_size=100))
def test_what_is_sealed_opens_by_those_steps_and_back(plain: bytes, info: bytes) -> None:
    private = random_bytes(32)
    sealed = hpke_seal(public_half(private), plain, info)
    assert len(sealed) == len(plain) + OVERHEAD
    assert by_hand(private, sealed[:32], sealed[32:], info) == hpke_open(private, sealed, info) == plain
    assert hpke_seal(public_half(private), plain, info) != sealed


@pytest.mark.parametrize("at", [0, 31, 32, 40, -1])
def test_a_flipped_bit_another_key_or_another_place_opens_nothing(at: int) -> None:
    private = random_bytes(32)
    sealed = bytearray(hpke_seal(public_half(private), PLAIN, INFO))
    for key, text, info in (
        (random_bytes(32), bytes(sealed), INFO),
        (private, b"", INFO),
        (private, bytes(sealed), b""),
    ):
        with pytest.raises(CannotOpen):
            hpke_open(key, text, info)
    sealed[at] ^= 1
    with pytest.raises(CannotOpen):
        hpke_open(private, bytes(sealed), INFO)


@given(st.binary(min_size=1, max_size=64))
def test_any_two_shares_give_the_secret(secret: bytes) -> None:
    shares = split(secret)
    assert len(shares) == 3
    for pair in combinations(shares.items(), 2):
        assert joined(dict(pair)) == joined(dict(reversed(pair))) == secret


def test_shares_of_before_still_join() -> None:
    """Two of the three, made once: what custodians keep in a safe must open for as long as lines are kept."""
    one, two, three = (bytes.fromhex(text) for text in ("a1a3e1e7", "596ebf80", "f8dc7c54"))
    assert (
        joined({1: one, 2: two})
        == joined({1: one, 3: three})
        == joined({2: two, 3: three})
        == bytes.fromhex("00112233")
    )


@pytest.mark.parametrize("shares", [{}, {1: b"a"}, {1: b"a", 2: b"b", 3: b"c"}, {0: b"a", 1: b"b"}, {1: b"a", 4: b"b"},
                                    {1: b"a", 2: b"bb"}])  # fmt: skip
def test_other_shares_give_nothing(shares: dict[int, bytes]) -> None:
    with pytest.raises(ValueError):
        joined(shares)


def test_one_share_says_nothing_of_the_secret() -> None:
    """Every secret is possible with it, each by exactly one slope: the share is the secret under a one-time pad."""
    assert {_times(2, slope) for slope in range(256)} == set(range(256))


def test_products_are_those_of_the_field_of_aes() -> None:
    assert (_times(0x57, 0x83), _times(0x57, 0x13)) == (0xC1, 0xFE)  # FIPS 197, 4.2 and 4.2.1
