-- +goose Up
-- An organisation's own templates of groups, by version, as the file says it; nothing is overwritten.
CREATE TABLE group_template (
  org_key BIGINT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL, body TEXT NOT NULL, note TEXT NOT NULL, user_id TEXT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (org_key, name, version)
);
