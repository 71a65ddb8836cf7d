"""People before a screen, and what their browser noticed while they looked."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from anyio.from_thread import BlockingPortal
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

from tests.house import OPENED, House
from tests.patience import PATIENCE

NUMBERS = re.compile("|".join(OPENED.values()))
OBJECTIONS = re.compile("Content Security Policy|Refused to|was blocked|violat", re.IGNORECASE)


@dataclass(frozen=True)
class Places:
    """Paths: a handling of more lines, a refused use, one outside Regie, one with a question; consents by state."""

    use: str
    nothing: str
    reported: str
    asked: str
    waits: str
    given: str
    stopped: str
    refused: str


@dataclass
class Seen:
    """Of one browser: requests and answers since `forget`, objections and numbers since it was opened."""

    home: str
    answers: list[Response] = field(default_factory=list)
    objections: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("request", self._asked)
        page.on("response", self._answered)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.objections.append(str(error)))
        page.on("load", self._loaded)

    def page(self) -> list[Response]:
        """Answers of the page that is shown. An icon of the one before may still come in, and its body is gone."""
        starts = [at for at, answer in enumerate(self.answers) if answer.request.is_navigation_request()]
        return self.answers[starts[-1] :] if starts else []

    def weight(self) -> int:
        """Bytes of all answers of this page."""
        return sum(len(answer.body()) for answer in self.page() if answer.status < 300 or answer.status >= 400)

    def _answered(self, answer: Response) -> None:
        self.answers.append(answer)

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).netloc != self.home:
            self.strangers.append(request.url)
        self._search(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        if OBJECTIONS.search(message.text):
            self.objections.append(message.text)

    def _loaded(self, page: Page) -> None:
        self._search(page.url)

    def _search(self, text: str) -> None:
        if NUMBERS.search(text):
            self.leaks.append(text)


@dataclass
class Person:
    """Somebody with a browser of their own."""

    context: BrowserContext
    page: Page
    seen: Seen
    url: str

    def open(self, place: str) -> int:
        """The status of the answer."""
        self.seen.answers.clear()
        answer = self.page.goto(self.url + place)
        assert answer is not None
        return answer.status

    def press(self, name: str, within: str = "main") -> None:
        self.page.locator(within).get_by_role("button", name=name, exact=True).first.click()
        self.page.wait_for_load_state()

    def follow(self, name: str, within: str = "main") -> None:
        self.page.locator(within).get_by_role("link", name=name, exact=within == "nav").first.click()
        self.page.wait_for_load_state()

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    @property
    def text(self) -> str:
        return self.page.locator("body").inner_text()


@dataclass
class Town:
    """The house on its loop in another thread, the browser here."""

    browser: Browser
    loop: BlockingPortal
    house: House
    places: Places

    @contextmanager
    def person(self, choice: str = "", **context: Any) -> Iterator[Person]:
        """A new browser; with a choice, logged in by its own hand."""
        url = self.house.url()
        opened = self.browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "locale": "nl-NL", **context})
        try:
            page = opened.new_page()
            page.set_default_timeout(PATIENCE * 1000)
            seen = Seen(urlsplit(url).netloc)
            seen.watch(page)
            person = Person(opened, page, seen, url)
            if choice:
                person.open("/inloggen")
                page.locator(f'button[value="{choice}"]').click()
                page.wait_for_load_state()
            yield person
            assert (seen.objections, seen.strangers, seen.leaks) == ([], [], [])
        finally:
            opened.close()
