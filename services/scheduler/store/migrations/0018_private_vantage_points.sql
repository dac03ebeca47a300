-- The account that alone may use a vantage point; null: everybody may.
ALTER TABLE vantage_points ADD COLUMN account_id text COLLATE "C" REFERENCES accounts (id);
