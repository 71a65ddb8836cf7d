"""Bulk: one activity, many residents, each decided and logged as a single release is, before anything of them is given.

A job is a list in parts. A part is decided, its decisions are kept sealed, its lines are recorded under ids that follow
from job, resident and attempt, and only then its values are opened and encrypted to the recipient. So a part that is
broken off goes on with the same lines, or with new ones after the old are closed as not delivered.

If the rows are lost, the recipient asks again; if an attacker writes them, they do not pass their MAC. What is stored
opens with a key of the job (the list, gone when its part is done) or with the recipient's (the result). Surprises: a
result that waits is checked against the fences again while it is sent; who stopped meanwhile falls out.
"""
