-- +goose Up
CREATE TABLE duty_shift (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, user_id TEXT NOT NULL, weekday BIGINT NOT NULL,
  start_minute BIGINT NOT NULL, end_minute BIGINT NOT NULL, created BIGINT NOT NULL
);
CREATE INDEX duty_shift_org ON duty_shift (org_key);
-- shift_id is 16 zero bytes for an additional stretch of duty; user_id '' for a shift that nobody does that day.
CREATE TABLE duty_change (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, day TEXT NOT NULL, shift_id BYTEA NOT NULL, user_id TEXT NOT NULL,
  start_minute BIGINT NOT NULL, end_minute BIGINT NOT NULL, note TEXT NOT NULL, created BIGINT NOT NULL
);
CREATE INDEX duty_change_org ON duty_change (org_key, day);
CREATE TABLE duty_note (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, at BIGINT NOT NULL, user_id TEXT NOT NULL, text TEXT NOT NULL
);
CREATE INDEX duty_note_org ON duty_note (org_key, at);
CREATE TABLE duty_way (
  user_id TEXT NOT NULL, ordinal BIGINT NOT NULL, kind TEXT NOT NULL, address TEXT NOT NULL, secret TEXT NOT NULL,
  PRIMARY KEY (user_id, ordinal)
);
CREATE TABLE alarm (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, group_key BIGINT NOT NULL,
  account_key BIGINT NOT NULL, detail TEXT NOT NULL, state TEXT NOT NULL, holder TEXT NOT NULL, opened BIGINT NOT NULL,
  due BIGINT NOT NULL, ended BIGINT NOT NULL, steps BIGINT NOT NULL
);
CREATE UNIQUE INDEX alarm_subject ON alarm (subject, org_key) WHERE state <> 'over';
CREATE INDEX alarm_opened ON alarm (org_key, opened);
CREATE TABLE alarm_step (
  alarm_id BYTEA NOT NULL, n BIGINT NOT NULL, at BIGINT NOT NULL, what TEXT NOT NULL, user_id TEXT NOT NULL,
  way TEXT NOT NULL, note TEXT NOT NULL, until_at BIGINT NOT NULL, PRIMARY KEY (alarm_id, n)
);
-- A way in that works once (a link) or for a while (a device): only the hash of what opens it is kept.
CREATE TABLE pass (
  hash TEXT PRIMARY KEY, purpose TEXT NOT NULL, user_id TEXT NOT NULL, created BIGINT NOT NULL, expires BIGINT NOT NULL,
  spent BIGINT NOT NULL
);
CREATE INDEX pass_expires ON pass (expires);
-- down_at is 0 while the account hears what its groups say.
CREATE TABLE account_watch (account_key BIGINT PRIMARY KEY, seen BIGINT NOT NULL, down_at BIGINT NOT NULL);
CREATE TABLE account_silence (
  account_key BIGINT NOT NULL, from_at BIGINT NOT NULL, to_at BIGINT NOT NULL, PRIMARY KEY (account_key, from_at)
);
CREATE TABLE lockdown (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, state TEXT NOT NULL, user_id TEXT NOT NULL, reason TEXT NOT NULL,
  text TEXT NOT NULL, people BIGINT NOT NULL, began BIGINT NOT NULL, until_at BIGINT NOT NULL, ended BIGINT NOT NULL, ended_by TEXT NOT NULL
);
CREATE INDEX lockdown_org ON lockdown (org_key, began);
-- A group is in one lockdown at a time. before is whether all were muted already: then there is nothing to restore.
CREATE TABLE lockdown_group (
  lockdown_id BYTEA NOT NULL, group_key BIGINT NOT NULL, on_now BOOLEAN NOT NULL, before BOOLEAN NOT NULL,
  PRIMARY KEY (lockdown_id, group_key)
);
CREATE UNIQUE INDEX lockdown_group_on ON lockdown_group (group_key) WHERE on_now;
