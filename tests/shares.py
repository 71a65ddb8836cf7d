"""Which tests run on PostgreSQL too. `make test` takes one in three of those whose SQL is the same on both databases;
`make faults`, and whoever runs a file, all. Which, is a sum over the name: the same in every run.

What does several things at once, stands on two instances, or speaks of its database, runs on both whatever its name.
"""

import inspect
import os
from types import CodeType, ModuleType
from zlib import crc32

import pytest

ONE_IN = int(os.environ.get("REGIE_POSTGRES", "1"))
ROOMS = ("consent", "journeys")
OWN_WAYS = frozenset({"TaskGroup", "create_task", "database", "gather", "postgres", "second"})


def is_left_out(item: pytest.Item, one_in: int) -> bool:
    """Whether the test runs on SQLite only, this time."""
    variant = getattr(item, "callspec", None)
    if not variant or not any(str(value).endswith("postgres") for value in variant.params.values()):
        return False
    if item.path.parent.name not in ROOMS or not isinstance(item, pytest.Function):
        return False
    return crc32(item.nodeid.encode()) % one_in != 0 and not OWN_WAYS & names_in(item.function.__code__, item.module)


def names_in(code: CodeType, module: ModuleType, seen: frozenset[CodeType] = frozenset()) -> set[str]:
    """All that a function speaks of: itself, what is written within it, and the functions of its file that it calls.
    What it calls something too: a second instance is often a name of the test's own."""
    called = filter(callable, (getattr(module, name, None) for name in code.co_names))
    mine = [inspect.unwrap(each) for each in called if getattr(each, "__module__", "") == module.__name__]
    within = [each.__code__ for each in mine if inspect.isfunction(each)]
    within += [each for each in code.co_consts if isinstance(each, CodeType)]
    further = (names_in(each, module, seen | {code}) for each in within if each not in seen)
    return {*code.co_names, *code.co_varnames, *code.co_cellvars}.union(*further)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is left out counts as deselected: pytest says how many."""
    out = [item for item in items if is_left_out(item, ONE_IN)]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in set(out)]
