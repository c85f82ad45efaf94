-- +goose Up
-- What marks potential users, by version; and signals that people entered: of a member (0 = known by their words alone), at (UTC ms).
CREATE TABLE lead_rule (
  org_key BIGINT NOT NULL, version BIGINT NOT NULL, body JSONB NOT NULL, note TEXT NOT NULL, user_name TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (org_key, version)
);
CREATE TABLE lead_signal (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, member_key BIGINT NOT NULL, who TEXT NOT NULL, kind TEXT NOT NULL, at BIGINT NOT NULL, source TEXT NOT NULL,
  user_name TEXT NOT NULL, entered BIGINT NOT NULL, UNIQUE (org_key, who, kind, at)
);
-- Changes of which a person said that they are to move no figure, and why.
CREATE TABLE change_unmeasured (
  org_key BIGINT NOT NULL, ref TEXT NOT NULL, group_key BIGINT NOT NULL, kind TEXT NOT NULL, what TEXT NOT NULL, why TEXT NOT NULL, user_name TEXT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (org_key, group_key, ref)
);
