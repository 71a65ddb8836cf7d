"""Processes that must die or be refused something: forks of one per worker, which has imported everything already.

It starts with the first fork, and what it imports is settled then: so it is said here for all, and not by each who
forks. Whoever came second would import the rooms in every fork, which takes longer than all else that it does.
"""

import multiprocessing

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        "tests.audit.observers",
        "tests.audit.turner",
        "tests.audit.victim",
        "tests.connectors.counting.test_budget",
        "tests.connectors.test_kill_steps",
        "tests.faults.refused",
        "tests.faults.refusing",
        "tests.vault.test_erasing",
        "tests.vault.test_looking",
        "tests.vault.test_removing",
    ]
)
