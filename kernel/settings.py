"""Settings of one room: one prefix, no unknown keys, secrets from files that nobody else can read.

    class DoorSettings(RoomSettings):
        model_config = SettingsConfigDict(env_prefix="REGIE_DOOR_")
        seed: SecretBytes        REGIE_DOOR_SEED_FILE=/path, or a file `seed` in REGIE_DOOR_SECRETS_DIR

Constructing one reads nothing but its arguments; `read` reads the environment.
"""

import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import SecretBytes, SecretStr, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

SECRET_BYTES_MAX = 64 << 10
FAILPOINT = "REGIE_FAILPOINT"


class SettingsWrong(Exception):
    """`sentences` says everything that is wrong, without any value."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.sentences = tuple(sentences)
        super().__init__("\n".join(self.sentences))


class RoomSettings(BaseSettings):
    """Base of every room's settings. `mode` is strict unless said otherwise."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, env_nested_delimiter="__")

    mode: Literal["demo", "test", "productie"] = "productie"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments only: a test is not changed by the machine it runs on."""
        return (init_settings,)

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None, **given: Any) -> Self:
        """From the environment, and what is `given`; nothing is said twice. Raises SettingsWrong with all faults."""
        around = os.environ if environ is None else environ
        wrong: list[str] = [*_unknown(cls, around), *_twice(cls, around, given)]
        secrets = _secrets(cls, around, wrong)
        if wrong:
            raise SettingsWrong(wrong)
        try:
            found = cls(**{**_Environment(cls, around)(), **secrets, **given})
        except ValidationError as error:
            raise SettingsWrong(_sentence(cls, fault) for fault in error.errors(include_input=False)) from None
        except ValueError:  # pydantic-settings: a list or a nested value that is no JSON
            raise SettingsWrong([f"Een waarde onder {_prefix(cls)} is geen geldige JSON."]) from None
        if found.mode == "productie" and around.get(FAILPOINT):
            raise SettingsWrong([f"{FAILPOINT} is gezet; dat is alleen voor tests en mag niet in productie."])
        return found


class _Environment(EnvSettingsSource):
    """pydantic-settings' own reader, on the mapping it is given."""

    def __init__(self, cls: type[BaseSettings], environ: Mapping[str, str]) -> None:
        self._environ = environ
        super().__init__(cls)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in self._environ.items()}


def _prefix(cls: type[BaseSettings]) -> str:
    return str(cls.model_config.get("env_prefix", ""))


def _is_secret(cls: type[BaseSettings], name: str) -> bool:
    return any(kind in (SecretStr, SecretBytes) for kind in _kinds(cls.model_fields[name].annotation))


def _kinds(annotation: Any) -> tuple[Any, ...]:
    return (annotation, *getattr(annotation, "__args__", ()))


def _unknown(cls: type[BaseSettings], environ: Mapping[str, str]) -> list[str]:
    prefix = _prefix(cls)
    secret = {name for name in cls.model_fields if _is_secret(cls, name)}
    known = {"secrets_dir", *(f"{name}_file" for name in secret), *(set(cls.model_fields) - secret)}
    sentences = []
    for key in sorted(environ):
        name = key[len(prefix) :].lower()
        if not prefix or not key.upper().startswith(prefix.upper()) or name.split("__")[0] in known:
            continue
        if name in secret:
            sentences.append(f"{key} is een geheim: zet het in een bestand en geef het pad in {key}_FILE.")
        else:
            sentences.append(f"{key} is geen instelling die wij kennen; is het een schrijffout?")
    return sentences


def _twice(cls: type[BaseSettings], environ: Mapping[str, str], given: Iterable[str]) -> list[str]:
    said = {f"{_prefix(cls)}{name}".upper() for name in given}
    twice = (key for key in sorted(environ) if key.upper().split("__")[0].removesuffix("_FILE") in said)
    return [f"{key} wordt hier niet gelezen: het huis bepaalt dit." for key in twice]


def _secrets(cls: type[BaseSettings], environ: Mapping[str, str], wrong: list[str]) -> dict[str, bytes]:
    prefix, found = _prefix(cls), {}
    folder = environ.get(f"{prefix}SECRETS_DIR")
    for name in (name for name in cls.model_fields if _is_secret(cls, name)):
        path = environ.get(f"{prefix}{name.upper()}_FILE") or (folder and str(Path(folder, name)))
        if path is None or (not environ.get(f"{prefix}{name.upper()}_FILE") and not Path(path).exists()):
            continue  # said by pydantic, if it is required
        try:
            found[name] = read_secret(Path(path))
        except SettingsWrong as error:
            wrong.extend(f"{prefix}{name.upper()}_FILE: {sentence}" for sentence in error.sentences)
    return found


def read_secret(path: Path) -> bytes:
    """The bytes of a file that group and world cannot reach; judged after opening. Raises SettingsWrong."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise SettingsWrong([f"{path} is geen bestand."])
            if mode & 0o077:
                raise SettingsWrong([f"{path} is leesbaar voor anderen: ga na wie het las; doe dan chmod 600 {path}"])
            content = file.read(SECRET_BYTES_MAX + 1)
    except OSError as error:
        raise SettingsWrong([f"{path} kan niet worden gelezen ({error.strerror})."]) from None
    if not content or len(content) > SECRET_BYTES_MAX:
        raise SettingsWrong([f"{path} is leeg of groter dan {SECRET_BYTES_MAX} bytes."])
    return content


def _sentence(cls: type[BaseSettings], fault: Mapping[str, Any]) -> str:
    key = _prefix(cls) + "__".join(str(part) for part in fault["loc"]).upper()
    if fault["type"] == "missing":
        file = "_FILE" if _is_secret(cls, str(fault["loc"][0])) else ""
        return f"{key}{file} ontbreekt."
    return f"{key} heeft een waarde die hier niet kan ({fault['type']})."
