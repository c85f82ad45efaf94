-- +goose Up
-- Somebody leaves and another takes over: what they owned, item by item, with what came of each.
CREATE TABLE handover (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, from_user TEXT NOT NULL, to_user TEXT NOT NULL, from_member BIGINT NOT NULL,
  to_member BIGINT NOT NULL, reason TEXT NOT NULL, user_name TEXT NOT NULL, created BIGINT NOT NULL
);
CREATE INDEX handover_org ON handover (org_key, created);
-- subject is the thing's own id; for contacts the desk's group. detail is JSON: what the platform said. rest is what is left to
-- try, separated by commas; '' = all of it.
CREATE TABLE handover_item (
  handover_id BYTEA NOT NULL, n BIGINT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, name TEXT NOT NULL,
  platform TEXT NOT NULL, group_key BIGINT NOT NULL, account_key BIGINT NOT NULL, from_id TEXT NOT NULL, to_id TEXT NOT NULL,
  state TEXT NOT NULL, why TEXT NOT NULL, detail JSONB NOT NULL, rest TEXT NOT NULL, action_id BYTEA, tried BIGINT NOT NULL,
  updated BIGINT NOT NULL, PRIMARY KEY (handover_id, n)
);
-- Where a group goes when its account is lost: to_key is another group of ours; invite is what its people are told.
CREATE TABLE group_standby (group_key BIGINT PRIMARY KEY, to_key BIGINT NOT NULL, invite TEXT NOT NULL, updated BIGINT NOT NULL);
-- While a move is on (ended = 0), what is sent to the group goes to to_key. members is how many were there when it began.
CREATE TABLE group_move (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, group_key BIGINT NOT NULL, to_key BIGINT NOT NULL, alarm_id BYTEA,
  began BIGINT NOT NULL, began_by TEXT NOT NULL, ended BIGINT NOT NULL, ended_by TEXT NOT NULL, why TEXT NOT NULL, members BIGINT NOT NULL
);
CREATE UNIQUE INDEX group_move_on ON group_move (group_key) WHERE ended = 0;
CREATE INDEX group_move_org ON group_move (org_key, began);
