"""Which cells of a table are withheld, so that no subtraction gives a small group away. Pure.

Whoever has the totals of all rows and columns (from another table, or from the street) may subtract what is shown.
Three rules against that, over the small cells and those that are hidden to protect them ("big" ones):

1. every line (row or column) with something hidden hides a big cell too: what is left of its total is no small group;
2. a table of one line hides two cells at least;
3. no small cell can be worked out from several lines: seen as a graph with a vertex for each row and column and an edge
   for each hidden cell, exactly the edges that lie on no circle can be solved.
"""

from collections.abc import Collection, Iterable, Mapping
from itertools import product

At = tuple[str, str]  # row, column


def hidden(counts: Mapping[At, int], small: Collection[At]) -> set[At]:
    """The small cells, and those that go with them. counts: of every cell (rows times columns), as others may know
    them; the least loss goes first."""
    rows, columns = _sides(counts)
    found, few = set(small), set(small)
    if not found:
        return found
    if len(rows) == 1 or len(columns) == 1:
        return _line(counts, list(counts), found, few, least=2)
    lines = [[(row, column) for column in columns] for row in rows]
    lines += [[(row, column) for row in rows] for column in columns]
    while True:
        before = len(found)
        for line in lines:
            found |= _line(counts, line, found & set(line), few)
        for cell in sorted(few & bridges(found)):
            if cell in bridges(found):
                found |= _circle(counts, cell, found)
        if len(found) == before:
            return found


def _line(counts: Mapping[At, int], line: Iterable[At], gone: set[At], few: Collection[At], least: int = 1) -> set[At]:
    """Of one line: what is hidden of it, once rules 1 and 2 hold. A line that is wholly hidden has nothing more."""
    gone = set(gone)
    left = sorted((cell for cell in line if cell not in gone), key=lambda cell: (counts[cell], cell))
    while gone and left and (not gone - set(few) or len(gone) < least):
        gone.add(left.pop(0))
    return gone


def _circle(counts: Mapping[At, int], cell: At, found: Collection[At]) -> set[At]:
    """The cheapest three other corners of a rectangle with this cell."""
    (row, column), (rows, columns) = cell, _sides(counts)
    corners = (
        {(row, other), (further, other), (further, column)}
        for further, other in product(rows, columns)
        if further != row and other != column
    )
    return min(corners, key=lambda three: (sum(counts[one] for one in three if one not in found), sorted(three)))


def bridges(cells: Collection[At]) -> set[At]:
    """Those of these cells that their lines determine: edges on no circle. Walks each part once (Tarjan)."""
    near: dict[tuple[str, str], list[tuple[tuple[str, str], At]]] = {}
    for row, column in cells:
        near.setdefault(("r", row), []).append((("c", column), (row, column)))
        near.setdefault(("c", column), []).append((("r", row), (row, column)))
    seen: dict[tuple[str, str], int] = {}
    found: set[At] = set()
    for start in near:
        if start not in seen:
            _walk(start, near, seen, found)
    return found


def _walk(
    start: tuple[str, str],
    near: Mapping[tuple[str, str], list[tuple[tuple[str, str], At]]],
    seen: dict[tuple[str, str], int],
    found: set[At],
) -> None:
    """From one vertex on. seen: in which order vertices were met; low: the earliest that can be come back to."""
    low: dict[tuple[str, str], int] = {start: len(seen)}
    seen[start] = len(seen)
    path: list[tuple[tuple[str, str], At | None, list[tuple[tuple[str, str], At]]]] = [(start, None, list(near[start]))]
    while path:
        here, came, left = path[-1]
        if left:
            there, edge = left.pop()
            if edge == came:
                continue
            if there in seen:
                low[here] = min(low[here], seen[there])
            else:
                low[there] = seen[there] = len(seen)
                path.append((there, edge, list(near[there])))
            continue
        path.pop()
        if path and came is not None:
            above = path[-1][0]
            low[above] = min(low[above], low[here])
            if low[here] > seen[above]:
                found.add(came)


def _sides(counts: Mapping[At, int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(dict.fromkeys(row for row, _ in counts)), tuple(dict.fromkeys(column for _, column in counts))
