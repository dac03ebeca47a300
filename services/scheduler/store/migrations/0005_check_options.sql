-- What a check looks at beyond the ordinary: only what differs from the defaults, by its name in the
-- API, so that a new option needs no new column.
ALTER TABLE checks ADD COLUMN options jsonb NOT NULL DEFAULT '{}';
