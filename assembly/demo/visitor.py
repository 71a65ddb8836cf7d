"""Somebody at the portal without JavaScript: reads pages, fills in their forms, keeps one cookie."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2

HOPS = 12


@dataclass
class Form:
    """A form as it stands on the page; `fields` holds what would be sent untouched, `buttons` the named ones,
    `choices` the radio buttons and check boxes that nobody chose."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    choices: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    """Forms and visible text of one page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._open: Form | None = None
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect forms, their fields and buttons."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._open)
        if tag in {"style", "script", "title"}:
            self._hidden += 1
        if self._open is None or not given.get("name"):
            return
        kind = given.get("type", "")
        if tag == "button" or kind == "submit":
            self._open.buttons.append((given["name"], given.get("value", "")))
        elif kind in {"radio", "checkbox"} and "checked" not in given:
            self._open.choices.append((given["name"], given.get("value", "")))
        elif tag in {"input", "textarea", "select"}:
            self._open.fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """A form ends; hidden text ends."""
        if tag == "form":
            self._open = None
        if tag in {"style", "script", "title"}:
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        """What a person can read."""
        if not self._hidden and data.strip():
            self.words.append(" ".join(data.split()))


@dataclass(frozen=True)
class Page:
    """What came back after all redirects."""

    url: str
    status: int
    html: str
    content: bytes

    @property
    def text(self) -> str:
        """The words on the page, in reading order."""
        return " ".join(self._read().words)

    def form(self, holding: str, value: str = "") -> Form:
        """The form that has this field or button, with this value if one is given. Raises LookupError."""
        for form in self._read().forms:
            offered = [*form.fields.items(), *form.buttons, *form.choices]
            if any(name == holding and value in ("", given) for name, given in offered):
                return form
        raise LookupError(f"no form with {holding} on {urlsplit(self.url).path}")

    def _read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.html)
        return reader


class Visitor:
    """One browser: cookies by host, since Python clients do not send a `__Host-` cookie over http to localhost."""

    def __init__(self, http: httpx2.AsyncClient, portal: str) -> None:
        self.http, self.portal = http, portal
        self._cookies: dict[tuple[str, str], str] = {}

    async def get(self, place: str) -> Page:
        """Follow a link."""
        return await self._go("GET", urljoin(self.portal + "/", place), None)

    async def send(self, page: Page, form: Form, **choices: str) -> Page:
        """Fill in a form and press its button."""
        return await self._go(form.method.upper(), urljoin(page.url, form.action), {**form.fields, **choices})

    async def log_in(self, choice: str) -> Page:
        """Through the login page, as the persona with this key."""
        page = await self.get("/inloggen")
        return await self.send(page, page.form("keuze"), keuze=choice)

    async def _go(self, method: str, url: str, data: dict[str, str] | None) -> Page:
        for _ in range(HOPS):
            response = await self._once(method, url, data)
            if response.status_code not in {301, 302, 303, 307, 308}:
                return Page(url, response.status_code, response.text, response.content)
            url = urljoin(url, response.headers["location"])
            if response.status_code in {301, 302, 303}:
                method, data = "GET", None
        raise LookupError("too many redirects")

    async def _once(self, method: str, url: str, data: dict[str, str] | None) -> httpx2.Response:
        host = urlsplit(url).netloc
        headers = {"accept-language": "nl"}
        mine = [f"{name}={value}" for (where, name), value in self._cookies.items() if where == host]
        if mine:
            headers["cookie"] = "; ".join(mine)
        if method == "POST":
            headers |= {"origin": f"{urlsplit(url).scheme}://{host}", "sec-fetch-site": "same-origin"}
        more: dict[str, Any] = {"params": data} if method == "GET" and data else {"data": data} if data else {}
        response = await self.http.request(method, url, headers=headers, **more)
        for cookie in response.headers.get_list("set-cookie"):
            name, _, rest = cookie.partition("=")
            value = rest.partition(";")[0]
            self._cookies[host, name.strip()] = value
        self.http.cookies.clear()
        return response
