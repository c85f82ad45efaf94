-- +goose Up
-- What a tier gives its members, to whom it was given from when to when (withdrawn 0 = still), and each use of it.
CREATE TABLE benefit (
  id BYTEA PRIMARY KEY, group_key BIGINT NOT NULL, tier TEXT NOT NULL, name TEXT NOT NULL, means TEXT NOT NULL, created BIGINT NOT NULL,
  user_id TEXT NOT NULL, ended BIGINT NOT NULL
);
CREATE INDEX benefit_group ON benefit (group_key, tier);
CREATE TABLE benefit_grant (
  benefit_id BYTEA NOT NULL, member_key BIGINT NOT NULL, granted BIGINT NOT NULL, withdrawn BIGINT NOT NULL, PRIMARY KEY (benefit_id, member_key, granted)
);
CREATE INDEX benefit_grant_member ON benefit_grant (member_key);
CREATE TABLE benefit_use (
  id BYTEA PRIMARY KEY, benefit_id BYTEA NOT NULL, group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, at BIGINT NOT NULL, what TEXT NOT NULL, user_id TEXT NOT NULL
);
CREATE INDEX benefit_use_group ON benefit_use (group_key, at);
CREATE INDEX benefit_use_benefit ON benefit_use (benefit_id, at);
-- Messages to lurkers alone, one to each: times are UTC ms, gap is days between two messages to one member. An item ends when its
-- member speaks or declines.
CREATE TABLE tier_reach (
  id BYTEA PRIMARY KEY, group_key BIGINT NOT NULL, text TEXT NOT NULL, starts BIGINT NOT NULL, ends BIGINT NOT NULL, gap BIGINT NOT NULL, per_day BIGINT NOT NULL,
  created BIGINT NOT NULL, user_id TEXT NOT NULL, stopped BIGINT NOT NULL
);
CREATE INDEX tier_reach_group ON tier_reach (group_key, created);
CREATE TABLE tier_reach_item (
  reach_id BYTEA NOT NULL, group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, state TEXT NOT NULL, at BIGINT NOT NULL, ended BIGINT NOT NULL, action_id BYTEA NOT NULL,
  PRIMARY KEY (reach_id, member_key)
);
CREATE INDEX tier_reach_item_member ON tier_reach_item (member_key, at);
CREATE TABLE tier_declined (group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, at BIGINT NOT NULL, user_id TEXT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (group_key, member_key));
