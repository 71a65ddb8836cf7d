"""A sealed value opens in its own place, whole, under its own key, or not at all."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.crypto import SUITES, CannotOpen, DataKey, Place, seal, unseal
from kernel.crypto.envelope import MAX_PLAINTEXT, OVERHEAD, Suite1

VECTORS = sorted((Path(__file__).resolve().parents[1] / "vectors" / "envelope").glob("*.json"))
KEY = DataKey(bytes(range(16)), bytes(range(32)), bytes(range(32, 64)))
PLACE = Place("gm0000", "bewoner-1", "record-1", 1, "kluis.adres", "1", "C")
SEALED = seal(KEY, PLACE, b"Straatweg 1")
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_vector_gets_its_verdict(path: Path) -> None:
    vector: dict[str, Any] = json.loads(path.read_text())
    key = DataKey(*(bytes.fromhex(vector[name]) for name in ("key_id", "key", "shred_salt")))
    place, envelope = Place(**vector["place"]), bytes.fromhex(vector["envelope"])
    if vector["expect"] == "refused":
        with pytest.raises(CannotOpen):
            unseal(key, place, envelope)
        return
    text = bytes.fromhex(vector["plaintext"])
    assert unseal(key, place, envelope) == text
    nonce = envelope[17:41]
    assert seal(key, place, text, suite=Suite1(random=lambda _: nonce)) == envelope


def test_vectors_are_there_and_some_of_each_kind() -> None:
    verdicts = [json.loads(path.read_text())["expect"] for path in VECTORS]
    assert verdicts.count("opens") >= 3 and verdicts.count("refused") >= 15


@given(st.binary(max_size=300), st.builds(Place, words, words, words, st.integers(0, 2**64 - 1), words, words, words))
def test_round_trip_costs_89_bytes(text: bytes, place: Place) -> None:
    envelope = seal(KEY, place, text)
    assert unseal(KEY, place, envelope) == text
    assert len(envelope) - len(text) == OVERHEAD == 89


@pytest.mark.parametrize("at", range(len(SEALED)))
def test_one_flipped_bit_in_any_byte_does_not_open(at: int) -> None:
    for bit in (1, 128):
        with pytest.raises(CannotOpen):
            unseal(KEY, PLACE, SEALED[:at] + bytes([SEALED[at] ^ bit]) + SEALED[at + 1 :])


@pytest.mark.parametrize("size", range(len(SEALED)))
def test_cut_anywhere_does_not_open(size: int) -> None:
    with pytest.raises(CannotOpen):
        unseal(KEY, PLACE, SEALED[:size])


@pytest.mark.parametrize("name", ["tenant", "owner", "record_id", "element_type", "schema_version", "klass"])
def test_every_word_of_the_place_counts(name: str) -> None:
    with pytest.raises(CannotOpen):
        unseal(KEY, replace(PLACE, **{name: getattr(PLACE, name) + "x"}), SEALED)


def test_every_failure_reads_the_same() -> None:
    told = set()
    for key, place, envelope in [
        (KEY, PLACE, b""),
        (KEY, PLACE, b"\x02" + SEALED[1:]),
        (KEY, PLACE, SEALED[:-1] + bytes([SEALED[-1] ^ 1])),
        (replace(KEY, key=bytes(32)), PLACE, SEALED),
        (KEY, replace(PLACE, version=2), SEALED),
    ]:
        with pytest.raises(CannotOpen) as caught:
            unseal(key, place, envelope)
        told.add((type(caught.value), str(caught.value), caught.value.__cause__))
    assert len(told) == 1


def test_sealing_twice_shows_nothing_in_common() -> None:
    again = seal(KEY, PLACE, b"Straatweg 1")
    assert again[:17] == SEALED[:17] and again[17:41] != SEALED[17:41] and again[73:] != SEALED[73:]


def test_commitment_is_looked_at_before_decrypting() -> None:
    """A text that opens under its key, but with another commitment, must be refused by the comparison alone."""
    with pytest.raises(CannotOpen):
        unseal(KEY, PLACE, SEALED[:41] + bytes(32) + SEALED[73:])


def test_too_long_is_refused_on_both_sides() -> None:
    longest = seal(KEY, PLACE, bytes(MAX_PLAINTEXT))
    assert len(unseal(KEY, PLACE, longest)) == MAX_PLAINTEXT
    with pytest.raises(ValueError):
        seal(KEY, PLACE, bytes(MAX_PLAINTEXT + 1))
    with pytest.raises(CannotOpen):
        unseal(KEY, PLACE, longest + b"\0")


@pytest.mark.parametrize("sizes", [(15, 32, 32), (16, 31, 32), (16, 32, 33), (16, 32, 0)])
def test_key_of_wrong_size_cannot_be_made(sizes: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError):
        DataKey(*map(bytes, sizes))


@pytest.mark.parametrize("version", [-1, 2**64])
def test_version_that_does_not_fit_has_no_place(version: int) -> None:
    with pytest.raises(ValueError):
        replace(PLACE, version=version)


def test_printed_key_shows_its_name_only() -> None:
    assert repr(KEY.key) not in repr(KEY) and repr(KEY.shred_salt) not in repr(KEY) and repr(KEY.key_id) in repr(KEY)


@dataclass(frozen=True)
class Suite99(Suite1):
    """Suite 1 under another number: enough to see that the number leads and is covered by the tag."""

    number: int = 99


@pytest.fixture
def suite_99() -> Iterator[Suite99]:
    suite = SUITES[99] = Suite99()
    yield suite
    del SUITES[99]


def test_second_suite_opens_beside_the_first(suite_99: Suite99) -> None:
    envelope = seal(KEY, PLACE, b"later", suite=suite_99)
    assert envelope[0] == 99 and unseal(KEY, PLACE, envelope) == b"later"
    assert unseal(KEY, PLACE, SEALED) == b"Straatweg 1"


def test_relabelled_to_another_suite_does_not_open(suite_99: Suite99) -> None:
    for envelope in (b"\x63" + SEALED[1:], b"\x01" + seal(KEY, PLACE, b"later", suite=suite_99)[1:]):
        with pytest.raises(CannotOpen):
            unseal(KEY, PLACE, envelope)


def test_suite_that_was_taken_away_opens_nothing() -> None:
    with pytest.raises(CannotOpen):
        unseal(KEY, PLACE, seal(KEY, PLACE, b"later", suite=Suite99()))
