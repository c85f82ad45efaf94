-- +goose Up
CREATE TABLE counter (name TEXT PRIMARY KEY, n BIGINT NOT NULL);
CREATE TABLE log_head (part BIGINT PRIMARY KEY, n BIGINT NOT NULL);
INSERT INTO log_head (part, n) VALUES (0, 0);

CREATE TABLE org (
  key BIGINT PRIMARY KEY, id BYTEA NOT NULL UNIQUE, name TEXT NOT NULL,
  demo BOOLEAN NOT NULL, created BIGINT NOT NULL
);
CREATE TABLE console_user (
  key BIGINT PRIMARY KEY, id BYTEA NOT NULL UNIQUE, org_key BIGINT NOT NULL, login TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL, role TEXT NOT NULL, hash TEXT NOT NULL, lang TEXT NOT NULL,
  enabled BOOLEAN NOT NULL, created BIGINT NOT NULL
);
CREATE TABLE session (token TEXT PRIMARY KEY, data BYTEA NOT NULL, expires BIGINT NOT NULL);
CREATE TABLE setting (
  org_key BIGINT NOT NULL, name TEXT NOT NULL, value JSONB NOT NULL, updated BIGINT NOT NULL,
  PRIMARY KEY (org_key, name)
);
CREATE TABLE account (
  key BIGINT PRIMARY KEY, id BYTEA NOT NULL UNIQUE, org_key BIGINT NOT NULL, platform TEXT NOT NULL,
  connector TEXT NOT NULL, name TEXT NOT NULL, external_id TEXT NOT NULL, settings JSONB NOT NULL,
  enabled BOOLEAN NOT NULL, created BIGINT NOT NULL
);
CREATE TABLE chat_group (
  key BIGINT PRIMARY KEY, id BYTEA NOT NULL UNIQUE, org_key BIGINT NOT NULL, platform TEXT NOT NULL,
  external_id TEXT NOT NULL, name TEXT NOT NULL, zone TEXT NOT NULL, mode TEXT NOT NULL, frozen BOOLEAN NOT NULL,
  parent_key BIGINT NOT NULL, created BIGINT NOT NULL
);
CREATE INDEX chat_group_org ON chat_group (org_key, name);
CREATE TABLE group_tag (group_key BIGINT NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (group_key, tag));
CREATE TABLE group_account (
  group_key BIGINT NOT NULL, account_key BIGINT NOT NULL, since BIGINT NOT NULL,
  PRIMARY KEY (group_key, account_key)
);
CREATE TABLE member (
  key BIGINT PRIMARY KEY, id BYTEA NOT NULL UNIQUE, org_key BIGINT NOT NULL, platform TEXT NOT NULL,
  external_id TEXT NOT NULL, name TEXT NOT NULL, certainty TEXT NOT NULL, bot BOOLEAN NOT NULL, created BIGINT NOT NULL
);
-- alias leads from a platform's ids to ours; realm is the group for people known by name only.
CREATE TABLE alias (
  org_key BIGINT NOT NULL, kind TEXT NOT NULL, platform TEXT NOT NULL, realm TEXT NOT NULL, external_id TEXT NOT NULL,
  key BIGINT NOT NULL, PRIMARY KEY (org_key, kind, platform, realm, external_id)
);
CREATE TABLE audit (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, at BIGINT NOT NULL, user_name TEXT NOT NULL, verb TEXT NOT NULL,
  subject TEXT NOT NULL, reason TEXT NOT NULL, before JSONB, after JSONB
);
CREATE INDEX audit_at ON audit (org_key, at);
