-- Outside a transaction: statement by statement, each of which may be done again.

-- The deliveries of a webhook in each state by age: pages of any states, and what can be replayed.
DROP INDEX CONCURRENTLY IF EXISTS webhook_deliveries_pages;
CREATE INDEX CONCURRENTLY webhook_deliveries_pages ON webhook_deliveries (webhook_id, state, id);
-- It serves what these did.
DROP INDEX CONCURRENTLY IF EXISTS webhook_deliveries_of_webhook;
DROP INDEX CONCURRENTLY IF EXISTS webhook_deliveries_unsent;

-- Deleted webhooks, and notes of who asked for secrets, by age: deleted after their retention.
DROP INDEX CONCURRENTLY IF EXISTS webhooks_deleted;
CREATE INDEX CONCURRENTLY webhooks_deleted ON webhooks (deleted_at) WHERE deleted_at IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS webhook_audit_by_time;
CREATE INDEX CONCURRENTLY webhook_audit_by_time ON webhook_audit (at);
