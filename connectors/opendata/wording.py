"""What a reader must know of the numbers, in the words of residents. Pure."""

from typing import Final

from connectors.counting.grouping import SIDE
from connectors.counting.tabulating import PER_PLACE
from connectors.opendata.contract import Explained
from consent.contract import CountTable, Statistics, Words

LICENCE: Final = "https://creativecommons.org/publicdomain/zero/1.0/"  # CC0: facts are nobody's


def explained(statistics: Statistics, table: CountTable, off_by: int | None, gaps: int | None) -> Explained:
    """off_by, gaps: of the table that was made; None before, gaps for squares too."""
    squares = table.row is not None and table.row.by == "vak"
    return Explained(
        coarse=_squares() if squares else _groups(),
        noise=_noise(off_by, bool(table.mean)),
        withheld=_withheld(statistics.smallest, None if squares else gaps, squares),
    )


def epsilon(table: CountTable) -> str:
    """With three decimals."""
    return f"{table.cost / 1_000:.3f}"


def _groups() -> Words:
    return Words(
        nl="De groepen lagen vast voordat er werd geteld. Wie nergens bij past, telt mee bij overig.",
        en="The groups were fixed before anybody was counted. Whoever fits none of them is counted under overig "
        "(other).",
    )


def _squares() -> Words:
    return Words(
        nl=f"Een vak is {SIDE} bij {SIDE} meter. Van een adres tellen hoogstens {PER_PLACE} mensen mee.",
        en=f"A square is {SIDE} by {SIDE} metres. At most {PER_PLACE} people of one address are counted.",
    )


def _noise(off_by: int | None, means: bool) -> Words:
    nl = "Elk getal is met opzet een klein beetje veranderd, door toeval. Zo ziet niemand of u meetelt."
    en = "Each number was changed a little on purpose, by chance. So nobody can see whether you were counted."
    if off_by is not None:
        nl += f" Een aantal zit er bijna altijd hoogstens {off_by} naast: 19 van de 20 keer."
        en += f" A count is nearly always off by {off_by} at most: 19 times out of 20."
    if means:
        nl += " Ook gemiddelden zijn een beetje veranderd."
        en += " Averages were changed a little too."
    return Words(nl=nl, en=en)


def _withheld(smallest: int, gaps: int | None, squares: bool) -> Words:
    nl = f"Groepen van minder dan {smallest} mensen tonen wij niet."
    en = f"We do not show groups of fewer than {smallest} people."
    if squares:
        nl += " Vakken zonder getal staan niet in de lijst."
        en += " Squares without a number are not in the list."
    else:
        nl += " Soms laten wij ook een grotere groep weg. Anders kunt u de kleine uitrekenen."
        en += " Sometimes we leave out a larger group too. Otherwise you could work out the small one."
    if gaps is not None:
        nl += f" Zonder getal: {gaps}."
        en += f" Without a number: {gaps}."
    nl += " Een leeg vak zegt niet of er mensen zijn." if not squares else ""
    en += " An empty cell does not say whether there is anybody." if not squares else ""
    return Words(nl=nl, en=en)
