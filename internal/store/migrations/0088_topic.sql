-- +goose Up
-- Topics that wait until an item of the calendar is made of them; options is the JSON list of a poll's, '' = none.
CREATE TABLE topic (
  id BYTEA PRIMARY KEY, org_key BIGINT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, class TEXT NOT NULL, format TEXT NOT NULL, options TEXT NOT NULL, state TEXT NOT NULL,
  user_name TEXT NOT NULL, reason TEXT NOT NULL, created BIGINT NOT NULL, used BIGINT NOT NULL
);
CREATE INDEX topic_org ON topic (org_key, state, created);
