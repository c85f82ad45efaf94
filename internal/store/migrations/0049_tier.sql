-- +goose Up
-- Parts of a group, core, normal and lurker: the rules, of which the latest version holds (a group without a row has those that
-- every group begins with, version 0); how far a group was decided (days count from 1970-01-01 in its zone); where each member
-- stands, with the numbers that say why and the pin by a person's hand; and every change, which is only ever added.
CREATE TABLE tier_rules (
  group_key BIGINT NOT NULL, version BIGINT NOT NULL, rules JSONB NOT NULL, at BIGINT NOT NULL, user_id TEXT NOT NULL, note TEXT NOT NULL,
  PRIMARY KEY (group_key, version)
);
CREATE TABLE tier_group (group_key BIGINT PRIMARY KEY, day BIGINT NOT NULL, decided BIGINT NOT NULL);
CREATE TABLE tier_standing (
  group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, tier TEXT NOT NULL, since BIGINT NOT NULL, place BIGINT NOT NULL, places BIGINT NOT NULL,
  why TEXT NOT NULL, numbers JSONB NOT NULL, day BIGINT NOT NULL, pin TEXT NOT NULL, pin_user TEXT NOT NULL, pin_note TEXT NOT NULL, pin_at BIGINT NOT NULL,
  PRIMARY KEY (group_key, member_key)
);
CREATE INDEX tier_standing_member ON tier_standing (member_key);
CREATE TABLE tier_change (
  id BYTEA PRIMARY KEY, group_key BIGINT NOT NULL, member_key BIGINT NOT NULL, was TEXT NOT NULL, tier TEXT NOT NULL, why TEXT NOT NULL,
  version BIGINT NOT NULL, place BIGINT NOT NULL, places BIGINT NOT NULL, numbers JSONB NOT NULL, day BIGINT NOT NULL, at BIGINT NOT NULL,
  user_id TEXT NOT NULL, note TEXT NOT NULL
);
CREATE INDEX tier_change_group ON tier_change (group_key, at);
CREATE INDEX tier_change_member ON tier_change (member_key, at);
