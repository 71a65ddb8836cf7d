"""A CSV file, read whole: its rows by number, or what is wrong with it and where. Pure.

UTF-8, with or without a byte order mark; `;` or `,` between cells, as its first line says. Line 1 is that with the
headings. A fault names a line and a column as declared, or the place of a column that is not: what stands there may be
anybody's number.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from connectors.catalogue import fits
from connectors.declared.paths import Path, path, says_nothing
from connectors.outside.data import Unreadable
from connectors.uploads.columns import Sheet, Wrong, folded
from kernel.errors import BadInput
from vault.contract import Bsn

Row = dict[str, JsonValue]
FAULTS_MAX = 100  # told at once: a file of another kind has one in each cell
TOLD = {
    "bsn": "Dit is geen burgerservicenummer.",
    "dubbel": "Deze inwoner staat er al.",
    "kolommen": "Deze regel heeft niet zoveel cellen als er kolommen zijn.",
    "leeg": "Hier moet iets staan.",
    "te-lang": "Deze tekst is te lang.",
    "teken": "Hier staat een teken dat in een tekst niet hoort.",
    "onbekende-keuze": "Dit is geen van de woorden die hier mogen staan.",
    "geen-getal": "Dit is geen geheel getal.",
    "geen-bedrag": "Dit is geen bedrag: hoogstens twee cijfers achter de komma, en geen punt voor duizend.",
    "geen-datum": "Dit is geen datum: jjjj-mm-dd of dd-mm-jjjj.",
    "geen-ja-of-nee": "Hier hoort ja of nee.",
    "buiten-grenzen": "Dit getal is te klein of te groot.",
    "vorm": "Dit past niet bij het gegeven dat ervan wordt gemaakt.",
}


class Fault(Exception):
    """(place, code, detail)."""


class Sheets:
    """Reads files of one source. elements: path in a row, by element."""

    def __init__(self, sheet: Sheet, elements: Mapping[str, str]) -> None:
        self._sheet = sheet
        self._elements: dict[str, Path] = {name: path(text) for name, text in elements.items()}

    def read(self, raw: bytes) -> dict[Bsn, Row]:
        """Everybody's row. Raises BadInput, with all that is wrong, a hundred at most."""
        found: dict[Bsn, Row] = {}
        faults: list[dict[str, str]] = []
        try:
            lines = _lines(raw)
            places = self._places(next(lines, (1, []))[1])
            for line, cells in lines:
                if len(found) >= self._sheet.rows:
                    raise Fault(f"/{line}", "te-veel", f"Een bestand heeft hoogstens {self._sheet.rows} regels.")
                faults += self._taken(found, line, cells, places)
                if len(faults) >= FAULTS_MAX:
                    break
            if not found and not faults:
                raise Fault("/2", "te-weinig", "Er staat niemand in dit bestand.")
        except Fault as fault:
            place, code, detail = fault.args
            faults.append({"veld": place, "code": code, "detail": detail})
        if faults:
            told = "Dit bestand is niet overgenomen. In `fouten` staat per regel en kolom wat er niet klopt."
            raise BadInput(told, fouten=faults[:FAULTS_MAX])
        return found

    def _places(self, headings: Sequence[str]) -> dict[str, int]:
        """Where each column stands; that of the numbers under "". Raises Fault."""
        wanted = {folded(self._sheet.number): ""}
        wanted |= {folded(column.heading): name for name, column in self._sheet.columns.items()}
        places: dict[str, int] = {}
        for at, heading in enumerate(headings):
            name = wanted.get(folded(heading))
            if name is None or name in places:
                raise Fault(f"/1/{at + 1}", "kop", "Deze kolom staat niet in de afspraak, of staat er twee keer.")
            places[name] = at
        missing = [heading for heading, name in wanted.items() if name not in places]
        if missing:
            raise Fault("/1", "kop", f"Deze kolommen ontbreken: {', '.join(missing)}.")
        return places

    def _taken(
        self, found: dict[Bsn, Row], line: int, cells: Sequence[str], places: Mapping[str, int]
    ) -> list[dict[str, str]]:
        """What is wrong with this line. One without a fault is in `found` afterwards."""
        if len(cells) != len(places):
            return [_fault(line, "", "kolommen")]
        faults, row = [], Row()
        for name, column in self._sheet.columns.items():
            try:
                row[name] = column.value(cells[places[name]])
            except Wrong as wrong:
                faults.append(_fault(line, column.heading, str(wrong)))
        if not faults:
            faults = [_fault(line, element, "vorm") for element in self._misfits(row)]
        try:
            bsn = Bsn(cells[places[""]].strip())
        except ValueError:
            return [_fault(line, self._sheet.number, "bsn"), *faults]
        if bsn in found:
            return [_fault(line, self._sheet.number, "dubbel"), *faults]
        found[bsn] = row  # also with a fault: who stands there twice is told so
        return faults

    def _misfits(self, row: Row) -> Iterator[str]:
        """Elements that this row would give in another form than they have."""
        for element, where in self._elements.items():
            try:
                said = where.of(row)
            except Unreadable:
                yield element
                continue
            if not says_nothing(said) and not fits(element, said):
                yield element


def _lines(raw: bytes) -> Iterator[tuple[int, list[str]]]:
    """(number, cells) of each line that is not empty. Raises Fault."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Fault("", "geen-tekst", "Dit bestand is geen tekst in UTF-8.") from None
    divider = ";" if ";" in text.partition("\n")[0] else ","
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=divider, strict=True)
    try:
        for cells in rows:
            if any(cells):
                yield rows.line_num, cells
    except csv.Error:
        raise Fault(f"/{rows.line_num}", "geen-csv", "Vanaf hier kan dit niet als CSV worden gelezen.") from None


def _fault(line: int, column: str, code: str) -> dict[str, str]:
    return {"veld": f"/{line}/{column}" if column else f"/{line}", "code": code, "detail": TOLD[code]}
