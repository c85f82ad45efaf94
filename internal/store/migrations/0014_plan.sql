-- +goose Up
-- What is sent by plan: mass sends (群发) and SOPs, and their targets: one send to one group each.
CREATE TABLE broadcast (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, filter JSONB NOT NULL,
  start_at BIGINT NOT NULL, state TEXT NOT NULL, user_name TEXT NOT NULL, force_why TEXT NOT NULL, created BIGINT NOT NULL
);
CREATE INDEX broadcast_org ON broadcast (org_key, created);
CREATE TABLE sop (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL, steps JSONB NOT NULL,
  state TEXT NOT NULL, user_name TEXT NOT NULL, created BIGINT NOT NULL
);
CREATE INDEX sop_org ON sop (org_key, created);
CREATE TABLE sop_group (
  sop_id BYTEA NOT NULL, group_key BIGINT NOT NULL, entered BIGINT NOT NULL, left_at BIGINT NOT NULL, through BIGINT NOT NULL,
  PRIMARY KEY (sop_id, group_key)
);
-- source is the broadcast's or the SOP's id, slot "" or the step and its local date: each turn is there once. What was asked
-- of the belt stands in ask, so that asking again is word for word the same.
CREATE TABLE broadcast_target (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, kind TEXT NOT NULL, source BYTEA NOT NULL, group_key BIGINT NOT NULL,
  slot TEXT NOT NULL, version BIGINT NOT NULL, body TEXT NOT NULL, due BIGINT NOT NULL, state TEXT NOT NULL,
  round BIGINT NOT NULL, ask BYTEA NOT NULL, why JSONB NOT NULL, force_why TEXT NOT NULL, taken BIGINT NOT NULL,
  action_id BYTEA NOT NULL, reminded JSONB NOT NULL, UNIQUE (source, group_key, slot)
);
CREATE INDEX broadcast_target_group ON broadcast_target (group_key, taken);
CREATE INDEX broadcast_target_taken ON broadcast_target (org_key, taken);
