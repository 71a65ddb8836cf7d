"""The bytes that are hashed and signed are those of RFC 8785, whoever writes them."""

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.canonical import canonical, canonical_text, read_canonical

TEXT = st.text(st.characters(codec="utf-8"))
DOCUMENTS = st.dictionaries(
    TEXT, st.recursive(TEXT, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20)
)


@settings(max_examples=40)
@given(DOCUMENTS)
@pytest.mark.slow
def test_our_writer_gives_the_bytes_of_the_reference_library(document: dict[str, object]) -> None:
    assert canonical(document).encode() == rfc8785.dumps(document)  # type: ignore[arg-type]  # hypothesis says object
    assert read_canonical(canonical(document)) == document


PLAIN = st.dictionaries(st.text(st.characters(codec="ascii"), max_size=9), st.one_of(TEXT, st.lists(TEXT)))


@settings(max_examples=100)
@given(PLAIN)
def test_the_fast_writer_gives_the_same_bytes_under_plain_names(document: dict[str, object]) -> None:
    assert canonical_text(document | {"inner": document}) == canonical(document | {"inner": document}).encode()


def test_the_fast_writer_quotes_every_character_as_the_other_does() -> None:
    for first in range(0, 0x110000, 0x100):
        text = "".join(chr(each) for each in range(first, first + 0x100) if not 0xD800 <= each < 0xE000)
        assert canonical_text({"a": text}) == canonical({"a": text}).encode()


def test_names_are_ordered_by_utf_16_units_not_by_code_points() -> None:
    document = {"\U0001f600": "a", "\ufb33": "b"}
    assert canonical(document).encode() == rfc8785.dumps(document)


def test_numbers_times_and_bytes_become_text_and_what_is_absent_is_left_out() -> None:
    assert canonical({"b": 7, "a": b"\x00\xff", "c": None, "d": [1]}) == '{"a":"00ff","b":"7","d":["1"]}'


@pytest.mark.parametrize("value", [True, 1.5, object()])
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical({"a": value})


@pytest.mark.parametrize("text", ['{"b":"1","a":"2"}', '{"a": "1"}', '{"a":1}', '["a"]', "", '{"a":"1","a":"1"}'])
def test_a_second_spelling_is_not_a_document(text: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        read_canonical(text)


BARE = ('{"a":true}', '{"a":false}', '{"a":null}', '{"a":["b",1]}', '{"a":1.5}', '{"a":NaN}', '{"a":-Infinity}')


@pytest.mark.parametrize("text", [*BARE, '{"a":"\\u0041"}', '{"a":"\\/"}', '{"a":"b"} ', '{"a":{"c":"","b":""}}'])
def test_what_is_no_text_or_is_written_in_another_way_is_refused_by_the_fast_reader_too(text: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        read_canonical(text)


@pytest.mark.parametrize("name", ["a", "é"])
@pytest.mark.parametrize("inner", ["[" * 50_000 + "]" * 50_000, "[null]", "[true]"], ids=["deep", "nothing", "bare"])
def test_whatever_is_wrong_with_a_document_is_told_in_one_way(name: str, inner: str) -> None:
    with pytest.raises(ValueError, match="canonical"):
        read_canonical(f'{{"{name}":{inner}}}')


@pytest.mark.parametrize("said", ["null", "true, or false", '\x7f\x00\x1f\n"\\/', "é", "\U0001f600", "["])
def test_text_is_read_back_whichever_way_it_is_read(said: str) -> None:
    document = {"a": said, "é": "", "b": [[said], {said: "1"}], "c": {}, "d": []}
    assert read_canonical(canonical(document)) == document
    assert read_canonical(canonical({"a": [said, {"b": said}]})) == {"a": [said, {"b": said}]}


def test_a_document_deeper_than_the_fast_writer_goes_is_read_as_well() -> None:
    deep: list[object] = []
    for _ in range(300):
        deep = [deep]
    assert read_canonical(canonical({"a": deep})) == {"a": deep}
