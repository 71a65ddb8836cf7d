"""What is compiled for one engine counts for all that speak alike, and for no other."""

from sqlalchemy import create_engine, literal, select

from tests.compiled import COMPILED, alike


def test_a_second_engine_compiles_nothing_anew_and_gets_its_own_values() -> None:
    known = []
    for value in ("one", "two"):
        engine = create_engine("sqlite://")
        with engine.connect() as connection:
            assert connection.execute(select(literal(value).label("said_in_test_compiled"))).scalar_one() == value
        engine.dispose()
        known.append(len(COMPILED))
    assert known[0] == known[1] > 0


def test_another_database_or_version_has_words_of_its_own() -> None:
    urls = ("sqlite://", "sqlite://", "postgresql+psycopg://x", "postgresql+psycopg://x")
    old, same, server, newer = (create_engine(url).dialect for url in urls)
    newer.server_version_info = (15, 4)
    assert alike((old, "s")) == alike((same, "s"))
    assert len({alike((one, "s")) for one in (old, server, newer)}) == 3
