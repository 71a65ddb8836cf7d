"""The style sheets are the ones we vouch for, carry every class we use, and stay light."""

import base64
import hashlib
import json
import re
from pathlib import Path

from web.rendering import HOME, STATIC, STYLESHEETS, asset

VENDOR = STATIC / "vendor"
TEMPLATES = sorted((HOME / "templates").rglob("*.html"))


def digest(path: Path) -> str:
    """As in the manifest."""
    return "sha384-" + base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()


def test_a_changed_vendored_file_is_noticed() -> None:
    manifest = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))
    files = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()} - {"manifest.json"}
    assert files == set(manifest["files"])
    assert {name: digest(VENDOR / name) for name in files} == manifest["files"]


def test_every_package_carries_its_licence() -> None:
    for folder in (path for path in VENDOR.iterdir() if path.is_dir()):
        assert "EUROPEAN UNION PUBLIC LICENCE" in (folder / "LICENSE.md").read_text(encoding="utf-8")


def test_a_class_without_style_is_noticed() -> None:
    css = "".join((STATIC / name).read_text(encoding="utf-8") for name in STYLESHEETS)
    known = set(re.findall(r"\.((?:utrecht|regie)-[a-z0-9_-]+)", css))
    used = {name for path in TEMPLATES for name in re.findall(r"\b(?:utrecht|regie)-[a-z0-9_-]+", _classes(path))}
    assert used - known == set()


def test_style_sheets_stay_under_45_kb() -> None:
    assert sum((STATIC / name).stat().st_size for name in STYLESHEETS) <= 45 * 1024


def test_style_sheets_fetch_nothing_from_elsewhere() -> None:
    for name in STYLESHEETS:
        css = (STATIC / name).read_text(encoding="utf-8")
        assert "@import" not in css and "url(" not in css


def test_a_changed_file_gets_another_address() -> None:
    assert re.fullmatch(r"/static/regie\.css\?v=[0-9a-f]{12}", asset("regie.css"))


def _classes(path: Path) -> str:
    """All a template says outside links and comments."""
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return " ".join(re.findall(r'class="((?:[^"{]|\{\{.*?\}\}|\{%.*?%\})*)"', text))
