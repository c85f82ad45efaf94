-- +goose Up
-- A rulebook tried on a group's recorded past, in the background: what was tried, against what, how far it is, and what came of it.
-- report names events by number and places by byte offsets; the words stay in the events.
CREATE TABLE rule_trial (
  id BYTEA PRIMARY KEY, group_key BIGINT NOT NULL, user_name TEXT NOT NULL, at BIGINT NOT NULL, ended BIGINT NOT NULL, from_at BIGINT NOT NULL, to_at BIGINT NOT NULL,
  state TEXT NOT NULL, done BIGINT NOT NULL, total BIGINT NOT NULL, error TEXT NOT NULL, book JSONB NOT NULL, base JSONB NOT NULL, report JSONB NOT NULL
);
CREATE INDEX rule_trial_group ON rule_trial (group_key, at);
