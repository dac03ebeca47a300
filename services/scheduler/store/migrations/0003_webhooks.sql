-- Where events are sent, and how far each sending is.

CREATE TABLE webhooks (
    id              text COLLATE "C" PRIMARY KEY,
    account_id      text COLLATE "C" NOT NULL,
    url             text NOT NULL,
    events          text[] NOT NULL,
    secret          text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    disabled_at     timestamptz,
    disabled_reason text
);
CREATE INDEX webhooks_by_account ON webhooks (account_id) WHERE disabled_at IS NULL;

CREATE TABLE webhook_deliveries (
    id               text COLLATE "C" PRIMARY KEY,
    webhook_id       text COLLATE "C" NOT NULL REFERENCES webhooks (id),
    check_id         text COLLATE "C" NOT NULL,
    event_type       text NOT NULL,
    -- The webhook-id header: one per event and endpoint, the same on every attempt.
    message_id       text NOT NULL UNIQUE,
    event_at         timestamptz NOT NULL,
    -- waiting, published, delivered, failed: services/scheduler/domain/delivery.py
    state            text COLLATE "C" NOT NULL,
    attempt          smallint NOT NULL,
    published_at     timestamptz,
    stream_sequence  bigint,
    due_at           timestamptz NOT NULL,
    ended_at         timestamptz,
    last_status_code integer,
    last_error       text,
    UNIQUE (webhook_id, check_id, event_type)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (due_at)
    WHERE state IN ('waiting', 'published');
CREATE INDEX webhook_deliveries_open ON webhook_deliveries (webhook_id)
    WHERE state IN ('waiting', 'published');

CREATE TABLE delivery_attempts (
    delivery_id  text COLLATE "C" NOT NULL,
    attempt      smallint NOT NULL,
    attempted_at timestamptz NOT NULL,
    duration_ms  integer NOT NULL,
    status_code  integer,
    error        text NOT NULL,
    PRIMARY KEY (delivery_id, attempt)
);
