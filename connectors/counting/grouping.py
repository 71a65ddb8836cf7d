"""In which group a value puts somebody, and which groups there are. Pure.

All groups but squares are known before anybody is counted: a list that followed from the data would tell by its length
that somebody is there.
"""

from bisect import bisect_right
from datetime import date

from pydantic import JsonValue

from connectors.answers import Unknown, cents, days_of, years
from consent.contract import Axis

SIDE = 200  # metres
WEST_EAST, SOUTH_NORTH = (0, 300_000), (300_000, 625_000)  # the Netherlands in the RD grid (EPSG:28992), metres
OTHER = "overig"


def groups(axis: Axis) -> tuple[str, ...]:
    """All there are, in order; none for squares."""
    if axis.by == "waarde":
        return (*axis.groups, OTHER)
    if axis.by == "vak":
        return ()
    begins = (0, *axis.bounds)
    named = [f"{low}-{high - 1}" for low, high in zip(begins, axis.bounds, strict=False)]
    return (*named, f"{begins[-1]}+")


def group(axis: Axis, value: JsonValue, today: date) -> str | None:
    """None: unknown, and then nobody is counted for it."""
    try:
        if axis.by == "leeftijd":
            eldest, youngest = (_class(axis, age) for age in _ages(value, today))
            return eldest if eldest == youngest else None
        if axis.by == "klasse":
            return _class(axis, whole(value))
        if axis.by == "vak":
            east, north = spot(value)
            return f"E{east // SIDE * SIDE:06d}N{north // SIDE * SIDE:06d}"
        return _named(axis, value)
    except (Unknown, ValueError, TypeError, OverflowError):
        return None


def spot(value: JsonValue) -> tuple[int, int]:
    """Where a home is, in whole metres of the RD grid: {"x", "y"}. Raises Unknown."""
    if not isinstance(value, dict):
        raise Unknown
    place = []
    for name, (least, most) in (("x", WEST_EAST), ("y", SOUTH_NORTH)):
        metres = value.get(name)
        if isinstance(metres, bool) or not isinstance(metres, int | float) or not least <= metres < most:
            raise Unknown
        place.append(int(metres))
    return place[0], place[1]


def whole(value: JsonValue) -> int:
    """An amount, rounded down: euros for what is written as money. Raises Unknown."""
    return cents(value) // 100


def _class(axis: Axis, value: int) -> str:
    if value < 0:
        raise Unknown
    return groups(axis)[bisect_right(axis.bounds, value)]


def _ages(value: JsonValue, today: date) -> tuple[int, int]:
    """In whole years; of a date that is known in part the first and the last that it can be. Raises Unknown."""
    days = days_of(value)
    if days is None:
        if not isinstance(value, str):
            raise Unknown
        day = date.fromisoformat(value)
        days = (day, day)
    return years(days[0].isoformat(), today.isoformat()), years(days[1].isoformat(), today.isoformat())


def _named(axis: Axis, value: JsonValue) -> str:
    said = {True: "ja", False: "nee"}[value] if isinstance(value, bool) else value
    if not isinstance(said, str | int):
        raise Unknown
    return str(said) if str(said) in axis.groups else OTHER
