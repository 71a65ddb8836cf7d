"""The import contracts: those written in pyproject.toml, and those that follow from the folders.

A new module is held to the strictest rule until pyproject.toml, [tool.regie.imports], says what it may know:
nothing registered means no.
"""

import configparser
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
ROOMS: tuple[str, ...] = tuple(PROJECT["importlinter"]["root_packages"])
COMPONENTS = tuple(room for room in ROOMS if room not in ("kernel", "assembly"))
ALLOWED: dict[str, list[str]] = PROJECT["regie"]["imports"]
HTTP = ("fastapi", "starlette", "httpx2", "kernel.http")
TABLES = ("sqlalchemy", "kernel.sql")
CRYPTO = ("nacl", "cryptography")


def modules(room: str) -> list[str]:
    """Every importable module of a room by its dotted name; a package's `__init__` holds no code and is left out."""
    paths = (path for path in sorted((ROOT / room).rglob("*.py")) if path.name != "__init__.py")
    found = (path.relative_to(ROOT).with_suffix("") for path in paths if _in_packages(path))
    return [".".join(path.parts) for path in found]


def may(name: str, knowledge: str) -> bool:
    """Whether pyproject.toml lets a module know HTTP, tables or crypto, itself or through a package it is in."""
    parts = name.split(".")
    ancestors = [".".join(parts[:length]) for length in range(1, len(parts) + 1)]
    return any(fnmatchcase(ancestor, pattern) for ancestor in ancestors for pattern in ALLOWED[knowledge])


def contracts() -> list[dict[str, Any]]:
    """All contracts, as import-linter takes them."""
    everything = [name for room in ROOMS for name in modules(room)]
    doors = [_private(room) for room in COMPONENTS]
    return [
        *PROJECT["importlinter"]["contracts"],
        *(door for door in doors if door["protected_modules"]),
        _ignorant("Contracts, services and pure modules know no HTTP", "http", everything, HTTP),
        _ignorant("Contracts and pure modules know no tables", "tables", everything, TABLES),
        {**_ignorant("Only kernel.crypto imports a crypto library", "crypto", everything, CRYPTO)}
        | {"allow_indirect_imports": True},
    ]


def written(folder: Path, wanted: list[dict[str, Any]]) -> Path:
    """A configuration file for import-linter."""
    house = configparser.ConfigParser(interpolation=None)
    house["importlinter"] = {"root_packages": "\n".join(ROOMS), "include_external_packages": "True"}
    for number, contract in enumerate(wanted):
        house[f"importlinter:contract:{number}"] = {key: _plain(value) for key, value in contract.items()}
    path = folder / "importlinter.ini"
    with path.open("w") as file:
        house.write(file)
    return path


def _private(room: str) -> dict[str, Any]:
    # One block per component: a name among the importers of a shared block would open every room in it.
    private = [name for name in modules(room) if not name.endswith(".contract")]
    name = f"The rooms of {room} are private; its door is {room}.contract"
    return {"name": name, "type": "protected", "protected_modules": private, "allowed_importers": [room, "assembly"]}


def _ignorant(name: str, knowledge: str, everything: list[str], forbidden: tuple[str, ...]) -> dict[str, Any]:
    sources = [module for module in everything if not may(module, knowledge)]
    return {"name": name, "type": "forbidden", "source_modules": sources, "forbidden_modules": list(forbidden)}


def _in_packages(path: Path) -> bool:
    inside = path.relative_to(ROOT).parents
    return all((ROOT / folder / "__init__.py").exists() for folder in inside if folder != Path())


def _plain(value: object) -> str:
    return "\n".join(value) if isinstance(value, list) else str(value)
