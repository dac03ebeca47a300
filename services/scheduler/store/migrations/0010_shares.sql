-- Outside a transaction: statement by statement, each of which may be done again.

-- Whose turn it is to be handed out, and what an account may use.

ALTER TABLE probes
    -- Whose it is, so that the next of an account is found without its check. Empty in rows of a
    -- version that knew no turns: they count as one account.
    ADD COLUMN IF NOT EXISTS account_id text COLLATE "C" NOT NULL DEFAULT '',
    -- From when a queued probe may be handed out; of one account's the earliest comes first.
    ADD COLUMN IF NOT EXISTS ready_at timestamptz NOT NULL DEFAULT now();
DROP INDEX CONCURRENTLY IF EXISTS probes_waiting;
CREATE INDEX CONCURRENTLY probes_waiting ON probes (vantage_point, account_id, ready_at, id)
    WHERE state = 'queued';
DROP INDEX CONCURRENTLY IF EXISTS probes_handed_out;
CREATE INDEX CONCURRENTLY probes_handed_out ON probes (vantage_point, account_id)
    WHERE state = 'published';

ALTER TABLE api_keys
    -- Checks that may be pending at once, and checks a month; null: the configured default; 0: none.
    ADD COLUMN IF NOT EXISTS inflight_limit integer CHECK (inflight_limit >= 0),
    ADD COLUMN IF NOT EXISTS monthly_quota integer CHECK (monthly_quota >= 0);

-- From here on a row is of an account, or of a key that has a limit of its own.
ALTER TABLE rate_windows
    -- The first day of a calendar month in UTC, and the checks created in it.
    ADD COLUMN IF NOT EXISTS month date NOT NULL DEFAULT '1970-01-01',
    ADD COLUMN IF NOT EXISTS month_used integer NOT NULL DEFAULT 0;

ALTER TABLE checks
    -- The account, or the key with a limit of its own, whose limit of pending checks it counts in.
    ADD COLUMN IF NOT EXISTS counted_for text COLLATE "C";
DROP INDEX CONCURRENTLY IF EXISTS checks_pending;
CREATE INDEX CONCURRENTLY checks_pending ON checks (counted_for, created_at) WHERE status = 'pending';
