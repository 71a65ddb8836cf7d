"""The statements of a decision, put together once: composing one cost more than asking it. What differs from one
question to another goes in beside them, as values; nothing that was handed in becomes part of their text.

Each is asked with `Rows.asked`, which says whose rows they are about (`tenant`).
"""

from sqlalchemy import BindParameter, ColumnElement, Table, bindparam, func, select, tuple_

from consent.tables import activities, applications, cases, consents, recipients, subject_state
from kernel.sql.prepared import Prepared, any_of

EFFECTIVE = ("gepubliceerd", "beeindigd", "ongeldig")
ROWS_MAX = 1_000_000  # nobody has a hundred consents to one recipient; a row that is left out would refuse
_TENANT: BindParameter[str] = bindparam("tenant")


def _prepared(table: Table, *where: ColumnElement[bool], most: int = ROWS_MAX) -> Prepared:
    """In the order of their key."""
    mine = select(table).where(table.c.tenant_id == _TENANT, *where)
    return Prepared(mine.order_by(*table.primary_key.columns).limit(most))


_newest = (
    select(activities.c.slug, func.max(activities.c.number))
    .where(
        activities.c.tenant_id == _TENANT, activities.c.slug.in_(any_of("slugs")), activities.c.status.in_(EFFECTIVE)
    )
    .group_by(activities.c.slug)
)

RECIPIENT = _prepared(recipients, recipients.c.slug == bindparam("slug"), most=1)
CLIENTS = _prepared(applications, applications.c.client_id.in_(any_of("clients")))
PARTIES = _prepared(recipients, recipients.c.slug.in_(any_of("slugs")))
APPLICATION = _prepared(applications, applications.c.client_id == bindparam("client"), most=1)
NEWEST = _prepared(activities, tuple_(activities.c.slug, activities.c.number).in_(_newest))
STATES = _prepared(subject_state, subject_state.c.resident.in_(any_of("residents")))
CONSENTS = _prepared(
    consents,
    consents.c.recipient == bindparam("recipient"),
    consents.c.resident.in_(any_of("residents")),
    consents.c.activity.in_(any_of("slugs")),
)
SAID = _prepared(consents, consents.c.recipient == bindparam("recipient"), consents.c.resident.in_(any_of("residents")))
CASES = _prepared(
    cases,
    cases.c.recipient == bindparam("recipient"),
    cases.c.reference.in_(any_of("references")),
    cases.c.effective_at > 0,
)
