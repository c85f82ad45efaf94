-- +goose Up
-- Messages about which a person said what ought to come of them: want is hit or none. A message has one case, the last word
-- counts. spans is JSON: byte offsets in the message's text, which stays in the event alone.
CREATE TABLE labelled_case (
  id BYTEA PRIMARY KEY, group_key BIGINT NOT NULL, event_number BIGINT NOT NULL, wide BOOLEAN NOT NULL, want TEXT NOT NULL, rule TEXT NOT NULL,
  spans JSONB NOT NULL, decision_id BYTEA, user_name TEXT NOT NULL, at BIGINT NOT NULL, why TEXT NOT NULL, UNIQUE (group_key, event_number)
);
CREATE INDEX labelled_case_decision ON labelled_case (decision_id);
