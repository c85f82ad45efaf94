-- +goose Up
-- What people said of things sent (a mass send, a step of an SOP, a ballot, or (hand) what they entered themselves: group, title and when are
-- of that alone): the format where it was guessed wrongly, what it cost (minutes of work, fen) and how many read it; -1 = not said.
CREATE TABLE content_said (
  org_key BIGINT NOT NULL, kind TEXT NOT NULL, source BYTEA NOT NULL, step TEXT NOT NULL, group_key BIGINT NOT NULL, title TEXT NOT NULL, sent_at BIGINT NOT NULL,
  format TEXT NOT NULL, minutes BIGINT NOT NULL, fen BIGINT NOT NULL, reads BIGINT NOT NULL, user_name TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (org_key, kind, source, step)
);
CREATE INDEX content_said_group ON content_said (group_key, sent_at);
-- Polls in which a group was asked which format it likes: votes by format, as a person entered them.
CREATE TABLE format_poll (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, group_key BIGINT NOT NULL, title TEXT NOT NULL, day BIGINT NOT NULL, votes JSONB NOT NULL, user_name TEXT NOT NULL, at BIGINT NOT NULL
);
CREATE INDEX format_poll_group ON format_poll (group_key, day);
