-- +goose Up
-- What a group is for, by version: goal, what members get, targets. Nothing is overwritten.
CREATE TABLE group_goal (
  group_key BIGINT NOT NULL, version BIGINT NOT NULL, body JSONB NOT NULL, targets BIGINT NOT NULL, user_id TEXT NOT NULL, reason TEXT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (group_key, version)
);
-- The weekly look at a group's stage: week is the Monday (days from 1970) of the last week that was looked at.
CREATE TABLE stage_look (
  group_key BIGINT NOT NULL, week BIGINT NOT NULL, verdict TEXT NOT NULL, warned BOOLEAN NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (group_key, week)
);
-- People's words about stages, until a day.
CREATE TABLE stage_ruling (
  id BYTEA PRIMARY KEY, group_key BIGINT NOT NULL, stage TEXT NOT NULL, reason TEXT NOT NULL, user_id TEXT NOT NULL, at BIGINT NOT NULL, until_day BIGINT NOT NULL,
  ended BIGINT NOT NULL, ended_by TEXT NOT NULL
);
CREATE INDEX stage_ruling_group ON stage_ruling (group_key, at);
