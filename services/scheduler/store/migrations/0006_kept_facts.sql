-- What a verdict was reached from beyond the stored result, so that a check can be judged again.
-- Never shown; deleted with the check's samples.
CREATE TABLE kept_facts (
    check_id   text COLLATE "C" NOT NULL,
    probe_id   text COLLATE "C" NOT NULL,
    -- A serialised outscope.v1.KeptFacts, compressed with zlib.
    kept       bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (check_id, probe_id)
);
ALTER TABLE kept_facts ALTER COLUMN kept SET STORAGE EXTERNAL; -- it is compressed already
CREATE INDEX kept_facts_expiring ON kept_facts (expires_at);
