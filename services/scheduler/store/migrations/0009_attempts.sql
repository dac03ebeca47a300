-- What became of attempts, and what nobody could carry out.

ALTER TABLE probes
    -- Why each of its lost attempts was lost, oldest first.
    ADD COLUMN lost text[] NOT NULL DEFAULT '{}';

-- What was set aside: a check whose every attempt was lost, or a message that nobody could read.
CREATE TABLE dead_letters (
    id            text COLLATE "C" PRIMARY KEY,
    -- check, message: services/scheduler/domain/dead_letter.py
    kind          text COLLATE "C" NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    reason        text NOT NULL,
    vantage_point text,
    -- Of a check.
    check_id      text COLLATE "C",
    -- Of a message: where it was sent, and what it said.
    subject       text,
    payload       bytea,
    replayed_at   timestamptz,
    -- The check that was made in the place of the one that failed.
    replayed_as   text COLLATE "C"
);
CREATE INDEX dead_letters_by_time ON dead_letters (created_at, id);
