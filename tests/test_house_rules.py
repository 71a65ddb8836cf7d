"""The rules of the house, as tests: ceilings, names, imports, secrets that stay, addresses that are nowhere."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.imports import ALLOWED, COMPONENTS, PROJECT, ROOMS, ROOT, contracts, modules, written
from tests.patience import PATIENCE

MAINS = [ROOT / "regie_main.py", ROOT / "regie_policy.py", ROOT / "regie_verify.py"]
CLIENT = sorted((ROOT / "client").rglob("*.py"))
SOURCES = [*MAINS, *CLIENT, *(path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
NAMELESS = {"utils", "helpers", "common", "base", "misc", "manager"}
FURNITURE = {"__init__", "contract", "component", "settings"}
# The modules that may see a BSN in the clear: they index it, seal it, or send it to the register it came from.
REVEALERS = {
    "assembly/ports.py",
    "connectors/authority/client.py",
    "connectors/brp.py",
    "connectors/bulk/keys.py",
    "connectors/bulk/walk.py",
    "connectors/correcting/client.py",
    "connectors/correcting/content.py",
    "connectors/declared/filling.py",
    "connectors/together.py",
    "connectors/uploads/sealing.py",
    "consent/delivery/client.py",
    "consent/delivery/sealing.py",
    "vault/api.py",
    "vault/client.py",
    "vault/keys.py",
    "vault/naming.py",
    "web/children.py",
}
WORKSHOP = {"tests", "tools", "bench"}  # packages that help to build and are not installed
NOT_OURS = {".git", ".venv", ".hypothesis", "var", "node_modules", "__pycache__", "build", "dist"}

VERIFYING = """
import sys, regie_main
sys.argv[1:] = ["verify", "/dev/null", "--vkey", "/dev/null"]
try:
    regie_main.main()
except SystemExit as ended:
    assert ended.code, "nothing proves nothing"
