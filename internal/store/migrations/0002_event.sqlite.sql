-- +goose Up
-- number is the rowid: appending keeps the table's pages in order of commits.
CREATE TABLE event (
  number INTEGER PRIMARY KEY, id BYTEA NOT NULL, group_key BIGINT NOT NULL, seq BIGINT NOT NULL,
  account_key BIGINT NOT NULL, dedup BYTEA NOT NULL, body_hash BIGINT NOT NULL, type TEXT NOT NULL,
  origin BIGINT NOT NULL, mark BIGINT NOT NULL, occurred_at BIGINT NOT NULL, received_at BIGINT NOT NULL,
  at BIGINT NOT NULL, actor_key BIGINT NOT NULL, subject_key BIGINT NOT NULL, by_key BIGINT NOT NULL,
  import_key BIGINT NOT NULL, key_id BIGINT NOT NULL, body BYTEA NOT NULL
);
CREATE UNIQUE INDEX event_dedup ON event (account_key, dedup);
CREATE UNIQUE INDEX event_seq ON event (group_key, seq);
