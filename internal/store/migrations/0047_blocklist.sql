-- +goose Up
-- Lists of accounts that installations share. Our own list with its key and salt; its entries, plain, which are hashed when it
-- is handed out; the lists we follow, their entries as they came, what they do in which group, who is let in nevertheless, and
-- who was found on one. Times are UTC ms.
CREATE TABLE blocklist_own (
  org_key BIGINT PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, secret BYTEA NOT NULL, salt TEXT NOT NULL, hashed BOOLEAN NOT NULL,
  version BIGINT NOT NULL, made BIGINT NOT NULL, body BYTEA NOT NULL
);
CREATE TABLE blocklist_mine (
  org_key BIGINT NOT NULL, platform TEXT NOT NULL, external_id TEXT NOT NULL, class TEXT NOT NULL, evidence BIGINT NOT NULL, added BIGINT NOT NULL,
  expires BIGINT NOT NULL, withdrawn BIGINT NOT NULL, why TEXT NOT NULL, user_id TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (org_key, platform, external_id)
);
CREATE TABLE blocklist_sub (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, name TEXT NOT NULL, url TEXT NOT NULL, key TEXT NOT NULL, new_key TEXT NOT NULL, state TEXT NOT NULL,
  list TEXT NOT NULL, version BIGINT NOT NULL, digest TEXT NOT NULL, salt TEXT NOT NULL, hashed BOOLEAN NOT NULL, later TEXT NOT NULL, created BIGINT NOT NULL,
  tried BIGINT NOT NULL, fetched BIGINT NOT NULL, error TEXT NOT NULL, user_id TEXT NOT NULL
);
CREATE INDEX blocklist_sub_org ON blocklist_sub (org_key);
CREATE TABLE blocklist_entry (
  sub_id BYTEA NOT NULL, id TEXT NOT NULL, class TEXT NOT NULL, evidence BIGINT NOT NULL, added BIGINT NOT NULL, expires BIGINT NOT NULL, PRIMARY KEY (sub_id, id)
);
CREATE TABLE blocklist_group (sub_id BYTEA NOT NULL, group_key BIGINT NOT NULL, effect TEXT NOT NULL, PRIMARY KEY (sub_id, group_key));
CREATE TABLE blocklist_allow (
  org_key BIGINT NOT NULL, member_key BIGINT NOT NULL, why TEXT NOT NULL, user_id TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (org_key, member_key)
);
CREATE TABLE blocklist_hit (
  sub_id BYTEA NOT NULL, event BIGINT NOT NULL, org_key BIGINT NOT NULL, source TEXT NOT NULL, group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, class TEXT NOT NULL,
  effect TEXT NOT NULL, request BOOLEAN NOT NULL, decision BYTEA NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (sub_id, event)
);
CREATE INDEX blocklist_hit_org ON blocklist_hit (org_key, at);
