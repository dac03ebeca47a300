-- The names of which an account shows everybody the verdict. The first to publish one holds it until
-- it withdraws it.
CREATE TABLE badges (
    fqdn       text COLLATE "C" PRIMARY KEY,
    account_id text COLLATE "C" NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now()
);
-- Those of an account, when it is deleted.
CREATE INDEX badges_by_account ON badges (account_id);
