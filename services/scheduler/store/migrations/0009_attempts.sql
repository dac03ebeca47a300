-- What became of attempts.

ALTER TABLE probes
    -- Why each of its lost attempts was lost, oldest first.
    ADD COLUMN lost text[] NOT NULL DEFAULT '{}';
