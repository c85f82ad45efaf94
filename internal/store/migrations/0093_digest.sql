-- +goose Up
-- A digest of a stretch of a group's talk: days from 1970 in the group's zone, both ends included. found names messages and holds no text but phrases
-- of topics; text is what a person will send, as it was composed or edited (edited, UTC ms; 0 = as composed). sent is the mass send, '' = none.
CREATE TABLE digest (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, group_key BIGINT NOT NULL, from_day BIGINT NOT NULL, to_day BIGINT NOT NULL, made BIGINT NOT NULL, user_name TEXT NOT NULL,
  found JSONB NOT NULL, text TEXT NOT NULL, edited BIGINT NOT NULL, state TEXT NOT NULL, sent TEXT NOT NULL, version BIGINT NOT NULL
);
CREATE UNIQUE INDEX digest_days ON digest (group_key, from_day, to_day);
CREATE INDEX digest_org ON digest (org_key, to_day);
-- Which groups get a digest drafted by itself, and at which hour of the group's zone.
CREATE TABLE digest_watch (group_key BIGINT PRIMARY KEY, org_key BIGINT NOT NULL, daily BOOLEAN NOT NULL, weekly BOOLEAN NOT NULL, hour BIGINT NOT NULL, lang TEXT NOT NULL);
