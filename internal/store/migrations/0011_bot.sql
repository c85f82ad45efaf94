-- +goose Up
-- bot is somebody else's program attached to our groups; of its token only the hash is kept. all_groups: bot_group is
-- then empty.
CREATE TABLE bot (
  key BIGINT PRIMARY KEY, id BYTEA NOT NULL UNIQUE, org_key BIGINT NOT NULL, name TEXT NOT NULL, hash TEXT NOT NULL UNIQUE,
  scopes TEXT NOT NULL, all_groups BOOLEAN NOT NULL, mode TEXT NOT NULL, url TEXT NOT NULL, secret TEXT NOT NULL,
  enabled BOOLEAN NOT NULL, created BIGINT NOT NULL, last_used BIGINT NOT NULL, event_cursor BIGINT NOT NULL
);
CREATE TABLE bot_group (bot_key BIGINT NOT NULL, group_key BIGINT NOT NULL, PRIMARY KEY (bot_key, group_key));
