"""What every room's migrations/env.py runs. One history per room, in the one alembic.ini."""

from alembic import context
from sqlalchemy import Connection, MetaData, text


def run(metadata: MetaData, schema: str) -> None:
    """Upgrade on the connection that `kernel.sql.upgrade` hands in; offline mode is not offered."""
    connection: Connection | None = context.config.attributes.get("connection")
    if connection is None:
        raise RuntimeError("use `regie migrate`: it opens the connection, one room at a time")
    postgres = connection.dialect.name == "postgresql"
    if postgres:
        connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table_schema=schema if postgres else None,
        render_as_batch=not postgres,
    )
    with context.begin_transaction():
        context.run_migrations()
