-- The id of the request that asked for a check: the log lines of what is done for it later have it.
ALTER TABLE checks ADD COLUMN request_id text;
