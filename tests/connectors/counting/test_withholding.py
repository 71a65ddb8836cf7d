"""What subtraction gives away: every answer of `hidden` is solved with fractions, as somebody with a pencil would."""

from fractions import Fraction
from itertools import product

from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.counting.withholding import At, bridges, hidden

SMALL = 15


def solvable(cells: set[At]) -> set[At]:
    """Those that the totals of rows and columns determine: Gauss over the hidden cells as unknowns."""
    unknown = sorted(cells)
    lines = [[Fraction(cell[side] == name) for cell in unknown] for side in (0, 1) for name in {c[side] for c in cells}]
    solved, row = [], 0
    for column in range(len(unknown)):
        pivot = next((at for at in range(row, len(lines)) if lines[at][column]), None)
        if pivot is None:
            continue
        lines[row], lines[pivot] = lines[pivot], lines[row]
        lines[row] = [value / lines[row][column] for value in lines[row]]
        for at, line in enumerate(lines):
            if at != row and line[column]:
                lines[at] = [mine - line[column] * other for mine, other in zip(line, lines[row], strict=True)]
        row += 1
    for line in lines:
        if sum(1 for value in line if value) == 1:
            solved.append(unknown[next(at for at, value in enumerate(line) if value)])
    return set(solved)


@st.composite
def tables(draw: st.DrawFn) -> dict[At, int]:
    rows, columns = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    size = st.one_of(st.integers(0, 20), st.integers(0, 200))
    return {(f"r{r}", f"c{c}"): draw(size) for r, c in product(range(rows), range(columns))}


def few(counts: dict[At, int]) -> set[At]:
    return {at for at, count in counts.items() if count < SMALL}


@settings(max_examples=100)
@example({("a", "x"): 20, ("a", "y"): 30, ("b", "x"): 3, ("b", "y"): 40})
@example({("a", "x"): 14, ("b", "x"): 50, ("c", "x"): 60})
@given(tables())
def test_no_small_cell_follows_from_the_totals(counts: dict[At, int]) -> None:
    gone = hidden(counts, few(counts))
    assert few(counts) <= gone
    shown_lines = [
        {at for at in counts if at[side] == name} for side in (0, 1) for name in {cell[side] for cell in counts}
    ]
    two_sided = min(len({at[side] for at in counts}) for side in (0, 1)) > 1
    if two_sided:
        assert not solvable(gone) & few(counts)
    for line in shown_lines:
        left = gone & line
        if left and line - gone:  # a total less what is shown of it
            assert sum(counts[at] for at in left) >= SMALL
            assert two_sided or len(left) > 1


@settings(max_examples=100)
@given(st.sets(st.tuples(st.sampled_from("abcde"), st.sampled_from("vwxyz")), max_size=14))
def test_a_bridge_is_what_a_pencil_solves(cells: set[At]) -> None:
    assert bridges(cells) == solvable(cells)


def test_the_least_is_given_up() -> None:
    counts = {("a", "x"): 14, ("b", "x"): 50, ("c", "x"): 60, ("d", "x"): 70}
    assert hidden(counts, few(counts)) == {("a", "x"), ("b", "x")}
    assert hidden({("a", "x"): 15, ("b", "x"): 50}, set()) == set()
