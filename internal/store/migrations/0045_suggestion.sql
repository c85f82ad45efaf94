-- +goose Up
-- Changes of a group's rulebook that replay finds better than today's. key names the change, so that what a person dismissed is
-- not proposed again; proposal holds the rule as it is and as it would be, and the figures, with messages by number.
CREATE TABLE suggestion (
  id BYTEA PRIMARY KEY, group_key BIGINT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, at BIGINT NOT NULL, seen BIGINT NOT NULL, book BIGINT NOT NULL,
  user_name TEXT NOT NULL, ended BIGINT NOT NULL, reason TEXT NOT NULL, version BIGINT NOT NULL, proposal JSONB NOT NULL, UNIQUE (group_key, key)
);
CREATE INDEX suggestion_state ON suggestion (state, seen);
-- How the changes of a group's book were weighed last: enough judged messages or not.
CREATE TABLE suggestion_weighing (
  group_key BIGINT PRIMARY KEY, at BIGINT NOT NULL, days BIGINT NOT NULL, messages BIGINT NOT NULL, judged BIGINT NOT NULL, tried BIGINT NOT NULL, better BIGINT NOT NULL
);
