"""Settings: a slip of the pen or a readable secret stops the start, with a sentence."""

import os
from pathlib import Path

import pytest
from pydantic import Field, SecretBytes, SecretStr
from pydantic_settings import SettingsConfigDict

from kernel.settings import RoomSettings, SettingsWrong, read_secret


class DoorSettings(RoomSettings):
    """A room of this test."""

    model_config = SettingsConfigDict(env_prefix="REGIE_DOOR_")
    port: int = 8000
    names: tuple[str, ...] = ()
    peers: dict[str, str] = Field(default_factory=dict)
    seed: SecretBytes
    word: SecretStr | None = None


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    path = tmp_path / "seed"
    path.write_bytes(b"s" * 32)
    path.chmod(0o600)
    return path


def _wrong(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsWrong) as caught:
        DoorSettings.read(environ)
    assert caught.value.__cause__ is None
    return "\n".join(caught.value.sentences)


def test_settings_come_from_one_prefix_and_secrets_from_files(seed: Path) -> None:
    environ = {
        "REGIE_DOOR_SEED_FILE": str(seed),
        "REGIE_DOOR_PORT": "9",
        "REGIE_DOOR_NAMES": '["a"]',
        "REGIE_OTHER_X": "1",
    }
    found = DoorSettings.read(environ | {"REGIE_DOOR_PEERS__LOG": "b", "REGIE_DOOR_MODE": "test", "PORT": "1"})
    assert (found.port, found.names, found.peers, found.mode) == (9, ("a",), {"log": "b"}, "test")
    assert found.seed.get_secret_value() == b"s" * 32
    assert "ssss" not in repr(found)


def test_without_a_mode_it_is_production(seed: Path) -> None:
    assert DoorSettings.read({"REGIE_DOOR_SEED_FILE": str(seed)}).mode == "productie"


def test_a_folder_of_secrets_will_do(seed: Path) -> None:
    (seed.parent / "word").write_text("geheim")
    (seed.parent / "word").chmod(0o400)
    found = DoorSettings.read({"REGIE_DOOR_SECRETS_DIR": str(seed.parent)})
    assert found.word is not None and found.word.get_secret_value() == "geheim"


def test_all_that_is_wrong_is_told_at_once_without_values(seed: Path) -> None:
    environ = {"REGIE_DOOR_PROT": "hunter2", "REGIE_DOOR_WORD": "hunter2", "REGIE_DOOR_SEED_FILE": "/nergens"}
    told = _wrong(environ)
    assert "REGIE_DOOR_PROT is geen instelling" in told
    assert "REGIE_DOOR_WORD is een geheim" in told and "REGIE_DOOR_WORD_FILE" in told
    assert "REGIE_DOOR_SEED_FILE: /nergens" in told
    assert "hunter2" not in told


def test_a_wrong_or_missing_value_is_told_without_the_value(seed: Path) -> None:
    told = _wrong({"REGIE_DOOR_PORT": "hunter2", "REGIE_DOOR_MODE": "hunter2"})
    assert "REGIE_DOOR_PORT heeft" in told and "REGIE_DOOR_MODE heeft" in told
    assert "REGIE_DOOR_SEED_FILE ontbreekt." in told and "hunter2" not in told
    assert "JSON" in _wrong({"REGIE_DOOR_SEED_FILE": str(seed), "REGIE_DOOR_NAMES": "hunter2"})


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_secret_that_others_can_reach_is_refused(seed: Path, mode: int) -> None:
    seed.chmod(mode)
    assert "leesbaar voor anderen" in _wrong({"REGIE_DOOR_SEED_FILE": str(seed)})
    assert "leesbaar voor anderen" in _wrong({"REGIE_DOOR_SECRETS_DIR": str(seed.parent)})


def test_what_is_no_secret_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name, content in (("empty", b""), ("large", b"x" * 70_000)):
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o600)
    for name in ("pipe", "empty", "large", "absent", "."):
        with pytest.raises(SettingsWrong):
            read_secret(tmp_path / name)


def test_production_refuses_to_start_with_a_failpoint(seed: Path) -> None:
    environ = {"REGIE_DOOR_SEED_FILE": str(seed), "REGIE_FAILPOINT": "after-line"}
    assert "REGIE_FAILPOINT" in _wrong(environ)
    assert DoorSettings.read(environ | {"REGIE_DOOR_MODE": "test"}).mode == "test"


def test_a_constructed_one_looks_at_nothing_else() -> None:
    assert DoorSettings(seed=SecretBytes(b"x")).port == 8000
