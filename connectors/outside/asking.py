"""One question to a register, and the data it answers with; every other ending is a SourceDown.

Asked again, after a random wait, when nothing was sent; a question that may be repeated also when the register says
"later" or the line broke. Never beyond the time of the source. Redirects are not followed: they are no answer.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal
from urllib.parse import urlsplit

import httpx2
import stamina
import stamina.instrumentation
from pydantic import JsonValue

from connectors.outside.data import Bounds, Unreadable, read_json
from connectors.outside.failing import SourceFailed
from connectors.outside.pinned import ALIKE, NotListed
from kernel.http.client import limited
from kernel.numbers import has_number

# stamina's own hooks would write the error, and an error may quote what was sent
stamina.instrumentation.set_on_retry_hooks([])

_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
LATER = frozenset({429, 502, 503, 504})
TIMES, WAIT_FIRST, WAIT_MOST, JITTER = 3, 0.05, 0.4, 0.1  # seconds: three tries fit well within one source's time
RETRY_AFTER_MOST = 1.0
NAME = "regie"  # gateways refuse who says no name (RFC 9110 section 10.1.5)
_CODE = re.compile(r"[A-Za-z][\w.\[\]:-]{0,60}", re.ASCII)


@dataclass(frozen=True)
class Ask:
    """What is sent. path: from the source's address on, no number in it. repeatable: asking twice is asking once, also
    for a register that keeps a note of each provision. alike: every question of its kind has this path, so that it may
    be remembered; what was filled in is somebody's."""

    method: Literal["GET", "POST"]
    path: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    repeatable: bool = False
    alike: bool = False


@dataclass(frozen=True)
class Asker:
    """Asks one source. most: bytes of an answer. bounds: of its content, None when who asks judges it part by part.
    good: statuses of one."""

    http: httpx2.AsyncClient
    url: str
    most: int
    bounds: Bounds | None = field(default_factory=Bounds)
    kinds: tuple[str, ...] = ("application/json", "application/hal+json")
    good: frozenset[int] = frozenset({200})

    async def ask(self, ask: Ask) -> JsonValue:
        """Raises SourceFailed."""

        try:
            return await self._once(ask)
        except httpx2.InvalidURL:
            raise SourceFailed("vraag") from None
        except SourceFailed as failed:
            first = failed
        return await self._retried(ask, first)

    async def _retried(self, ask: Ask, first: SourceFailed) -> JsonValue:
        """As often as it may be. first: how the first time ended."""

        def again(error: Exception) -> bool | float:
            return _again(error, ask.repeatable)

        async for attempt in stamina.retry_context(
            on=again, attempts=TIMES, timeout=None, wait_initial=WAIT_FIRST, wait_max=WAIT_MOST, wait_jitter=JITTER
        ):
            with attempt:
                if attempt.num == 1:
                    raise first
                return await self._once(ask)
        raise first

    async def _once(self, ask: Ask) -> JsonValue:
        """Put together here and whole: what a client adds to every question (cookies that an answer about somebody else
        set among it) is no source's business, and adding it took a tenth of the time."""
        ours = {"user-agent": NAME, "accept": ", ".join(self.kinds), "accept-encoding": "identity"}
        said = {name.lower() for name in ask.headers}  # who declared a source may have spelled one of ours otherwise
        headers = {**{name: value for name, value in ours.items() if name not in said}, **ask.headers}
        address = f"{self.url}{ask.path}"
        question = httpx2.Request(
            ask.method,
            _read_once(address) if ask.alike else httpx2.URL(address),
            params=ask.query or None,
            headers=headers,
            content=ask.body or None,
            extensions={ALIKE: ask.alike, "timeout": self.http.timeout.as_dict()},
        )
        try:
            answer = await self.http.send(question, stream=True)
            try:
                return await self._read(answer)
            finally:
                await answer.aclose()
        except NotListed:
            raise SourceFailed("adres") from None
        except _NEVER_SENT:
            raise SourceFailed("niet-bereikbaar") from None
        except httpx2.HTTPError:
            raise SourceFailed("afgebroken") from None  # its text may quote what was sent

    async def _read(self, answer: httpx2.Response) -> JsonValue:
        if answer.status_code not in self.good:
            raise await self._refused(answer)
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in self.kinds or answer.headers.get("content-encoding", "identity") != "identity":
            raise SourceFailed("soort", 200)
        content = await limited(answer, self.most)
        if content is None:
            raise SourceFailed("te-groot", 200)
        try:
            return read_json(content, self.bounds)
        except Unreadable:
            raise SourceFailed("onleesbaar", 200) from None

    async def _refused(self, answer: httpx2.Response) -> SourceFailed:
        status = answer.status_code
        if status in (401, 403):
            return SourceFailed("toegang", status)
        if status in LATER or not 400 <= status < 500:
            return SourceFailed("status", status, after=_after(answer.headers.get("retry-after", "")))
        content = await limited(answer, self.most) or b""
        return SourceFailed("vraag", status, _told(content))


def same_host(base: str, url: str) -> str:
    """The path, from `base` on, of an address that a register gave; "" when it is anywhere else."""
    wanted, given = urlsplit(base), urlsplit(url)
    inside = (given.scheme, given.netloc) == (wanted.scheme, wanted.netloc) and not given.query and not given.fragment
    return given.path.removeprefix(wanted.path) if inside and given.path.startswith(wanted.path + "/") else ""


@lru_cache(maxsize=256)
def _read_once(address: str) -> httpx2.URL:
    """Of who asks the same address all day. Raises httpx2.InvalidURL."""
    return httpx2.URL(address)


def _again(error: Exception, repeatable: bool) -> bool | float:
    if not isinstance(error, SourceFailed):
        return False
    if error.why == "niet-bereikbaar":
        return True
    later = error.why == "status" and error.answered in LATER
    if not repeatable or not (later or error.why == "afgebroken"):
        return False
    if error.after is not None:
        return error.after if error.after <= RETRY_AFTER_MOST else False
    return True


def _after(said: str) -> float | None:
    """Seconds of Retry-After; a date (RFC 9110 section 10.2.3) is further away than we wait."""
    if not said:
        return None
    return float(said) if said.isascii() and said.isdigit() and len(said) < 6 else RETRY_AFTER_MOST * 2


def _told(content: bytes) -> tuple[str, ...]:
    """Codes and names of parameters of a problem (RFC 9457, `invalidParams` of the NL API strategy); never values."""
    try:
        said = read_json(content, Bounds(items=100))
    except Unreadable:
        return ()
    problem = said if isinstance(said, dict) else {}
    params = problem.get("invalidParams")
    listed = [one for one in params if isinstance(one, dict)] if isinstance(params, list) else []
    told = [problem.get("code"), *(f"{one.get('name')}:{one.get('code')}" for one in listed)]
    return tuple(text for text in told if isinstance(text, str) and _CODE.fullmatch(text) and not has_number(text))[:10]
