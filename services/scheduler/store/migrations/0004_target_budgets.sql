-- What every target was asked in the running minute, and which probes wait until it may be asked.

-- One row a target, updated all the time: room on each page lets an update stay there. Unlogged, as
-- it is worth a minute: a crash of Postgres forgets it, and granting waits for no disk.
CREATE UNLOGGED TABLE target_budgets (
    -- A host name or an address.
    target      text COLLATE "C" PRIMARY KEY,
    -- Unix seconds in which requests were granted, oldest first, and how many in each.
    seconds     bigint[] NOT NULL,
    requests    integer[] NOT NULL,
    last_second bigint NOT NULL
) WITH (fillfactor = 50);

ALTER TABLE probes
    -- How many of its attempts were put off before anything was sent; they do not count as lost.
    ADD COLUMN postponements smallint NOT NULL DEFAULT 0,
    -- The budget a queued probe waits for: host or address.
    ADD COLUMN used_up text;
