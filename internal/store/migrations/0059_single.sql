-- +goose Up
-- What people did by hand to one member at a time, outside runs over many: it counts towards the same limits. Older than these
-- look back, rows go.
CREATE TABLE bulk_single (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, kind TEXT NOT NULL, user_id TEXT NOT NULL, at BIGINT NOT NULL
);
CREATE INDEX bulk_single_org ON bulk_single (org_key, kind, at);
