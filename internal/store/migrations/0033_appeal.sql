-- +goose Up
-- Members' appeals against decisions. The words are events of the group's log; despite is why somebody decided who had acted.
CREATE TABLE appeal (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, decision_id BYTEA NOT NULL UNIQUE, state TEXT NOT NULL,
  created BIGINT NOT NULL, due BIGINT NOT NULL, decided BIGINT NOT NULL, decided_by TEXT NOT NULL, answer TEXT NOT NULL, despite TEXT NOT NULL
);
CREATE INDEX appeal_org ON appeal (org_key, created);
CREATE TABLE appeal_word (
  appeal_id BYTEA NOT NULL, event_number BIGINT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (appeal_id, event_number)
);
