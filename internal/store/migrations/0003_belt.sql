-- +goose Up
CREATE TABLE decision (
  id BYTEA PRIMARY KEY, group_key BIGINT NOT NULL, event_number BIGINT NOT NULL, seq BIGINT NOT NULL,
  ordinal BIGINT NOT NULL, decider TEXT NOT NULL, member_key BIGINT NOT NULL, at BIGINT NOT NULL, book BIGINT NOT NULL, verdict TEXT NOT NULL,
  rules TEXT NOT NULL, body BYTEA NOT NULL, review TEXT NOT NULL, resolution TEXT NOT NULL, resolved_by TEXT NOT NULL,
  resolved_at BIGINT NOT NULL, reason TEXT NOT NULL
);
CREATE INDEX decision_group ON decision (group_key, seq);
CREATE INDEX decision_at ON decision (at);
CREATE INDEX decision_member ON decision (member_key, at);
CREATE INDEX decision_review ON decision (review, at) WHERE review = 'open';
CREATE TABLE strike (
  id BYTEA PRIMARY KEY, decision_id BYTEA NOT NULL, group_key BIGINT NOT NULL, member_key BIGINT NOT NULL,
  rule TEXT NOT NULL, book BIGINT NOT NULL, event_number BIGINT NOT NULL, user_name TEXT NOT NULL, at BIGINT NOT NULL,
  expires BIGINT NOT NULL, revoked BIGINT NOT NULL, revoked_by TEXT NOT NULL, why TEXT NOT NULL
);
CREATE INDEX strike_member ON strike (member_key, group_key);
CREATE INDEX strike_group ON strike (group_key, at);
CREATE TABLE action (
  id BYTEA PRIMARY KEY, decision_id BYTEA NOT NULL, group_key BIGINT NOT NULL, account_key BIGINT NOT NULL,
  verb TEXT NOT NULL, target_key BIGINT NOT NULL, event_number BIGINT NOT NULL, body BYTEA NOT NULL,
  state TEXT NOT NULL, mode TEXT NOT NULL, attempts BIGINT NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL,
  message TEXT NOT NULL, cause TEXT NOT NULL, user_name TEXT NOT NULL, created BIGINT NOT NULL, updated BIGINT NOT NULL
);
CREATE INDEX action_decision ON action (decision_id);
CREATE INDEX action_group ON action (group_key, created);
CREATE INDEX action_open ON action (group_key, verb) WHERE state NOT IN ('confirmed', 'failed', 'cancelled');
CREATE TABLE task (
  id BYTEA PRIMARY KEY, group_key BIGINT NOT NULL, verb TEXT NOT NULL, target_key BIGINT NOT NULL, state TEXT NOT NULL,
  assignee TEXT NOT NULL, why TEXT NOT NULL, text TEXT NOT NULL, created BIGINT NOT NULL, due BIGINT NOT NULL,
  done_by TEXT NOT NULL, done_at BIGINT NOT NULL, note TEXT NOT NULL, evidence BIGINT NOT NULL
);
CREATE INDEX task_open ON task (due) WHERE state IN ('open', 'claimed');
CREATE INDEX task_target ON task (group_key, target_key, verb) WHERE state IN ('open', 'claimed');
CREATE TABLE job (
  id BYTEA PRIMARY KEY, kind TEXT NOT NULL, unique_key TEXT NOT NULL, state TEXT NOT NULL, run_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL, max_attempts BIGINT NOT NULL, lease_owner TEXT NOT NULL, lease_until BIGINT NOT NULL,
  error TEXT NOT NULL, payload JSONB NOT NULL, created BIGINT NOT NULL, finished BIGINT NOT NULL
);
CREATE UNIQUE INDEX job_unique ON job (kind, unique_key) WHERE state IN ('ready', 'leased');
CREATE INDEX job_due ON job (run_at) WHERE state = 'ready';
CREATE INDEX job_leased ON job (lease_until) WHERE state = 'leased';
CREATE INDEX job_dead ON job (finished) WHERE state = 'dead';
CREATE TABLE schedule_fire (schedule TEXT NOT NULL, slot BIGINT NOT NULL, PRIMARY KEY (schedule, slot));
CREATE TABLE rulebook (
  group_key BIGINT NOT NULL, version BIGINT NOT NULL, state TEXT NOT NULL, at BIGINT NOT NULL, user_name TEXT NOT NULL,
  note TEXT NOT NULL, body BYTEA NOT NULL, PRIMARY KEY (group_key, version)
);
CREATE TABLE snapshot (
  group_key BIGINT NOT NULL, decider TEXT NOT NULL, seq BIGINT NOT NULL, code_version BIGINT NOT NULL, body BYTEA NOT NULL,
  PRIMARY KEY (group_key, decider)
);
CREATE TABLE import_run (
  key BIGINT PRIMARY KEY, id BYTEA NOT NULL UNIQUE, org_key BIGINT NOT NULL, group_key BIGINT NOT NULL, name TEXT NOT NULL,
  format TEXT NOT NULL, hash TEXT NOT NULL, state TEXT NOT NULL, created BIGINT NOT NULL, finished BIGINT NOT NULL,
  user_name TEXT NOT NULL, report JSONB NOT NULL
);
CREATE TABLE import_range (
  import_key BIGINT NOT NULL, group_key BIGINT NOT NULL, first_number BIGINT NOT NULL, last_number BIGINT NOT NULL,
  PRIMARY KEY (import_key, group_key, first_number)
);
