"""The operations log is empty of people, whoever writes to it."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from kernel.errors import NotFound
from kernel.logs import logger, masked, set_up_logs

NUMBER = "999993653"  # a published test number
OTHER = "123456789"  # does not pass


class Chatty:
    def __repr__(self) -> str:
        return NUMBER


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    found = io.StringIO()
    set_up_logs(found, personal=frozenset({"eigen"}))
    yield found
    set_up_logs()


def _line(stream: io.StringIO) -> dict[str, Any]:
    (line,) = stream.getvalue().splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_a_line_is_json_with_its_level_logger_and_time(stream: io.StringIO) -> None:
    logger("kernel.test").warning("source_timed_out", source="brp", millis=1.5, ok=True)
    line = _line(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "source_timed_out",
        "level": "warning",
        "logger": "kernel.test",
        "source": "brp",
        "millis": 1.5,
        "ok": True,
    }


def test_a_number_of_a_person_arrives_nowhere(stream: io.StringIO) -> None:
    logger("x").info(
        f"seen {NUMBER}",
        a=NUMBER,
        b=int(NUMBER),
        c=[{"d": (f"x{NUMBER}y", {NUMBER})}],
        e={NUMBER: 1, int(NUMBER): 2},
        f=Chatty(),
        g=NUMBER.encode(),
    )
    assert NUMBER not in stream.getvalue()
    assert _line(stream)["event"] == "seen ***"


def test_other_numbers_stay_readable() -> None:
    assert masked(f"{OTHER} 1{NUMBER} {NUMBER}") == f"{OTHER} 1{NUMBER} ***"


def test_members_with_personal_names_are_dropped_at_any_depth(stream: io.StringIO) -> None:
    logger("x").info("done", naam="Jansen", rows=[{"Adres": "Dorpsstraat", "kept": 1}], eigen="woord")
    line = _line(stream)
    assert line["rows"] == [{"kept": 1}]
    assert not {"naam", "eigen"} & set(line)


def test_the_text_of_an_error_is_never_written_but_its_place_is(stream: io.StringIO) -> None:
    try:
        raise ValueError("of Jansen")
    except ValueError:
        logger("x").exception("failed")
    line = _line(stream)
    assert line["error"] == "ValueError" and line["at"][0].startswith(__file__)
    assert "Jansen" not in stream.getvalue()


def test_a_problem_is_known_by_its_code(stream: io.StringIO) -> None:
    logger("x").error("failed", exc_info=NotFound("of Jansen"))
    assert _line(stream)["code"] == "niet-gevonden"
    assert "Jansen" not in stream.getvalue()


def test_a_librarys_line_brings_neither_arguments_nor_error_text(stream: io.StringIO) -> None:
    try:
        raise ValueError("of Jansen")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("went wrong for %s\nfuture: Jansen", "Jansen")
    line = _line(stream)
    assert (line["event"], line["logger"], line["error"]) == ("went wrong for %s", "uvicorn.error", "ValueError")
    assert "Jansen" not in stream.getvalue()


def test_the_servers_access_lines_with_raw_paths_are_not_written(stream: io.StringIO) -> None:
    logging.getLogger("uvicorn.access").warning("GET /x")
    assert stream.getvalue() == ""
