"""Dates of the GBA form, `yyyymmdd` in which `00` means unknown, as the four date types of Haal Centraal.

Source: OpenAPI of BRP Personen bevragen 2.7.0, AbstractDatum; datum.feature and leeftijd/overzicht.feature.
"""

from calendar import monthrange
from datetime import date

from assembly.demo.brp.values import Json

MONTHS = (
    "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november",
    "december",
)  # fmt: skip


def parts(gba: object) -> tuple[int, int, int] | None:
    """Year, month and day, 0 for unknown; None when nothing was written. What follows an unknown part is unknown."""
    if not (isinstance(gba, str) and len(gba) == 8 and gba.isascii() and gba.isdecimal()):
        return None
    year, month, day = int(gba[:4]), int(gba[4:6]), int(gba[6:])
    month = month if year and month <= 12 else 0
    return year, month, day if month and day <= monthrange(year, month)[1] else 0


def datum(gba: object) -> Json | None:
    """One of Datum, JaarMaandDatum, JaarDatum and DatumOnbekend, each with its wording in Dutch."""
    found = parts(gba)
    if found is None:
        return None
    year, month, day = found
    if not year:
        return {"type": "DatumOnbekend", "onbekend": True, "langFormaat": "onbekend"}
    if not month:
        return {"type": "JaarDatum", "jaar": year, "langFormaat": f"{year}"}
    if not day:
        return {"type": "JaarMaandDatum", "jaar": year, "maand": month, "langFormaat": f"{MONTHS[month - 1]} {year}"}
    written = date(year, month, day).isoformat()
    return {"type": "Datum", "datum": written, "langFormaat": f"{day} {MONTHS[month - 1]} {year}"}


def age(born: object, today: date) -> int | None:
    """Years of age on that day, or None when the unknown parts leave room for two answers."""
    found = parts(born)
    if found is None or not found[0] or not found[1]:
        return None
    year, month, day = found
    if not day and month == today.month:
        return None
    had_birthday = (today.month, today.day) >= (month, day or 1)
    years = today.year - year - (not had_birthday)
    return years if 0 <= years <= 150 else None
