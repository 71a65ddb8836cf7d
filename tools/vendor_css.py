"""Keep of two public CSS packages only what our templates use, so that a page stays light.

Usage: python -m tools.vendor_css FOLDER, where FOLDER holds the unpacked npm packages
`component-library-css` (@utrecht/component-library-css 9.0.4) and
`voorbeeld-design-tokens` (@nl-design-system-unstable/voorbeeld-design-tokens 7.4.1), both EUPL-1.2.
Run it again after using a new class; tests/web/test_static.py fails until then.
"""

import base64
import hashlib
import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.css_values import resolved, simplified

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "web" / "static" / "vendor"
TEMPLATES = ROOT / "web" / "templates"
COMPONENTS = ("component-library-css", "utrecht-component-library-css-9.0.4", "index.css")
TOKENS = ("voorbeeld-design-tokens", "voorbeeld-design-tokens-7.4.1", "theme.css")
HEADER = "/*! EUPL-1.2, see LICENSE.md. Shortened by tools/vendor_css.py: do not edit. */\n"
# States that our pages never have: portal.md wants no disabled buttons, and nothing toggles without script.
NEVER_OURS = re.compile(
    r":disabled|:read-only|:indeterminate|placeholder|aria-disabled|aria-busy|aria-pressed|readonly|figcaption|tfoot|"
    r"\[pattern|:invalid|:user-invalid|:has\(|:active|--html-input\[type|\[autocomplete|:-webkit|::-moz|aria-sort"
)
OUR_ROOT = ".voorbeeld-theme"


def used_classes() -> frozenset[str]:
    """Every design system class that a template names, macros included."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(TEMPLATES.rglob("*.html")))
    return frozenset(re.findall(r"utrecht-[a-z0-9_-]+", text))


def blocks(css: str) -> Iterator[tuple[str, str]]:
    """Head and body of each top-level block. Raises ValueError when braces do not match."""
    start = depth = 0
    head = ""
    for place, char in enumerate(css):
        if char == "{":
            if depth == 0:
                head, start = css[start:place].strip(), place + 1
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0:
                yield head, css[start:place].strip()
                start = place + 1
        elif char == ";" and depth == 0:
            start = place + 1
    if depth:
        raise ValueError("braces do not match")


def kept_rules(css: str, used: frozenset[str]) -> Iterator[str]:
    """Rules whose every class we use, conditions around them kept; one rule a line, for reading differences."""
    for head, body in blocks(css):
        if "-ms-high-contrast" in head or "transparency" in head:
            continue
        if head.startswith(("@media", "@supports")):
            inner = list(kept_rules(body, used))
            if inner:
                yield f"{head} {{\n" + "\n".join(inner) + "\n}"
        elif not head.startswith("@") and body:
            selectors = [part.strip() for part in re.split(r",(?![^(]*\))", head)]
            wanted = [part for part in selectors if _wanted(part, used)]
            if wanted:
                yield _rule(wanted, body)


def _rule(selectors: list[str], body: str) -> str:
    """One rule on one line."""
    inside = re.sub(r"\s+", " ", body)
    return (
        ",".join(selectors)
        + "{"
        + re.sub(r"\s*([;{},])\s*|(?<=\()\s+|\s+(?=\))", r"\1", inside).replace(": ", ":")
        + "}"
    )


def _wanted(selector: str, used: frozenset[str]) -> bool:
    """Whether the selector stands on classes, and on ours alone."""
    classes = re.findall(r"\.([a-zA-Z][\w-]*)", selector)
    return bool(classes) and all(name in used for name in classes) and not NEVER_OURS.search(selector)


def theme_values(theme: str) -> dict[str, str]:
    """All tokens of the theme by name."""
    body = next(body for head, body in blocks(theme) if head == OUR_ROOT)
    return dict(re.findall(r"(--[\w-]+):\s*([^;]+);", body))


def kept_tokens(values: dict[str, str], css: str) -> str:
    """The tokens that `css` still needs, worked out down to the others that it needs."""
    todo, found = set(re.findall(r"var\((--[\w-]+)", css)), dict[str, str]()
    while todo:
        name = todo.pop()
        if name in values and name not in found:
            found[name] = resolved(values[name], values, frozenset()) or ""
            todo |= set(re.findall(r"var\((--[\w-]+)", found[name]))
    return OUR_ROOT + "{\n" + "".join(f"{name}:{found[name]};\n" for name in sorted(found)) + "}\n"


def digest(content: bytes) -> str:
    """SHA-384 as in a Subresource Integrity attribute."""
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


def main(packages: Path) -> None:
    """Write both shortened files, their licences and the manifest of what they were and are."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    manifest: dict[str, dict[str, str]] = {"sources": {}, "files": {}}
    sources = {}
    for folder, target, name in (COMPONENTS, TOKENS):
        source = (packages / folder / "dist" / name).read_bytes()
        manifest["sources"][f"{target}/{name}"] = digest(source)
        sources[target] = re.sub(r"/\*.*?\*/", "", source.decode(), flags=re.DOTALL)
        (VENDOR / target).mkdir(parents=True)
        shutil.copyfile(packages / folder / "LICENSE.md", VENDOR / target / "LICENSE.md")
    theme = theme_values(sources[TOKENS[1]])
    css = simplified("\n".join(kept_rules(sources[COMPONENTS[1]], used_classes())) + "\n", theme)
    (VENDOR / COMPONENTS[1] / COMPONENTS[2]).write_text(HEADER + css, encoding="utf-8")
    tokens = kept_tokens(theme, css + (ROOT / "web" / "static" / "regie.css").read_text(encoding="utf-8"))
    (VENDOR / TOKENS[1] / TOKENS[2]).write_text(HEADER + tokens, encoding="utf-8")
    for path in sorted(VENDOR.rglob("*.*")):
        if path.is_file():
            manifest["files"][path.relative_to(VENDOR).as_posix()] = digest(path.read_bytes())
    (VENDOR / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
