"""From a view to a page: Jinja2 with everything escaped and every missing name an error.

Nothing here does I/O but reading our own templates and style sheets; texts of others are escaped, never trusted.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from web import words
from web.language import (
    LANGUAGES,
    Language,
    format_day,
    format_moment,
    format_month,
    format_number,
    format_short,
    format_time,
    path_in,
    translations,
)

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

HOME: Final = Path(__file__).parent
STATIC: Final = HOME / "static"

STYLESHEETS: Final = (
    "vendor/voorbeeld-design-tokens-7.4.1/theme.css",
    "vendor/utrecht-component-library-css-9.0.4/index.css",
    "regie.css",
)

# portal.md section 13. `{login}` is the origin of the login provider, or nothing.
CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'{login}; base-uri 'none'; frame-ancestors 'none'"
)


def security_headers(*, login_origin: str = "") -> Mapping[str, str]:
    """Headers of a page. It is stored nowhere, not even by the browser's back button."""
    login = f" {login_origin}" if login_origin else ""
    return {
        "Content-Security-Policy": CSP.format(login=login),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "Cache-Control": "no-store",
    }


@cache
def asset(name: str) -> str:
    """Place of a static file with the start of its hash, so that browsers may keep it for ever. Raises OSError."""
    version = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={version}"


class Renderer:
    """Draws pages; one environment per language, shared by all requests."""

    def __init__(self) -> None:
        """Reads the catalogues. Raises OSError."""
        self._environments = {language: _environment(language) for language in LANGUAGES}

    def render(self, template: str, language: Language, view: "DataclassInstance") -> str:
        """The whole page. `view` is the dataclass named on top of the template, its fields are the names there.

        Raises jinja2.UndefinedError when the two differ, jinja2.TemplateNotFound for a wrong name."""
        values = {each.name: getattr(view, each.name) for each in fields(view)}
        return self._environments[language].get_template(template).render(values)


@cache
def _environment(language: Language) -> Environment:
    """Templates in one language, with the words and forms that belong to it. One per process: each compiles its own."""
    environment = Environment(
        loader=FileSystemLoader(HOME / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    texts = translations(language)
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # added by the i18n extension
        texts.gettext, texts.ngettext, newstyle=True
    )
    environment.globals.update(
        asset=asset, language=language, link=partial(path_in, language=language), stylesheets=STYLESHEETS, words=words
    )
    environment.globals["other_link"] = partial(path_in, language="en" if language == "nl" else "nl")
    environment.filters.update(
        day=partial(format_day, language=language),
        iso=_iso,
        moment=partial(format_moment, language=language),
        month=partial(format_month, language=language),
        number=partial(format_number, language=language),
        short=partial(format_short, language=language),
        start=_start,
        time=partial(format_time, language=language),
    )
    return environment


def _start(text: str) -> str:
    """At the start of a sentence or a line; names of recipients come as in the middle of one."""
    return text[:1].upper() + text[1:]


def _iso(value: date | datetime) -> str:
    """For the `datetime` attribute of a time element."""
    return value.isoformat(timespec="minutes") if isinstance(value, datetime) else value.isoformat()
