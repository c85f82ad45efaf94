-- +goose Up
-- A group's morning report of a day (2006-01-02 in the group's zone): what was offered and picked (messages by number only), the words
-- (worded: a person's), and the item of the content calendar that it became ('' = none). outcome is what the group said in the day after
-- it came, counted for good at counted (0 = not yet).
CREATE TABLE morning_report (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, group_key BIGINT NOT NULL, day TEXT NOT NULL, lang TEXT NOT NULL, made BIGINT NOT NULL, user_name TEXT NOT NULL,
  pieces JSONB NOT NULL, text TEXT NOT NULL, edited BIGINT NOT NULL, worded BOOLEAN NOT NULL, state TEXT NOT NULL, item BYTEA NOT NULL, version BIGINT NOT NULL,
  outcome JSONB NOT NULL, counted BIGINT NOT NULL
);
CREATE UNIQUE INDEX morning_report_day ON morning_report (group_key, day);
CREATE INDEX morning_report_org ON morning_report (org_key, day);
CREATE INDEX morning_report_open ON morning_report (day) WHERE state = 'laid' AND counted = 0;
-- How a group's reports come about; sources are the ids of those it draws on, none = all.
CREATE TABLE morning_watch (
  group_key BIGINT PRIMARY KEY, org_key BIGINT NOT NULL, on_now BOOLEAN NOT NULL, hour BIGINT NOT NULL, at TEXT NOT NULL, lang TEXT NOT NULL, sources JSONB NOT NULL
);
