"""Nothing waits on a page for a day that never comes: a field, a word or a rule of style that nobody uses is gone."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from web.rendering import HOME, STATIC

VIEWS = [
    HOME / name
    for name in (
        "views.py",
        "fg_views.py",
        "claim_views.py",
        "frontdesk_views.py",
        "handling_views.py",
        "frame.py",
        "breach_views.py",
    )
]
SOURCES = sorted(path for path in HOME.rglob("*.py") if path.parent.name != "versions")
TEMPLATES = "\n".join(
    re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.DOTALL) for path in (HOME / "templates").rglob("*.html")
)
CODE = "\n".join(path.read_text("utf-8") for path in SOURCES)
WORDS = Counter(re.findall(r"\w+", CODE + TEMPLATES))
ENTRANCES = {"build_web"}  # what assembly calls


def named(path: Path) -> str:
    return path.name


def given() -> set[tuple[str, str]]:
    """(who is called, keyword), of every call: views are made by keyword only."""
    calls = (node for path in SOURCES for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    return {(ast.unparse(call.func), word.arg) for call in calls for word in call.keywords if word.arg}


def defined(path: Path) -> Iterator[str]:
    """What a module says on its top floor."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign | ast.Assign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))


@pytest.mark.parametrize("path", VIEWS, ids=named)
@pytest.mark.slow
def test_every_field_of_a_view_is_filled_and_read(path: Path) -> None:
    """Ten fields were drawn with care, in two languages, and no page ever had them."""
    calls, idle = given(), []
    for view in (node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)):
        for field in (
            node.target.id
            for node in view.body
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        ):
            filled = {(view.name, field), ("replace", field)} & calls
            if not filled or not re.search(rf"\b{field}\b", TEMPLATES):
                idle.append(f"{view.name}.{field}")
    assert idle == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(HOME)))
def test_every_name_of_the_portal_is_used(path: Path) -> None:
    idle = [name for name in defined(path) if WORDS[name] < 2]
    assert set(idle) <= ENTRANCES


def test_every_class_and_macro_of_our_own_is_used() -> None:
    classes = set(re.findall(r"\.(regie-[a-z0-9_-]+)", (STATIC / "regie.css").read_text("utf-8")))
    macros = set(re.findall(r"macro (\w+)", TEMPLATES))
    idle = [name for name in classes if name not in TEMPLATES]
    assert idle + [name for name in macros if len(re.findall(rf"\b{name}\b", TEMPLATES)) < 2] == []
