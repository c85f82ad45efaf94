-- +goose Up
-- Small things that a session keeps across restarts: quotas, cursors, what it waits for.
CREATE TABLE account_note (
  account_key BIGINT NOT NULL, name TEXT NOT NULL, value BYTEA NOT NULL, updated BIGINT NOT NULL, PRIMARY KEY (account_key, name)
);
