-- +goose Up
-- Who gets the weekly report: for whom, about which groups (body, with the address and what a webhook is signed with), when. since is
-- the time before which nothing is made up for, UTC ms.
CREATE TABLE weekly_order (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, user_id TEXT NOT NULL, body JSONB NOT NULL, secret TEXT NOT NULL, paused BOOLEAN NOT NULL, since BIGINT NOT NULL, created BIGINT NOT NULL
);
CREATE INDEX weekly_order_org ON weekly_order (org_key, created);
-- Every report that was or is to be sent. slot is the Monday of its week, or an id where a person asked for one: a week is sent once.
CREATE TABLE weekly_run (
  id BYTEA PRIMARY KEY, order_id BYTEA NOT NULL, slot TEXT NOT NULL, manual BOOLEAN NOT NULL, state TEXT NOT NULL, attempts BIGINT NOT NULL, error TEXT NOT NULL, until_day BIGINT NOT NULL,
  report TEXT NOT NULL, at BIGINT NOT NULL, done BIGINT NOT NULL, user_id TEXT NOT NULL
);
CREATE UNIQUE INDEX weekly_run_slot ON weekly_run (order_id, slot);
CREATE INDEX weekly_run_at ON weekly_run (order_id, at);
