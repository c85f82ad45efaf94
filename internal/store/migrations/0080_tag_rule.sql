-- +goose Up
-- Rules that put tags on and take them off; by version, nothing is overwritten. ended is when somebody took the rule away, trouble why
-- the last run did nothing.
CREATE TABLE tag_rule (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, scope TEXT NOT NULL, tag TEXT NOT NULL, version BIGINT NOT NULL, active BOOLEAN NOT NULL, ran BIGINT NOT NULL,
  trouble TEXT NOT NULL, ended BIGINT NOT NULL
);
CREATE INDEX tag_rule_org ON tag_rule (org_key, ended);
CREATE UNIQUE INDEX tag_rule_one ON tag_rule (org_key, scope, tag) WHERE ended = 0;
CREATE TABLE tag_rule_version (
  rule_id BYTEA NOT NULL, version BIGINT NOT NULL, body JSONB NOT NULL, active BOOLEAN NOT NULL, at BIGINT NOT NULL, user_id TEXT NOT NULL, note TEXT NOT NULL,
  PRIMARY KEY (rule_id, version)
);
