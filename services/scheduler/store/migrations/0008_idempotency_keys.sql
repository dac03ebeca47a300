-- Requests that created something under a name of the caller's, with what they were answered, so
-- that they can be sent again: for a day, then deleted. Written in the transaction that creates.
CREATE TABLE idempotency_keys (
    account_id  text COLLATE "C" NOT NULL,
    -- The method of the contract, such as CreateCheck.
    operation   text COLLATE "C" NOT NULL,
    key         text COLLATE "C" NOT NULL,
    -- SHA-256 of the request, normalised.
    fingerprint bytea NOT NULL,
    -- A serialised response, without secrets; null only inside the transaction that creates.
    answer      bytea,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (account_id, operation, key)
) WITH (fillfactor = 70); -- each row is written twice: the second time finds room beside the first
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
