-- Outside a transaction: statement by statement, each of which may be done again.

-- What an account may set of a webhook, how its endpoint does, and what each delivery needs of that.

ALTER TABLE webhooks
    ADD COLUMN IF NOT EXISTS description text NOT NULL DEFAULT '',
    -- Of which checks events are sent: a name or *.suffix; null: of all.
    ADD COLUMN IF NOT EXISTS fqdn text,
    -- And from where; none: from anywhere.
    ADD COLUMN IF NOT EXISTS vantage_points text[] NOT NULL DEFAULT '{}',
    -- full or thin.
    ADD COLUMN IF NOT EXISTS payload text NOT NULL DEFAULT 'full',
    -- Of the second signature, v1a; null: there is none. Sealed as the secret is.
    ADD COLUMN IF NOT EXISTS signing_key text,
    -- Custom headers, a sealed JSON object; null: there are none.
    ADD COLUMN IF NOT EXISTS headers text,
    -- When what it gets was last changed: its filters, or whether it is enabled.
    ADD COLUMN IF NOT EXISTS updated_at timestamptz,
    ADD COLUMN IF NOT EXISTS deleted_at timestamptz,
    -- The first failure since the last success, and the last one.
    ADD COLUMN IF NOT EXISTS failing_since timestamptz,
    ADD COLUMN IF NOT EXISTS last_failure_at timestamptz,
    -- Until when nothing is handed out, as the endpoint asked for or its status code means.
    ADD COLUMN IF NOT EXISTS slowed_until timestamptz,
    -- The sequence number of its latest delivery.
    ADD COLUMN IF NOT EXISTS last_sequence bigint NOT NULL DEFAULT 0,
    -- Deliveries of events up to then were deleted after their retention.
    ADD COLUMN IF NOT EXISTS forgotten_until timestamptz;
DROP INDEX CONCURRENTLY IF EXISTS webhooks_of_account;
CREATE INDEX CONCURRENTLY webhooks_of_account ON webhooks (account_id, id)
    WHERE deleted_at IS NULL;

-- Secrets that were rotated away and sign for a while beside the current one.
CREATE TABLE IF NOT EXISTS webhook_old_secrets (
    webhook_id  text COLLATE "C" NOT NULL REFERENCES webhooks (id),
    secret      text NOT NULL,
    signs_until timestamptz NOT NULL,
    PRIMARY KEY (webhook_id, secret)
);

-- Who read, rotated or changed what is secret of a webhook.
CREATE TABLE IF NOT EXISTS webhook_audit (
    id         bigint GENERATED ALWAYS AS IDENTITY,
    webhook_id text COLLATE "C" NOT NULL REFERENCES webhooks (id),
    account_id text COLLATE "C" NOT NULL,
    -- Of the API key that asked.
    key_id     text COLLATE "C" NOT NULL,
    -- secret_read, secret_rotated, …
    action     text NOT NULL,
    at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (webhook_id, id)
);

-- When the next delivery may be handed out to an endpoint by its rate. Written by one scheduler at a
-- time, and apart from webhooks, so that a turn waits for nobody.
CREATE TABLE IF NOT EXISTS webhook_paces (
    webhook_id text COLLATE "C" PRIMARY KEY,
    free_at    timestamptz NOT NULL
) WITH (fillfactor = 50);

ALTER TABLE webhook_deliveries
    -- Rises by one from delivery to delivery of a webhook; null in rows of a version without it.
    ADD COLUMN IF NOT EXISTS sequence_number bigint,
    -- What an event tells that is not of a check; check_id is then the id of that event alone.
    ADD COLUMN IF NOT EXISTS detail jsonb,
    -- The number of the attempt after which the schedule began, other than 0 after a replay.
    ADD COLUMN IF NOT EXISTS schedule_from smallint NOT NULL DEFAULT 0,
    -- How often it was made due again by hand.
    ADD COLUMN IF NOT EXISTS replays integer NOT NULL DEFAULT 0;
ALTER TABLE delivery_attempts
    -- The beginning of what the endpoint answered.
    ADD COLUMN IF NOT EXISTS answer text NOT NULL DEFAULT '';

-- Whose turn it is: what of an endpoint waits, in order, and what is handed out.
DROP INDEX CONCURRENTLY IF EXISTS webhook_deliveries_turns;
CREATE INDEX CONCURRENTLY webhook_deliveries_turns
    ON webhook_deliveries (state, webhook_id, due_at, id) WHERE state IN ('waiting', 'published');
-- What is handed out and was not told of in time.
DROP INDEX CONCURRENTLY IF EXISTS webhook_deliveries_leases;
CREATE INDEX CONCURRENTLY webhook_deliveries_leases ON webhook_deliveries (due_at)
    WHERE state = 'published';
-- The deliveries of a webhook by age, and those that can be replayed.
DROP INDEX CONCURRENTLY IF EXISTS webhook_deliveries_of_webhook;
CREATE INDEX CONCURRENTLY webhook_deliveries_of_webhook ON webhook_deliveries (webhook_id, id);
DROP INDEX CONCURRENTLY IF EXISTS webhook_deliveries_unsent;
CREATE INDEX CONCURRENTLY webhook_deliveries_unsent ON webhook_deliveries (webhook_id, state, id)
    WHERE state IN ('failed', 'held');
-- The first two serve what these did.
DROP INDEX CONCURRENTLY IF EXISTS webhook_deliveries_open;
DROP INDEX CONCURRENTLY IF EXISTS webhook_deliveries_due;
