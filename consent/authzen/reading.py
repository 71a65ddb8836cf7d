"""From an AuthZEN question to ours. Pure.

subject   {"type": "toepassing", "id": its client id} or {"type": "ontvanger", "id": its slug}: whoever asks;
          or {"type": "gebruiker", "id": the recipient's own id of an employee}
action    {"name": the processing activity}
resource  {"type": "gegevenselement", "id": "brp.adres", "properties": {"inwoner": {"bsn": …}}}
context   {"zaak": …, "noodtoegang": {"reden": …}}: the second for an activity that is for emergencies
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from consent.activity import Element, Slug
from consent.authzen.messages import Entity, Evaluation, Evaluations, Partial
from consent.bodies import Person, Reference, Urgent, used_by
from consent.decision import Emergency
from consent.words import fault
from kernel.caller import Caller

APPLICATION, RECIPIENT, USER, ELEMENT = "toepassing", "ontvanger", "gebruiker", "gegevenselement"
_ACTIVITY, _ELEMENT, _CASE = TypeAdapter(Slug), TypeAdapter(Element), TypeAdapter(Reference)


@dataclass(frozen=True)
class Wanted:
    """One element of one resident, for one purpose, by whoever asks."""

    caller: Caller
    person: Person
    activity: str
    element: str
    case: str
    emergency: Emergency | None = None


class NotOurs(Exception):
    """The question cannot be asked of us; `code` of our list, or an HTTP status with a sentence."""

    def __init__(self, sentence: str, code: str = "", status: int = 0) -> None:
        self.sentence, self.code, self.status = sentence, code, status


def each(asked: Evaluations) -> Iterator[Evaluation]:
    """Every question with what it takes from above. Raises BadInput where something is missing."""
    for number, one in enumerate(asked.evaluations or (Partial(),)):
        place = f"/evaluations/{number}" if asked.evaluations else ""
        found = {name: getattr(one, name) or getattr(asked, name) for name in ("subject", "action", "resource")}
        missing = next((name for name, value in found.items() if value is None), "")
        if missing:
            raise fault(f"{place}/{missing}", "ontbreekt", "Dit is verplicht.")
        context = asked.context if one.context is None else one.context
        yield Evaluation.model_construct(**found, context=context or {})


def wanted(caller: Caller, asked: Evaluation) -> Wanted:
    """Raises NotOurs."""
    if asked.resource.type != ELEMENT:
        raise NotOurs(f"Een resource is hier een {ELEMENT}.", status=404)
    try:
        case, urgent = asked.context.get("zaak"), asked.context.get("noodtoegang")
        return Wanted(
            caller=_subject(caller, asked.subject),
            person=Person.model_validate(asked.resource.properties.get("inwoner")),
            activity=_ACTIVITY.validate_python(asked.action.name),
            element=_ELEMENT.validate_python(asked.resource.id),
            case="" if case is None else _CASE.validate_python(case),
            emergency=None if urgent is None else Emergency(reason=Urgent.model_validate(urgent).reason),
        )
    except ValidationError:  # never what stood there: it may be a number
        raise NotOurs(
            "Activiteit, gegevenselement, zaak, noodtoegang of inwoner is niet te lezen.", status=400
        ) from None


def _subject(caller: Caller, subject: Entity) -> Caller:
    mine = {APPLICATION: caller.application, RECIPIENT: caller.organisation}
    if subject.type == USER:
        return used_by(caller, subject.id)
    if mine.get(subject.type) != subject.id:
        raise NotOurs("U mag alleen voor uzelf vragen.", code="ontvanger-niet-bevoegd")
    user = subject.properties.get(USER)
    return used_by(caller, user if isinstance(user, str) else None)
