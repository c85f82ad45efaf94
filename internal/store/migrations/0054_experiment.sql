-- +goose Up
-- Two ways tried on one's own community: what was declared, who got which arm (once, never drawn anew), what became of members
-- (spoke_at, replied_at: UTC ms, 0 = not yet), how far each group's log was read for it, and which messages wait for a reply.
CREATE TABLE experiment (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, state TEXT NOT NULL, version BIGINT NOT NULL, switch TEXT NOT NULL, subject TEXT NOT NULL, rule TEXT NOT NULL,
  definition JSONB NOT NULL, user_name TEXT NOT NULL, created BIGINT NOT NULL, started BIGINT NOT NULL, ended BIGINT NOT NULL, ended_why TEXT NOT NULL, ended_by TEXT NOT NULL,
  decision TEXT NOT NULL, reason TEXT NOT NULL, decider TEXT NOT NULL, decided_at BIGINT NOT NULL, result JSONB NOT NULL
);
CREATE INDEX experiment_org ON experiment (org_key, created);
CREATE TABLE experiment_unit (
  experiment_id BYTEA NOT NULL, unit TEXT NOT NULL, arm BIGINT NOT NULL, group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, at BIGINT NOT NULL,
  spoke_at BIGINT NOT NULL, replied_at BIGINT NOT NULL, PRIMARY KEY (experiment_id, unit)
);
CREATE INDEX experiment_unit_member ON experiment_unit (member_key);
CREATE TABLE experiment_read (experiment_id BYTEA NOT NULL, group_key BIGINT NOT NULL, seq BIGINT NOT NULL, PRIMARY KEY (experiment_id, group_key));
CREATE TABLE experiment_word (
  experiment_id BYTEA NOT NULL, group_key BIGINT NOT NULL, message TEXT NOT NULL, unit TEXT NOT NULL, PRIMARY KEY (experiment_id, group_key, message)
);
