-- Outside a transaction: statement by statement, each of which may be done again.

-- Where a check is made from when that is several vantage points stands in its options; in the column
-- vantage_point is then the first of them, and each has a row of its own in probes. By this the latest
-- of these checks of a name are found, beside those of checks_latest.
DROP INDEX CONCURRENTLY IF EXISTS checks_latest_of_several;
CREATE INDEX CONCURRENTLY checks_latest_of_several
    ON checks (account_id, fqdn, created_at DESC, id DESC)
    WHERE status = 'completed' AND options ? 'vantage_points';
