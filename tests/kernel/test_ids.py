"""Names for things."""

from uuid import UUID

from kernel.ids import derived_id, ordered_id, random_id, uuid7

NOON = 1_795_345_200_000  # ms


def test_ids_that_follow_lie_in_the_order_of_what_they_follow() -> None:
    quarters = [NOON + 256 * later for later in range(50)]
    named = [ordered_id(uuid7(at), "1") for at in quarters]
    assert named == sorted(named)
    assert [ordered_id(name, "afloop")[:10] for name in named] == [name[:10] for name in named], "and so on"


def test_ids_that_follow_are_as_long_as_others_and_tell_origins_and_words_apart() -> None:
    one, other = uuid7(NOON), uuid7(NOON)
    found = {ordered_id(origin, what) for origin in (one, other) for what in ("1", "1/1", "2")}
    assert len(found) == 6
    assert all(len(each) == 32 and UUID(hex=each) for each in found)
    assert ordered_id(one, "1") == ordered_id(one, "1"), "a retry has the id of the first time"
    assert ordered_id(one, "1")[10:] == derived_id(one, "1")[10:], "88 bits are those of the whole origin"


def test_id_without_order_is_followed_all_the_same() -> None:
    origin = random_id()
    assert ordered_id(origin, "1")[:10] == origin[:10]
