"""Where the page of a consent leads back to: an address that its recipient registered, with a query of its own or none.

Two people admitted that address with the application, so a link in our page leads nowhere else. It is looked at when
the question is asked and again when the page is shown: once it is taken away, or who registered it is stopped, nobody
is led there any more.
"""

from collections.abc import Sequence

from consent import tables
from consent.clients import effective, parties_of
from consent.lines import application_of
from consent.rows import Row, Rows
from consent.words import fault


def leads(url: str, registered: Sequence[str]) -> bool:
    """Whether this is one of those addresses. What follows "?" is the application's own."""
    address, _, question = url.partition("?")
    return address in registered and "#" not in question


async def demand_registered(rows: Rows, client_id: str, url: str) -> None:
    """Raises BadInput for an address that this application did not register."""
    row = await rows.one(tables.applications, client_id=client_id) if url else None
    if url and not (row and leads(url, application_of(row).returns)):
        raise fault("/terugkeerUrl", "niet-geregistreerd", "Dit adres staat niet bij uw toepassing.")


async def back_of(rows: Rows, consent: Row) -> str:
    """Where its resident may go back to now; "" for nowhere."""
    url, mine = consent["return_url"], tables.applications.c.recipient == consent["recipient"]
    found = await rows.find(tables.applications, mine) if url else []
    parties = await parties_of(rows, found)
    admitted = [known[0] for row in found if (known := effective(row, parties))]
    return url if any(leads(url, one.returns) for one in admitted) else ""
