"""The desk's history of tables."""

from connectors.tables import metadata
from kernel.sql.migration_env import run

run(metadata, "connectors")
