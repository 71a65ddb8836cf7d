"""What makes two events the same is told by name; a second way of telling it must not differ by a byte."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.contract import Event, FenceAt, Position
from audit.event import Entry, Trace
from audit.leaf import Previous, Spot, act_text, body_text, content_hash, words_of
from kernel.canonical import canonical, read_canonical

PLACES = st.builds(Position, term=st.sampled_from(("2026h1", "2026h2")), index=st.integers(0, 10**9))
WORDS = st.text(st.characters(codec="utf-8"), max_size=12)
NAMES = st.lists(WORDS, max_size=3).map(tuple)
PAIRS = st.lists(st.tuples(WORDS, WORDS), max_size=3).map(tuple)
HEX = "0123456789abcdef"
EVENTS = st.builds(
    Event, id=st.text(HEX, min_size=32, max_size=32), kind=st.sampled_from(("verstrekking", "afloop", "weigering")),
    subject=WORDS, name=WORDS, decision=st.sampled_from(("", "ab" * 32)), decided_at=st.integers(0, 10**12),
    closes=st.lists(PLACES, max_size=3).map(tuple), activity=WORDS, purpose=WORDS, classes=PAIRS, elements=NAMES,
    used=NAMES, refused=PAIRS, keep_until=st.sampled_from((0, 2046)), details=st.dictionaries(WORDS, WORDS, max_size=3),
    key=WORDS, kept_days=st.sampled_from((0, 30)), destroys=st.sampled_from((0, 2046)),
    withheld_until=st.sampled_from((0, 10**12)),
    gone=st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), max_size=3).map(tuple),
)  # fmt: skip
TIMES = {"trace", "decided_at", "valid_until", "key"}


@settings(max_examples=150, deadline=None)
@given(EVENTS)
def test_words_of_an_event_are_those_that_it_tells_of_itself(event: Event) -> None:
    told = canonical(event.model_dump(mode="json", exclude=TIMES, exclude_defaults=True))
    assert words_of(Entry(event=event))[:2] == [event.kind.encode(), told.encode()]


EVENT = Event(id="0" * 32, kind="verstrekking", subject="s1", elements=("brp.naam",), details={"kanaal": "api"})
FENCE = FenceAt(fence="1" * 32, epoch=1)
OTHER_WORDS: list[dict[str, Any]] = [
    {"id": "1" * 32}, {"kind": "weigering"}, {"subject": "s2"}, {"elements": ()}, {"details": {}}, {"case": "z"},
    {"closes": (Position(term="2026h2", index=0),)}, {"keep_until": 2046},
    {"kept_days": 30}, {"destroys": 2046}, {"withheld_until": 1}, {"gone": ((1, 2),)},
]  # fmt: skip


@pytest.mark.parametrize("more", OTHER_WORDS, ids=lambda more: next(iter(more)))
def test_other_words_are_another_event(more: dict[str, Any]) -> None:
    key, other = bytes(range(32)), EVENT.model_copy(update=more)
    assert content_hash(key, words_of(Entry(event=EVENT))) != content_hash(key, words_of(Entry(event=other)))


def test_fences_count_and_times_and_traces_do_not() -> None:
    told = [words_of(Entry(event=EVENT, requires=requires)) for requires in ((), (FENCE,))]
    told.append(words_of(Entry(event=EVENT, requires=(FenceAt(fence=FENCE.fence, epoch=2),))))
    told.append(words_of(Entry(event=EVENT, advances=(FENCE.fence,))))
    assert len({tuple(each) for each in told}) == len(told)
    late = EVENT.model_copy(update={"decided_at": 7, "trace": Trace(trace_id="2" * 32, span_id="3" * 16)})
    assert words_of(Entry(event=late)) == words_of(Entry(event=EVENT))


@settings(max_examples=150, deadline=None)
@given(EVENTS, st.integers(0, 2**60), st.booleans())
def test_act_and_body_are_canonical_whatever_is_in_them(event: Event, number: int, first: bool) -> None:
    place = Position(term="2026h2", index=number % 10**15)
    previous = None if first else Previous(number, place, bytes(32))
    spot = Spot("gm9901", "connectors", place, number, 2046, number + 1, previous)
    body = read_canonical(body_text(event, spot).decode())
    assert (body["n"], body["bio"]["tijd"], "vorige" in body) == (str(number + 1), str(number), not first)
    act = read_canonical(act_text(Entry(event=event, requires=(FENCE,)), number, {"2" * 32: number}, (place,)).decode())
    assert (act["tijd"], act["vereist"], act["verzet"]) == (str(number), [["1" * 32, "1"]], [["2" * 32, str(number)]])
