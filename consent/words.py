"""What a caller reads about a refusal, and what the case worker can do next (portal.md section 3). Dutch only: callers
are municipal systems; residents read the portal's own words."""

from collections.abc import Mapping

from consent.decision import Code, Refused
from kernel.clock import moment
from kernel.errors import BadInput
from kernel.numbers import has_number, has_written_number

_SENTENCES: dict[Code, tuple[str, str]] = {
    "geen-toestemming": ("Voor dit gegeven is geen toestemming gegeven.", "Vraag papieren."),
    "toestemming-ingetrokken": ("De inwoner is gestopt met het delen van dit gegeven.", "Vraag papieren."),
    "toestemming-verlopen": ("De toestemming voor dit gegeven is voorbij.", "Vraag opnieuw toestemming."),
    "gepauzeerd": ("De inwoner heeft het delen van dit gegeven stilgezet.", "Wacht, of vraag papieren."),
    "zaak-vereist": ("Er is geen open zaak van deze inwoner bij u genoemd.", "Noem de zaak."),
    "vooraf-informeren": ("De inwoner moet dit eerst weten; die termijn loopt nog.", "Wacht tot {date}."),
    "buiten-doel": ("Dit gegeven hoort niet bij dit doel.", "Vraag minder."),
    "onbekende-activiteit": ("Dit doel staat niet in het register.", "Bel de eigenaar van het doel."),
    "activiteit-niet-actief": ("Dit doel geldt nu niet.", "Bel de eigenaar van het doel."),
    "beoordeling-verlopen": ("De beoordeling van dit doel is verlopen.", "Bel de eigenaar van het doel."),
    "ontvanger-niet-bevoegd": ("U mag dit niet vragen voor dit doel.", "Bel de beheerder."),
    "bezwaar": ("De inwoner heeft bezwaar gemaakt.", "Wacht op het besluit."),
    "beperking": ("De gegevens van deze inwoner staan op slot.", "Wacht op het besluit."),
    "geheimhouding": ("De gegevens van deze inwoner zijn geheim.", "Vraag de inwoner."),
    "te-vaak": ("Dit is voor dit doel al te vaak gevraagd.", "Wacht tot {date}."),
    "buiten-periode": ("De periode van dit doel is voorbij.", "Pas de periode aan."),
    "vertegenwoordiging-ongeldig": ("De machtiging geldt niet.", "Controleer de machtiging."),
}
_MONTHS = (
    "januari", "februari", "maart", "april", "mei", "juni",
    "juli", "augustus", "september", "oktober", "november", "december",
)  # fmt: skip


def refused(element: str, code: Code, until: int = 0) -> Refused:
    """until: when waiting helps, ms; 0 when no day is known."""
    reason, step = _SENTENCES[code]
    if "{date}" in step:
        step = step.format(date=day(until)) if until else "Wacht, neem een nieuwe zaak of vraag de inwoner opnieuw."
    return Refused(element=element, code=code, reason=reason, next_step=step)


def day(milliseconds: int) -> str:
    """14 november 2026. UTC: a recipient that waits until that day is never too early by more than hours."""
    date = moment(milliseconds)
    return f"{date.day} {_MONTHS[date.month - 1]} {date.year}"


def fault(field: str, code: str, detail: str) -> BadInput:
    """One fault of a request."""
    return BadInput("De vraag klopt niet.", fouten=[{"veld": field, "code": code, "detail": detail}])


def no_numbers(said: Mapping[str, str], *, prose: bool = False) -> None:
    """What ends up in lines, paths or addresses may not look like somebody's number; in prose not with signs between
    its digits either. said: JSON pointer -> text. Raises BadInput with all of them, and none of the texts."""
    detail = "Dit mag niet op een burgerservicenummer lijken: geen negen cijfers achter elkaar."
    looks = has_written_number if prose else has_number
    faults = [{"veld": field, "code": "lijkt-op-bsn", "detail": detail} for field, text in said.items() if looks(text)]
    if faults:
        raise BadInput("De vraag klopt niet.", fouten=faults)
