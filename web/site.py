"""All that a page may use, and one visit to one page."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from audit.breaches.contract import PortalBreaches
from audit.contract import Audit
from connectors.contract import Authority, Shape
from connectors.correcting.contract import PortalCorrections
from connectors.opendata.contract import OpenTables
from connectors.removals.contract import PortalRemovals
from connectors.uploads.contract import PortalUploads
from consent.contract import CatalogueElement, Consent, Registers, ResidentRef
from kernel.caller import Caller
from kernel.clock import Clock
from kernel.component import Tenant
from kernel.crypto import same
from kernel.errors import BadInput, NotFound, NotLoggedIn
from vault.contract import ResidentRef as VaultRef
from vault.contract import Vault
from web.failures import ActingForOther, CrossSite
from web.frame import Frame
from web.language import Language, path_in
from web.oidc import LoginProvider
from web.parts import parts_of
from web.rendering import Renderer, security_headers
from web.session import Acting, Person
from web.sessions import Opened, Sessions
from web.settings import WebSettings

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

COOKIE = "__Host-regie"
FIELDS_MAX = 30


@dataclass(frozen=True, kw_only=True)
class Site:
    """The portal's neighbours and furniture. tenants: by the host of their public URL. authority: who knows of parents,
    corrections: who takes reports of wrong values, uploads: files of sources, removals: who knows what
    should be gone, tables: who knows what is public; None where nobody does."""

    settings: WebSettings
    tenants: Mapping[str, Tenant]
    sessions: Sessions
    provider: LoginProvider
    vault: Vault
    consent: Consent
    registers: Registers
    audit: Audit
    breaches: PortalBreaches
    authority: Authority | None
    corrections: PortalCorrections | None
    uploads: PortalUploads | None
    removals: PortalRemovals | None
    tables: OpenTables | None
    catalogue: tuple[CatalogueElement, ...]
    shapes: Mapping[str, Shape]
    clock: Clock
    renderer: Renderer


@dataclass(kw_only=True)
class Visit:
    """One request: where, in which language, by whom. `opened` changes only when login does."""

    site: Site
    request: Request
    tenant: Tenant
    language: Language
    opened: Opened | None

    @property
    def path(self) -> str:
        """The Dutch path, whatever the language."""
        path = self.request.url.path
        # one slash in front: behind two, or a slash and a backslash, a browser reads the name of another house
        return path if self.language == "nl" else "/" + path.removeprefix("/en").lstrip("/\\")

    @property
    def person(self) -> Person | None:
        """Who is logged in."""
        return self.opened.person if self.opened else None

    def resident(self) -> Person:
        """The resident, about themselves. Raises NotLoggedIn; ActingForOther; NotFound for anybody else, who learns
        nothing."""
        person = self.somebody()
        if self.acting is not None:
            raise ActingForOther
        return person

    def somebody(self) -> Person:
        """A resident, for whomever they act. Raises NotLoggedIn, NotFound."""
        return self._of("inwoner")

    @property
    def acting(self) -> Acting | None:
        """For whom they act; None for themselves."""
        person, opened = self.person, self.opened
        acting = opened.session.acting if opened and person else None
        return acting if acting and person and acting.by == person.user else None

    def officer(self) -> Person:
        """The FG. Raises NotLoggedIn, NotFound."""
        return self._of("fg")

    def keeper(self) -> Person:
        """Who keeps the register, or the FG, who reads along. Raises NotLoggedIn, NotFound."""
        if self.person is not None and self.person.kind == "eigenaar":
            return self.person
        return self._of("fg")

    def attendant(self) -> Person:
        """Who helps residents at the town hall. Raises NotLoggedIn, NotFound."""
        return self._of("balie")

    def registrar(self) -> Person:
        """Who writes down who was appointed by a court or a will, and who may not be found. Raises NotLoggedIn,
        NotFound."""
        return self._of("burgerzaken")

    def _of(self, kind: str) -> Person:
        if self.person is None:
            raise NotLoggedIn
        if self.person.kind != kind:
            raise NotFound
        return self.person

    @property
    def caller(self) -> Caller:
        """As the rooms know this person. Raises NotLoggedIn."""
        if self.person is None:
            raise NotLoggedIn
        return self.person.caller(self.tenant.id)

    def frame(self) -> Frame:
        """What stands around the page."""
        person, settings = self.person, self.site.settings
        return Frame(
            path=self.path,
            query=self.request.url.query if self.request.method == "GET" else "",
            municipality=self.tenant.name,
            phone=settings.phone,
            version=settings.version,
            person=person.name if person else None,
            role=person.kind if person else None,
            csrf=self.opened.session.csrf if self.opened else "",
            demo=settings.mode == "demo",
            idle_minutes=settings.idle_minutes,
            files=bool(person and person.keeps and self.site.uploads),
            acting=self.acting.name if self.acting else "",
        )

    def page(self, template: str, view: "DataclassInstance", status: int = 200) -> Response:
        """A whole page, stored nowhere."""
        text = self.site.renderer.render(template, self.language, view)
        return HTMLResponse(text, status, headers=dict(self.headers))

    def file(self, name: str, text: str, kind: str) -> Response:
        """To be saved, never shown as a page of ours, and stored nowhere on the way."""
        headers = {**self.headers, "Content-Disposition": f'attachment; filename="{name}"'}
        return Response(text, media_type=kind, headers=headers)

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """Of every answer: forms may lead to the login provider and to nobody else."""
        login = urlsplit(self.site.settings.issuer)
        return security_headers(login_origin=f"{login.scheme}://{login.netloc}")

    def to(self, path: str) -> Response:
        """303 to one of our own pages, in this language; `path` is the Dutch one."""
        return self.away(path_in(path, self.language))

    def away(self, place: str) -> Response:
        """303 to a place that we or the login provider's settings made, never one from the request."""
        return RedirectResponse(place, 303, headers=dict(self.headers))

    async def form(self) -> dict[str, str]:
        """The fields of a form that this session was given. Raises CrossSite, BadInput."""
        self._from_here()
        try:
            body = (await self.request.body()).decode()
            fields = dict(parse_qsl(body, keep_blank_values=True, strict_parsing=bool(body), max_num_fields=FIELDS_MAX))
        except ValueError:
            raise BadInput("Dit formulier kunnen wij niet lezen.") from None
        self._of_session(fields.get("csrf", ""))
        return fields

    async def parts(self) -> dict[str, bytes]:
        """The same, of a form with a file. Raises CrossSite, BadInput."""
        self._from_here()
        found = parts_of(self.request.headers.get("content-type", ""), await self.request.body())
        self._of_session(found.get("csrf", b"").decode("latin-1"))
        return found

    def _of_session(self, token: str) -> None:
        if self.opened is None or not same(token.encode(), self.opened.session.csrf.encode()):
            raise CrossSite

    def _from_here(self) -> None:
        # Our own Referrer-Policy makes browsers send `Origin: null` with a form; then Sec-Fetch-Site must say it.
        origin, site = self.request.headers.get("origin"), self.request.headers.get("sec-fetch-site")
        named = origin not in (None, "null")
        if (named and origin != self.tenant.public_url) or (site is not None and site != "same-origin"):
            raise CrossSite
        if not named and site is None:
            raise CrossSite


def consent_ref(person: Person) -> ResidentRef:
    """The resident, as the register knows them."""
    return ResidentRef(id=person.user, subject=person.subject, fence=person.fence)


def vault_ref(person: Person) -> VaultRef:
    """The resident, as the vault knows them."""
    return VaultRef(id=person.user, subject=person.subject, fence=person.fence)
