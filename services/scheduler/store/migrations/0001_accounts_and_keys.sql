-- Who may call, and how often.

CREATE TABLE accounts (
    id         text COLLATE "C" PRIMARY KEY,
    name       text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_keys (
    id           text COLLATE "C" PRIMARY KEY,
    account_id   text COLLATE "C" NOT NULL REFERENCES accounts (id),
    name         text NOT NULL,
    -- SHA-256; the key itself is shown once and kept nowhere.
    key_hash     bytea NOT NULL UNIQUE,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    -- Checks per minute; null: the configured default; 0: none.
    rate_limit   integer CHECK (rate_limit >= 0)
);
CREATE INDEX api_keys_by_account ON api_keys (account_id, created_at);

-- The running minute of each key that creates checks. One row a key, updated all the time:
-- room on each page lets an update stay there.
CREATE TABLE rate_windows (
    key_id     text COLLATE "C" PRIMARY KEY,
    started_at timestamptz NOT NULL,
    used       integer NOT NULL
) WITH (fillfactor = 50);

-- Keys made by the system for itself.
CREATE TABLE secrets (
    name       text COLLATE "C" PRIMARY KEY,
    value      bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE vantage_points (
    name         text COLLATE "C" PRIMARY KEY,
    created_at   timestamptz NOT NULL DEFAULT now(),
    -- When a prober there last said that it is alive.
    last_seen_at timestamptz
);
