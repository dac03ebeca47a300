-- Checks and their probes. No foreign keys on this path: each would cost a look-up and a lock on
-- the parent row per check, and the rows are written together in one transaction anyway.

CREATE TABLE checks (
    id                     text COLLATE "C" PRIMARY KEY,
    account_id             text COLLATE "C" NOT NULL,
    fqdn                   text COLLATE "C" NOT NULL,
    ports                  integer[] NOT NULL,
    paths                  text[] NOT NULL,
    vantage_point          text NOT NULL,
    include_content_sample boolean NOT NULL,
    content_retention_days smallint NOT NULL,
    -- pending, completed, failed: services/scheduler/domain/check.py
    status                 text COLLATE "C" NOT NULL,
    created_at             timestamptz NOT NULL,
    ended_at               timestamptz,
    failure_reason         text,
    failure_owner          text,
    failure_message        text
);
-- Each way of listing has an index in the order of its pages; the one with a name has the status
-- before the time, so that it serves name and status together as well.
CREATE INDEX checks_by_time ON checks (account_id, created_at DESC, id DESC);
CREATE INDEX checks_by_status ON checks (account_id, status, created_at DESC, id DESC);
CREATE INDEX checks_by_fqdn ON checks (account_id, fqdn, status, created_at DESC, id DESC);

-- One row per check and vantage point. The row is the outbox: what is queued must be published.
CREATE TABLE probes (
    id              text COLLATE "C" PRIMARY KEY,
    check_id        text COLLATE "C" NOT NULL,
    vantage_point   text NOT NULL,
    -- queued, published, completed, failed: services/scheduler/domain/check_state.py
    state           text COLLATE "C" NOT NULL,
    -- The fence: a report for another attempt changes nothing.
    attempt         smallint NOT NULL,
    published_at    timestamptz,
    stream_sequence bigint,
    -- When somebody must look at it next, while it is open.
    due_at          timestamptz NOT NULL,
    deadline_at     timestamptz NOT NULL,
    ended_at        timestamptz,
    failure_reason  text,
    failure_owner   text,
    failure_message text,
    -- A serialised outscope.v1.CheckResult.
    result          bytea
);
CREATE INDEX probes_by_check ON probes (check_id);
CREATE INDEX probes_due ON probes (due_at) WHERE state IN ('queued', 'published');

CREATE TABLE content_samples (
    check_id   text COLLATE "C" NOT NULL,
    probe_id   text COLLATE "C" NOT NULL,
    path       text NOT NULL,
    -- A serialised outscope.v1.ContentSample.
    sample     bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (check_id, probe_id, path)
);
CREATE INDEX content_samples_expiring ON content_samples (expires_at);
