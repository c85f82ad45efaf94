-- +goose Up
-- Codes (活码): fixed addresses and what they lead to.
CREATE TABLE code (
  key BIGINT PRIMARY KEY, id BYTEA NOT NULL UNIQUE, org_key BIGINT NOT NULL, kind TEXT NOT NULL, slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL, line TEXT NOT NULL, state TEXT NOT NULL, tags JSONB NOT NULL, welcome TEXT NOT NULL,
  overflow BOOLEAN NOT NULL, base TEXT NOT NULL, created BIGINT NOT NULL, by_user TEXT NOT NULL, closed BIGINT NOT NULL
);
CREATE INDEX code_org ON code (org_key, closed, name);
CREATE UNIQUE INDEX code_state ON code (org_key, state) WHERE closed = 0 AND state <> '';
CREATE TABLE code_entry (
  key BIGINT PRIMARY KEY, id BYTEA NOT NULL UNIQUE, code_key BIGINT NOT NULL, place BIGINT NOT NULL, group_key BIGINT NOT NULL,
  link TEXT NOT NULL, picture TEXT NOT NULL, expires BIGINT NOT NULL, most BIGINT NOT NULL, scans BIGINT NOT NULL,
  created BIGINT NOT NULL, removed BIGINT NOT NULL, action_id BYTEA, task_id BYTEA, warned BIGINT NOT NULL
);
CREATE INDEX code_entry_code ON code_entry (code_key, place);
CREATE INDEX code_entry_group ON code_entry (group_key);
-- What platforms made by our order (invite.create); an entry names its order.
CREATE TABLE invite_made (action_id BYTEA PRIMARY KEY, url TEXT NOT NULL, image TEXT NOT NULL, expires BIGINT NOT NULL);
-- Scans are counted; who scanned is not kept.
CREATE TABLE code_day (
  code_key BIGINT NOT NULL, entry_key BIGINT NOT NULL, day BIGINT NOT NULL, scans BIGINT NOT NULL, PRIMARY KEY (code_key, day, entry_key)
);
-- Whoever came by a code was seen to once: greeted, tagged.
CREATE TABLE code_comer (
  code_key BIGINT NOT NULL, member_key BIGINT NOT NULL, group_key BIGINT NOT NULL, joined_at BIGINT NOT NULL, seen BIGINT NOT NULL,
  PRIMARY KEY (code_key, member_key, group_key, joined_at)
);
CREATE TABLE member_tag (
  member_key BIGINT NOT NULL, tag TEXT NOT NULL, source TEXT NOT NULL, created BIGINT NOT NULL, PRIMARY KEY (member_key, tag)
);
CREATE TABLE picture (hash TEXT PRIMARY KEY, kind TEXT NOT NULL, body BYTEA NOT NULL, created BIGINT NOT NULL);
-- How many a group holds, where that is not what the connection says, and how long before it is full a person is asked.
CREATE TABLE group_cap (
  group_key BIGINT PRIMARY KEY, most BIGINT NOT NULL, lead BIGINT NOT NULL, task_id BYTEA, warned BIGINT NOT NULL
);
