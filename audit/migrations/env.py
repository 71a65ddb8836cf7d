"""The history of the log's tables. Run by `regie migrate`."""

from audit.tables import metadata
from kernel.sql.migration_env import run

run(metadata, "audit")
