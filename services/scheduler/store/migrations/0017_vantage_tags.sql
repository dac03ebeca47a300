-- What operators say of where probers stand, such as continent:eu.
ALTER TABLE vantage_points ADD COLUMN tags text[] NOT NULL DEFAULT '{}';
