"""What every migration does to a table: rows of other tenants are out of reach, and what is append-only stays so."""

from alembic import op


def confine(*tables: str, schema: str) -> None:
    """Row-level security by tenant, for the owner too (FORCE). SQLite has no roles: one municipality or the demo."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in tables:
        name = f'"{schema}"."{table}"'
        op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        rule = "tenant_id = current_setting('regie.tenant', true)"
        op.execute(f"CREATE POLICY per_tenant ON {name} USING ({rule}) WITH CHECK ({rule})")


def freeze(*tables: str, schema: str) -> None:
    """Append-only by trigger on both databases: UPDATE and DELETE fail, for the owner too."""
    postgres = op.get_bind().dialect.name == "postgresql"
    if postgres:
        op.execute(
            f'CREATE FUNCTION "{schema}".append_only() RETURNS trigger LANGUAGE plpgsql AS '
            "$$ BEGIN RAISE EXCEPTION 'append-only'; END $$"
        )
    for table in tables:
        if postgres:  # which row triggers do not see
            op.execute(
                f'CREATE TRIGGER no_truncate BEFORE TRUNCATE ON "{schema}"."{table}" '
                f'FOR EACH STATEMENT EXECUTE FUNCTION "{schema}".append_only()'
            )
        for act in ("UPDATE", "DELETE"):
            if postgres:
                op.execute(
                    f'CREATE TRIGGER no_{act.lower()} BEFORE {act} ON "{schema}"."{table}" '
                    f'FOR EACH ROW EXECUTE FUNCTION "{schema}".append_only()'
                )
            else:
                op.execute(
                    f"CREATE TRIGGER no_{act.lower()}_{table} BEFORE {act} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
                )
