-- +goose Up
-- Shields of groups: switched on and off by a person, or ended by their time (ended_by ''). task_id is by which a person was asked to
-- set on the platform what no connection can, and before what they found set, in their words.
CREATE TABLE shield (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, group_key BIGINT NOT NULL, on_now BOOLEAN NOT NULL, user_name TEXT NOT NULL, reason TEXT NOT NULL, book BIGINT NOT NULL,
  began BIGINT NOT NULL, until_at BIGINT NOT NULL, ended BIGINT NOT NULL, ended_by TEXT NOT NULL, task_id BYTEA NOT NULL, before TEXT NOT NULL
);
CREATE UNIQUE INDEX shield_on ON shield (group_key) WHERE on_now;
CREATE INDEX shield_group ON shield (group_key, began);
