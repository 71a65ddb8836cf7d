"""The anchors follow the turns of the logs: which keys a permit is checked with, and for how long."""

from typing import Any

from assembly.anchoring import trusted, with_logs, without_stolen

OLD, NEW, OTHER = "a.example/gm1/2026h2", "a.example/gm1/2027h1", "b.example/gm2/2026h2"
K1, K2, K3 = (bytes([n]) * 32 for n in (1, 2, 3))
BEFORE: dict[str, Any] = {"logs": {OLD: K1.hex(), OTHER: K3.hex()}, "registers": {"gm1": K3.hex()}, "rooms": {}}


def test_after_a_turn_both_keys_count_for_the_life_of_a_permit() -> None:
    turned = with_logs(BEFORE, {OLD: K1, NEW: K2, OTHER: K3}, 100_000)
    assert turned is not None and with_logs(turned, {NEW: K2}, 200_000) is None
    assert trusted(BEFORE, 100_000).logs == {OLD: K1, OTHER: K3}
    assert trusted(turned, 129_999).logs == {OLD: K1, NEW: K2, OTHER: K3}
    assert trusted(turned, 130_000).logs == {NEW: K2, OTHER: K3}, "the term before is over"
    assert trusted(turned, 99_999).logs == {NEW: K2, OTHER: K3}, "a clock that runs back lets nothing through"


def test_a_stolen_key_counts_no_more_and_does_not_come_back() -> None:
    turned = with_logs(BEFORE, {OLD: K1, NEW: K2}, 100_000)
    assert turned is not None
    safe = without_stolen(turned, [OLD, "unknown"])
    assert trusted(safe, 100_001).logs == {NEW: K2, OTHER: K3}
    assert with_logs(safe, {OLD: K1, NEW: K2}, 100_002) is None
    assert safe["stolen"] == {OLD: K1.hex()}, "old proofs are still checked with it"
