"""Every page, in both languages and every state: sound HTML, reachable fields, an honest choice."""

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser

import pytest
from jinja2 import UndefinedError

from tests.web.breach_samples import breaches
from tests.web.register_samples import register
from tests.web.samples import consents, pages
from web.frame import Start
from web.language import LANGUAGES, Language
from web.rendering import STATIC, STYLESHEETS, Renderer, security_headers

RENDERER = Renderer()
PAGES = {**pages(), **register(), **breaches()}
VOID = {"meta", "link", "input", "br", "hr", "img"}
EVERY = [(name, language) for name in PAGES for language in LANGUAGES]


class Reader(HTMLParser):
    """Reads a page strictly: what is opened is closed, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len(dict(attrs)), f"attribute twice on {tag}"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes something else"

    def all(self, *tags: str) -> Iterator[dict[str, str | None]]:
        """Attributes of the elements with these names."""
        return (attrs for tag, attrs in self.elements if tag in tags)


@cache
def drawn(name: str, language: Language) -> str:
    """One sample page."""
    template, view = PAGES[name]
    return RENDERER.render(template, language, view)


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_a_page_is_sound(name: str, language: Language) -> None:
    text = drawn(name, language)
    page = Reader(text)
    assert len(list(page.all("h1"))) == len(list(page.all("main"))) == 1
    assert next(page.all("html"))["lang"] == language
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert not list(page.all("script", "style"))
    assert not [attrs for _, attrs in page.elements if any(key == "style" or key.startswith("on") for key in attrs)]
    references = {
        ref
        for _, a in page.elements
        for key in ("aria-describedby", "aria-labelledby")
        for ref in (a.get(key) or "").split()
    }
    anchors = {(a.get("href") or "")[1:] for a in page.all("a") if (a.get("href") or "").startswith("#")}
    labelled = {a["for"] for a in page.all("label")}
    fields = {a.get("id") for a in page.all("input", "textarea", "select") if a.get("type") != "hidden"}
    assert references | anchors <= set(ids)
    assert labelled == fields
    assert all("csrf" in form for form in re.findall(r'<form[^>]*method="post".*?</form>', text, re.DOTALL))
    assert "099" in text, "no way to call"


@pytest.mark.parametrize(("name", "language"), EVERY)
def test_a_large_number_is_grouped_as_the_language_does(name: str, language: Language) -> None:
    """The same line was number 4711 on one page and 4.711 on another. The samples have no other number like it."""
    text = drawn(name, language)
    assert not re.search(r"\b4[67]\d\d\b", re.sub(r"<[^>]*>", " ", text))


@pytest.mark.parametrize("name", PAGES)
def test_the_first_view_stays_light(name: str) -> None:
    page = len(drawn(name, "nl").encode())
    styles = sum((STATIC / sheet).stat().st_size for sheet in STYLESHEETS)
    assert page <= 30 * 1024
    assert page + styles + (STATIC / "icon.svg").stat().st_size <= 120 * 1024


@pytest.mark.parametrize("name", consents())
@pytest.mark.parametrize("language", LANGUAGES)
def test_yes_and_no_weigh_the_same_and_none_is_chosen(name: str, language: Language) -> None:
    text = drawn(name, language)
    page = Reader(text)
    radios = [attrs for attrs in page.all("input") if attrs.get("type") == "radio"]
    assert not [attrs for attrs in page.all("input", "option") if "checked" in attrs or "selected" in attrs]
    main_forms = re.findall(r'<form[^>]*action="[^"]*/toestemmingen/[^"]*"', text)
    assert len(main_forms) == 1
    if radios:
        yes, no = radios
        assert (yes["value"], no["value"]) == ("ja", "nee")
        assert {key: yes[key] for key in yes if key not in ("id", "value")} == {
            key: no[key] for key in no if key not in ("id", "value")
        }
        labels = [label["class"] for label in page.all("label") if label["for"] != "tot"]
        assert len(set(labels)) == 1
    assert bool(radios) == (consents()[name].state == "gevraagd")


def test_done_is_said_only_with_a_receipt() -> None:
    for name, view in consents().items():
        assert ("Gelukt" in drawn(name, "nl")) == (view.choice is not None), name


def test_text_of_others_is_shown_not_run() -> None:
    assert "&lt;b&gt;Dank&lt;/b&gt;" in drawn("detail-gevraagd", "nl")


def test_zero_uses_are_not_claimed_while_a_source_is_down() -> None:
    assert "Niemand gebruikte" not in drawn("gebruik-leeg", "nl")
    assert "u ziet nu niet alles" in drawn("gebruik-leeg", "nl")


def test_the_other_language_is_one_link_away_on_the_same_page() -> None:
    assert '<a class="utrecht-link utrecht-link--html-a" lang="en" hreflang="en" href="/en/overzicht">' in drawn(
        "overzicht", "nl"
    )
    assert 'lang="nl" hreflang="nl" href="/overzicht">' in drawn("overzicht", "en")


def test_a_view_that_does_not_fit_its_template_is_an_error() -> None:
    _, view = PAGES["start"]
    assert isinstance(view, Start)
    with pytest.raises(UndefinedError):
        RENDERER.render("gebruik.html", "nl", view)


def test_pages_forbid_what_they_do_not_need() -> None:
    headers = security_headers(login_origin="https://login.invalid")
    assert "'unsafe-inline'" not in headers["Content-Security-Policy"]
    assert "form-action 'self' https://login.invalid;" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
