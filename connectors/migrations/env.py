"""The desk's history of tables."""

from connectors.bulk.tables import jobs
from kernel.sql.migration_env import run

run(jobs.metadata, "connectors")
