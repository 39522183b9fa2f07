-- The role in which every process works: it reads and writes rows, and can neither change nor remove what the ledger
-- has written. Whoever migrates owns the tables and is a member; a process takes the role when it connects.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'batua_app') THEN
        BEGIN
            CREATE ROLE batua_app NOLOGIN;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL; -- another database of this server was quicker
            WHEN insufficient_privilege THEN
                RAISE insufficient_privilege USING
                    MESSAGE = 'there is no role batua_app, and this user may not create it',
                    HINT = 'As a superuser: CREATE ROLE batua_app NOLOGIN; GRANT batua_app TO the user of DATABASE_URL';
        END;
    END IF;
    IF NOT pg_has_role(current_user, 'batua_app', 'MEMBER') THEN
        EXECUTE 'GRANT batua_app TO ' || quote_ident(current_user);
    END IF;
END $$;

GRANT USAGE ON SCHEMA public TO batua_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO batua_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO batua_app;
REVOKE UPDATE, DELETE, TRUNCATE ON transfers, entries, resolutions FROM batua_app;
REVOKE DELETE, TRUNCATE ON accounts, balances, users, on_ramps, bank_events, daily_totals,
    lanes, withdrawals, withdrawal_attempts, reconciliation_runs, reconciliation_exceptions FROM batua_app;
REVOKE DELETE, TRUNCATE ON merchants, refunded_payments FROM batua_app;
REVOKE UPDATE, DELETE, TRUNCATE ON refunds FROM batua_app;
REVOKE DELETE, TRUNCATE ON settlement_plans, settlements FROM batua_app;
REVOKE DELETE, TRUNCATE ON solvency, house_totals FROM batua_app;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON alembic_version, restores FROM batua_app;
