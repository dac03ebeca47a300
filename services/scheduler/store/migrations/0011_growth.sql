-- Outside a transaction: statement by statement, each of which may be done again.

-- How long the checks of an account are kept, in days; null: the configured default; 0: for ever.
ALTER TABLE accounts ADD COLUMN IF NOT EXISTS retention_days integer;

-- By it the deliveries of an old check are found, to be deleted with it.
DROP INDEX CONCURRENTLY IF EXISTS webhook_deliveries_by_check;
CREATE INDEX CONCURRENTLY webhook_deliveries_by_check ON webhook_deliveries (check_id);

-- And what was set aside of it.
DROP INDEX CONCURRENTLY IF EXISTS dead_letters_by_check;
CREATE INDEX CONCURRENTLY dead_letters_by_check ON dead_letters (check_id)
    WHERE check_id IS NOT NULL;

-- Vacuum comes after so many changed rows, not after a share of a table that grows: what is dead in
-- probes_due and webhook_deliveries_due is walked over by every sweep until then. It cleans these
-- indexes even where it would find few dead rows for the size of the table.
ALTER TABLE probes SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 200000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000,
    vacuum_index_cleanup = on);
ALTER TABLE webhook_deliveries SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 200000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000,
    vacuum_index_cleanup = on);
ALTER TABLE checks SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 100000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 200000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000);
-- These are emptied at one end and filled at the other.
ALTER TABLE content_samples SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000);
ALTER TABLE kept_facts SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000);
ALTER TABLE idempotency_keys SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000);
