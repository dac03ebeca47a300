-- Outside a transaction: statement by statement, each of which may be done again.

-- The latest completed check of a name from one vantage point, without walking past those of others.
DROP INDEX CONCURRENTLY IF EXISTS checks_latest;
CREATE INDEX CONCURRENTLY checks_latest
    ON checks (account_id, fqdn, vantage_point, created_at DESC, id DESC)
    WHERE status = 'completed';
