"""Primitives against published and own known answers."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.crypto import (
    CannotOpen,
    Person,
    Signer,
    aead_open,
    aead_seal,
    hmac_sha256,
    keyed_hash,
    pae,
    random_bytes,
    same,
    sha256,
    verify,
)

WYCHEPROOF = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "wycheproof"
KEY = bytes(range(32))


def _published(name: str) -> list[dict[str, Any]]:
    path = WYCHEPROOF / name
    if not path.exists():
        pytest.skip(f"{name} is not here; our own vectors still run")
    return list(json.loads(path.read_text())["testGroups"])


def test_every_published_aead_vector_gets_its_verdict() -> None:
    seen = {"valid": 0, "invalid": 0}
    for case in [case for group in _published("xchacha20_poly1305_test.json") for case in group["tests"]]:
        key, nonce, aad, text, sealed = (bytes.fromhex(case[name]) for name in ("key", "iv", "aad", "msg", "ct"))
        sealed += bytes.fromhex(case["tag"])
        if case["result"] == "valid":
            assert aead_open(key, nonce, sealed, aad) == text, case["tcId"]
            assert aead_seal(key, nonce, text, aad) == sealed, case["tcId"]
        else:
            with pytest.raises(CannotOpen):
                aead_open(key, nonce, sealed, aad)
        seen[case["result"]] += 1
    assert min(seen.values()) > 0


def test_every_published_signature_gets_its_verdict() -> None:
    seen = {True: 0, False: 0}
    for group in _published("ed25519_test.json"):
        public = bytes.fromhex(group["publicKey"]["pk"])
        for case in group["tests"]:
            expected = case["result"] == "valid"
            assert verify(public, bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])) is expected, case["tcId"]
            seen[expected] += 1
    assert min(seen.values()) > 0


def test_known_answers() -> None:
    assert pae([]) == bytes(4)
    assert pae([b"a", b"", b"bc"]).hex() == "00000003000000016100000000000000026263"
    assert sha256(b"abc").hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    # RFC 4231 case 6 has a key of 131 bytes, so that the key is hashed first
    mac = hmac_sha256(b"\xaa" * 131, b"Test Using Larger Than Block-Size Key", b" - Hash Key First")
    assert mac.hex() == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"


def test_signature_of_a_known_seed_is_the_known_one() -> None:
    """RFC 8032 section 7.1, test 1."""
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    signer = Signer(seed)
    assert signer.public.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert signer.sign(b"").hex().startswith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155")
    assert verify(signer.public, b"", signer.sign(b""))
    assert not verify(signer.public, b"!", signer.sign(b""))
    assert seed.hex() not in repr(signer) and repr(seed) not in repr(signer)


@pytest.mark.parametrize("sizes", [(0, 64), (31, 64), (33, 64), (32, 0), (32, 63), (32, 65)])
def test_key_or_signature_of_a_wrong_size_is_a_no(sizes: tuple[int, int]) -> None:
    assert not verify(bytes(sizes[0]), b"", bytes(sizes[1]))


def test_signer_refuses_a_short_seed() -> None:
    with pytest.raises(ValueError):
        Signer(bytes(31))


@given(st.lists(st.binary(max_size=6), max_size=5), st.lists(st.binary(max_size=6), max_size=5))
def test_two_lists_of_parts_never_share_their_bytes(one: list[bytes], other: list[bytes]) -> None:
    assert (pae(one) == pae(other)) == (one == other)


def test_uses_of_one_key_do_not_meet() -> None:
    persons: list[Person] = ["record", "split", "row", "pseudo", "fence", "event", "tag", "wrap"]
    assert len({keyed_hash(KEY, person, [b"x"]) for person in persons}) == len(persons)
    expected = hashlib.blake2b(pae([b"x"]), key=KEY, person=b"regie/pseudo/1\0\0", digest_size=20).digest()
    assert keyed_hash(KEY, "pseudo", [b"x"], size=20) == expected


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33), bytes(64)])
def test_keyed_hash_without_a_real_key_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError):
        keyed_hash(key, "row", [b"x"])


def test_keyed_hash_for_an_unknown_use_is_refused() -> None:
    with pytest.raises(ValueError):
        keyed_hash(KEY, "other", [b"x"])  # type: ignore[arg-type]  # what a cast or untyped code would let through


def test_mac_without_a_real_key_is_refused() -> None:
    with pytest.raises(ValueError):
        hmac_sha256(bytes(31), b"x")


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_what_was_sealed_opens_with_its_own_companion_only(text: bytes, aad: bytes) -> None:
    nonce = random_bytes(24)
    sealed = aead_seal(KEY, nonce, text, aad)
    assert aead_open(KEY, nonce, sealed, aad) == text
    with pytest.raises(CannotOpen):
        aead_open(KEY, nonce, sealed, aad + b"\0")


@pytest.mark.parametrize(("key", "nonce", "size"), [(31, 24, 40), (32, 12, 40), (32, 24, 15), (32, 24, 0)])
def test_opening_with_wrong_sizes_is_the_same_refusal(key: int, nonce: int, size: int) -> None:
    with pytest.raises(CannotOpen):
        aead_open(bytes(key), bytes(nonce), bytes(size), b"")


def test_comparing_and_drawing() -> None:
    assert same(b"ab", b"ab") and not same(b"ab", b"ac") and not same(b"ab", b"abc")
    assert len({random_bytes(32) for _ in range(50)}) == 50
