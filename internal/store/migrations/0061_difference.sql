-- +goose Up
-- What a group gives that others of its operator do not, by version; against = keys of those it tells it from.
CREATE TABLE group_difference (
  group_key BIGINT NOT NULL, version BIGINT NOT NULL, words TEXT NOT NULL, against JSONB NOT NULL, user_id TEXT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (group_key, version)
);
