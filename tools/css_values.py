"""Work out CSS variables ahead of time: what a theme fixes is filled in, what nobody sets falls back or goes.

Component tokens (`--utrecht-…`) disappear; the `--basis-…` tokens stay variables, for dark mode and other themes.
"""

import re
from collections.abc import Mapping

KEPT = "--basis-"


def arguments(text: str) -> tuple[str, str | None, int]:
    """Name and fallback of a `var(` whose inside starts `text`, and the place after its bracket. Raises ValueError."""
    depth, comma = 1, None
    for place, char in enumerate(text):
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "," and depth == 1 and comma is None:
            comma = place
        if depth == 0:
            name = text[: place if comma is None else comma].strip()
            return name, None if comma is None else text[comma + 1 : place].strip(), place + 1
    raise ValueError("brackets do not match")


def resolved(value: str, theme: Mapping[str, str], private: frozenset[str]) -> str | None:
    """The value with every variable worked out as far as it is fixed; None when it comes to nothing."""
    parts = []
    while "var(" in value:
        before, _, rest = value.partition("var(")
        name, fallback, end = arguments(rest)
        found = _variable(name, fallback, theme, private)
        if found is None:
            return None
        parts += [before, found]
        value = rest[end:]
    return "".join(parts) + value


def _variable(name: str, fallback: str | None, theme: Mapping[str, str], private: frozenset[str]) -> str | None:
    """One variable: kept, filled in, fallen back, or None."""
    if name.startswith(KEPT) and name in theme:
        return f"var({name})"
    if name in theme:
        return resolved(theme[name], theme, private)
    rest = None if fallback is None else resolved(fallback, theme, private)
    if name in private:
        return f"var({name})" if rest is None else f"var({name},{rest})"
    return rest


def simplified(css: str, theme: Mapping[str, str]) -> str:
    """The style sheet, one rule a line, after as many rounds as something still falls away."""
    while True:
        private = frozenset(re.findall(r"[{;](--[\w-]+):", css))
        used = frozenset(re.findall(r"var\((--[\w-]+)", css))
        lines = (_line(line, theme, private, used) for line in css.splitlines())
        after = "\n".join(line for line in lines if line) + "\n"
        if after == css:
            return after
        css = after


def _line(line: str, theme: Mapping[str, str], private: frozenset[str], used: frozenset[str]) -> str:
    """One rule with the declarations that still say something; empty when none does."""
    if line == "}" or line.endswith(" {"):
        return line
    head, _, rest = line.partition("{")
    kept = []
    for declaration in rest.removesuffix("}").split(";"):
        name, _, value = declaration.partition(":")
        worked_out = resolved(value, theme, private) if value else None
        if worked_out is not None and not (name.startswith("--") and name not in used):
            kept.append(f"{name}:{worked_out}")
    return f"{head}{{{';'.join(kept)}}}" if kept else ""
