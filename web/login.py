"""Logging in and out. The browser carries a state and a code; everything it is compared with stays on our side.

An attempt is part of the session, works once and for ten minutes. After login the session has a new id. The BSN goes
from the claim to the vault in one statement, and to the register where the municipality has a message service that
waits for it; the portal keeps it nowhere.
"""

from datetime import timedelta

from starlette.responses import Response

from connectors.uploads.contract import KEEPER
from consent.rights.contract import DEPARTMENT
from kernel.caller import room_of
from kernel.clock import millis
from kernel.crypto import keyed_hash, same
from kernel.errors import NeighbourUnavailable
from vault.contract import Bsn
from web.children import keep_number
from web.language import path_in
from web.oidc import FRESH, LoginRefused
from web.reaching import reach
from web.session import ROLES, Attempt, Kept, Person, Session, new_token
from web.site import COOKIE, Visit

LIFE = timedelta(minutes=10)
RETURN = "/inloggen/terug"
HOMES = {
    "inwoner": "/overzicht",
    "fg": "/fg",
    "eigenaar": "/beheer/verwerkingsactiviteiten",
    "balie": "/balie",
    "burgerzaken": "/beheer/vertegenwoordiging",
}
PLACES = {
    "fg": ("/fg", "/beheer"),
    "eigenaar": ("/beheer",),
    "balie": ("/balie",),
    "burgerzaken": ("/beheer/vertegenwoordiging", "/beheer/veilig-adres"),
}
DEPARTMENTS_MAX = 50
STAFF = ("/fg", "/beheer", "/balie")


async def begin(
    visit: Visit, back: str, *, fresh: bool = False, kept: Kept | None = None, for_children: bool = False
) -> Response:
    """To the login provider, and then to `back` (a path of ours, in the language of the visit).

    fresh: the person must log in now, whatever session the provider has. for_children: so that the BRP can be asked
    whose parent they are; who acts for somebody goes on with that. Raises NeighbourUnavailable: nothing begun."""
    site, until = visit.site, millis(visit.site.clock() + LIFE)
    secrets = {"state": new_token(), "nonce": new_token(), "verifier": new_token()}
    acting = visit.acting
    attempt = Attempt(
        **secrets,
        back=back,
        until=until,
        fresh=fresh,
        kept=kept,
        for_children=for_children or (acting is not None and not acting.ground.mandate),
        acting=acting,
    )
    place = await site.provider.authorize(attempt, redirect_uri(visit))
    answer = visit.away(place)
    opened = visit.opened
    if opened is not None and not opened.stale:
        if not await site.sessions.save(
            visit.tenant.id, opened, opened.session.model_copy(update={"attempt": attempt})
        ):
            raise LoginRefused("sessie")
        return answer
    give(answer, await site.sessions.start(visit.tenant.id, Session(csrf=new_token(), attempt=attempt)))
    return answer


async def finish(visit: Visit) -> Response:
    """What the provider sent back. Raises LoginRefused: the attempt is used up and nothing else was stored."""
    attempt = await _taken(visit)
    asked = visit.request.query_params
    if asked.get("error") == "access_denied":
        return visit.away(path_in("/", "en" if attempt.back.startswith("/en") else "nl"))
    code = asked.get("code", "")
    if not code or len(code) > 2000 or not await visit.site.provider.answers_for_us(asked.get("iss")):
        raise LoginRefused("antwoord")
    claims = await visit.site.provider.claims(code, attempt, redirect_uri(visit))
    person = await _person(visit, dict(claims))
    kept = attempt.kept if attempt.kept and attempt.kept.user == person.user else None
    now = visit.opened.session.acting if visit.opened else None  # it may have ended since this login began
    acting = now if attempt.acting and now and now.by == person.user else None
    session = Session(csrf=new_token(), person=person, kept=kept, acting=acting)
    token = await visit.site.sessions.start(visit.tenant.id, session)
    if person.kind == "inwoner":
        await reach(visit, person.user, _number(visit, dict(claims)))
    if attempt.for_children and person.kind == "inwoner":
        await keep_number(visit, token, _number(visit, dict(claims)))
    await _ended(visit)
    english = attempt.back.startswith("/en")
    home = HOMES[person.kind]
    known = attempt.back.removeprefix("/en") or "/"
    theirs = known.startswith(PLACES.get(person.kind, ())) if known.startswith(STAFF) else person.kind == "inwoner"
    fits = theirs and known not in ("/", "/inloggen")
    answer = visit.away(attempt.back if fits else path_in(home, "en" if english else "nl"))
    give(answer, token)
    return answer


