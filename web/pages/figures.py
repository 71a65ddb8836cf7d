"""`/cijfers`: the tables that everybody may read, without login; the files themselves come from the API."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from starlette.responses import Response

from connectors.counting.contract import Cell, NoSuchTable
from connectors.opendata.contract import OpenTable, OpenTables, TableBrief, TablePlace
from kernel.caller import room_of
from kernel.errors import NotFound
from web.figures_views import FigureCell, FigureList, FigurePage, FigureRow, counted
from web.language import AMSTERDAM, N_, format_day, format_number
from web.pages.register import public_words
from web.register_words import RegisterWords
from web.routing import Page
from web.site import Visit

HOME: Final = "/cijfers"
FILES: Final = "/verstrekking/v1/statistieken/openbaar"
CELLS_MOST: Final = 200  # on a page; the file has all


async def everything(visit: Visit) -> Response:
    """The list, the newest day first."""
    said, found = await public_words(visit), await _tables(visit).tables(room_of(visit.tenant.id, "web"))
    rows = tuple(_row(one, said) for one in found)
    return visit.page("cijfers.html", FigureList(frame=visit.frame(), rows=rows, catalogue=FILES))


async def table(visit: Visit) -> Response:
    """One table, whether it was made or not; before its day it is not there."""
    asked, said = visit.request.path_params, await public_words(visit)
    try:
        named = {"activity": asked["slug"], "version": int(asked["versie"][:7]), "table": asked["tabel"]}
        place = TablePlace.model_validate(named)
        found = await _tables(visit).table(room_of(visit.tenant.id, "web"), place)
    except (ValueError, NoSuchTable):
        raise NotFound from None
    page = FigurePage(
        frame=visit.frame(),
        row=_row(found, said),
        slug=found.activity,
        version=found.version,
        purpose=said.chosen(found.purpose),
        facts=tuple(_facts(found, said)),
        rows=found.rows,
        columns=found.columns,
        means=any(cell.mean is not None for cell in found.cells),
        cells=tuple(_cell(one, said) for one in found.cells[:CELLS_MOST]),
        many=len(found.cells),
        file=_place(FILES, found) if found.state == "gemaakt" else "",
        digest=found.digest,
        log=found.line.log if found.line else "",
        index=found.line.index if found.line else 0,
    )
    return visit.page("cijfers_tabel.html", page)


def _tables(visit: Visit) -> OpenTables:
    if visit.site.tables is None:
        raise NotFound
    return visit.site.tables


def _place(root: str, one: TableBrief) -> str:
    return f"{root}/{one.activity}/{one.version}/{one.table}"


def _row(one: TableBrief, said: RegisterWords) -> FigureRow:
    return FigureRow(
        place=_place(HOME, one), title=said.chosen(one.title), number=one.version,
        counted=counted(one.measure, one.rows, one.columns), day=date.fromisoformat(one.day), state=one.state,
    )  # fmt: skip


def _cell(one: Cell, said: RegisterWords) -> FigureCell:
    count = "" if one.count is None else format_number(one.count, said.language)
    return FigureCell(row=one.row, column=one.column or "", count=count, mean=_decimal(one.mean or "", said))


def _decimal(number: str, said: RegisterWords) -> str:
    return number.replace(".", ",") if said.language == "nl" else number


def _facts(one: OpenTable, said: RegisterWords) -> Iterator[tuple[str, str]]:
    """What there is to say before or beside the numbers."""
    yield said.say(N_("Wie is de baas over de gegevens")), one.controller
    if one.made_for:
        name = said.chosen(one.made_for)  # as in the middle of a sentence
        yield said.say(N_("Gemaakt voor")), name[:1].upper() + name[1:]
    if one.made_at:
        made = datetime.fromisoformat(one.made_at).astimezone(AMSTERDAM).date()
        yield said.say(N_("Gemaakt op")), format_day(made, said.language)
    yield said.say(N_("Over wie gaat het")), "; ".join(said.chosen(each) for each in one.residents)
    yield said.say(N_("Hoe grof")), said.chosen(one.explained.coarse)
    yield said.say(N_("Hoe precies")), said.chosen(one.explained.noise)
    yield said.say(N_("Wat er niet in staat")), said.chosen(one.explained.withheld)
    yield said.say(N_("Maat voor de privacy (epsilon)")), _decimal(one.epsilon.rstrip("0").rstrip("."), said)
    yield said.say(N_("Wat u ermee mag")), said.say(N_("Alles. U hoeft het niet te vragen (CC0)."))
    yield said.say(N_("Vragen")), one.contact


PAGES: Final = (
    Page(HOME, everything),
    Page(HOME + "/{slug}/{versie}/{tabel}", table),
)
