-- Verdicts reached anew from what is kept, and verdicts that their owners dispute.
ALTER TABLE checks ADD COLUMN rejudged_at timestamptz;

CREATE TABLE reviews (
    id         text COLLATE "C" PRIMARY KEY,
    check_id   text COLLATE "C" NOT NULL,
    account_id text COLLATE "C" NOT NULL,
    -- open, accepted, rejected: services/scheduler/domain/review.py
    state      text COLLATE "C" NOT NULL,
    reason     text COLLATE "C" NOT NULL,
    comment    text NOT NULL,
    -- The fields of the analysis that should be otherwise, by name.
    expected   jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    closed_at  timestamptz,
    -- What whoever closed it says.
    answer     text NOT NULL DEFAULT '',
    -- Copies of the disputed result and of the facts it was reached from, if any were kept: they
    -- may outlive the check's own, and are deleted when the review is closed.
    result     bytea,
    kept       bytea
);
ALTER TABLE reviews ALTER COLUMN kept SET STORAGE EXTERNAL; -- it is compressed already
CREATE UNIQUE INDEX reviews_open ON reviews (check_id) WHERE state = 'open';
CREATE INDEX reviews_by_check ON reviews (check_id, created_at DESC, id DESC);
CREATE INDEX reviews_by_state ON reviews (state, created_at, id);