async def leave(visit: Visit) -> Response:
    """Ends the session here and, where it can, at the provider."""
    await _ended(visit)
    try:
        place = await visit.site.provider.farewell(f"{visit.tenant.public_url}/")
    except NeighbourUnavailable:
        place = None
    answer = visit.away(place) if place else visit.to("/")
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return answer


def recent(visit: Visit, person: Person) -> bool:
    """Whether this person logged in at most five minutes ago, as giving asks."""
    return visit.site.clock().timestamp() - person.auth_time <= FRESH


def give(answer: Response, token: str) -> None:
    """The one cookie. Its prefix makes browsers refuse it without Secure, with a Domain or on another path."""
    answer.set_cookie(COOKIE, token, path="/", secure=True, httponly=True, samesite="lax")


def redirect_uri(visit: Visit) -> str:
    """Exactly one per municipality."""
    return f"{visit.tenant.public_url}{RETURN}"


async def _taken(visit: Visit) -> Attempt:
    opened = visit.opened
    attempt = opened.session.attempt if opened is not None else None
    if opened is None or attempt is None:
        raise LoginRefused("poging")
    # used up before it is looked at: a second answer finds nothing, whatever came of the first
    if not await visit.site.sessions.save(visit.tenant.id, opened, opened.session.model_copy(update={"attempt": None})):
        raise LoginRefused("poging")
    if millis(visit.site.clock()) >= attempt.until:
        raise LoginRefused("te-laat")
    if not same(visit.request.query_params.get("state", "").encode(), attempt.state.encode()):
        raise LoginRefused("state")
    return attempt


async def _person(visit: Visit, claims: dict[str, object]) -> Person:
    settings, tenant = visit.site.settings, visit.tenant.id
    roles = claims.get(settings.roles_claim)
    name = claims.get(settings.name_claim)
    at = claims["auth_time"]
    known = {
        "name": name[:200] if isinstance(name, str) else "",
        "acr": settings.acr[str(claims["acr"])],
        "auth_time": at if isinstance(at, int) else 0,
    }
    kind = next((one for one, role in ROLES.items() if isinstance(roles, list) and role in roles), None)
    if kind is not None:
        parts = [b"medewerker", tenant.encode(), settings.issuer.encode(), str(claims["sub"]).encode()]
        pseudonym = keyed_hash(await visit.site.sessions.key(tenant), "pseudo", parts, 16).hex()
        return Person.model_validate({"kind": kind, "user": pseudonym, **known, **_narrowed(roles)})
    resident = await visit.site.vault.arrive(room_of(tenant, "web"), _number(visit, claims))
    who = {"kind": "inwoner", "user": resident.id, "subject": resident.subject, "fence": resident.fence}
    return Person.model_validate({**who, **known})


def _narrowed(roles: object) -> dict[str, tuple[str, ...]]:
    """For which organisations an owner handles requests, and sends files; what is no short word is none."""
    found = [one for one in roles if isinstance(one, str)] if isinstance(roles, list) else []

    def named(prefix: str) -> tuple[str, ...]:
        words = [one.removeprefix(prefix) for one in found if one.startswith(prefix)]
        return tuple(one for one in words if 0 < len(one) <= 60)[:DEPARTMENTS_MAX]

    return {"departments": named(DEPARTMENT), "keeps": named(KEEPER)}


def _number(visit: Visit, claims: dict[str, object]) -> Bsn:
    settings = visit.site.settings
    number = claims.get(settings.bsn_claim)
    if claims.get(settings.sector_claim) != settings.sector or not isinstance(number, str):
        raise LoginRefused("sector")
    try:
        return Bsn(number)
    except ValueError:
        raise LoginRefused("sector") from None


async def _ended(visit: Visit) -> None:
    if visit.opened is not None:
        for token in (visit.opened.session.number, visit.opened.token):
            await visit.site.sessions.end(visit.tenant.id, token)
        visit.opened = None