print(*{name.partition(".")[0] for name in sys.modules})
"""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def written_by_us() -> Iterator[tuple[Path, str]]:
    """Every text file of the project, in the order of their names."""
    for path in sorted(ROOT.rglob("*")):
        inside = path.relative_to(ROOT)
        if path.is_file() and not NOT_OURS & set(inside.parts) and not inside.parts[0].endswith("_cache"):
            try:
                yield path, path.read_text()
            except UnicodeDecodeError:
                continue  # a picture or a font names no machine


def above(path: Path) -> Iterator[str]:
    """Where a file passes a ceiling."""
    text, room = path.read_text(), path.relative_to(ROOT).parts[0]
    if len(text.splitlines()) > {"kernel": 150, "tests": 500}.get(room, 300):
        yield "too long"
    if path.stem in NAMELESS:
        yield "name it by what it knows"
    tree = ast.parse(text)
    if not ast.get_docstring(tree):
        yield "every module says what it is for"
    for node in functions(tree):
        if (node.end_lineno or 0) - node.lineno >= 40:
            yield f"{node.name} is too long"
        if len([*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]) > 6:
            yield f"{node.name} has too many arguments"


def test_ceilings() -> None:
    assert {named(path): found for path in (*SOURCES, *TESTS) if (found := [*above(path)])} == {}


def test_kernel_names_no_domain_noun() -> None:
    """Kernel admission: what knows a resident belongs to a room with a door."""
    nouns = re.compile("resident|consent|bsn|municipality|recipient|mandate", re.IGNORECASE)
    for path in SOURCES:
        if path.relative_to(ROOT).parts[0] == "kernel":
            assert not nouns.findall(ast.unparse(without_docstrings(ast.parse(path.read_text())))), named(path)


def test_imports_look_down(tmp_path: Path) -> None:
    """In a process of its own: it sets up logging, and with that silences every logger that was there before."""
    rules = written(tmp_path, contracts())
    call = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--config", str(rules)]
    done = subprocess.run(call, check=False, cwd=ROOT, stdout=subprocess.PIPE)
    assert done.returncode == 0, done.stdout.decode()


def test_every_list_of_rooms_names_the_folders() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")} - WORKSHOP
    assert folders == set(ROOMS)
    assert set(PROJECT["hatch"]["build"]["packages"]) == folders | {"client/regie_client"}
    assert set(PROJECT["mypy"]["files"]) == folders | {path.name for path in MAINS} | {"tests", "bench", "client"}
    named_there = {part for layer in PROJECT["importlinter"]["contracts"][0]["layers"] for part in layer.split(" | ")}
    assert named_there == folders


def test_no_leave_outlives_its_module() -> None:
    """A name that was moved away would let the next module of that name know what it should not."""
    everything = {part for room in ROOMS for name in modules(room) for part in ancestors(name)}
    leaves = [entry for entries in ALLOWED.values() for entry in entries if "*" not in entry]
    assert [entry for entry in leaves if entry not in everything] == []


@pytest.mark.parametrize("room", COMPONENTS)
def test_component_has_its_furniture(room: str) -> None:
    stems = {path.stem for path in (ROOT / room).glob("*.py")}
    assert (FURNITURE if room != "web" else {"__init__", "component"}) <= stems, "nobody calls web: it needs no door"
    promise = ast.parse((ROOT / room / "__init__.py").read_text())
    assert len(promise.body) == 1, "a promise, no code"


def test_only_listed_modules_reveal_a_bsn() -> None:
    reveal = re.compile(r"\.reveal\(")
    assert {named(path) for path in SOURCES if reveal.search(path.read_text())} == REVEALERS


def test_every_ignore_says_which_rule_and_why() -> None:
    silent = re.compile(
        r"#\s*(noqa(?!: [A-Z]+\d+ - \w)|type: ignore(?!\[[\w-]+\]  # \w)|nosec(?! B\d+ - \w)|ruff: noqa)"
    )
    found = [named(path) for path in [*SOURCES, *TESTS] if silent.search(path.read_text())]
    assert found == []


def test_a_verifier_loads_no_room_of_the_house() -> None:
    """Who checks the log must not have to trust the code that wrote it."""
    command = [sys.executable, "-c", VERIFYING]
    seen = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout
    loaded = set(seen.splitlines()[-1].split())
    assert {"regie_policy", "regie_verify"} <= loaded
    assert not loaded & set(ROOMS)
    assert {imported for path in MAINS[1:] for imported in top_imports(path)} <= sys.stdlib_module_names | {
        "nacl",
        "regie_policy",
    }


def test_the_client_knows_the_verifier_and_nothing_else_of_ours() -> None:
    """It is installed where no room of the house is."""
    told = tomllib.loads((ROOT / "client" / "pyproject.toml").read_text())
    wanted = {"nacl" if one == "pynacl" else one for one in told["project"]["dependencies"]}
    shipped = {"regie_client", *(path.stem for path in MAINS[1:])}
    assert (
        CLIENT and {one for path in CLIENT for one in top_imports(path)} <= sys.stdlib_module_names | wanted | shipped
    )
    assert set(told["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]) == {
        f"../{path.name}" for path in MAINS[1:]
    }


@pytest.mark.parametrize("lock", ["run.txt", "dev.txt", "statistiek.txt", "../bench/requirements.txt"])
def test_lock_has_hashes_and_no_address(lock: str) -> None:
    lines = (ROOT / "requirements" / lock).read_text().splitlines()
    assert [line for line in lines if "://" in line or line.startswith("-") or "@" in line] == []
    pinned = [number for number, line in enumerate(lines) if "==" in line]
    assert pinned
    assert all(lines[number + 1].startswith("    --hash=sha256:") for number in pinned)


def test_lock_of_npm_has_hashes_and_no_address() -> None:
    text = (ROOT / "package-lock.json").read_text()
    packages = [one for name, one in json.loads(text)["packages"].items() if name]
    assert packages and all(one["integrity"].startswith("sha512-") for one in packages)
    assert "resolved" not in text and "://" not in text, "npm writes who asks for money (`funding`): take it out"


def test_no_file_names_a_machine_or_a_registry() -> None:
    """A path or host of whoever wrote it works nowhere else, and tells outsiders where we work."""
    private = re.compile(r"(?<![\w.}>*-])/(work|root|home|opt|Users)/\w|pypi[.]org|pythonhosted[.]org|npmjs[.]org")
    found = {named(path): private.findall(text) for path, text in written_by_us() if private.search(text)}
    assert found == {}


def test_source_is_formatted_and_linted() -> None:
    for verb in (["format", "--check"], ["check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *verb, "--quiet", "."], check=False, cwd=ROOT, stdout=subprocess.PIPE
        )
        assert done.returncode == 0, done.stdout.decode()


@pytest.mark.long(50)
@pytest.mark.slow
def test_types_are_strict() -> None:
    done = subprocess.run([sys.executable, "-m", "mypy"], check=False, cwd=ROOT, stdout=subprocess.PIPE)
    assert done.returncode == 0, done.stdout.decode()


@pytest.mark.slow
def test_bandit_finds_nothing() -> None:
    call = [sys.executable, "-m", "bandit", "--quiet", "--recursive", "--severity-level", "medium"]
    call += ["--configfile", "pyproject.toml", "."]
    done = subprocess.run(call, check=False, cwd=ROOT, stdout=subprocess.PIPE)
    assert done.returncode == 0, done.stdout.decode()


def ancestors(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]


def top_imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | Function):
            kept = [n for n in node.body if not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))]
            node.body = kept or [ast.Pass()]
    return tree
